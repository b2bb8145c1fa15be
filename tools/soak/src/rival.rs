//! Our programs beside the locking of the Python tool, which removes a lock's file after its release, so that for a
//! moment two programs may hold locks with the same name. No change of either side may be lost.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use cs_core::validate::FILES;
use cs_tests::replay::whole;
use cs_tests::{Sandbox, status, stderr, stdout};
use serde_json::{Value, json};

use super::report::Tally;
use super::scene::{UNHEARD, payload, uuid};

const SCRIPT: &str = include_str!("rival.py");

/// Checks for python3; the error says how to get it.
pub fn is_possible() -> Result<(), String> {
    match Command::new("python3").arg("--version").output() {
        Ok(_) => Ok(()),
        Err(_) => Err("there is no python3 (apt-get install python3)".to_owned()),
    }
}

/// A session of a conversation in one project, and the three files that both sides change.
struct Place {
    sandbox: Sandbox,
    id: String,
}

impl Place {
    fn new() -> Place {
        let sandbox = Sandbox::new();
        let ok = |words: &[&str]| {
            let output = sandbox.cs(words[0], &words[1..]);
            assert_eq!(status(&output), 0, "{words:?}: {}", stderr(&output));
            stdout(&output).trim().to_owned()
        };
        ok(&["cs-project", "register", "-q"]);
        ok(&["cs-project", "update", "work", "--current-phase", "0", "-q"]);
        let prompt = payload(&sandbox.work(), UNHEARD, "UserPromptSubmit", json!({"prompt": "x"}));
        assert_eq!(status(&sandbox.hook("cs-hook", &prompt)), 0);
        let id = ok(&["cs-session", "show", &format!("claude:{}", uuid(UNHEARD)), "-q"]);
        Place { sandbox, id }
    }

    fn paths(&self) -> [PathBuf; 3] {
        let record = format!("sessions/{}.json", self.id);
        [&record, "projects/work.json", "config.json"].map(|file| self.sandbox.data().join(file))
    }

    /// Counts `rounds` times in each file, as the Python tool would.
    fn count(&self, rounds: u64, seed: u64) {
        let mut command = self.sandbox.command("python3");
        command.args(["-c", SCRIPT, &(rounds * 3).to_string(), &seed.to_string()]).args(self.paths());
        let output = command.output().expect("it can be started");
        assert_eq!((status(&output), stderr(&output)), (0, String::new()));
    }

    /// Runs a program until it is not busy; returns how often it was.
    fn insist(&self, program: &str, words: &[&str]) -> u64 {
        let mut busy = 0;
        loop {
            let output = self.sandbox.cs(program, words);
            match status(&output) {
                0 => return busy,
                75 => busy += 1,
                code => panic!("{program} {words:?}: {code}: {}", stderr(&output)),
            }
        }
    }

    fn hear(&self, n: u64) {
        let edit = json!({"tool_name": "Edit", "tool_input": {"file_path": format!("/file{n}.rs")}});
        let payload = payload(&self.sandbox.work(), UNHEARD, "PostToolUse", edit);
        assert_eq!(status(&self.sandbox.hook("cs-hook", &payload)), 0);
    }
}

/// Makes our nth change of one kind; returns how often it was busy.
type Change<'a> = &'a (dyn Fn(u64) -> u64 + Sync);

/// Lets one Python process change each of three files `rounds` times while our programs change them, too.
pub fn contend(rounds: u64, seed: u64) -> (Tally, u64) {
    let place = Place::new();
    let (over, busy) = (AtomicBool::new(false), AtomicU64::new(0));
    let until_over = |what: Change| {
        let done = (1..).take_while(|_| !over.load(Ordering::Relaxed));
        done.map(|n| _ = busy.fetch_add(what(n), Ordering::Relaxed)).count() as u64
    };
    let event = |n: u64| place.insist("cs-session", &["event", &place.id, "--message", &format!("event{n}"), "-q"]);
    let phase = |n: u64| place.insist("cs-project", &["update", "work", "--current-phase", &n.to_string(), "-q"]);
    let name = |n: u64| place.insist("cs-project", &["register", "--name", &n.to_string(), "-q"]);
    let hear = |n: u64| {
        place.hear(n);
        0
    };
    let counts: [u64; 4] = thread::scope(|scope| {
        let ours: [Change; 4] = [&event, &phase, &name, &hear];
        let ours = ours.map(|what| scope.spawn(move || until_over(what)));
        place.count(rounds, seed);
        over.store(true, Ordering::Relaxed);
        ours.map(|worker| worker.join().expect("a worker does not panic"))
    });
    let mut tally = Tally::new("beside the Python tool");
    compare(&place, rounds, counts, &mut tally);
    (tally, busy.into_inner())
}

/// Checks that each file has the changes of both sides.
fn compare(place: &Place, rounds: u64, [events, phase, name, files]: [u64; 4], tally: &mut Tally) {
    let json = |path: &PathBuf| -> Value {
        let text = fs::read_to_string(path).expect("it is there");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("torn: {error}: {text}"))
    };
    let paths = place.paths();
    let [_, project, config] = paths.each_ref().map(json);
    let record = whole(&paths[0]);
    for (file, value) in [("the record", &record), ("the project", &project), ("the settings", &config)] {
        let counted = value["rival"].as_u64().unwrap_or(0);
        let lost =
            (counted != rounds).then(|| format!("only {counted} of {rounds} changes of the other side are left"));
        tally.count(file, rounds - 1, 0);
        tally.tried(file, false, "of Python", lost.into_iter().collect());
    }
    let mut check = |what: &str, count: u64, fine: bool, found: &Value| {
        tally.count(what, count.max(1) - 1, 0);
        tally.tried(what, false, "of ours", if fine { Vec::new() } else { vec![format!("{count} made: {found}")] });
    };
    let messages: Vec<&str> =
        record["events"].as_array().into_iter().flatten().filter_map(|e| e["message"].as_str()).collect();
    let all = (1..=events).all(|n| messages.iter().filter(|message| **message == format!("event{n}")).count() == 1);
    check("events", events, all, &json!(messages.len()));
    let (last_phase, last_name) = (phase.to_string(), name.to_string());
    check("phases", phase, project["current_phase"] == *last_phase, &project["current_phase"]);
    let found = &config["projects"]["work"]["name"];
    check("names", name, *found == *last_name, found);
    let changed = record["files_changed"].as_array().map_or(0, Vec::len) as u64;
    // A record has no room for more.
    check("files, by hooks", files, changed == files.min(FILES as u64), &json!(changed));
}
