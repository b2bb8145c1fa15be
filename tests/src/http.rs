//! An HTTP client that can send any bytes, even invalid ones, and the server to send them to.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{Running, Sandbox};

/// The longest wait for an answer. It only ends tests that would otherwise wait forever.
const LIMIT: Duration = Duration::from_secs(30);

/// A running `cs-serve`, killed when dropped.
pub struct Served {
    pub running: Running,
    pub address: String,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub fields: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Served {
    /// Starts the dashboard of a sandbox on a free port. Panics if it does not print its address.
    pub fn start(sandbox: &Sandbox, args: &[&str]) -> Served {
        let mut command = sandbox.command("cs-serve");
        command.args(args);
        Served::from(command)
    }

    /// Starts the dashboard with this command on a free port. Panics if it does not print its address.
    pub fn from(mut command: Command) -> Served {
        command.args(["--port", "0"]);
        let mut running = Running::start(command).expect("it starts");
        let mut line = String::new();
        let stdout = running.0.stdout.take().expect("stdout is a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("the first line can be read");
        let address = line.trim().strip_prefix("http://").unwrap_or_else(|| panic!("{line:?} is not an address"));
        Served { address: address.to_owned(), running }
    }

    /// A connection to it.
    pub fn connect(&self) -> TcpStream {
        let socket = TcpStream::connect(&self.address).unwrap_or_else(|e| panic!("{}: {e}", self.address));
        socket.set_read_timeout(Some(LIMIT)).expect("a timeout can be set");
        socket
    }

    /// Sends bytes; returns one answer and whether the server closed the connection after it.
    pub fn raw(&self, bytes: &[u8]) -> Option<Answer> {
        let mut socket = self.connect();
        // The server may have answered and closed before we have sent everything.
        let _ = socket.write_all(bytes);
        Answer::read(&mut BufReader::new(socket), false)
    }

    /// Sends GET for a path with more header lines, each ended by CR LF.
    pub fn get_with(&self, path: &str, lines: &str) -> Answer {
        self.ask("GET", path, lines)
    }

    /// Sends GET for a path.
    pub fn get(&self, path: &str) -> Answer {
        self.get_with(path, "")
    }

    /// Sends a request with any method.
    pub fn ask(&self, method: &str, path: &str, lines: &str) -> Answer {
        let mut socket = self.connect();
        let text = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{lines}\r\n", self.address);
        socket.write_all(text.as_bytes()).expect("the server accepts a request");
        Answer::read(&mut BufReader::new(socket), method == "HEAD").unwrap_or_else(|| panic!("{path}: no answer"))
    }

    /// Sends a body of JSON by POST, as a program does.
    pub fn send(&self, path: &str, body: &str) -> Answer {
        self.send_with(path, "", body)
    }

    /// The same with more header lines, each ended by CR LF.
    pub fn send_with(&self, path: &str, lines: &str, body: &str) -> Answer {
        let mut socket = self.connect();
        let head = format!("POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{lines}", self.address);
        let text = format!("{head}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        socket.write_all(text.as_bytes()).expect("the server accepts a request");
        Answer::read(&mut BufReader::new(socket), false).unwrap_or_else(|| panic!("{path}: no answer"))
    }

    /// The JSON document at a path; panics unless it is there.
    pub fn json(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// A line of `/proc/<pid>/status` in KiB, such as `VmRSS`; `None` where the system has no such file.
    pub fn memory(&self, line: &str) -> Option<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.running.pid())).ok()?;
        let found = text.lines().find_map(|one| one.strip_prefix(line)?.strip_prefix(':'))?;
        found.trim().trim_end_matches(" kB").parse().ok()
    }

    /// The memory that it needs itself, in KiB, without the pages of its program's file: those are more when it is built
    /// without optimization, and the system can drop them. `None` where the system does not report it.
    pub fn own_memory(&self) -> Option<u64> {
        self.memory("RssAnon")
    }

    /// The numbers of its open files and of its threads; `None` where the system does not report them.
    pub fn open(&self) -> Option<(usize, usize)> {
        let count =
            |what: &str| std::fs::read_dir(format!("/proc/{}/{what}", self.running.pid())).ok().map(Iterator::count);
        Some((count("fd")?, count("task")?))
    }
}

impl Answer {
    /// Reads one answer; `None` if the connection ends first.
    pub fn read(from: &mut impl BufRead, only_head: bool) -> Option<Answer> {
        let first = line(from)?;
        let status = first.split(' ').nth(1)?.parse().ok()?;
        let mut fields = Vec::new();
        loop {
            let line = line(from)?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':')?;
            fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut answer = Answer { status, fields, body: Vec::new() };
        if !only_head && status != 304 {
            if answer.field("transfer-encoding") == Some("chunked")
                && answer.field("content-type").is_none_or(|kind| !kind.starts_with("text/event-stream"))
            {
                answer.body = chunks(from)?;
                return Some(answer);
            }
            let length = answer.field("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
            answer.body = vec![0; length];
            from.read_exact(&mut answer.body).ok()?;
        }
        Some(answer)
    }

    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; panics if it is not valid.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }
}

/// The body of an answer that was made while it was sent; `None` if its end is missing.
fn chunks(from: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let length = usize::from_str_radix(&line(from)?, 16).ok()?;
        let start = body.len();
        body.resize(start + length, 0);
        from.read_exact(&mut body[start..]).ok()?;
        if !line(from)?.is_empty() {
            return None;
        }
        if length == 0 {
            return Some(body);
        }
    }
}

fn line(from: &mut impl BufRead) -> Option<String> {
    let mut bytes = Vec::new();
    from.read_until(b'\n', &mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    text.strip_suffix("\r\n").map(str::to_owned)
}

/// Reads a stream until it contains a text; panics if that takes longer than `limit`.
pub fn read_until(socket: &mut TcpStream, wanted: &str, limit: Duration) -> String {
    let end = Instant::now() + limit;
    let mut seen = Vec::new();
    socket.set_read_timeout(Some(Duration::from_millis(50))).expect("a timeout can be set");
    while Instant::now() < end {
        let mut room = [0; 4096];
        match socket.read(&mut room) {
            Ok(0) => break,
            Ok(count) => seen.extend_from_slice(&room[..count]),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(e) => panic!("{e}"),
        }
        if String::from_utf8_lossy(&seen).contains(wanted) {
            return String::from_utf8_lossy(&seen).into_owned();
        }
    }
    panic!("{wanted:?} did not arrive: {:?}", String::from_utf8_lossy(&seen));
}
