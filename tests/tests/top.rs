//! `cs-top` in a real terminal: its screens, its keys, how soon it shows a change, and that it sleeps otherwise.

use std::fs;
use std::path::Path;
use std::time::Duration;

use cs_tests::tmux::Terminal;
use cs_tests::{Sandbox, has, status, stderr, stdout};
use serde_json::{Value, json};

/// Longer than any machine takes, shorter than the time after which the program looks by itself.
const SOON: Duration = Duration::from_secs(4);
const LATE: Duration = Duration::from_secs(20);

struct Store {
    sandbox: Sandbox,
    client: cs_tests::Running,
}

/// A session in each group: the client is a real process.
fn store() -> Store {
    let sandbox = Sandbox::new();
    let client = sandbox.start("sleep", &["600"]);
    let store = Store { sandbox, client };
    let question = "permission for Bash: make upload";
    store.session(1, "api", "Ask before the upload", json!({"status": "active", "awaiting_action": question}));
    let asks = json!({"state": "waiting", "waiting_for": question, "awaiting": true, "since": at("09:20")});
    store.live(1, asks);
    store.session(2, "api", "Rename the 🦀 crates — 日本語の題名", json!({"status": "active"}));
    store.live(
        2,
        json!({"state": "idle", "since": at("09:10"), "last_message": "All 12 crates are renamed. Shall I push?"}),
    );
    store.session(3, "shop", "Speed up the front page", json!({"status": "active"}));
    store.live(3, json!({"state": "working", "since": at("09:58")}));
    store.session(4, "shop", "Import the old posts", json!({"status": "active"}));
    store.live(4, json!({"state": "working", "pid": 4_000_000, "pid_started": "1"}));
    store.session(
        5,
        "shop",
        "Move the shop",
        json!({"status": "parked", "ended_at": at("08:00"), "parked_reason": "code freeze"}),
    );
    let outcome = json!({"status": "completed", "ended_at": at("07:00"), "outcome": "all visitors are greeted"});
    store.session(6, "shop", "Greet every visitor by name", outcome);
    store
}

fn at(time: &str) -> String {
    format!("2026-11-21T{time}:00.000000+00:00")
}

fn id(number: usize) -> String {
    format!("sess_20261121T0700_00{number:02}")
}

fn uuid(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

impl Store {
    fn session(&self, number: usize, project: &str, intent: &str, more: Value) {
        let mut record = json!({
            "schema_version": 4, "session_id": id(number), "project_slug": project, "intent": intent,
            "started_at": at("07:00"), "last_heartbeat": at("09:59"), "claude_session_id": uuid(number),
            "agent": "claude-code", "ended_at": null,
        });
        merge(&mut record, more);
        write(&self.sandbox.data().join(format!("sessions/{}.json", id(number))), &record);
    }

    fn live(&self, number: usize, more: Value) {
        let mut live = json!({
            "claude_session_id": uuid(number), "session_id": id(number), "project_slug": "x", "state": "idle",
            "since": at("09:00"), "last_event": "Stop", "last_event_at": at("09:59"), "started_at": at("07:00"),
            "pid": self.client.pid(), "cwd": "/home/dev/x",
        });
        merge(&mut live, more);
        write(&self.sandbox.data().join(format!("live/{}.json", uuid(number))), &live);
    }

    fn once(&self, columns: usize, lines: usize) -> Vec<String> {
        let mut command = self.sandbox.command("cs-top");
        command.arg("--once").env("COLUMNS", columns.to_string()).env("LINES", lines.to_string());
        let output = cs_tests::run(command, "");
        assert_eq!((status(&output), stderr(&output)), (0, String::new()));
        stdout(&output).lines().map(str::to_string).collect()
    }
}

fn merge(value: &mut Value, more: Value) {
    let (Value::Object(value), Value::Object(more)) = (value, more) else { panic!("objects") };
    value.extend(more);
}

/// As our programs write: under another name first.
fn write(path: &Path, value: &Value) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a sandbox can be written");
    let new = path.with_extension("new");
    fs::write(&new, value.to_string()).expect("a sandbox can be written");
    fs::rename(new, path).expect("a sandbox can be written");
}

const SCREEN_80: &str = "\
10:00  needs you 2  working 1  failed or gone 1  parked 1                   0001
needs you 2
>waiting   40 min api  Ask before the upload · permission for Bash: make upload
 idle      50 min api  Rename the 🦀 crate… · All 12 crates are renamed. Shall…
working 1
 working    2 min shop Speed up the front page
failed or gone 1
 gone       1 min shop Import the old posts · process 4000000 ended without Ses…
parked 1
 parked       2 h shop Move the shop · code freeze
lately completed 1
 completed    3 h shop Greet every visitor by name · all visitors are greeted
Enter jump  o open  s show  p park  c complete  n note  / filter  ? help  q quit";

#[test]
fn the_screen_has_what_needs_the_user_first_at_every_size() {
    if !has(Terminal::is_available()) {
        return;
    }
    let store = store();
    assert_eq!(store.once(80, 24).join("\n"), SCREEN_80);
    for (columns, lines) in [(40, 12), (80, 24), (200, 50)] {
        let terminal = Terminal::start(&store.sandbox, columns, lines, "cs-top");
        let mut screen = terminal.wait_for("needs you 2", LATE);
        let expected = store.once(columns, lines);
        let foot = screen.pop();
        screen.retain(|line| !line.is_empty());
        screen.extend(foot);
        assert_eq!(screen, expected, "{columns} × {lines}");
        assert!(screen.iter().any(|line| line.contains("permission for Bash")), "{screen:?}");
    }
}

#[test]
fn no_line_is_wider_than_the_screen_whatever_the_texts_are() {
    let store = store();
    let wide = "👩‍👩‍👧‍👦 family \u{1b}[31mred \u{202e}txet \u{7}日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語";
    store.session(
        7,
        "a-very-long-name-of-a-project-that-goes-on",
        wide,
        json!({"status": "parked", "ended_at": at("08:00")}),
    );
    for columns in 20..140 {
        for line in store.once(columns, 30) {
            assert!(render::width_of(&line) <= columns, "{columns}: {line:?}");
            assert!(!line.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{line:?}");
        }
    }
}

#[test]
fn keys_change_sessions_through_the_same_commands_as_a_person() {
    if !has(Terminal::is_available()) {
        return;
    }
    let store = store();
    let terminal = Terminal::start(&store.sandbox, 100, 30, "cs-top; echo ended $?; exec sleep 60");
    terminal.wait_for("needs you 2", LATE);
    terminal.press(&["j", "n"]);
    terminal.type_text("it's $(fine) --json");
    terminal.press(&["Enter"]);
    terminal.wait_for("event: done", LATE);
    terminal.press(&["p"]);
    terminal.type_text("the review");
    terminal.wait_for("park, because: the review", LATE);
    terminal.press(&["Enter"]);
    terminal.wait_for("parked 2", LATE);
    let record = store.sandbox.record(&id(2));
    assert_eq!((record["status"].as_str(), record["parked_reason"].as_str()), (Some("parked"), Some("the review")));
    assert!(record["events"].to_string().contains("it's $(fine) --json"), "{record}");
    // A filter, and back.
    terminal.press(&["/"]);
    terminal.type_text("greet");
    terminal.press(&["Enter"]);
    let screen = terminal.wait_for("with “greet”", LATE);
    assert_eq!(screen.iter().filter(|line| line.contains("shop")).count(), 1, "{screen:?}");
    terminal.press(&["c"]);
    terminal.press(&["Enter"]);
    terminal.wait_for("is already completed", LATE);
    terminal.press(&["Escape"]);
    terminal.press(&["?"]);
    terminal.wait_for("jump to its terminal", LATE);
    terminal.press(&["x", "q"]);
    terminal.wait_for("ended 0", LATE);
}

#[test]
fn enter_on_an_ended_session_reads_its_conversation() {
    if !has(Terminal::is_available()) {
        return;
    }
    let store = store();
    let folder = store.sandbox.home().join(".claude/projects/-home-dev-shop");
    fs::create_dir_all(&folder).expect("a folder");
    let line = |n: usize, kind: &str, text: &str| {
        let origin = if kind == "user" { json!({"kind": "human"}) } else { Value::Null };
        json!({"type": kind, "uuid": format!("u{n}"), "sessionId": uuid(6), "timestamp": at("07:01"), "origin": origin,
            "message": {"id": format!("m{n}"), "role": kind, "content": [{"type": "text", "text": text}]}})
        .to_string()
    };
    let mut lines = vec![line(0, "user", "greet \u{1b}[31mthem\u{202e}")];
    lines.extend((1..60).map(|n| line(n, "assistant", &format!("greeting number {n}"))));
    fs::write(folder.join(format!("{}.jsonl", uuid(6))), lines.join("\n")).expect("a log");
    let terminal = Terminal::start(&store.sandbox, 80, 24, "cs-top; echo ended $?; exec sleep 60");
    terminal.wait_for("needs you 2", LATE);
    terminal.press(&["G", "Enter"]);
    let screen = terminal.wait_for("greeting number 1", LATE);
    assert!(!screen.iter().any(|line| line.contains('\u{202e}') || line.contains("number 40")), "{screen:?}");
    terminal.press(&["/"]);
    terminal.type_text("NUMBER 40");
    terminal.press(&["Enter"]);
    terminal.wait_for("greeting number 40", LATE);
    terminal.press(&["n"]);
    terminal.wait_for("is not found any more", LATE);
    terminal.press(&["x", "q"]);
    terminal.wait_for("ended 0", LATE);
}

#[test]
fn an_answer_is_about_the_session_of_the_question_and_a_paste_never_acts() {
    if !has(Terminal::is_available()) {
        return;
    }
    let store = store();
    let terminal = Terminal::start(&store.sandbox, 100, 30, "cs-top; echo ended $?; exec sleep 60");
    terminal.wait_for("needs you 2", LATE);
    // The row of the question leaves its place while the answer is typed.
    terminal.press(&["p"]);
    terminal.type_text("for later");
    terminal.wait_for("park, because: for later", LATE);
    store.live(1, json!({"state": "working", "since": at("09:59")}));
    terminal.wait_for("working 2", LATE);
    terminal.press(&["C-f", "Enter"]);
    terminal.wait_for("parked 2", LATE);
    assert_eq!(store.sandbox.record(&id(1))["parked_reason"], "for later");
    assert_eq!(store.sandbox.record(&id(2))["status"], "active");
    // Pasted text is not a row of keys, and its line end is not Enter.
    terminal.tmux(&["set-buffer", "c\nq\n"]);
    terminal.tmux(&["paste-buffer", "-p"]);
    terminal.press(&["n"]);
    terminal.tmux(&["paste-buffer", "-p"]);
    terminal.wait_for("note: c q", LATE);
    terminal.press(&["Escape"]);
    terminal.wait_for("? help", LATE);
    assert_eq!(store.sandbox.record(&id(2))["status"], "active");
    // Keys that arrive with a change of the size are not forgotten.
    terminal.press(&["Escape"]);
    terminal.tmux(&["resize-window", "-x", "90", "-y", "28"]);
    terminal.press(&["?"]);
    terminal.wait_for("jump to its terminal", SOON);
    terminal.press(&["x"]);
    terminal.wait_for("? help", LATE);
    terminal.press(&["s"]);
    // The session of the question is still the selected one.
    terminal.wait_for(&format!("id           {}", id(1)), LATE);
    terminal.press(&["x"]);
    terminal.wait_for("? help", LATE);
    terminal.press(&["q"]);
    terminal.wait_for("ended 0", LATE);
}

#[test]
fn it_stops_and_continues_as_other_programs_do() {
    if !has(Terminal::is_available()) {
        return;
    }
    let sandbox = Sandbox::new();
    let terminal = Terminal::start(&sandbox, 80, 24, "bash --norc -i");
    terminal.type_text("PS1='ready> '");
    terminal.press(&["Enter"]);
    terminal.wait_for("ready>", LATE);
    terminal.type_text("cs-top");
    terminal.press(&["Enter"]);
    terminal.wait_for("no session is recorded yet", LATE);
    terminal.press(&["C-z"]);
    terminal.wait_for("Stopped", LATE);
    terminal.type_text("fg");
    terminal.press(&["Enter"]);
    terminal.wait_for("no session is recorded yet", LATE);
    terminal.press(&["q"]);
    let screen = terminal.wait_for("ready> fg", LATE);
    assert!(screen.iter().any(|line| line.contains("cs-top")), "{screen:?}");
}

#[test]
fn a_change_on_disk_is_shown_at_once_and_nothing_else_wakes_the_program() {
    if !has(Terminal::is_available()) {
        return;
    }
    let store = store();
    let note = store.sandbox.root().join("pid");
    let command = format!("sh -c 'echo $$ >{}; exec cs-top'", note.display());
    let terminal = Terminal::start(&store.sandbox, 80, 24, &command);
    terminal.wait_for("needs you 2", LATE);
    // It looks by itself only after five seconds: what is shown before was reported by the system.
    for number in 0..3 {
        let text = format!("question {number}");
        store.live(2, json!({"state": "waiting", "waiting_for": text, "since": at("09:30")}));
        terminal.wait_for(&text, SOON);
    }
    store.session(8, "api", "A new session appears", json!({"status": "active"}));
    let index = store.sandbox.cs("cs-cleanup", &["index"]);
    assert_eq!(status(&index), 0, "{}", stderr(&index));
    terminal.wait_for("A new session", SOON);
    let pid = fs::read_to_string(&note).expect("the shell wrote it");
    let stat = format!("/proc/{}/stat", pid.trim());
    let ticks = || {
        let text = fs::read_to_string(&stat).expect("it runs");
        let words: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        words[11].parse::<u64>().unwrap() + words[12].parse::<u64>().unwrap()
    };
    std::thread::sleep(Duration::from_secs(2));
    let before = ticks();
    std::thread::sleep(Duration::from_secs(12));
    assert!(ticks() - before <= 1, "{} ticks in 12 s", ticks() - before);
}

#[test]
fn ten_thousand_sessions_take_little_memory() {
    if !has(Terminal::is_available()) {
        return;
    }
    let sandbox = Sandbox::new();
    let sessions = sandbox.data().join("sessions");
    fs::create_dir_all(&sessions).expect("a sandbox can be written");
    for number in 0..10_000 {
        let (word, ended) = if number % 50 == 0 { ("parked", "09:00") } else { ("completed", "08:00") };
        let id = format!("sess_20261120T{:02}{:02}_{number:04x}", number / 60 % 24, number % 60);
        let record = json!({"schema_version": 4, "session_id": id, "project_slug": format!("p{}", number % 40),
            "status": word, "intent": format!("Session number {number} of many, with an intent of usual length"),
            "started_at": at("07:00"), "ended_at": at(ended), "last_heartbeat": at("08:00")});
        fs::write(sessions.join(format!("{id}.json")), record.to_string()).expect("a sandbox can be written");
    }
    assert_eq!(status(&sandbox.cs("cs-cleanup", &["index"])), 0);
    let terminal = Terminal::start(&sandbox, 80, 24, "cs-top");
    terminal.wait_for("parked 200", LATE);
    terminal.press(&["G", "g", "j"]);
    std::thread::sleep(Duration::from_millis(300));
    let pid = terminal.tmux(&["display-message", "-p", "#{pane_pid}"]);
    let memory = fs::read_to_string(format!("/proc/{}/status", pid.trim())).expect("it runs");
    assert!(memory.contains("Name:\tcs-top"), "{memory}");
    let peak = memory.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux reports it");
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    assert!(peak <= 12 * 1024, "{peak} KiB");
    println!("peak: {peak} KiB");
}

#[test]
fn the_terminal_is_given_back_however_the_program_ends() {
    if !has(Terminal::is_available()) {
        return;
    }
    let store = store();
    for (name, signal) in [("TERM", "-TERM"), ("HUP", "-HUP")] {
        let command = "echo before; cs-top; stty -a | grep -o ' icanon'; echo ended $?; exec sleep 60";
        let terminal = Terminal::start(&store.sandbox, 80, 24, command);
        terminal.wait_for("needs you 2", LATE);
        let pid = terminal.tmux(&["display-message", "-p", "#{pane_pid}"]);
        store.sandbox.sh(&format!("pkill {signal} -P {} cs-top", pid.trim()));
        let screen = terminal.wait_for("ended 0", LATE);
        assert!(screen.iter().any(|line| line == "before"), "{name}: {screen:?}");
        assert!(screen.iter().any(|line| line.contains("icanon")), "{name}: {screen:?}");
    }
}

#[test]
fn without_a_terminal_it_says_what_to_do() {
    let sandbox = Sandbox::new();
    let output = sandbox.cs("cs-top", &[]);
    assert_eq!((status(&output), stdout(&output)), (64, String::new()));
    assert!(stderr(&output).contains("cs-top --once"), "{}", stderr(&output));
    let empty = sandbox.cs("cs-top", &["--once"]);
    assert!(stdout(&empty).contains("no session is recorded yet") && status(&empty) == 0);
    assert!(!sandbox.data().exists(), "looking creates nothing");
}
