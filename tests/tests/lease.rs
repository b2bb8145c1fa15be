//! Leases and claimed tasks with real processes: each is given once, and ends with its owner.

#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use cs_tests::{Sandbox, has, status, stderr, stdout};
use serde_json::{Value, json};
use soak::trace::{self, Act};

/// A shell that runs commands; it is the owner of the leases that they acquire.
struct Shell {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Shell {
    fn new(sandbox: &Sandbox) -> Shell {
        Shell::with(sandbox, &[])
    }

    fn with(sandbox: &Sandbox, variables: &[(&str, &str)]) -> Shell {
        let mut command = sandbox.command("sh");
        command.envs(variables.iter().copied()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("sh starts");
        let (input, output) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
        Shell { child, input, output: BufReader::new(output) }
    }

    fn begin(&mut self, command: &str) {
        writeln!(self.input, "{command} 2>&1 </dev/null; echo \"code $?\"").expect("the shell reads");
    }

    /// What the command printed, and its exit code.
    fn end(&mut self) -> (String, i32) {
        let mut text = String::new();
        loop {
            let mut line = String::new();
            assert_ne!(self.output.read_line(&mut line).expect("the shell prints"), 0, "the shell ended: {text}");
            match line.strip_prefix("code ") {
                Some(code) => return (text, code.trim().parse().expect("a number")),
                None => text.push_str(&line),
            }
        }
    }

    fn run(&mut self, command: &str) -> (String, i32) {
        self.begin(command);
        self.end()
    }

    fn code(&mut self, command: &str) -> i32 {
        self.run(command).1
    }

    fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Registers the project of the working directory.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(status(&sandbox.cs("cs-project", &["register", "-q"])), 0);
    sandbox
}

fn leases(sandbox: &Sandbox) -> Value {
    sandbox.json("leases/work.json")
}

/// Makes the shell the client of a seat.
fn seat(sandbox: &Sandbox, id: &str, shell: &Shell, parent: Option<&str>) {
    let pid = shell.child.id();
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    let started = stat.rsplit_once(')').expect("a name").1.split_whitespace().nth(19).expect("a start").to_owned();
    let mut seat = json!({"agent_id": id, "name": id.replace("agent_", "the "), "agent": "claude-code", "cwd": "/",
        "status": "running", "spawned_at": "2026-11-21T10:00:00.000000+00:00", "spawned_by": "user",
        "pid": pid, "pid_started": started, "schema_version": 1});
    if let Some(parent) = parent {
        seat["parent"] = json!({"agent_id": parent});
    }
    let folder = sandbox.data().join("agents");
    fs::create_dir_all(&folder).expect("it can be created");
    fs::write(folder.join(format!("{id}.json")), seat.to_string()).expect("it can be written");
}

const PARENT: &str = "agent_20261121T1000_0001";
const CHILD: &str = "agent_20261121T1000_0002";

#[test]
fn of_two_claims_at_once_one_is_granted() {
    let sandbox = sandbox();
    let mut shells = [Shell::new(&sandbox), Shell::new(&sandbox)];
    let mut tokens = BTreeSet::new();
    for round in 0..1000 {
        shells.iter_mut().for_each(|shell| shell.begin(&format!("cs-lease acquire path/{round} -q")));
        let answers: Vec<(String, i32)> = shells.iter_mut().map(Shell::end).collect();
        let codes: Vec<i32> = answers.iter().map(|(_, code)| *code).collect();
        assert!(codes == [0, 1] || codes == [1, 0], "round {round}: {answers:?}");
        if round % 50 == 49 {
            let file = leases(&sandbox);
            let given = file["leases"].as_array().expect("a list");
            tokens.extend(given.iter().map(|lease| lease["token"].as_u64().expect("a number")));
            shells.iter_mut().for_each(|shell| _ = shell.run("cs-lease release --all -q"));
        }
    }
    assert_eq!(tokens.len(), 1000);
    assert_eq!(leases(&sandbox)["last_token"].as_u64(), tokens.last().copied());
}

#[test]
fn a_thousand_leases_of_one_owner_are_listed_with_few_system_calls() {
    if !has(trace::is_possible()) {
        return;
    }
    let sandbox = sandbox();
    let mut shell = Shell::new(&sandbox);
    assert_eq!(shell.code("cs-lease acquire src -q"), 0);
    let mut file = leases(&sandbox);
    let one = file["leases"][0].clone();
    file["leases"] = (0..1000)
        .map(|n| {
            let mut lease = one.clone();
            (lease["id"], lease["paths"]) = (format!("l{n:08x}").into(), json!([format!("path/{n}")]));
            lease
        })
        .collect();
    fs::write(sandbox.data().join("leases/work.json"), file.to_string()).expect("it can be written");
    let mut command = sandbox.command("cs-lease");
    command.args(["list", "-q"]);
    let mut calls = 0;
    let output = trace::run(command, "", |_| {
        calls += 1;
        Act::Go
    });
    assert_eq!(stdout(&output.expect("it can be traced")).lines().count(), 1000);
    assert!(calls < 200, "{calls} calls");
}

#[test]
fn the_lease_of_a_killed_owner_is_free_at_once() {
    let sandbox = sandbox();
    let (mut owner, mut other) = (Shell::new(&sandbox), Shell::new(&sandbox));
    assert_eq!(owner.code("cs-lease acquire src --for 7d -q"), 0);
    assert_eq!(other.code("cs-lease acquire src -q"), 1);
    owner.kill();
    assert_eq!(other.code("cs-lease check src"), 0);
    assert_eq!(other.code("cs-lease acquire src -q"), 0);
    assert_eq!(leases(&sandbox)["leases"].as_array().map(Vec::len), Some(1), "it was taken away");
}

#[test]
fn a_lease_for_a_command_falls_with_the_command_even_if_cs_lease_is_killed() {
    let sandbox = sandbox();
    let mut other = Shell::new(&sandbox);
    let mut running = sandbox.start("cs-lease", &["run", "db", "--", "sh", "-c", "echo $$; exec sleep 60"]);
    let mut line = String::new();
    BufReader::new(running.0.stdout.take().expect("a pipe")).read_line(&mut line).expect("it prints");
    let pid = || leases(&sandbox)["leases"][0]["owner"]["pid"].to_string();
    let until = Instant::now() + Duration::from_secs(20);
    while pid() != line.trim() && Instant::now() < until {
        sleep(Duration::from_millis(10));
    }
    running.0.kill().expect("it can be killed");
    running.0.wait().expect("it ends");
    assert_eq!(other.code("cs-lease acquire db -q"), 1, "the command still runs");
    assert_eq!(other.code(&format!("kill -9 {}", line.trim())), 0);
    assert_eq!(other.code("cs-lease acquire db --wait 5s -q"), 0);
}

#[test]
fn a_process_id_that_was_given_again_keeps_no_lease() {
    let sandbox = sandbox();
    let (mut owner, mut other) = (Shell::new(&sandbox), Shell::new(&sandbox));
    assert_eq!(owner.code("cs-lease acquire src -q"), 0);
    let path = sandbox.data().join("leases/work.json");
    let mut file = leases(&sandbox);
    file["leases"][0]["owner"]["pid_started"] = "1".into();
    fs::write(&path, file.to_string()).expect("it can be written");
    assert_eq!(other.code("cs-lease acquire src -q"), 0);
    file["leases"][0]["owner"]["host"] = "elsewhere:1".into();
    fs::write(&path, file.to_string()).expect("it can be written");
    assert_eq!(other.code("cs-lease acquire src -q"), 1, "another machine's process cannot be judged");
    assert_eq!(other.code("CS_NOW=2026-11-21T11:00:00Z cs-lease acquire src -q"), 0, "but it expires");
}

#[test]
fn a_command_keeps_its_lease_longer_than_it_was_granted_for() {
    let sandbox = sandbox().without("CS_NOW");
    let mut other = Shell::new(&sandbox);
    let mut running = sandbox.start("cs-lease", &["run", "db", "--for", "2s", "--", "sleep", "4"]);
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!(other.code("cs-lease check db"), 1);
    assert_eq!(running.0.wait().expect("it ends").code(), Some(0));
    assert_eq!(other.code("cs-lease check db"), 0);
}

#[test]
fn a_signal_ends_the_command_and_releases_the_lease() {
    let sandbox = sandbox();
    for (name, code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let mut shell = Shell::new(&sandbox);
        let script = format!("cs-lease run db -- sh -c 'kill -{name} $PPID; exec sleep 60'");
        assert_eq!(shell.run(&script), (String::new(), code), "{name}");
        assert_eq!(leases(&sandbox)["leases"], json!([]), "{name}");
    }
}

#[test]
fn an_agent_ends_its_own_leases_and_those_of_its_children_and_falls_with_its_seat() {
    let sandbox = sandbox();
    let (mut parent, mut child) =
        (Shell::with(&sandbox, &[("CS_AGENT", PARENT)]), Shell::with(&sandbox, &[("CS_AGENT", CHILD)]));
    seat(&sandbox, PARENT, &parent, None);
    seat(&sandbox, CHILD, &child, Some(PARENT));
    assert_eq!(parent.code("cs-lease acquire docs -q"), 0);
    assert_eq!(child.code("cs-lease acquire src -q"), 0);
    let ids: Vec<String> = leases(&sandbox)["leases"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|lease| lease["id"].as_str().expect("a text").to_owned())
        .collect();
    let (text, code) = child.run(&format!("cs-lease release {}", ids[0]));
    assert_eq!(code, 1);
    assert!(text.contains("it belongs to the 20261121T1000_0001 (agent_20261121T1000_0001)"), "{text}");
    assert_eq!(parent.code(&format!("cs-lease release {} -q", ids[1])), 0);
    assert_eq!(child.code(&format!("CS_AGENT={PARENT} cs-lease release {} -q", ids[0])), 1, "a forged claim");
    assert_eq!(child.code("cs-lease acquire src -q"), 0);
    child.kill();
    assert_eq!(parent.code("cs-lease acquire src -q"), 0);
    parent.kill();
    let list = sandbox.cs("cs-lease", &["list"]);
    assert_eq!((status(&list), stderr(&list).as_str()), (1, "cs-lease: error: no leases\n"));
}

#[test]
fn an_agent_that_lost_a_lease_gets_a_message() {
    let sandbox = sandbox();
    let (mut child, mut other) = (Shell::with(&sandbox, &[("CS_AGENT", CHILD)]), Shell::new(&sandbox));
    seat(&sandbox, CHILD, &child, None);
    assert_eq!(child.code("cs-lease acquire src docs --for 10m -q"), 0);
    for _ in 0..2 {
        assert_eq!(other.code("CS_NOW=2026-11-21T10:10:00Z cs-lease acquire src/a -q"), 0);
    }
    let waiting = cs_tests::entries(&sandbox.data().join(format!("inbox/{CHILD}/new")));
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    let message: Value = serde_json::from_slice(&fs::read(&waiting[0]).expect("it is there")).expect("JSON");
    let text = message["text"].as_str().expect("a text");
    assert!(text.contains("on src, docs: it had expired, and user (process"), "{text}");
}

#[test]
fn eight_processes_claim_a_thousand_tasks_each_once() {
    let sandbox = sandbox();
    let id = stdout(&sandbox.cs("cs-session", &["create", "--intent", "work", "-q"])).trim().to_owned();
    let subjects: Vec<String> = (0..1000).map(|n| format!("task {n}")).collect();
    let words = subjects.iter().flat_map(|subject| ["--subject", subject]);
    let words: Vec<&str> = ["add", &id, "-q"].into_iter().chain(words).collect();
    assert_eq!(status(&sandbox.cs("cs-task", &words)), 0);
    let script = format!("while task=$(cs-task next {id} --claim -q 2>&1); do echo $task; done; echo \"$task\"");
    let started: Vec<_> = (0..8)
        .map(|_| sandbox.command("sh").args(["-c", &script]).stdout(Stdio::piped()).spawn().expect("sh starts"))
        .collect();
    let mut claimed = Vec::new();
    for child in started {
        let output = stdout(&child.wait_with_output().expect("it ends"));
        let (tasks, last) = output.trim_end().rsplit_once('\n').unwrap_or(("", output.trim_end()));
        assert_eq!(last, format!("cs-task: error: no task of {id} is left"));
        claimed.extend(tasks.lines().map(str::to_owned));
    }
    let distinct: BTreeSet<&String> = claimed.iter().collect();
    assert_eq!((claimed.len(), distinct.len()), (1000, 1000));
    let record = sandbox.record(&id);
    let tasks = record["tasks"].as_array().expect("a list");
    assert!(tasks.iter().all(|task| task["status"] == "in_progress" && task["claimed_by"] == "user"));
}

#[test]
fn the_task_of_an_agent_that_ended_is_given_again() {
    let sandbox = sandbox();
    let id = stdout(&sandbox.cs("cs-session", &["create", "--intent", "work", "-q"])).trim().to_owned();
    assert_eq!(status(&sandbox.cs("cs-task", &["add", &id, "--subject", "a", "--subject", "b", "-q"])), 0);
    let (mut parent, mut child) =
        (Shell::with(&sandbox, &[("CS_AGENT", PARENT)]), Shell::with(&sandbox, &[("CS_AGENT", CHILD)]));
    seat(&sandbox, PARENT, &parent, None);
    seat(&sandbox, CHILD, &child, Some(PARENT));
    let claim = format!("cs-task next {id} --claim -q");
    let (first, second) = (child.run(&claim), parent.run(&claim));
    assert_ne!(first, second);
    assert_eq!(sandbox.record(&id)["tasks"][0]["claimed_by"], CHILD);
    assert_eq!(parent.code(&claim), 1);
    child.kill();
    assert_eq!(parent.run(&claim), first);
    assert_eq!(sandbox.record(&id)["tasks"][0]["claimed_by"], PARENT);
    assert_eq!(parent.code(&claim), 1);
}

#[test]
fn a_token_never_repeats_wherever_a_program_is_killed() {
    if !has(trace::is_possible()) {
        return;
    }
    let sandbox = sandbox();
    let mut given: Vec<u64> = Vec::new();
    let words = [&["acquire", "src", "-q"][..], &["renew", "-q"], &["release", "--all", "-q"]];
    for words in words {
        for stop in 0.. {
            let mut command = sandbox.command("cs-lease");
            command.args(words);
            let mut left = stop;
            let killed = trace::run(command, "", |_| {
                left -= 1;
                if left < 0 { Act::Kill } else { Act::Go }
            });
            let survived = killed.expect("it can be traced").status.code();
            // What the killed one left is readable, and nobody was told of another token.
            let output = sandbox.cs("cs-lease", &["acquire", "src"]);
            assert_eq!(status(&output), 0, "{words:?} killed before call {stop}: {}", stderr(&output));
            let lease: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
            let token = lease["token"].as_u64().expect("a number");
            assert!(given.last().is_none_or(|last| *last < token), "{token} after {given:?}");
            given.push(token);
            if survived.is_some() {
                assert_eq!(survived, Some(0));
                break;
            }
            if stop % 20 == 0 {
                assert_eq!(status(&sandbox.cs("cs-lease", &["release", "--all", "-q"])), 0);
                assert_eq!(status(&sandbox.cs("cs-lease", &["acquire", "src", "-q"])), 0);
            }
        }
    }
    assert!(given.len() > 100, "{}", given.len());
}
