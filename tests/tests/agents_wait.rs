//! `cs-agent wait` with real processes as clients, and hooks that change what is known of them while it waits.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Output, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use cs_core::process::find;
use cs_tests::{Sandbox, eventually, replay, run, status, stderr, stdout};
use serde_json::{Value, json};

/// Longer than a wait needs to notice what has happened already.
const BEFORE: Duration = Duration::from_millis(900);

/// Agents in seats: the clients are programs that sleep.
struct Team {
    sandbox: Sandbox,
    clients: Vec<Child>,
}

fn now() -> String {
    cs_core::clock::stamp(cs_core::clock::now())
}

fn uuid(n: usize) -> String {
    format!("aaaaaaaa-0000-4000-8000-00000000000{n}")
}

fn id(n: usize) -> String {
    format!("agent_20261121T0930_000{n}")
}

impl Team {
    /// A team of so many agents, whose first turns run.
    fn of(count: usize) -> Team {
        let sandbox = Sandbox::new().without("CS_NOW");
        let mut team = Team { sandbox, clients: Vec::new() };
        for n in 0..count {
            team.clients.push(Command::new("sleep").arg("600").stdout(Stdio::null()).spawn().expect("sleep runs"));
            team.seat(n);
            team.tell(n, "UserPromptSubmit", json!({"prompt": "do it", "prompt_id": "p1"}));
        }
        team
    }

    fn seat(&self, n: usize) {
        let process = find(self.clients[n].id()).expect("the client runs");
        let seat = json!({
            "agent_id": id(n), "name": format!("worker {n}"), "agent": "claude-code", "cwd": self.sandbox.work(),
            "claude_session_id": uuid(n), "pid": process.pid, "pid_started": process.started, "status": "running",
            "spawned_at": now(), "spawned_by": "user", "schema_version": 1,
        });
        self.write(&format!("agents/{}.json", id(n)), &seat);
    }

    fn write(&self, file: &str, value: &Value) {
        let path = self.sandbox.data().join(file);
        for folder in path.ancestors().skip(1).take_while(|folder| folder.starts_with(self.sandbox.data())) {
            fs::create_dir_all(folder).expect("it can be made");
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).expect("it is ours");
        }
        let new = path.with_extension("new");
        fs::write(&new, value.to_string()).expect("it can be written");
        fs::rename(new, path).expect("it can be renamed");
    }

    /// An event of an agent's client, now.
    #[track_caller]
    fn tell(&self, n: usize, event: &str, more: Value) {
        let mut payload = json!({"session_id": uuid(n), "cwd": self.sandbox.work(), "hook_event_name": event});
        more.as_object().expect("an object").iter().for_each(|(key, value)| payload[key] = value.clone());
        let mut command = self.sandbox.command(replay::program(event).expect("the event is registered"));
        command.env("CLAUDE_PID", self.clients[n].id().to_string());
        assert_eq!(status(&run(command, &payload.to_string())), 0, "{event}");
    }

    fn stop(&self, n: usize) {
        self.tell(n, "Stop", json!({"last_assistant_message": format!("done by {n}")}));
    }

    /// A message that was delivered to an agent now.
    fn deliver(&self, n: usize) {
        let message = json!({"message_id": "m000001", "to": id(n), "from": {"kind": "user"}, "text": "x", "state": "delivered",
            "sent_at": now(), "delivered_at": now(), "schema_version": 1});
        self.write(&format!("inbox/{}/cur/m000001.json", id(n)), &message);
    }

    fn wait(&self, args: &[&str]) -> Output {
        self.sandbox.cs("cs-agent", &[&["wait"], args].concat())
    }

    /// Waits, and lets something happen meanwhile. It must not end before.
    #[track_caller]
    fn wait_while(&self, args: &[&str], happens: impl FnOnce()) -> Output {
        let args = [&["--timeout", "20"], args].concat();
        thread::scope(|scope| {
            let waits = scope.spawn(|| self.wait(&args));
            sleep(BEFORE);
            assert!(!waits.is_finished(), "{args:?}: it did not wait");
            happens();
            waits.join().expect("it ends")
        })
    }

    /// Kills a client, which reports nothing.
    fn kill(&self, n: usize) {
        // SAFETY: kill only takes numbers, and the process is ours and not reaped yet.
        assert_eq!(unsafe { libc::kill(self.clients[n].id() as libc::pid_t, libc::SIGKILL) }, 0);
        assert!(eventually(Duration::from_secs(10), || find(self.clients[n].id()).is_none()), "it ends");
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        for client in &mut self.clients {
            let _ = client.kill();
            let _ = client.wait();
        }
    }
}

/// What each line says that was reached, and by whom.
fn reached(output: &Output) -> Vec<(String, String)> {
    let line = |line: &str| {
        let row: Value = serde_json::from_str(line).expect("a line is JSON");
        (row["name"].as_str().unwrap_or_default().to_string(), row["reached"].as_str().unwrap_or_default().to_string())
    };
    stdout(output).lines().map(line).collect()
}

fn pair(name: &str, goal: &str) -> (String, String) {
    (name.to_string(), goal.to_string())
}

#[test]
fn a_turn_that_ends_is_noticed_at_once_and_one_that_ended_before_counts_too() {
    let team = Team::of(1);
    let mut ended = None;
    let output = team.wait_while(&[&id(0)], || {
        team.stop(0);
        ended = Some(Instant::now());
    });
    let late = ended.expect("it ended").elapsed();
    assert_eq!((status(&output), reached(&output)), (0, vec![pair("worker 0", "idle")]), "{}", stderr(&output));
    assert!(late < Duration::from_millis(400), "{late:?}");
    assert!(stdout(&output).contains("done by 0"), "{}", stdout(&output));
    // The prompt is the last thing that it was given, and it is done with that.
    assert_eq!(status(&team.wait(&["worker 0", "--timeout", "0"])), 0);
}

#[test]
fn an_old_idle_is_not_taken_for_the_answer_to_a_message() {
    let team = Team::of(1);
    team.stop(0);
    sleep(Duration::from_millis(20));
    team.deliver(0);
    let late = team.wait(&["worker 0", "--timeout", "1s"]);
    assert_eq!((status(&late), stdout(&late)), (75, String::new()));
    assert!(stderr(&late).contains("time is up: worker 0 (agent_20261121T0930_0000) is idle"), "{}", stderr(&late));
    let output = team.wait_while(&["worker 0"], || {
        team.tell(0, "UserPromptSubmit", json!({"prompt": "x", "prompt_id": "p2"}));
        team.stop(0);
    });
    assert_eq!((status(&output), reached(&output)), (0, vec![pair("worker 0", "idle")]), "{}", stderr(&output));
}

#[test]
fn since_now_only_a_turn_that_ends_from_now_on_counts() {
    let team = Team::of(1);
    team.stop(0);
    assert_eq!(status(&team.wait(&["worker 0", "--timeout", "0", "--since", "now"])), 75);
    assert_eq!(status(&team.wait(&["worker 0", "--timeout", "0", "--since", "1h"])), 0);
    let output = team.wait_while(&["worker 0", "--since", "now"], || team.stop(0));
    assert_eq!(status(&output), 0, "a turn that goes on at its end has no prompt: {}", stderr(&output));
}

#[test]
fn a_message_that_waits_is_answered_first() {
    let team = Team::of(1);
    let message = json!({"message_id": "m000001", "to": id(0), "from": {"kind": "user"}, "text": "x", "state": "queued",
        "sent_at": now(), "schema_version": 1});
    team.write(&format!("inbox/{}/new/m000001.json", id(0)), &message);
    let output = team.wait_while(&["worker 0"], || {
        team.stop(0);
        sleep(BEFORE);
        // Its hook delivers the message, and the turn goes on.
        team.tell(0, "UserPromptSubmit", json!({"prompt": "x", "prompt_id": "p2"}));
        fs::remove_file(team.sandbox.data().join(format!("inbox/{}/new/m000001.json", id(0)))).expect("it is there");
        team.deliver(0);
        sleep(BEFORE);
        team.tell(0, "PermissionRequest", json!({"tool_name": "Bash", "tool_input": {"command": "make"}}));
        sleep(BEFORE);
        team.stop(0);
    });
    assert_eq!((status(&output), reached(&output).len()), (0, 1), "{}", stderr(&output));
    assert!(stderr(&output).contains("note: worker 0 is waiting: permission for Bash: make"), "{}", stderr(&output));
}

#[test]
fn a_client_that_ends_first_is_reported() {
    let team = Team::of(2);
    let output = team.wait_while(&["worker 0", "worker 1"], || {
        team.kill(0);
        sleep(BEFORE);
        team.stop(1);
    });
    assert_eq!((status(&output), reached(&output)), (1, vec![pair("worker 1", "idle")]), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("worker 0 (agent_20261121T0930_0000) ended first: process"),
        "{}",
        stderr(&output)
    );
    assert_eq!(status(&team.wait(&["worker 0"])), 1, "it has ended already");
    let ended = team.wait(&["worker 0", "--for", "end"]);
    assert_eq!((status(&ended), reached(&ended)), (0, vec![pair("worker 0", "end")]));
    let output = team.wait_while(&["worker 1", "--for", "waiting,end"], || team.kill(1));
    assert_eq!((status(&output), reached(&output)), (0, vec![pair("worker 1", "end")]));
}

#[test]
fn one_of_three_is_enough_if_any_will_do() {
    let team = Team::of(3);
    let all = ["worker 0", "worker 1", "worker 2"];
    let output = team.wait_while(&[&all[..], &["--any"]].concat(), || {
        team.kill(2);
        sleep(BEFORE);
        team.stop(1);
    });
    assert_eq!((status(&output), reached(&output)), (0, vec![pair("worker 1", "idle")]), "{}", stderr(&output));
    let question = team.wait_while(&["worker 0", "--for", "idle,waiting"], || {
        team.tell(0, "PermissionRequest", json!({"tool_name": "Bash", "tool_input": {"command": "make"}}));
    });
    assert_eq!((status(&question), reached(&question)), (0, vec![pair("worker 0", "waiting")]));
    team.kill(0);
    team.kill(1);
    let none = team.wait(&[&all[..], &["--any", "--timeout", "20"]].concat());
    assert_eq!((status(&none), stdout(&none)), (1, String::new()), "all have ended");
}

#[test]
fn all_of_three_are_waited_for_in_any_order() {
    let team = Team::of(3);
    let output = team.wait_while(&["worker 0", "worker 1", "worker 2", "worker 0"], || {
        for n in [2, 0, 1] {
            sleep(Duration::from_millis(100));
            team.stop(n);
        }
    });
    let names: Vec<String> = reached(&output).into_iter().map(|(name, _)| name).collect();
    assert_eq!((status(&output), names), (0, vec!["worker 2".into(), "worker 0".into(), "worker 1".into()]));
}

#[test]
fn an_agent_that_got_no_task_is_not_waited_for() {
    let mut team = Team::of(0);
    team.clients.push(Command::new("sleep").arg("600").stdout(Stdio::null()).spawn().expect("sleep runs"));
    team.seat(0);
    team.tell(0, "SessionStart", json!({"source": "startup"}));
    let output = team.wait(&[&id(0), "--timeout", "30"]);
    assert_eq!(status(&output), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("worker 0 (agent_20261121T0930_0000) has no task\n"), "{}", stderr(&output));
}
