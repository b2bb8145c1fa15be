//! Another program edits the same file all the time while our entries are added and removed: none of its edits is lost.
//! Only Linux can keep it from reading our text before we know that no edit is lost; elsewhere a version may be kept
//! beside the file instead.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::settings::FOREIGN;
use super::*;

/// The minimum number of edits by the other program in each of six races.
const ROUNDS: usize = 700;
const BUSY: i32 = 75;
/// The maximum duration of one race.
const LIMIT: Duration = Duration::from_secs(6);

/// How a client writes its settings.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Rename,
    InPlace,
}

/// Reads the file, adds one key, and writes the whole file, as clients do.
fn edit(path: &Path, n: usize, way: Way) {
    let text = fs::read_to_string(path).expect("it always exists");
    let mut value: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("round {n}: {e}: {text:?}"));
    value["edits"][format!("{n}")] = n.into();
    // Keeps the file from growing endlessly.
    let old = n.checked_sub(50).map(|old| old.to_string());
    value["edits"].as_object_mut().expect("an object").retain(|key, _| Some(key) != old.as_ref());
    let text = serde_json::to_string_pretty(&value).expect("a value can be serialised");
    match way {
        Way::InPlace => fs::write(path, text).expect("it can be written"),
        Way::Rename => {
            let temp = path.with_extension("tmp");
            fs::write(&temp, text).expect("it can be written");
            fs::rename(&temp, path).expect("it can be renamed");
        }
    }
}

/// Edits until `stop` is set; each time, the previous edit must still be there.
fn edit_all_the_time(path: &Path, way: Way, pause: Duration, stop: &AtomicBool, rounds: &AtomicUsize) {
    for n in 0.. {
        edit(path, n, way);
        let text = fs::read_to_string(path).expect("it always exists");
        let value: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("round {n}: {e}: {text:?}"));
        for known in n.saturating_sub(40)..=n {
            assert_eq!(value["edits"][known.to_string()], known, "edit {known} was lost at {n}, {way:?}");
        }
        rounds.store(n + 1, Ordering::Relaxed);
        if stop.load(Ordering::Relaxed) {
            return;
        }
        thread::sleep(pause);
    }
}

/// Runs two commands alternately while a client edits; returns the number of edits and how often each exit code
/// occurred.
fn race(way: Way, pause: Duration, file: &str, commands: [&[&str]; 2]) -> (usize, BTreeMap<i32, usize>) {
    let place = Place::new();
    fs::create_dir_all(place.sandbox.home().join(".codex")).expect("it can be created");
    let path = place.sandbox.home().join(file);
    fs::create_dir_all(path.parent().expect("it has one")).expect("it can be created");
    fs::write(&path, FOREIGN).expect("it can be written");
    let (stop, rounds, mut codes) = (AtomicBool::new(false), AtomicUsize::new(0), BTreeMap::new());
    thread::scope(|scope| {
        let editor = scope.spawn(|| edit_all_the_time(&path, way, pause, &stop, &rounds));
        let began = Instant::now();
        for n in 0.. {
            let is_done = rounds.load(Ordering::Relaxed) >= ROUNDS && n >= 6;
            if is_done || began.elapsed() > LIMIT || editor.is_finished() {
                break;
            }
            let mut command: Command = place.sandbox.command(place.share.join("bin/cs-setup").to_str().expect("UTF-8"));
            let output = run_with(command.args(commands[n % 2]).arg("--yes"));
            *codes.entry(status(&output)).or_default() += 1;
            assert!([0, BUSY].contains(&status(&output)), "{way:?} {}", stderr(&output));
        }
        stop.store(true, Ordering::Relaxed);
        editor.join().expect("no edit was lost");
    });
    let beside: Vec<_> = entries(path.parent().expect("it has one"));
    let litter =
        |path: &PathBuf| path.to_string_lossy().contains(".cs-kept") || path.to_string_lossy().contains(".cs-setup");
    assert!(!beside.iter().any(litter), "{beside:?}");
    let value = json(&fs::read_to_string(&path).expect("there"));
    assert_eq!(value["permissions"], json(FOREIGN)["permissions"], "everything is still there");
    (rounds.load(Ordering::Relaxed), codes)
}

fn run_with(command: &mut Command) -> Output {
    command.stdin(std::process::Stdio::null()).output().expect("it can be run")
}

const SETTINGS: [&[&str]; 2] = [&["install", "--settings"], &["uninstall"]];
const LINE: [&[&str]; 2] = [&["statusline", "install"], &["statusline", "remove"]];
const CODEX: [&[&str]; 2] = [&["install", "--codex"], &["uninstall", "--codex"]];

#[test]
fn no_edit_by_a_client_is_lost() {
    for way in [Way::Rename, Way::InPlace] {
        for (pause, file, commands) in [
            (Duration::from_micros(300), ".claude/settings.json", SETTINGS),
            (Duration::from_millis(1), ".claude/settings.json", LINE),
            (Duration::from_millis(1), ".codex/hooks.json", CODEX),
        ] {
            let (rounds, codes) = race(way, pause, file, commands);
            println!("{way:?} {file} {pause:?}: {rounds} edits, ended with {codes:?}");
            assert!(rounds >= ROUNDS / 10 && codes.values().sum::<usize>() > 2, "{rounds} edits, {codes:?}");
            assert!(codes.contains_key(&0), "never succeeded: {codes:?}");
        }
    }
}
