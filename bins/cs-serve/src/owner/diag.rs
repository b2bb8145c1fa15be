//! Owns asking the kernel about one connection: one request and one answer, however many connections there are.
//! Must stay true: the answer is about exactly the requested connection. If that does not exist, the kernel falls back
//! to a listener on the local port, so the addresses of the answer are compared.
//! Sources: sock_diag(7), netlink(7), linux/inet_diag.h.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicU32, Ordering};

/// `SOCK_DIAG_BY_FAMILY`, the type of the request and of its answer.
const BY_FAMILY: u16 = 20;
/// `NLM_F_REQUEST`
const REQUEST: u16 = 1;
/// Bytes of `nlmsghdr`, of `inet_diag_req_v2` and of `inet_diag_msg`.
const HEAD: usize = 16;
const QUESTION: usize = 56;
const ANSWER: usize = 72;

/// A socket on which the kernel answers.
#[derive(Debug)]
pub struct Diag {
    socket: OwnedFd,
    asked: AtomicU32,
}

impl Diag {
    /// Opens the socket; `None` if the system forbids or does not support it.
    #[allow(unsafe_code, reason = "netlink(7)")]
    pub fn open() -> Option<Diag> {
        let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        // SAFETY: socket takes only numbers; the result is a new descriptor, or negative.
        let fd = unsafe { libc::socket(libc::AF_NETLINK, kind, libc::NETLINK_SOCK_DIAG) };
        if fd < 0 {
            return None;
        }
        // SAFETY: the descriptor is new, and nothing else owns it.
        let socket = unsafe { OwnedFd::from_raw_fd(fd) };
        // SAFETY: sockaddr_nl is plain old data. A socket connected to the kernel (port 0) receives only its messages.
        let connected = unsafe {
            let mut kernel: libc::sockaddr_nl = std::mem::zeroed();
            kernel.nl_family = libc::AF_NETLINK as libc::sa_family_t;
            let size = std::mem::size_of::<libc::sockaddr_nl>() as libc::socklen_t;
            libc::connect(socket.as_raw_fd(), (&raw const kernel).cast(), size)
        };
        (connected == 0).then_some(Diag { socket, asked: AtomicU32::new(0) })
    }

    /// The account that has this end of a connection open.
    pub fn owner(&self, local: SocketAddr, remote: SocketAddr) -> Option<u32> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        self.send(&question(number, local, remote)).ok()?;
        let mut room = [0; 512];
        // The kernel answers before the call returns, but older answers may come first.
        for _ in 0..4 {
            let count = self.receive(&mut room).ok()?;
            let message = room.get(..count)?;
            if u32_at(message, 8)? == number {
                return answer(message, local, remote);
            }
        }
        None
    }

    #[allow(unsafe_code, reason = "send(2)")]
    fn send(&self, bytes: &[u8]) -> io::Result<()> {
        // SAFETY: the pointer and the length are those of one slice.
        let sent = unsafe { libc::send(self.socket.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), 0) };
        if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    #[allow(unsafe_code, reason = "recv(2)")]
    fn receive(&self, room: &mut [u8]) -> io::Result<usize> {
        // SAFETY: the pointer and the length are those of one slice.
        let count = unsafe { libc::recv(self.socket.as_raw_fd(), room.as_mut_ptr().cast(), room.len(), 0) };
        usize::try_from(count).map_err(|_| io::Error::last_os_error())
    }
}

/// The question for one connection, its local end first.
fn question(number: u32, local: SocketAddr, remote: SocketAddr) -> Vec<u8> {
    let family = if local.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    let mut bytes = Vec::with_capacity(HEAD + QUESTION);
    bytes.extend(((HEAD + QUESTION) as u32).to_ne_bytes());
    bytes.extend(BY_FAMILY.to_ne_bytes());
    bytes.extend(REQUEST.to_ne_bytes());
    bytes.extend(number.to_ne_bytes());
    bytes.extend([0; 4]);
    bytes.extend([family as u8, libc::IPPROTO_TCP as u8, 0, 0]);
    // In any state.
    bytes.extend(u32::MAX.to_ne_bytes());
    bytes.extend(local.port().to_be_bytes());
    bytes.extend(remote.port().to_be_bytes());
    bytes.extend(address_bytes(local.ip()));
    bytes.extend(address_bytes(remote.ip()));
    // On any interface, with any cookie.
    bytes.extend([0; 4]);
    bytes.extend([0xff; 8]);
    bytes
}

/// The owner in an answer, if that is about this connection and the inode is not 0. An inode of 0 means that no process
/// has the socket open, and then an owner of 0 may not mean root.
fn answer(message: &[u8], local: SocketAddr, remote: SocketAddr) -> Option<u32> {
    let kind = u16::from_ne_bytes(message.get(4..6)?.try_into().ok()?);
    let body = message.get(HEAD..HEAD + ANSWER).filter(|_| kind == BY_FAMILY)?;
    let family = i32::from(*body.first()?);
    let end = |port: usize, address: usize| {
        let port = u16::from_be_bytes(body.get(port..port + 2)?.try_into().ok()?);
        Some(SocketAddr::new(address_at(body, address, family)?, port))
    };
    let is_it = end(4, 8) == Some(canonical(local)) && end(6, 24) == Some(canonical(remote));
    let (uid, inode) = (u32_at(body, 64)?, u32_at(body, 68)?);
    (is_it && inode != 0).then_some(uid)
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn address_bytes(address: IpAddr) -> [u8; 16] {
    let mut bytes = [0; 16];
    match address {
        IpAddr::V6(ip) => bytes = ip.octets(),
        IpAddr::V4(ip) => bytes.iter_mut().zip(ip.octets()).for_each(|(to, from)| *to = from),
    }
    bytes
}

fn address_at(body: &[u8], at: usize, family: i32) -> Option<IpAddr> {
    let bytes: [u8; 16] = body.get(at..at + 16)?.try_into().ok()?;
    let [a, b, c, d, ..] = bytes;
    let ip = if family == libc::AF_INET { Ipv4Addr::new(a, b, c, d).into() } else { IpAddr::V6(Ipv6Addr::from(bytes)) };
    Some(ip.to_canonical())
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends() -> [SocketAddr; 2] {
        ["127.0.0.1:40000", "127.0.0.1:9000"].map(|end| end.parse().unwrap())
    }

    /// An answer about these ends.
    fn encode_answer(kind: u16, local: SocketAddr, remote: SocketAddr, uid: u32, inode: u32) -> Vec<u8> {
        let mut bytes = question(7, local, remote);
        bytes.splice(4..6, kind.to_ne_bytes());
        // The ends are 8 bytes after the head in the question, 4 in the answer.
        bytes.drain(HEAD + 4..HEAD + 8);
        bytes.resize(HEAD + 64, 0);
        bytes.extend(uid.to_ne_bytes());
        bytes.extend(inode.to_ne_bytes());
        bytes
    }

    #[test]
    fn only_the_account_with_this_connection_open_owns_it() {
        let [local, remote] = ends();
        let owner = |bytes: &[u8]| answer(bytes, local, remote);
        assert_eq!(owner(&encode_answer(BY_FAMILY, local, remote, 1000, 5)), Some(1000));
        assert_eq!(owner(&encode_answer(BY_FAMILY, local, remote, 0, 5)), Some(0), "root");
        assert_eq!(owner(&encode_answer(BY_FAMILY, local, remote, 0, 0)), None, "closed: that is not root");
        let nowhere = "0.0.0.0:0".parse().unwrap();
        assert_eq!(owner(&encode_answer(BY_FAMILY, local, nowhere, 1000, 5)), None, "a listener on that port");
        assert_eq!(owner(&encode_answer(BY_FAMILY, remote, local, 1000, 5)), None, "our own end");
        assert_eq!(owner(&encode_answer(2, local, remote, 1000, 5)), None, "an error");
        let whole = encode_answer(BY_FAMILY, local, remote, 1000, 5);
        (0..whole.len()).for_each(|cut| assert_eq!(owner(&whole[..cut]), None, "{cut}"));
    }

    #[test]
    fn an_answer_in_the_other_protocol_is_the_same_connection() {
        let [local, remote] = ends();
        let wide = [local, remote].map(|end| {
            let IpAddr::V4(ip) = end.ip() else { panic!("{end}") };
            SocketAddr::new(ip.to_ipv6_mapped().into(), end.port())
        });
        assert_eq!(answer(&encode_answer(BY_FAMILY, wide[0], wide[1], 1000, 5), local, remote), Some(1000));
    }
}
