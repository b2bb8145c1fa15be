//! A store on disk, and how long calls on it take.
//!
//! Owns the disk: before every call each file is as the scenario wants it, whatever the previous call did. What must
//! stay true: only the call itself is timed, from starting the program to its end, and the baseline program runs beside
//! every call, so that noise affects both.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cs_tests::{Sandbox, status, stderr, stdout};

use super::instructions;
use super::native::Native;
use super::scenario::{self, Kind, Scenario};
use super::store::{self, Agent, Status, Store};
use super::trace::{self, Trace};

/// Identifies the content of a file without reading it: inode, modification time, length.
type Stamp = (u64, i64, i64, u64);

/// Which files a call changes is seen in stores of up to so many sessions.
const LISTED: usize = 10_000;

/// A store on disk.
pub struct Bench {
    pub sandbox: Sandbox,
    pub store: Store,
    /// The files that are restored before each call.
    base: BTreeMap<PathBuf, String>,
    /// The files as last written, with their stamps.
    written: BTreeMap<PathBuf, (Option<Stamp>, String)>,
    names: HashSet<PathBuf>,
}

/// The times of a call, and of the baseline program beside it.
#[derive(Clone, Debug, Default)]
pub struct Times {
    pub call: Vec<Duration>,
    pub floor: Vec<Duration>,
}

impl Bench {
    /// Writes a store of this many sessions into a fresh sandbox.
    pub fn new(sessions: usize) -> Bench {
        Bench::with(sessions, 0, Sandbox::new())
    }

    /// The same with so many stale sessions, for the programs of this sandbox.
    pub fn with(sessions: usize, stale: usize, sandbox: Sandbox) -> Bench {
        let agent = Agent { pid: std::process::id(), started: started() };
        let sandbox = sandbox.with("CLAUDE_PID", agent.pid.to_string());
        let store = Store::new(sessions, &sandbox.work(), agent).with_stale(stale);
        let mut bench = Bench { sandbox, base: store.caches(), store, written: BTreeMap::new(), names: HashSet::new() };
        bench.write();
        bench
    }

    fn write(&mut self) {
        for folder in ["sessions", "live", "projects", "context", "ended", "statusline", "logs"] {
            fs::create_dir_all(self.sandbox.data().join(folder)).expect("a fresh folder can be written");
        }
        for number in 0..self.store.sessions.min(20) {
            let git = self.store.checkout(number).join(".git");
            fs::create_dir_all(&git).expect("a fresh folder can be written");
            fs::write(git.join("HEAD"), "ref: refs/heads/main\n").expect("a fresh folder can be written");
        }
        let measured = [self.store.newest(Status::Active), self.store.newest(Status::Parked)];
        for number in 0..self.store.sessions {
            let (path, text) = self.store.record(number);
            let lock = path.with_extension("lock");
            self.put(&path, &text);
            self.put(&lock, "");
            if measured.contains(&number) {
                self.base.extend([(path, text), (lock, String::new())]);
            }
        }
        self.ready(&[]);
        self.names = self.files().into_keys().collect();
        self.settle();
    }

    /// Lets the programs bring their caches into the form in which they leave them: what is measured is a call among
    /// others, not the first one after another version.
    fn settle(&mut self) {
        let changed = 0..self.store.sessions.min(20);
        for number in changed.clone() {
            let (id, intent) = (store::id(number), store::intent(number));
            for intent in ["short", &intent] {
                let output = self.sandbox.cs("cs-session", &["update", &id, "--intent", intent]);
                assert!(output.status.success(), "{}", stderr(&output));
            }
        }
        for number in changed {
            let (path, text) = self.store.record(number);
            self.put(&path, &text);
        }
        let output = self.sandbox.cs("cs-cleanup", &["index"]);
        assert!(output.status.success(), "{}", stderr(&output));
        let is_cache = |path: &&PathBuf| ["sessions", "projects", "context"].iter().any(|dir| path.starts_with(dir));
        let names: Vec<PathBuf> = self.base.keys().filter(is_cache).cloned().collect();
        for name in names.into_iter().filter(|name| name.extension().is_some_and(|end| end == "json")) {
            // The measured records stay as they are.
            if let (false, Ok(text)) =
                (name.to_string_lossy().contains("sess_"), fs::read_to_string(self.sandbox.data().join(&name)))
            {
                self.base.insert(name, text);
            }
        }
        self.written.clear();
        self.remove_strays(&["sessions", "live", "ended", "spool"]);
        self.ready(&[]);
    }

    fn put(&self, path: &Path, text: &str) {
        let path = self.sandbox.data().join(path);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("the sandbox can be written");
        fs::write(&path, text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }

    /// Restores every file that calls change, to the store's version or the one in `given`, and syncs the disk, so that
    /// a call that syncs does not pay for our writes.
    fn ready(&mut self, given: &[(PathBuf, String)]) {
        let mut wanted: BTreeMap<&Path, &str> =
            self.base.iter().map(|(path, text)| (path.as_path(), text.as_str())).collect();
        wanted.extend(given.iter().map(|(path, text)| (path.as_path(), text.as_str())));
        for (path, text) in wanted {
            let file = self.sandbox.data().join(path);
            let is_there = self.written.get(path).is_some_and(|(at, last)| *at == stamp(&file) && last == text);
            if !(is_there || text.is_empty() && file.exists()) {
                self.put(path, text);
                File::open(&file).and_then(|file| file.sync_all()).expect("the disk accepts it");
                self.written.insert(path.to_path_buf(), (stamp(&file), text.to_owned()));
            }
        }
    }

    /// Removes the files that a call made.
    fn clean(&self, scenario: &Scenario) {
        for folder in ["agents", "inbox"] {
            let _ = fs::remove_dir_all(self.sandbox.data().join(folder));
        }
        let mut folders = vec!["live", "ended", "statusline"];
        folders.extend(scenario.changes.contains(&Kind::Created).then_some("sessions"));
        let data = self.sandbox.data();
        folders.extend(data.join("spool").is_dir().then_some("spool"));
        for words in ["_index.pending", "_index.folding"] {
            let _ = fs::remove_file(data.join("sessions").join(words));
        }
        for (path, _) in scenario.given.iter().filter(|(path, _)| !self.names.contains(path)) {
            // The next call is to find a store without it.
            let _ = fs::remove_file(data.join(path));
        }
        self.remove_strays(&folders);
    }

    /// Removes the files in these folders that the store does not have.
    fn remove_strays(&self, folders: &[&str]) {
        for folder in folders.iter().map(|folder| self.sandbox.data().join(folder)).filter(|folder| folder.is_dir()) {
            for path in cs_tests::entries(&folder) {
                if self.relative(&path).is_some_and(|name| !self.names.contains(name)) {
                    fs::remove_file(&path).expect("our file can be removed");
                }
            }
        }
    }

    fn relative<'a>(&self, path: &'a Path) -> Option<&'a Path> {
        path.strip_prefix(self.sandbox.data()).ok()
    }

    /// All files below the data directory.
    fn files(&self) -> BTreeMap<PathBuf, Option<Stamp>> {
        let folders = cs_tests::entries(&self.sandbox.data()).into_iter().flat_map(|path| match path.is_dir() {
            true => cs_tests::entries(&path),
            false => vec![path],
        });
        folders.filter_map(|path| Some((self.relative(&path)?.to_path_buf(), stamp(&path)))).collect()
    }

    /// The calls that are measured on each store.
    pub fn scenarios(&self) -> Vec<Scenario> {
        scenario::all(&self.store)
    }

    fn command(&self, scenario: &Scenario) -> Command {
        let mut command = self.sandbox.command(scenario.program);
        command.args(&scenario.args).envs(scenario.variables.iter().cloned()).current_dir(&scenario.folder);
        command
    }

    fn input(&self, scenario: &Scenario) -> PathBuf {
        let path = self.sandbox.root().join("input");
        fs::write(&path, &scenario.input).expect("the sandbox can be written");
        path
    }

    /// Makes the call once and panics unless it did what the scenario says, since a hook that gives up is fast, too.
    pub fn check(&mut self, scenario: &Scenario) {
        self.judge(scenario).unwrap_or_else(|fault| panic!("{fault}"));
    }

    /// The same, for what is measured without it if it fails twice: another program may have had the processor.
    pub fn works(&mut self, scenario: &Scenario) -> bool {
        let fault = self.judge(scenario).or_else(|_| self.judge(scenario)).err();
        fault.iter().for_each(|fault| eprintln!("\nbench: not measured: {fault}"));
        fault.is_none()
    }

    fn judge(&mut self, scenario: &Scenario) -> Result<(), String> {
        self.ready(&scenario.given);
        // Smaller stores show what a call changes, too.
        let is_listed = self.store.sessions <= LISTED;
        let before = if is_listed { self.files() } else { BTreeMap::new() };
        // Without a limit of time: on a large store some calls of old versions take minutes.
        let input = File::open(self.input(scenario)).expect("the input was just written");
        let output = self.command(scenario).stdin(input).output().expect("the program can be run");
        let after = if is_listed { self.files() } else { BTreeMap::new() };
        let said = stderr(&output);
        let said: String = said.lines().filter(|line| !line.contains(": note: ")).collect();
        let log = self.sandbox.data().join("logs/hook.log");
        let logged = fs::read_to_string(&log).unwrap_or_default();
        let _ = fs::remove_file(log);
        let changed = before.iter().filter(|(path, at)| after.get(*path) != Some(at)).map(|(path, _)| path);
        let made = after.keys().filter(|path| !before.contains_key(*path));
        let kinds: BTreeSet<Kind> = changed.chain(made).filter_map(|path| self.kind(path, &after)).collect();
        self.clean(scenario);
        let fault = if status(&output) != 0 || !said.is_empty() {
            format!("{}: {said}", output.status)
        } else if !logged.is_empty() {
            logged
        } else if !scenario.is_hook() && stdout(&output).is_empty() {
            "no output".into()
        } else if is_listed && Vec::from_iter(kinds.clone()) != scenario.changes {
            format!("it changes {kinds:?} instead of {:?}", scenario.changes)
        } else {
            return Ok(());
        };
        Err(format!("{} {}: {fault}", scenario.program, scenario.name))
    }

    fn kind(&self, path: &Path, after: &BTreeMap<PathBuf, Option<Stamp>>) -> Option<Kind> {
        let name = path.file_name()?.to_str()?;
        let folder = path.parent()?.to_str()?;
        if !name.ends_with(".json") && folder != "spool" || name.starts_with('_') {
            return None;
        }
        match folder {
            "spool" => after.contains_key(path).then_some(Kind::Spool),
            "live" => after.contains_key(path).then_some(Kind::Live),
            "ended" => Some(Kind::Ended),
            "audit" => Some(Kind::Logged),
            "sessions" if self.names.contains(path) => Some(Kind::Record),
            "sessions" => Some(Kind::Created),
            _ => None,
        }
    }

    /// The system calls of one call, and strace's log.
    pub fn trace(&mut self, scenario: &Scenario) -> (Trace, String) {
        self.ready(&scenario.given);
        let traced = trace::trace(&self.sandbox, &self.command(scenario), &self.input(scenario));
        self.clean(scenario);
        traced
    }

    /// The instructions of one call.
    pub fn instructions(&mut self, scenario: &Scenario) -> u64 {
        self.ready(&scenario.given);
        let count = instructions::count(&self.sandbox, &self.command(scenario), &self.input(scenario));
        self.clean(scenario);
        count
    }

    /// The peak memory of the program during one call, in bytes.
    pub fn peak(&mut self, scenario: &Scenario, peak: &Native) -> u64 {
        self.ready(&scenario.given);
        let call = self.command(scenario);
        let mut command = self.sandbox.command(peak.path.to_str().expect("our path is text"));
        command.arg(call.get_program()).args(call.get_args()).current_dir(&scenario.folder);
        command.envs(scenario.variables.iter().cloned());
        command.stdin(File::open(self.input(scenario)).expect("the input was just written"));
        let output = command.output().expect("peak can be run");
        self.clean(scenario);
        assert!(output.status.success(), "{}: {}: {}", scenario.name, output.status, stderr(&output));
        stdout(&output).trim().parse().unwrap_or_else(|_| panic!("{}: {}", scenario.name, stderr(&output)))
    }

    /// Times one call, and the baseline alternately before or after it, because the second one finds warmer caches.
    pub fn time(&mut self, scenario: &Scenario, floor: &Native, times: &mut Times) {
        self.ready(&scenario.given);
        let input = self.input(scenario);
        let mut nothing = self.sandbox.command(floor.path.to_str().expect("our path is text"));
        let mut call = self.command(scenario);
        // Preparation may have waited for the disk; this wakes up the processor.
        elapsed(&mut nothing, &input);
        if times.call.len().is_multiple_of(2) {
            times.floor.push(elapsed(&mut nothing, &input));
            times.call.push(elapsed(&mut call, &input));
        } else {
            times.call.push(elapsed(&mut call, &input));
            times.floor.push(elapsed(&mut nothing, &input));
        }
        self.clean(scenario);
    }

    /// Times writing, syncing and renaming a file of a record's size.
    pub fn time_sync(&self) -> Duration {
        let (_, text) = self.store.record(0);
        let (new, named) = (self.sandbox.data().join("synced.new"), self.sandbox.data().join("synced"));
        let begin = Instant::now();
        fs::write(&new, text).expect("the sandbox can be written");
        File::open(&new).and_then(|file| file.sync_data()).expect("the disk accepts it");
        fs::rename(&new, &named).expect("the sandbox can be written");
        begin.elapsed()
    }
}

/// The median; zero if there are no times.
pub fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn elapsed(command: &mut Command, input: &Path) -> Duration {
    let input = File::open(input).expect("the input was just written");
    command.stdin(input).stdout(Stdio::null()).stderr(Stdio::null());
    let begin = Instant::now();
    let status = command.spawn().and_then(|mut child| child.wait()).unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let elapsed = begin.elapsed();
    assert!(status.success(), "{command:?}: {status}");
    elapsed
}

fn stamp(file: &Path) -> Option<Stamp> {
    let meta = fs::symlink_metadata(file).ok()?;
    Some((meta.ino(), meta.mtime(), meta.mtime_nsec(), meta.len()))
}

/// Our own start time as in live files: field 22 of `/proc/self/stat`; see proc_pid_stat(5).
fn started() -> Option<String> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    Some(text.rsplit_once(')')?.1.split_ascii_whitespace().nth(19)?.to_owned())
}
