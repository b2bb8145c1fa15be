//! Owns finding the owner of a connection: the account that holds the client's end on this machine.
//!
//! Must stay true: an answer is the account that has the socket open now. The kernel's tables show account 0 for a socket
//! that no process has open any more, or that waits for its end; neither is an answer. An account without a number in our
//! user namespace has the overflow number, which is not an answer either.
//! Deliberately absent: what follows from the answer (`http::access`).

#[cfg(target_os = "linux")]
mod diag;
pub mod table;

use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};

/// How the system reports owners.
#[derive(Debug)]
enum Source {
    /// One row for one connection, from the kernel: sock_diag(7).
    #[cfg(target_os = "linux")]
    Diag(diag::Diag),
    /// All connections as a text: proc_pid_net(5).
    Table,
}

/// A working source of owners.
#[derive(Debug)]
pub struct Owners {
    source: Source,
    /// The number that the system shows for accounts without a number in our user namespace.
    overflow: Option<u32>,
}

impl Owners {
    /// Finds a source that works, tested with a connection of our own to this address; `None` if the system does not
    /// report owners, as on macOS or if `/proc` is hidden.
    pub fn find(address: IpAddr) -> Option<Owners> {
        let listener = TcpListener::bind((address, 0)).ok()?;
        let server = listener.local_addr().ok()?;
        let client = TcpStream::connect(server).ok()?;
        let local = client.local_addr().ok()?;
        let mut ways = sources().map(|source| Owners { source, overflow: overflow() });
        ways.find(|owners| owners.of(local, server) == Some(own()))
    }

    /// The account that has the end `local` of a connection to `remote` open; `None` if that is unknown.
    pub fn of(&self, local: SocketAddr, remote: SocketAddr) -> Option<u32> {
        self.of_all(&[local], remote).pop().flatten()
    }

    /// The same for many connections to one end: the tables are read once for all of them.
    pub fn of_all(&self, locals: &[SocketAddr], remote: SocketAddr) -> Vec<Option<u32>> {
        let mut uids = match &self.source {
            #[cfg(target_os = "linux")]
            Source::Diag(diag) => locals.iter().map(|local| diag.owner(*local, remote)).collect(),
            Source::Table => table::owners(locals, remote),
        };
        uids.iter_mut().for_each(|uid| *uid = uid.filter(|uid| Some(*uid) != self.overflow));
        uids
    }
}

/// The account that runs this program.
#[allow(unsafe_code, reason = "geteuid(2)")]
pub fn own() -> u32 {
    // SAFETY: geteuid takes nothing and cannot fail.
    unsafe { libc::geteuid() }
}

/// The sources, the exact one first: its cost does not depend on the number of connections.
fn sources() -> impl Iterator<Item = Source> {
    #[cfg(target_os = "linux")]
    let exact = diag::Diag::open().map(Source::Diag);
    #[cfg(not(target_os = "linux"))]
    let exact: Option<Source> = None;
    exact.into_iter().chain([Source::Table])
}

/// The overflow number, unless every account has its own number here. Source: user_namespaces(7).
fn overflow() -> Option<u32> {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let has_all = map.split_ascii_whitespace().eq(["0", "0", "4294967295"]);
    let number = std::fs::read_to_string("/proc/sys/kernel/overflowuid").unwrap_or_default();
    (!has_all).then(|| number.trim().parse().unwrap_or(65534))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::io::Write;

    const STRANGER: u32 = 65534;

    fn ways() -> Vec<Owners> {
        let ways: Vec<Owners> = sources().map(|source| Owners { source, overflow: overflow() }).collect();
        assert_eq!(ways.len(), 2, "the kernel answers both ways");
        ways
    }

    /// A connection made by another account. Needs root: otherwise `None`, or a failure in CI.
    #[allow(unsafe_code, reason = "setfsuid(2)")]
    fn as_stranger(server: SocketAddr) -> Option<TcpStream> {
        if own() != 0 {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "run as root: other accounts are needed");
            return None;
        }
        let connect = move || {
            // SAFETY: takes a number and is about this thread alone, which ends at once.
            unsafe { libc::setfsuid(STRANGER) };
            TcpStream::connect(server)
        };
        std::thread::spawn(connect).join().ok()?.ok()
    }

    #[test]
    fn both_sources_report_the_owner_over_both_protocols() {
        for address in ["127.0.0.1", "127.3.2.1", "::1"] {
            let Ok(listener) = TcpListener::bind((address.parse::<IpAddr>().unwrap(), 0)) else { continue };
            let server = listener.local_addr().unwrap();
            let client = TcpStream::connect(server).unwrap();
            let local = client.local_addr().unwrap();
            let stranger = as_stranger(server);
            for owners in ways() {
                assert_eq!(owners.of(local, server), Some(own()), "{owners:?} {address}");
                assert_eq!(owners.of(SocketAddr::new(local.ip(), 1), server), None, "{owners:?}: there is none");
                let theirs = stranger.as_ref().map(|theirs| owners.of(theirs.local_addr().unwrap(), server));
                assert!(theirs.is_none_or(|uid| uid == Some(STRANGER)), "{owners:?} {address}: {theirs:?}");
            }
        }
    }

    #[test]
    fn a_client_that_speaks_the_other_protocol_is_found() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = listener.local_addr().unwrap();
        let mapped: SocketAddr = format!("[::ffff:127.0.0.1]:{}", server.port()).parse().unwrap();
        let Ok(client) = TcpStream::connect(mapped) else { return };
        let (_accepted, local) = listener.accept().unwrap();
        assert!(client.local_addr().unwrap().is_ipv6() && local.is_ipv4());
        for owners in ways() {
            assert_eq!(owners.of(local, server), Some(own()), "{owners:?}");
        }
    }

    #[test]
    fn a_closed_client_is_not_taken_for_root() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = listener.local_addr().unwrap();
        for is_rude in [false, true] {
            let Some(mut client) = as_stranger(server) else { return };
            let local = client.local_addr().unwrap();
            client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
            let (accepted, _) = listener.accept().unwrap();
            drop(client);
            if is_rude {
                drop(accepted);
            }
            for owners in ways() {
                let told = owners.of(local, server);
                assert!(told.is_none_or(|uid| uid == STRANGER), "{owners:?} {is_rude}: {told:?}");
            }
        }
    }

    #[test]
    fn a_listener_on_the_clients_port_is_not_the_client() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        for owners in ways() {
            assert_eq!(owners.of(other.local_addr().unwrap(), server), None, "{owners:?}");
        }
    }
}
