//! The scripts of `packaging/`, with small scripts in place of the programs: what they find, refuse and leave alone.
//! `release.rs` tries them with the programs.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cs_tests::{entries, made, run, status, stderr, stdout, workspace};
use tempfile::TempDir;

const NO: i32 = 1;
const USAGE: i32 = 64;
const INVALID: i32 = 65;

/// A folder with what an archive has, a home, and a folder `fake` that is first on PATH.
struct Place {
    root: TempDir,
}

impl Place {
    fn new() -> Place {
        let place = Place { root: TempDir::with_prefix("cs packaging ").expect("it can be created") };
        for folder in ["archive/bin", "archive/hooks", "home", "fake"] {
            fs::create_dir_all(place.at(folder)).expect("it can be created");
        }
        made::copy(&workspace().join("packaging/install.sh"), &place.at("archive/install.sh"));
        fs::write(place.at("archive/hooks/hooks.json"), "{}").expect("it can be written");
        for program in ["cs", "cs-setup"] {
            made::script(&place.at("archive/bin").join(program), "#!/bin/sh\n");
        }
        place
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    /// Runs a script with `sh` in this home, with these words and variables.
    fn sh(&self, script: &Path, words: &[String], variables: &[(&str, &str)]) -> Output {
        let mut command = Command::new("sh");
        command.arg(script).args(words).env_clear().env("HOME", self.at("home")).envs(variables.iter().copied());
        command.env("PATH", format!("{}:/usr/bin:/bin", self.at("fake").display()));
        run(in_folder(command, &self.at("home")), "")
    }

    /// Runs `install.sh` of the archive; `=@` in a word begins a path in this place.
    fn install(&self, words: &[&str]) -> Output {
        self.sh(&self.at("archive/install.sh"), &self.words(words), &[])
    }

    /// These words; `=@` begins a path in this place.
    fn words(&self, words: &[&str]) -> Vec<String> {
        let word = |word: &&str| word.replace("=@", &format!("={}/", self.root.path().display()));
        words.iter().map(word).collect()
    }
}

fn in_folder(mut command: Command, folder: &Path) -> Command {
    command.current_dir(folder);
    command
}

#[track_caller]
fn done(output: &Output) -> String {
    assert_eq!(status(output), 0, "{}{}", stdout(output), stderr(output));
    stdout(output)
}

#[track_caller]
fn refused(output: &Output, code: i32, word: &str) {
    assert_eq!(status(output), code, "{}{}", stdout(output), stderr(output));
    assert!(stderr(output).contains(word), "{word:?} is missing: {}", stderr(output));
}

#[test]
#[cfg(target_os = "linux")]
fn files_are_verified_in_every_language() {
    let place = Place::new();
    let mut list = Command::new("sh");
    list.args(["-c", "find . -type f | sed 's#^./##' | xargs sha256sum >../sums && mv ../sums SHA256SUMS"]);
    done(&run(in_folder(list, &place.at("archive")), ""));
    let script = "#!/bin/sh\nPATH=/usr/bin:/bin\ncase ${LC_ALL:-} in C) exec sha256sum \"$@\" ;; esac\n\
        sha256sum \"$@\" | sed 's/: OK$/: La suma coincide/'\n";
    made::script(&place.at("fake/sha256sum"), script);
    let install = || {
        let spanish = [("LANG", "es_ES.UTF-8")];
        place.sh(&place.at("archive/install.sh"), &place.words(&["SETUP=no"]), &spanish)
    };
    done(&install());
    assert!(place.at("home/.local/bin/cs-setup").exists());
    fs::write(place.at("archive/hooks/more"), "").expect("it can be written");
    refused(&install(), INVALID, "hooks/more");
    fs::remove_file(place.at("archive/hooks/more")).expect("it is there");
    fs::write(place.at("archive/hooks/hooks.json"), "changed").expect("it can be written");
    refused(&install(), INVALID, "hooks.json: FAILED");
}

#[test]
fn an_archive_without_its_sums_is_refused() {
    let place = Place::new();
    fs::write(place.at("archive/RELEASE"), "version 1\n").expect("it can be written");
    refused(&place.install(&["SETUP=no"]), INVALID, "SHA256SUMS is missing");
    assert!(!place.at("home/.local").exists());
}

#[test]
fn a_checkout_where_it_would_install_stays_as_it_is() {
    for sign in [".git", "Cargo.toml"] {
        let place = Place::new();
        let checkout = place.at("prefix/share/claude-sessions");
        fs::create_dir_all(checkout.join("hooks")).expect("it can be created");
        for file in [sign, "README.md", "hooks/mine"] {
            fs::write(checkout.join(file), "mine").expect("it can be written");
        }
        for action in [&["PREFIX=@prefix"][..], &["LIBDIR=@prefix/share"], &["--uninstall", "PREFIX=@prefix"]] {
            refused(&place.install(&[action, &["SETUP=no"]].concat()), USAGE, "is a checkout");
        }
        assert_eq!(fs::read_to_string(checkout.join("hooks/mine")).expect("it is there"), "mine");
        assert!(checkout.join("README.md").exists() && !checkout.join("bin").exists());
    }
}

#[test]
fn only_links_of_an_installation_are_replaced() {
    let place = Place::new();
    let (bin, mine) = (place.at("home/.local/bin"), place.at("src/claude-sessions/bin/cs-setup"));
    fs::create_dir_all(&bin).expect("it can be created");
    symlink(&mine, bin.join("cs-setup")).expect("it can be created");
    refused(&place.install(&["SETUP=no"]), NO, "cs-setup: not ours, left alone");
    assert_eq!(fs::read_link(bin.join("cs-setup")).expect("a link"), mine);
    for theirs in ["/usr/local/share/claude-sessions/bin/cs-setup".into(), place.at("lib/claude-sessions/bin/cs-setup")]
    {
        fs::remove_file(bin.join("cs-setup")).expect("it is there");
        symlink(&theirs, bin.join("cs-setup")).expect("it can be created");
        done(&place.install(&["SETUP=no", "LIBDIR=@lib"]));
        assert_eq!(fs::read_link(bin.join("cs-setup")).expect("a link"), place.at("lib/claude-sessions/bin/cs-setup"));
    }
}

#[test]
fn an_installation_removes_itself_wherever_it_is_and_no_other() {
    for (words, of_its_own) in
        [(&["PREFIX=@opt", "LIBDIR=@opt/lib"][..], true), (&["PREFIX=@opt", "LIBDIR=@elsewhere"], false)]
    {
        let place = Place::new();
        done(&place.install(&["SETUP=no"]));
        done(&place.install(&[words, &["SETUP=no"]].concat()));
        let folder = place.at(&words[1].replace("LIBDIR=@", "")).join("claude-sessions");
        let itself = folder.join("install.sh");
        let uninstall =
            |words: &[&str]| place.sh(&itself, &place.words(&[&["--uninstall", "SETUP=no"], words].concat()), &[]);
        if !of_its_own {
            refused(&uninstall(&[]), USAGE, "name the PREFIX");
            assert!(folder.join("bin/cs").exists());
        }
        done(&uninstall(if of_its_own { &[] } else { &["PREFIX=@opt"] }));
        assert!(!folder.exists() && entries(&place.at("opt")).is_empty(), "something is left");
        assert!(place.at("home/.local/bin/cs-setup").exists(), "the other one is still there");
    }
}

#[test]
fn links_are_removed_through_other_links_and_nothing_to_remove_is_said() {
    let place = Place::new();
    fs::create_dir(place.at("disk")).expect("it can be created");
    symlink(place.at("disk"), place.at("users")).expect("it can be created");
    done(&place.install(&["SETUP=no", "PREFIX=@users/me"]));
    let itself = place.at("users/me/share/claude-sessions/install.sh");
    let removed = place.sh(&itself, &place.words(&["--uninstall", "SETUP=no"]), &[]);
    assert_eq!((done(&removed), stderr(&removed)), (String::new(), String::new()));
    assert!(entries(&place.at("disk/me")).is_empty(), "something is left");
    let again = place.install(&["--uninstall", "PREFIX=@users/me"]);
    done(&again);
    assert!(stderr(&again).contains("nothing is installed in"), "{}", stderr(&again));
}

#[test]
fn others_can_run_what_is_installed_but_not_change_it() {
    for umask in ["000", "077"] {
        let place = Place::new();
        made::script(&place.at("archive/bin/cs-setup"), "#!/bin/sh\numask >\"$HOME/asked\"\n");
        let script = place.at("umask.sh");
        fs::write(&script, format!("umask {umask}\nsh \"$@\"\n")).expect("it can be written");
        let words = place.words(&["PREFIX=@prefix", "SETUP=yes"]);
        let install = place.at("archive/install.sh").display().to_string();
        done(&place.sh(&script, &[vec![install], words].concat(), &[]));
        for path in ["prefix", "prefix/bin", "prefix/share/claude-sessions", "prefix/share/claude-sessions/bin"] {
            let mode = fs::metadata(place.at(path)).expect("it is there").permissions().mode() & 0o777;
            assert_eq!(mode, 0o755, "{path} with umask {umask}: {mode:o}");
        }
        let asked = fs::read_to_string(place.at("home/asked")).expect("cs-setup ran");
        assert!(asked.trim().ends_with(umask), "cs-setup has the person's umask {umask}, not {asked}");
    }
}
