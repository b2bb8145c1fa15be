//! Owns the reading of `/proc/net/tcp` and `/proc/net/tcp6`: one line for each TCP socket of this machine.
//! Source: proc_pid_net(5). Must stay true: a limited number of bytes is read, in small pieces.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::{IpAddr, SocketAddr};

const TABLES: [&str; 2] = ["/proc/net/tcp", "/proc/net/tcp6"];
/// Maximum number of bytes of a table that are read: about 200,000 sockets.
const TABLE_BYTES: u64 = 32 * 1024 * 1024;

/// A socket, as a line of the table describes it.
#[derive(Debug, PartialEq, Eq)]
pub struct SocketRow<'a> {
    /// Address and port in hexadecimal.
    pub local: &'a str,
    pub remote: &'a str,
    /// `01` connected, `0A` listening.
    pub state: &'a str,
    pub uid: u32,
    /// 0 when nobody has the socket open.
    pub inode: u64,
}

/// Parses a line; the first line of a table is not a row.
fn row(line: &str) -> Option<SocketRow<'_>> {
    let mut fields = line.split_ascii_whitespace();
    let mut next = |skipped: usize| fields.nth(skipped);
    let (local, remote, state) = (next(1)?, next(0)?, next(0)?);
    Some(SocketRow { local, remote, state, uid: next(3)?.parse().ok()?, inode: next(1)?.parse().ok()? })
}

/// The first result of `wanted` over all sockets.
pub fn find<T>(mut wanted: impl FnMut(&SocketRow) -> Option<T>) -> Option<T> {
    TABLES.iter().find_map(|table| {
        let mut lines = BufReader::with_capacity(32 * 1024, File::open(table).ok()?.take(TABLE_BYTES));
        let mut line = String::new();
        while lines.read_line(&mut line).is_ok_and(|count| count > 0) {
            if let Some(found) = row(&line).and_then(|row| wanted(&row)) {
                return Some(found);
            }
            line.clear();
        }
        None
    })
}

/// The accounts that have these ends of connections to `remote` open. The tables are read once, and only until all are
/// found.
pub fn owners(locals: &[SocketAddr], remote: SocketAddr) -> Vec<Option<u32>> {
    let mut owners = vec![None; locals.len()];
    let remotes = [false, true].map(|is_wide| name(remote, is_wide));
    let wanted = locals.iter().enumerate().flat_map(|(n, end)| [false, true].map(|is_wide| (name(*end, is_wide), n)));
    let wanted: HashMap<String, usize> = wanted.collect();
    let mut missing = locals.len();
    find(|row| {
        let n = wanted.get(row.local).filter(|_| remotes.iter().any(|remote| remote == row.remote))?;
        *owners.get_mut(*n)? = holder(row);
        missing -= 1;
        (missing == 0).then_some(())
    });
    owners
}

/// The account that has a socket open; an account of 0 beside an inode of 0 means nobody.
fn holder(row: &SocketRow) -> Option<u32> {
    (row.inode != 0).then_some(row.uid)
}

/// An end as the tables write it: words of 32 bits in this machine's byte order. An IPv4 address is also in the table of
/// IPv6 (`is_wide`), for a client that uses IPv6.
fn name(end: SocketAddr, is_wide: bool) -> String {
    let octets = match end.ip() {
        IpAddr::V4(ip) if is_wide => ip.to_ipv6_mapped().octets().to_vec(),
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let words = octets.chunks_exact(4).map(|word| u32::from_ne_bytes(word.try_into().unwrap_or_default()));
    let words: String = words.map(|word| format!("{word:08X}")).collect();
    format!("{words}:{:04X}", end.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_the_owner_of_a_socket() {
        let line =
            "   1: 0100007F:1F90 0100007F:C350 06 00000000:00000000 03:000016F5 00000000  1000        0 77 3 x\n";
        let wanted = SocketRow { local: "0100007F:1F90", remote: "0100007F:C350", state: "06", uid: 1000, inode: 77 };
        assert_eq!(row(line), Some(wanted));
        for line in [
            "",
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
            "x",
        ] {
            assert_eq!(row(line), None, "{line}");
        }
    }

    #[test]
    fn a_closed_socket_has_no_owner() {
        let line = "   1: 0100007F:1F90 0100007F:C350 04 00000000:00000000 01:00000014 00000000     0        0 0 3 x\n";
        assert_eq!(row(line).map(|row| holder(&row)), Some(None));
        assert_eq!(row(&line.replace(" 0 3", " 9 3")).map(|row| holder(&row)), Some(Some(0)));
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn ends_are_written_as_the_tables_do() {
        let name = |end: &str, is_wide| name(end.parse().unwrap(), is_wide);
        assert_eq!(name("127.0.0.1:8080", false), "0100007F:1F90");
        assert_eq!(name("127.0.0.1:8080", true), "0000000000000000FFFF00000100007F:1F90");
        assert_eq!(name("[::1]:80", false), "00000000000000000000000001000000:0050");
    }
}
