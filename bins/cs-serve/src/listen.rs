//! Owns where the server listens and who may connect: from the command line to a listening socket.
//! Must stay true: nobody but this machine can connect unless that was asked for twice and a token is set.

use crate::Args;
use crate::http::Policy;
use cs_cli::{Failure, Outcome};
use cs_core::store::Store;
use cs_core::{Error, file};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Fewer characters could be guessed.
const TOKEN: usize = 16;

/// Where to listen and whom to answer.
#[derive(Debug)]
pub struct Plan {
    pub address: SocketAddr,
    pub policy: Policy,
}

/// Understands the arguments.
pub fn plan(args: &Args, store: &Store) -> Outcome<Plan> {
    let host = match args.host.as_deref() {
        None => IpAddr::V4(Ipv4Addr::LOCALHOST),
        Some("localhost") => IpAddr::V4(Ipv4Addr::LOCALHOST),
        Some(text) => text.parse().map_err(|_| {
            Failure::Usage(format!("not an address: {text:?}"), Some("write one such as 127.0.0.1 or 0.0.0.0".into()))
        })?,
    };
    let is_meant = args.allow_remote && args.token_file.is_some();
    if !host.is_loopback() && !is_meant {
        let hint = "other machines could read everything; ssh -L 9000:127.0.0.1:9000 is safer. To do it all the \
            same, give both --allow-remote and --token-file FILE";
        return Err(Failure::Usage(format!("--host {host} lets other machines connect"), Some(hint.into())));
    }
    let token = args.token_file.as_deref().map(read_token).transpose()?;
    // A damaged config.json is shown on the page; it is no reason not to start.
    let port = args.port.unwrap_or_else(|| store.config().settings.dashboard_port);
    Ok(Plan { address: SocketAddr::new(host, port), policy: Policy { names: args.name.clone(), token } })
}

fn read_token(path: &str) -> Outcome<String> {
    let path = Path::new(path);
    let bytes = file::read_elsewhere(path)?.ok_or_else(|| Error::Missing(format!("no file {}", path.display())))?;
    let is_private = std::fs::metadata(path).is_ok_and(|meta| meta.mode() & 0o077 == 0);
    if !is_private {
        let text = format!("others can read {}; chmod 600 it", path.display());
        return Err(Error::Invalid(text).into());
    }
    let text = String::from_utf8_lossy(&bytes).trim().to_string();
    if text.chars().count() < TOKEN || !text.bytes().all(|byte| matches!(byte, 0x21..=0x7e)) {
        let text = format!("{} holds no token: one line of at least {TOKEN} letters and digits", path.display());
        return Err(Error::Invalid(text).into());
    }
    Ok(text)
}

/// Opens the socket.
pub fn bind(plan: &Plan) -> Outcome<TcpListener> {
    TcpListener::bind(plan.address).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => taken(plan.address).into(),
        _ => Error::io(Path::new(&plan.address.to_string()), "listen on", error).into(),
    })
}

fn taken(address: SocketAddr) -> Error {
    let port = address.port();
    let holder = holder(port)
        .map_or_else(|| format!("lsof -i :{port} may say by whom"), |(pid, name)| format!("by {name}, process {pid}"));
    Error::Refused(format!("port {port} is taken: {holder}; stop that, or take another port with --port"))
}

/// Trouble with the system that has no path.
pub fn system(error: io::Error) -> Error {
    Error::io(Path::new("connections"), "serve", error)
}

/// Which process listens on a port, where the system tells: `/proc/net/tcp` has the socket's inode, and
/// `/proc/<pid>/fd` who has it open. Source: proc_pid_net(5).
fn holder(port: u16) -> Option<(u32, String)> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| std::fs::read_to_string(table).unwrap_or_default());
    let inode = tables.iter().flat_map(|table| table.lines()).find_map(|line| listening_inode(line, port))?;
    let wanted = format!("socket:[{inode}]");
    let processes = std::fs::read_dir("/proc").ok()?;
    for entry in processes.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let Ok(files) = std::fs::read_dir(entry.path().join("fd")) else { continue };
        let has = |file: std::fs::DirEntry| std::fs::read_link(file.path()).is_ok_and(|to| to.as_os_str() == &*wanted);
        if files.flatten().any(has) {
            let name = std::fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
            return Some((pid, name.trim().to_string()));
        }
    }
    None
}

/// The inode in a line of such a table, if that is a listening socket on the port.
fn listening_inode(line: &str, port: u16) -> Option<String> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let (_, local) = fields.get(1)?.rsplit_once(':')?;
    let is_it = u16::from_str_radix(local, 16) == Ok(port) && *fields.get(3)? == "0A";
    is_it.then(|| fields.get(9).map(|inode| (*inode).to_string())).flatten()
}
