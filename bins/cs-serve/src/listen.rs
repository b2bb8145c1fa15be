//! Owns where the server listens, from the command line to a listening socket.
//! Must stay true: only this machine can connect, unless two options allow others and a token is set.

use crate::args::Args;
use crate::http::Policy;
use crate::owner::table;
use crate::readers::{Readers, readers};
use crate::token;
use cli::{Failure, Outcome};
use cs_core::Error;
use cs_core::store::Store;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;

/// Where to listen and which requests to answer.
#[derive(Debug)]
pub struct Plan {
    pub address: SocketAddr,
    pub policy: Policy,
    pub readers: Readers,
}

/// Checks the arguments.
pub fn plan(args: &Args, store: &Store) -> Outcome<Plan> {
    let address = address(args.host.as_deref(), args.port, store)?;
    let is_meant = args.allow_remote && args.token_file.is_some();
    if !address.ip().is_loopback() && !is_meant {
        let hint = "other machines could read everything; ssh -L 9000:127.0.0.1:9000 is safer. To do it anyway, give \
            both --allow-remote and --token-file FILE";
        let text = format!("--host {} lets other machines connect", address.ip());
        return Err(Failure::Usage(text, Some(hint.into())));
    }
    let readers = readers(args)?;
    let token = args.token_file.as_deref().map(token::read).transpose()?;
    Ok(Plan { address, policy: Policy { names: args.name.clone(), token }, readers })
}

/// Returns the address to listen on.
pub fn address(host: Option<&str>, port: Option<u16>, store: &Store) -> Outcome<SocketAddr> {
    let host = match host {
        None | Some("localhost") => IpAddr::V4(Ipv4Addr::LOCALHOST),
        Some(text) => text.parse().map_err(|_| {
            Failure::Usage(
                format!("{text:?} is not an IP address"),
                Some("use one such as 127.0.0.1 or 0.0.0.0".into()),
            )
        })?,
    };
    // A damaged config.json does not prevent the start; the pages show the error.
    let port = port.unwrap_or_else(|| store.config().settings.dashboard_port);
    Ok(SocketAddr::new(host, port))
}

/// Opens the socket.
pub fn bind(plan: &Plan) -> Outcome<TcpListener> {
    TcpListener::bind(plan.address).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => port_in_use(plan.address).into(),
        _ => Error::io(Path::new(&plan.address.to_string()), "listen on", error).into(),
    })
}

fn port_in_use(address: SocketAddr) -> Error {
    let port = address.port();
    let holder = holder(port).map_or_else(
        || format!("lsof -i :{port} may show by which program"),
        |(pid, name)| format!("by {name}, process {pid}"),
    );
    Error::Refused(format!("port {port} is in use: {holder}; stop that program, or choose another port with --port"))
}

/// An error of the system that has no path.
pub fn system(error: io::Error) -> Error {
    Error::io(Path::new("connections"), "serve", error)
}

/// Finds the process that listens on a port, if the system reports it: `/proc/net/tcp` has the socket's inode, and
/// `/proc/<pid>/fd` shows which process has it open. Source: proc_pid_net(5).
fn holder(port: u16) -> Option<(u32, String)> {
    let is_it = |row: &table::SocketRow| row.state == "0A" && row.local.ends_with(&format!(":{port:04X}"));
    let inode = table::find(|row| is_it(row).then_some(row.inode))?;
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
