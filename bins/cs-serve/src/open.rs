//! `open`: prints the dashboard's address, with a code for one tab if it requires a key, and opens it in a browser.
//!
//! Must stay true: the key is never in an address, which browsers keep; a code is never on a command line, where every
//! account could see it (the browser opens a file that redirects to the address); and a port of another account is never
//! opened.

use crate::args::Open;
use crate::owner::{self, Owners};
use crate::{code, key, listen};
use cli::{Out, Outcome};
use cs_core::Error;
use cs_core::file::{self, Durability};
use cs_core::store::Store;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

/// How long each step may take.
const LIMIT: Duration = Duration::from_secs(2);

/// Prints the address, and opens it if there is a browser.
pub fn run(open: &Open, store: &Store, mut out: Out) -> Outcome<()> {
    let address = listen::address(open.host.as_deref(), open.port, store)?;
    let key = key::of_running(&store.home, address.port())?;
    if key.is_none() {
        check_owner(address)?;
    }
    let page = if key.is_some() && may_change(address) { "review" } else { "" };
    let code = key.as_ref().map(|_| code::make(&store.home, address.port())).transpose()?;
    let fragment = code.map(|code| format!("#code={code}")).unwrap_or_default();
    let url = format!("http://{address}/{page}{fragment}");
    out.line(&url)?;
    out.flush()?;
    if let Some(opener) = opener().filter(|_| !open.print) {
        let target = if key.is_some() { write_redirect(store, address.port(), &url)? } else { url.into() };
        let quiet = || Stdio::null();
        // The address was printed, so a browser that does not start is not a failure.
        drop(Command::new(opener).arg(target).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn());
    }
    Ok(())
}

/// The program that opens an address on this desktop, if there is a desktop.
fn opener() -> Option<&'static str> {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if cfg!(target_os = "macos") {
        return (!is_set("SSH_CONNECTION")).then_some("open");
    }
    (is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")).then_some("xdg-open")
}

/// Writes a page that redirects to the address and that only this account can read.
fn write_redirect(store: &Store, port: u16, url: &str) -> Outcome<OsString> {
    let path = store.home.serve_page(port);
    let text = format!(
        "<!doctype html>\n<meta charset=\"utf-8\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta http-equiv=\"refresh\" content=\"0;url={url}\">\n<title>Sessions</title>\n\
         <p><a href=\"{url}\">The dashboard</a></p>\n"
    );
    file::replace(&path, text.as_bytes(), Durability::Disposable)?;
    let path = std::path::absolute(&path).map_err(|error| Error::io(&path, "find", error))?;
    Ok(path.into_os_string())
}

/// Checks that a dashboard answers there and, if the system reports owners, that it belongs to this account.
fn check_owner(address: SocketAddr) -> Outcome<()> {
    let nobody = || {
        let text = format!("no dashboard is running on {address}; start one with cs-serve");
        Error::Refused(text)
    };
    let mut socket = TcpStream::connect_timeout(&address, LIMIT).map_err(|_| nobody())?;
    let (answer, owner) = ask(&mut socket, address).map_err(|_| nobody())?;
    match owner {
        Some(uid) if uid != 0 && uid != owner::own() => {
            let text = format!("port {} belongs to another account (uid {uid}); choose another port", address.port());
            Err(Error::Refused(text).into())
        }
        _ if answer.contains("\r\nServer: cs-serve\r\n") => Ok(()),
        _ => Err(nobody().into()),
    }
}

/// Whether the dashboard there, which is ours, lets those change something who have the key.
fn may_change(address: SocketAddr) -> bool {
    let asked = TcpStream::connect_timeout(&address, LIMIT).and_then(|mut socket| ask(&mut socket, address));
    asked.is_ok_and(|(answer, _)| answer.contains("\"review\":true"))
}

/// Returns an answer, and the account that gave it.
fn ask(socket: &mut TcpStream, address: SocketAddr) -> std::io::Result<(String, Option<u32>)> {
    socket.set_read_timeout(Some(LIMIT))?;
    socket.write_all(format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes())?;
    let mut room = [0; 4096];
    let count = socket.read(&mut room)?;
    let answer = String::from_utf8_lossy(room.get(..count).unwrap_or_default()).into_owned();
    let local = socket.local_addr()?;
    Ok((answer, Owners::find(address.ip()).and_then(|owners| owners.of(address, local))))
}
