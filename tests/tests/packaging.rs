//! The scripts of `packaging/`, with small scripts in place of the programs: what they find, refuse and leave alone.
//! `release.rs` tries them with the programs.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cs_tests::{entries, made, run, status, stderr, stdout, workspace};
use tempfile::TempDir;

const NO: i32 = 1;
const USAGE: i32 = 64;
const INVALID: i32 = 65;
const DISK: i32 = 74;

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
    refused(&place.install(&["SETUP=no"]), NO, "not ours, left alone; nothing was installed");
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
    for words in [&["PREFIX=@opt", "LIBDIR=@opt/lib"][..], &["PREFIX=@opt", "LIBDIR=@elsewhere"]] {
        let place = Place::new();
        done(&place.install(&["SETUP=no"]));
        done(&place.install(&[words, &["SETUP=no"]].concat()));
        let folder = place.at(&words[1].replace("LIBDIR=@", "")).join("claude-sessions");
        let itself = folder.join("install.sh");
        done(&place.sh(&itself, &place.words(&["--uninstall", "SETUP=no"]), &[]));
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

/// Each file and link in a folder, with what it contains or where it leads.
fn contents(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("it is there") {
        let path = entry.expect("it can be read").path();
        let meta = fs::symlink_metadata(&path).expect("it is there");
        if meta.is_dir() {
            found.extend(contents(&path));
        } else if meta.is_symlink() {
            let leads = fs::read_link(&path).expect("a link");
            found.insert(path, leads.display().to_string());
        } else {
            let text = fs::read_to_string(&path).expect("text");
            found.insert(path, text);
        }
    }
    found
}

#[test]
fn what_is_not_ours_is_refused_before_anything_is_written() {
    let share = "home/.local/share/claude-sessions";
    let in_share = ["hooks/hooks.json", "hooks", "bin", "bin/cs", "bin/cs-setup", "install.sh"]
        .map(|file| format!("{share}/{file}"));
    for file in in_share.into_iter().chain([share.to_owned(), "home/.local/bin/cs-setup".into()]) {
        let place = Place::new();
        fs::create_dir_all(place.at(&file).parent().expect("a folder")).expect("it can be created");
        fs::write(place.at(&file), "mine").expect("it can be written");
        let before = contents(&place.at("home"));
        let output = place.install(&["SETUP=no"]);
        refused(&output, NO, "nothing was installed. Move it away");
        assert!(stderr(&output).contains(&*place.at(&file).to_string_lossy()), "{}", stderr(&output));
        assert_eq!(contents(&place.at("home")), before, "{file}");
        assert_eq!(place.at("home/.local/bin").exists(), file.ends_with(".local/bin/cs-setup"), "{file}");
        place.install(&["--uninstall", "SETUP=no"]);
        assert_eq!(contents(&place.at("home")), before, "{file}");
    }
}

#[test]
fn what_was_changed_after_it_was_installed_is_not_ours() {
    let place = Place::new();
    let page = "share/man/man1/cs-setup.1";
    fs::create_dir_all(place.at("archive/share/man/man1")).expect("it can be created");
    fs::write(place.at("archive").join(page), "new").expect("it can be written");
    let (hooks, page) =
        (place.at("home/.local/share/claude-sessions/hooks/hooks.json"), place.at("home/.local").join(page));
    done(&place.install(&["SETUP=no"]));
    fs::write(place.at("archive/hooks/hooks.json"), "newer").expect("it can be written");
    fs::write(&page, "of another package that mentions claude-sessions").expect("it can be written");
    let output = place.install(&["SETUP=no"]);
    done(&output);
    assert!(stderr(&output).contains("cs-setup.1: not ours, left alone"), "{}", stderr(&output));
    fs::write(&hooks, "mine").expect("it can be written");
    refused(&place.install(&["SETUP=no"]), NO, "hooks/hooks.json");
    refused(&place.install(&["--uninstall", "SETUP=no"]), DISK, "hooks/hooks.json");
    assert_eq!(contents(&place.at("home")).into_keys().collect::<Vec<_>>(), [hooks, page]);
}

#[test]
fn what_a_newer_version_lacks_is_removed() {
    let place = Place::new();
    made::script(&place.at("archive/bin/cs-old"), "#!/bin/sh\n");
    fs::create_dir_all(place.at("archive/skills/old")).expect("it can be created");
    fs::write(place.at("archive/skills/old/SKILL.md"), "old").expect("it can be written");
    done(&place.install(&["SETUP=no"]));
    fs::remove_file(place.at("archive/bin/cs-old")).expect("it is there");
    fs::remove_dir_all(place.at("archive/skills")).expect("it is there");
    done(&place.install(&["SETUP=no"]));
    let left: Vec<_> =
        contents(&place.at("home")).into_keys().filter(|path| path.to_string_lossy().contains("old")).collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(!place.at("home/.local/share/claude-sessions/skills").exists());
}

#[test]
fn an_installation_from_before_there_were_lists_is_ours() {
    let place = Place::new();
    let share = place.at("home/.local/share/claude-sessions");
    fs::create_dir_all(place.at("archive/.claude-plugin")).expect("it can be created");
    fs::write(place.at("archive/.claude-plugin/plugin.json"), "{\"name\": \"cs-sessions\"}")
        .expect("it can be written");
    done(&place.install(&["SETUP=no"]));
    fs::remove_file(share.join("INSTALLED")).expect("it is there");
    fs::write(share.join("hooks/hooks.json"), "old").expect("it can be written");
    done(&place.install(&["SETUP=no"]));
    fs::remove_file(share.join("INSTALLED")).expect("it is there");
    done(&place.install(&["--uninstall", "SETUP=no"]));
    assert!(contents(&place.at("home")).is_empty());
}

/// Replaces the commands of the system that change something: at the call that the file `kill` names, the group of processes
/// is killed before it.
fn killing(place: &Place) {
    for name in ["cp", "ln", "mkdir", "mv", "rm", "rmdir"] {
        let script = format!(
            "#!/bin/sh\nn=$(cat '{0}/count'); echo $((n + 1)) >'{0}/count'\n\
             [ $n -ne $(cat '{0}/kill') ] || kill -9 0\nexec /bin/{name} \"$@\"\n",
            place.root.path().display()
        );
        made::script(&place.at("fake").join(name), &script);
    }
}

#[test]
fn whenever_it_is_killed_each_file_is_whole_and_it_can_be_repaired_or_removed() {
    for (is_update, is_uninstall) in [(false, false), (true, false), (true, true)] {
        let place = Place::new();
        fs::create_dir_all(place.at("archive/share/man/man1")).expect("it can be created");
        let write = |version: &str| {
            for file in ["archive/hooks/hooks.json", "archive/share/man/man1/cs.1"] {
                fs::write(place.at(file), version).expect("it can be written");
            }
            for program in ["cs", "cs-setup"] {
                made::script(&place.at("archive/bin").join(program), &format!("#!/bin/sh\necho {version}\n"));
            }
        };
        let state = || contents(&place.at("home"));
        let installed = |version: &str| {
            write(version);
            done(&place.install(&["SETUP=no"]));
            state()
        };
        let (old, new) = (installed("old"), installed("new"));
        let words: &[&str] = if is_uninstall { &["--uninstall", "SETUP=no"] } else { &["SETUP=no"] };
        assert!(old != new && old.len() == new.len() && new.len() > 5, "{new:#?}");
        // Most of what happens, happens in an update.
        for step in (0..).step_by(if is_update && !is_uninstall { 2 } else { 5 }) {
            fs::remove_dir_all(place.at("home/.local")).expect("it is there");
            if is_update {
                installed("old");
                write("new");
            }
            fs::write(place.at("count"), "0").expect("it can be written");
            fs::write(place.at("kill"), step.to_string()).expect("it can be written");
            killing(&place);
            let output = place.install(words);
            for name in entries(&place.at("fake")) {
                fs::remove_file(name).expect("it is there");
            }
            let left = state();
            let is_known = |(file, text): (&PathBuf, &String)| {
                let name = file.to_string_lossy();
                let is_ours = ["INSTALLED", ".claude-sessions"].iter().any(|end| name.ends_with(end));
                is_ours
                    || name.contains("/.claude-sessions.new/")
                    || [&old, &new].iter().any(|all| all.get(file) == Some(text))
            };
            assert!(left.iter().all(is_known), "{step}: {left:#?}");
            if is_update && !is_uninstall {
                assert!(old.keys().all(|file| left.contains_key(file)), "{step}: {left:#?}");
            }
            if step % 4 == 0 && !is_uninstall {
                done(&place.install(&["SETUP=no"]));
                assert_eq!(state(), new, "{step}");
            }
            let itself = place.at("home/.local/share/claude-sessions/install.sh");
            let script = if itself.exists() { itself } else { place.at("archive/install.sh") };
            done(&place.sh(&script, &place.words(&["--uninstall", "SETUP=no"]), &[]));
            assert_eq!(state(), BTreeMap::new(), "{step}");
            fs::create_dir_all(place.at("home/.local")).expect("it can be created");
            if output.status.signal() != Some(9) {
                assert!(step > 5, "it was never killed: {}", stderr(&output));
                break;
            }
        }
    }
}

#[test]
fn what_is_there_is_said_if_registering_fails() {
    let place = Place::new();
    made::script(&place.at("archive/bin/cs-setup"), "#!/bin/sh\necho nothing was written >&2\nexit 1\n");
    refused(&place.install(&[]), NO, "the programs are installed in");
    assert!(place.at("home/.local/bin/cs-setup").exists());
}

#[test]
fn actions_of_workflows_are_pinned() {
    for file in entries(&workspace().join(".github/workflows")) {
        let text = fs::read_to_string(&file).expect("it can be read");
        for line in text.lines().filter(|line| line.trim_start().starts_with("- uses: ")) {
            let commit = line.split('@').nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
            let is_commit = commit.len() == 40 && commit.chars().all(|it| it.is_ascii_hexdigit());
            assert!(is_commit && line.contains(" # v"), "{}: {line}", file.display());
        }
    }
}

#[test]
fn an_option_of_the_linker_is_spelt_for_who_links() {
    let folder = tempfile::tempdir().expect("a fresh folder");
    let script = folder.path().join("build");
    let source = workspace().join("bins/cs-serve/build.rs");
    let built = Command::new("rustc").args(["--edition", "2024", "-o"]).arg(&script).arg(source).status();
    assert!(built.is_ok_and(|status| status.success()), "the script can be built");
    let said = |linker: Option<&str>| {
        let mut command = Command::new(&script);
        command.env_clear().envs([("CARGO_CFG_TARGET_OS", "linux"), ("OUT_DIR", "/x/release/build/y/out")]);
        command.envs(linker.map(|linker| ("RUSTC_LINKER", linker)));
        String::from_utf8_lossy(&command.output().expect("it runs").stdout).into_owned()
    };
    assert!(said(None).contains("=-Wl,--no-eh-frame-hdr"), "{}", said(None));
    assert!(said(Some("aarch64-linux-gnu-gcc")).contains("=-Wl,--no-eh-frame-hdr"));
    assert!(said(Some("rust-lld")).contains("-bins=--no-eh-frame-hdr"), "{}", said(Some("rust-lld")));
}
