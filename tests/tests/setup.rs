//! `cs-setup`: what it does to other programs' files, and that it undoes it.

#[path = "setup/client.rs"]
mod client;
#[path = "setup/doctor.rs"]
mod doctor;
#[path = "setup/files.rs"]
mod files;
#[path = "setup/guard.rs"]
mod guard;
#[path = "setup/jobs.rs"]
mod jobs;
#[path = "setup/left.rs"]
mod left;
#[path = "setup/make.rs"]
mod make;
#[path = "setup/marketplace.rs"]
mod marketplace;
#[path = "setup/migrate.rs"]
mod migrate;
#[cfg(target_os = "linux")]
#[path = "setup/race.rs"]
mod race;
#[path = "setup/settings.rs"]
mod settings;
#[path = "setup/sync.rs"]
mod sync;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cs_tests::{Sandbox, entries, made, programs, run, status, stderr, stdout, workspace};
use serde_json::Value;

const NO: i32 = 1;
const USAGE: i32 = 64;
const INVALID: i32 = 65;
const DISK: i32 = 74;

/// A sandbox in which the programs are installed, with a PATH of `fake/`, the system's folders and the programs.
struct Place {
    sandbox: Sandbox,
    share: PathBuf,
}

impl Place {
    fn new() -> Place {
        Place::at(".local/share/claude-sessions")
    }

    /// The same, with the programs in another folder of HOME.
    fn at(folder: &str) -> Place {
        let sandbox = Sandbox::new();
        let (share, fake) = (sandbox.home().join(folder), sandbox.home().join("fake"));
        let path = format!("{}:/usr/bin:/bin:{}/bin", fake.display(), share.display());
        fs::create_dir_all(&fake).expect("it can be created");
        for name in [".claude-plugin", "hooks", "skills"] {
            copy(&workspace().join(name), &share.join(name));
        }
        name_programs(&share);
        fs::create_dir_all(share.join("bin")).expect("it can be created");
        for name in cs_tests::program_names() {
            made::copy(&programs().join(&name), &share.join("bin").join(&name));
        }
        Place { sandbox: sandbox.with("PATH", path), share }
    }

    fn with(mut self, name: &str, value: &str) -> Place {
        self.sandbox = self.sandbox.with(name, value);
        self
    }

    /// Creates a shell script on PATH.
    fn fake(&self, name: &str, script: &str) {
        put_program(&self.sandbox.home().join("fake").join(name), script);
    }

    /// Creates a program in the installation folder.
    fn program(&self, name: &str, script: &str) {
        put_program(&self.share.join("bin").join(name), script);
    }

    /// Runs `cs-setup`; one that would ask gets `--yes`, because there is no terminal.
    fn setup(&self, args: &[&str]) -> Output {
        let asks = ["install", "uninstall", "remove", "project", "on", "off"].iter().any(|word| args.contains(word));
        let is_told = ["--yes", "-y", "--dry-run"].iter().any(|word| args.contains(word));
        self.alone(&[args, if asks && !is_told { &["--yes"] } else { &[] }].concat())
    }

    /// Runs `cs-setup` with these arguments only.
    fn alone(&self, args: &[&str]) -> Output {
        self.sandbox.cs(self.share.join("bin/cs-setup").to_str().expect("UTF-8"), args)
    }

    /// Runs `cs-setup`, which must succeed; returns its output.
    #[track_caller]
    fn ok(&self, args: &[&str]) -> String {
        let output = self.setup(args);
        assert_eq!((status(&output), stderr(&output)), (0, String::new()), "cs-setup {args:?}: {}", stdout(&output));
        stdout(&output)
    }

    /// Runs `cs-setup`, which must fail with `code`, mention `word` and change nothing in HOME.
    #[track_caller]
    fn refused(&self, args: &[&str], code: i32, word: &str) {
        let before = tree(&self.sandbox.home());
        let output = self.setup(args);
        let reported = stderr(&output);
        assert_eq!(status(&output), code, "cs-setup {args:?}: {reported}");
        assert!(
            reported.starts_with("cs-setup: error: ") && reported.contains(word),
            "{word:?} is missing: {reported}"
        );
        assert!(reported.lines().count() <= 2, "{reported}");
        assert_eq!(tree(&self.sandbox.home()), before, "cs-setup {args:?} changed something");
    }

    fn settings(&self) -> PathBuf {
        self.sandbox.home().join(".claude/settings.json")
    }

    /// Writes the settings; `None` removes the file.
    fn put_settings(&self, text: Option<&str>) {
        fs::create_dir_all(self.sandbox.home().join(".claude")).expect("it can be created");
        match text {
            Some(text) => fs::write(self.settings(), text).expect("it can be written"),
            None => drop(fs::remove_file(self.settings())),
        }
    }

    fn text(&self) -> Option<String> {
        fs::read_to_string(self.settings()).ok()
    }

    /// Returns and clears the calls recorded in `$HOME/calls`.
    fn calls(&self) -> Vec<String> {
        let file = self.sandbox.home().join("calls");
        let text = fs::read_to_string(&file).unwrap_or_default();
        let _ = fs::remove_file(file);
        text.lines().map(str::to_owned).collect()
    }
}

/// Makes the hooks and skills in a folder name the programs, as an installation does.
fn name_programs(folder: &Path) {
    let mut command = Command::new("sh");
    command.arg(workspace().join("packaging/direct.sh")).arg(folder);
    let output = run(command, "");
    assert_eq!((status(&output), stderr(&output)), (0, String::new()));
}

fn put_program(path: &Path, script: &str) {
    made::script(path, &format!("#!/bin/sh\n{script}\n"));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("it can be created");
    for entry in from.read_dir().expect("it can be read").flatten() {
        match entry.path().is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => made::copy(&entry.path(), &to.join(entry.file_name())),
        }
    }
}

/// Every file and link under `folder` with its contents, and every folder.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in folder.read_dir().into_iter().flatten().flatten() {
        let (path, kind) = (entry.path(), entry.file_type().expect("it is there"));
        if kind.is_dir() {
            all.extend(tree(&path));
        }
        let held = match kind {
            kind if kind.is_symlink() => fs::read_link(&path).expect("a link").into_os_string().into_encoded_bytes(),
            kind if kind.is_file() => fs::read(&path).unwrap_or_default(),
            _ => b"folder".to_vec(),
        };
        all.insert(path, held);
    }
    all
}

fn json(text: &str) -> Value {
    serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Our hook commands in the settings, with their events.
fn ours(settings: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (event, groups) in settings["hooks"].as_object().into_iter().flatten() {
        for handler in groups.as_array().into_iter().flatten().flat_map(|group| group["hooks"].as_array()).flatten() {
            let command = handler["command"].as_str().unwrap_or_default();
            if ["/bin/cs-hook", "/bin/cs-heartbeat", "/bin/cs-deliver"]
                .iter()
                .any(|end| command.trim_end_matches('\'').ends_with(end))
            {
                found.push((event.clone(), command.to_owned()));
            }
        }
    }
    found
}
