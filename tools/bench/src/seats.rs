//! Measures what agents in seats wait for: how soon a message wakes an idle one, and how long `cs-agent spawn` takes by
//! itself. Programs stand in for tmux and the client, and take a few milliseconds, which are included.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use cs_tests::{Sandbox, eventually, seat, seating, status, stderr, stdout};
use serde_json::{Value, json};

use super::measure::median;
use super::native;
use super::report::{Table, millis, word};

/// By what `--only` finds these measurements.
pub const NAME: &str = "agents in seats";
/// A conversation.
const UUID: &str = "0c0ffee2-1111-4222-8333-000000000001";
/// How long something may take that happens by itself.
const PATIENCE: Duration = Duration::from_secs(20);

/// One measurement: its name, its budget in milliseconds, the times.
pub type Row = (&'static str, f64, Vec<Duration>);

/// Makes each measurement `runs` times.
pub fn measure(runs: usize) -> Vec<Row> {
    let sandbox = with_stand_ins();
    let wakes = (0..runs).map(|_| wake(&sandbox)).collect();
    let spawns = (0..runs).map(|_| spawn(&sandbox)).collect();
    vec![("a message to an idle agent, until cs-wake ends", 50.0, wakes), ("cs-agent spawn", 60.0, spawns)]
}

/// The measurements as a table.
pub fn table(rows: &[Row]) -> Table {
    let heading = [NAME, "budget", "ms", "at best", "verdict"].map(str::to_owned).to_vec();
    let row = |(what, most, times): &Row| {
        let (usual, least) = (median(times), times.iter().min().copied().unwrap_or_default());
        let verdict = word(usual.as_secs_f64() * 1000.0 <= *most);
        vec![(*what).to_owned(), format!("≤ {most} ms"), millis(usual), millis(least), verdict.to_owned()]
    };
    Table { rows: std::iter::once(heading).chain(rows.iter().map(row)).collect() }
}

/// A client that calls one hook; its arguments begin with `--session-id UUID`.
const CLIENT: &str = r#"#!/bin/sh
CLAUDE_PID=$$ cs-hook >/dev/null <<end
{"session_id":"$2","hook_event_name":"SessionStart","source":"startup","cwd":"$PWD","transcript_path":"$HOME/.claude/projects/x/$2.jsonl"}
end
exec sleep 60
"#;

/// A client in a seat, idle, that waits for messages: a shell. Its end is that of `cs-wake`.
struct Client(Child);

impl Client {
    fn start(sandbox: &Sandbox) -> Client {
        let mut command = sandbox.command("sh");
        command.args(["-c", "read -r payload; echo \"$payload\" | CLAUDE_PID=$$ cs-wake; exit $?"]);
        command.env("CS_AGENT", seat::SEAT).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("a shell can be started");
        let live = live(sandbox, child.id());
        seat::write(sandbox, seat::SEAT, child.id(), json!({"claude_session_id": UUID, "conversations": [UUID]}));
        put(&sandbox.data().join(format!("live/{UUID}.json")), &live.to_string());
        let payload = json!({"session_id": UUID, "hook_event_name": "Stop", "cwd": sandbox.work(),
            "transcript_path": sandbox.home().join(format!(".claude/projects/x/{UUID}.jsonl"))});
        writeln!(child.stdin.take().expect("it is a pipe"), "{payload}").expect("the shell reads");
        Client(child)
    }
}

/// The file of an idle conversation of this client.
fn live(sandbox: &Sandbox, pid: u32) -> Value {
    let now = cs_core::clock::stamp(cs_core::clock::now());
    let own = cs_core::process::find(pid).expect("the client runs");
    json!({"claude_session_id": UUID, "state": "idle", "since": now, "last_event": "Stop", "last_event_at": now,
        "started_at": now, "cwd": sandbox.work(), "pid": own.pid, "pid_started": own.started, "host": own.host,
        "capture": true, "prompt_id": "p1"})
}

fn put(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("the sandbox can be written");
    fs::write(path, text).expect("the sandbox can be written");
}

/// Sends a message to an agent that waits, and returns how long it took until its client was woken.
fn wake(sandbox: &Sandbox) -> Duration {
    let mut client = Client::start(sandbox);
    assert!(eventually(PATIENCE, || is_awaited(sandbox)), "cs-wake does not wait");
    // It opens its pipe before it looks into the inbox, and then sleeps.
    thread::sleep(Duration::from_millis(50));
    let begin = Instant::now();
    let mut send = sandbox.command("cs-message");
    send.args(["send", seat::SEAT, "the tests are green", "-q"]).stdin(Stdio::null()).stdout(Stdio::null());
    let mut sender = send.spawn().expect("cs-message can be started");
    let end = client.0.wait().expect("the client can be waited for");
    let took = begin.elapsed();
    let sent = sender.wait().expect("cs-message can be waited for");
    assert!(end.code() == Some(2) && sent.success(), "cs-wake: {end}, cs-message: {sent}");
    reset(sandbox);
    took
}

/// Whether a process reads the pipe of the seat; without one it cannot be opened for writing.
fn is_awaited(sandbox: &Sandbox) -> bool {
    let pipe = sandbox.data().join(format!("inbox/{}/wake", seat::SEAT));
    fs::OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(pipe).is_ok()
}

/// Removes everything that the programs wrote.
fn reset(sandbox: &Sandbox) {
    fs::remove_dir_all(sandbox.data()).expect("our files can be removed");
}

/// A sandbox with programs that stand in for tmux and the client.
fn with_stand_ins() -> Sandbox {
    let sandbox = Sandbox::new().without("CS_NOW");
    let folder = sandbox.root().join("stand-ins");
    fs::create_dir(&folder).expect("the sandbox can be written");
    symlink(native::build("pane").path, folder.join("tmux")).expect("the sandbox can be written");
    fs::write(folder.join("claude"), CLIENT).expect("the sandbox can be written");
    fs::set_permissions(folder.join("claude"), Permissions::from_mode(0o755)).expect("it is ours");
    seating::trust(&sandbox, &sandbox.work());
    let path = sandbox
        .command("sh")
        .get_envs()
        .find_map(|(name, value)| value.filter(|_| name == "PATH")?.to_str().map(str::to_owned));
    sandbox.with("PATH", format!("{}:{}", folder.display(), path.expect("a sandbox has a PATH")))
}

/// Starts an agent, and returns how long it took until its client was seen.
fn spawn(sandbox: &Sandbox) -> Duration {
    let mut command = sandbox.command("cs-agent");
    command.args(["spawn", "--name", "builder", "build the login page", "--json"]).stdin(Stdio::null());
    let begin = Instant::now();
    let output = command.output().expect("cs-agent can be started");
    let took = begin.elapsed();
    assert!(status(&output) == 0, "cs-agent spawn: {}", stderr(&output));
    let seat: Value = serde_json::from_str(&stdout(&output)).expect("it prints the seat");
    assert_eq!(seat["status"], "running");
    let ended = Command::new("kill").arg(seat["pid"].to_string()).status().expect("kill can be started");
    assert!(ended.success(), "the client has ended");
    reset(sandbox);
    took
}
