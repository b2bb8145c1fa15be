//! A sandbox with a tmux of its own, a folder that the client trusts, and the stand-in for the client on PATH.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;
use std::time::Duration;

use cs_tests::seating::Seating;
use cs_tests::{eventually, run, status, stderr, stdout};
use serde_json::Value;

/// How long anything may take that happens by itself.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Team(Seating);

impl std::ops::Deref for Team {
    type Target = Seating;

    fn deref(&self) -> &Seating {
        &self.0
    }
}

impl Team {
    /// A team without agents; `None` if there is no tmux or no Python here.
    pub fn new() -> Option<Team> {
        Seating::new().map(Team)
    }

    /// The same with a variable of the environment.
    pub fn with(self, name: &str, value: impl Into<OsString>) -> Team {
        Team(self.0.with(name, value))
    }

    /// Puts a program before all others on PATH.
    pub fn shadow(self, name: &str, script: &str) -> Team {
        let folder = self.sandbox.root().join("shadow");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), script).unwrap();
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:{}", folder.display(), self.path());
        self.with("PATH", path)
    }

    /// Where programs are found.
    pub fn path(&self) -> String {
        let command = self.sandbox.command("sh");
        let path = command.get_envs().find(|(name, _)| *name == "PATH").unwrap().1.unwrap();
        path.to_string_lossy().into_owned()
    }

    /// Runs `cs-agent`.
    pub fn agent(&self, args: &[&str]) -> Output {
        self.sandbox.cs("cs-agent", args)
    }

    /// Runs `cs-agent`, which must succeed, and returns the line that it prints.
    #[track_caller]
    pub fn line(&self, args: &[&str]) -> Value {
        let output = self.agent(args);
        assert_eq!(status(&output), 0, "cs-agent {args:?}: {}", stderr(&output));
        let text = stdout(&output);
        serde_json::from_str(text.lines().next().unwrap_or_default()).unwrap_or_else(|_| panic!("not JSON: {text}"))
    }

    /// Spawns an agent and returns its seat.
    #[track_caller]
    pub fn spawn(&self, name: &str, prompt: &str) -> Value {
        self.line(&["spawn", "--name", name, "--", prompt])
    }

    /// Runs `cs-agent`, which must fail with this code and this text.
    #[track_caller]
    pub fn fails(&self, args: &[&str], code: i32, text: &str) {
        let output = self.agent(args);
        let told = stderr(&output);
        assert_eq!((status(&output), told.contains(text)), (code, true), "cs-agent {args:?}: {told}");
    }

    /// The seats on the disk.
    pub fn seats(&self) -> Vec<Value> {
        let folder = self.sandbox.data().join("agents");
        let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let is_seat = |path: &std::path::PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            name.starts_with("agent_") && name.ends_with(".json")
        };
        names.filter(is_seat).map(|path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap()).collect()
    }

    /// The seat with this name.
    #[track_caller]
    pub fn seat(&self, name: &str) -> Value {
        let found = self.seats().into_iter().find(|seat| seat["name"] == name);
        found.unwrap_or_else(|| panic!("no seat {name:?}"))
    }

    /// What reached the clients, of this kind.
    pub fn seen(&self, kind: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.sandbox.home().join("seen.jsonl")).unwrap_or_default();
        // The last line may be being written.
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| line["kind"] == kind).collect()
    }

    /// Waits for something that reached a client.
    #[track_caller]
    pub fn wait_for(&self, kind: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let mut found = None;
        let met = eventually(PATIENCE, || {
            found = self.seen(kind).into_iter().find(|seen| fits(seen));
            found.is_some()
        });
        assert!(met, "no such {kind}: {:#?}", self.seen(kind));
        found.unwrap()
    }

    /// Waits until the registry says that the client of a seat does this.
    #[track_caller]
    pub fn wait_until(&self, name: &str, doing: &str) {
        let is = || {
            let seat = self.seat(name);
            let entry = self.sandbox.home().join(format!(".claude/sessions/{}.json", seat["pid"]));
            let entry: Value = serde_json::from_slice(&fs::read(entry).unwrap_or_default()).unwrap_or_default();
            entry["status"] == doing && entry["sessionId"] == seat["claude_session_id"]
        };
        assert!(eventually(PATIENCE, is), "{name} is never {doing}: {:#}", self.seat(name));
    }

    /// Lets an agent run a command in its shell, in a new turn, and returns what the command printed and its code.
    #[track_caller]
    pub fn in_shell(&self, name: &str, command: &str) -> (i64, String) {
        let id = self.seat(name)["agent_id"].clone();
        let its = || self.seen("shell").into_iter().filter(|seen| seen["agent"] == id).collect::<Vec<_>>();
        let before = its().len();
        self.line(&["clear", name, "--now", "--", &format!("sh {command}")]);
        let met = eventually(PATIENCE, || its().len() > before);
        assert!(met, "{command} never ended");
        let done = its().pop().unwrap();
        (
            done["code"].as_i64().unwrap(),
            format!("{}{}", done["stdout"].as_str().unwrap(), done["stderr"].as_str().unwrap()),
        )
    }

    /// Runs a command of the team's tmux.
    pub fn tmux(&self, words: &[&str]) -> Output {
        run(self.0.tmux(words), "")
    }
}

/// A text at a key of an object.
pub fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}
