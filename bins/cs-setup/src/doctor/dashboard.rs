//! Checks who may read the dashboard, by asking it. If none is running, one is started for a moment, on a free port and
//! with an empty data directory.

use super::Check;

use crate::places::Places;
use cli::programs;
use cs_core::store::Store;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

const PROGRAM: &str = "cs-serve";
/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(2);
/// Maximum number of bytes of an answer that are read.
const ANSWER: u64 = 16 * 1024;

/// The readers that a dashboard reports: a word of `/healthz`, or the code of a refusal.
type ReadersWord = Option<String>;

pub fn check(places: &Places) -> Option<Check> {
    if !programs::is_program(&places.program(PROGRAM)) {
        return None;
    }
    let config = Store::for_people(places.data.clone(), agents::WITNESS).config();
    let port = config.settings.dashboard_port;
    let check = match ask(SocketAddr::from(([127, 0, 0, 1], port))) {
        Some(said) => running(port, said.as_deref()),
        None => match ask_new_one(places) {
            Some(said) => Check::good("dashboard", format!("not running; it would answer {}", readers(&said))),
            None => Check::bad("dashboard", "cs-serve does not answer", "cs-serve --port 0"),
        },
    };
    Some(check)
}

fn running(port: u16, said: Option<&str>) -> Check {
    match said {
        Some("OTHER_ACCOUNT" | "ACCOUNT_UNKNOWN") => Check::offer(
            "dashboard",
            format!("another account's dashboard uses port {port}"),
            "set dashboard_port in config.json to another port",
        ),
        Some(word) => Check::good("dashboard", format!("runs on port {port} and answers {}", readers(word))),
        None => Check::offer(
            "dashboard",
            format!("another program uses port {port}"),
            "stop that program, or set dashboard_port in config.json to another port",
        ),
    }
}

/// Describes the readers.
fn readers(word: &str) -> &'static str {
    match word {
        "owner" => "this account and root: the system reports who owns each connection",
        "key" | "KEY_REQUIRED" => "only with its key: cs-serve open",
        "token" | "TOKEN_REQUIRED" => "only with its token",
        "everyone" => "every account of this machine: it was started with --allow-users",
        _ => "by a rule that this version does not know",
    }
}

/// Asks the dashboard at an address for its readers. The outer option is none if nothing answers, the inner one if the
/// program there is not a dashboard.
fn ask(address: SocketAddr) -> Option<ReadersWord> {
    let mut socket = TcpStream::connect_timeout(&address, LIMIT).ok()?;
    let answer = converse(&mut socket, address).unwrap_or_default();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let word = ["readers", "code"].iter().find_map(|key| body.get(key)?.as_str());
    Some(word.filter(|_| head.contains("\r\nServer: cs-serve")).map(str::to_string))
}

fn converse(socket: &mut TcpStream, address: SocketAddr) -> std::io::Result<String> {
    socket.set_read_timeout(Some(LIMIT))?;
    let text = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    socket.write_all(text.as_bytes())?;
    let mut answer = Vec::new();
    socket.take(ANSWER).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Starts a dashboard for this check, and asks it for its readers.
fn ask_new_one(places: &Places) -> Option<String> {
    let dir = tempfile::tempdir().ok()?;
    let mut command = Command::new(places.program(PROGRAM));
    command.args(["--port", "0"]).env("CS_HOME", dir.path()).current_dir(dir.path());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let said = address(&mut child).and_then(ask).flatten();
    let _ = child.kill();
    let _ = child.wait();
    said
}

/// The address in its first line.
fn address(child: &mut Child) -> Option<SocketAddr> {
    let stdout = child.stdout.take()?;
    let (sender, first) = channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let _ = BufReader::new(stdout).read_line(&mut line);
        sender.send(line)
    });
    first.recv_timeout(LIMIT).ok()?.trim().strip_prefix("http://")?.parse().ok()
}
