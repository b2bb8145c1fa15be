//! What a release consists of: one version everywhere, archives that are the same whoever packs them, and what people do
//! with them: installing in an empty system, with dpkg, from Homebrew's formula.
//!
//! `packaging/dist.sh` packs the programs that the other tests use, so nothing is built twice.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use cs_tests::{entries, has, program_names, programs, run, status, stderr, stdout, workspace};
use tempfile::TempDir;

const NO: i32 = 1;
const USAGE: i32 = 64;
const INVALID: i32 = 65;
/// What a script of `packaging/` exits with if it cannot be tried here.
const SKIPPED: i32 = 77;

fn text(path: &str) -> String {
    fs::read_to_string(workspace().join(path)).expect("it can be read")
}

/// The version of the workspace: the first one that its manifest names.
fn version() -> String {
    let manifest = text("Cargo.toml");
    let line = manifest.lines().find_map(|line| line.strip_prefix("version = ")).expect("there is a version");
    line.trim_matches('"').to_owned()
}

/// A script of `packaging/`.
fn script(name: &str, words: &[&str]) -> Output {
    let mut command = Command::new("sh");
    command.arg(workspace().join("packaging").join(name)).args(words).current_dir(workspace());
    waited(command)
}

/// Runs what may take minutes on a busy machine.
fn waited(mut command: Command) -> Output {
    command.stdin(Stdio::null()).output().expect("it can be run")
}

#[track_caller]
fn done(output: &Output) -> String {
    assert_eq!(status(output), 0, "{}{}", stdout(output), stderr(output));
    stdout(output)
}

/// Packs a release into this folder; `umask` is that of the one who packs.
fn pack(to: &Path, umask: &str) {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("umask {umask} && exec sh packaging/dist.sh")]).current_dir(workspace());
    command.env("PROGRAMS_FROM", programs()).env("DIST", to).env("LEVEL", "1").env_remove("TARGET");
    done(&waited(command));
}

/// The folder of a release that was packed once for all tests.
fn packed() -> &'static Path {
    static PACKED: OnceLock<TempDir> = OnceLock::new();
    let folder = PACKED.get_or_init(|| {
        let folder = tempfile::tempdir().expect("it can be created");
        pack(folder.path(), "022");
        folder
    });
    folder.path()
}

/// The file of the release whose name ends so.
fn file(end: &str) -> PathBuf {
    let all = entries(packed()).into_iter();
    let mut found = all.filter(|path| path.to_str().is_some_and(|path| path.ends_with(end)));
    found.next().unwrap_or_else(|| panic!("no {end} was packed"))
}

/// The archive, unpacked; the second path is its only folder.
fn unpacked() -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().expect("it can be created");
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(file(".tar.gz")).arg("-C").arg(place.path());
    done(&run(tar, ""));
    let folder = entries(place.path()).remove(0);
    (place, folder)
}

/// Runs `install.sh` of an unpacked archive, to install into the folder `to` of it.
fn install(unpacked: &Path, words: &[&str]) -> Output {
    let mut command = Command::new("sh");
    command.arg(unpacked.join("install.sh")).arg(format!("PREFIX={}", unpacked.join("to").display())).args(words);
    run(command, "")
}

#[test]
fn every_file_names_the_same_version() {
    let version = version();
    let plugin: serde_json::Value = serde_json::from_str(&text(".claude-plugin/plugin.json")).expect("it is JSON");
    assert_eq!(plugin["version"], version.as_str(), "the plugin");

    let lock = text("Cargo.lock");
    let ours: Vec<&str> = lock.split("[[package]]\n").skip(1).filter(|part| !part.contains("\nsource = ")).collect();
    assert!(ours.len() > 20, "the packages of the workspace are not found");
    for package in ours {
        assert!(package.contains(&format!("version = \"{version}\"\n")), "Cargo.lock: {package}");
    }

    let changes = text("CHANGELOG.md");
    let newest = changes.lines().find_map(|line| line.strip_prefix("## ")).expect("there is a heading");
    assert!(
        newest == "Unreleased" || newest.split(' ').next() == Some(&*version),
        "the first heading of CHANGELOG.md is {newest:?}, the version is {version}"
    );
    let wrong = script("check-release.sh", &["v9.9.9"]);
    assert!(status(&wrong) == NO && stderr(&wrong).contains(&version), "{}", stderr(&wrong));
}

#[test]
fn whoever_packs_the_same_programs_makes_the_same_bytes() {
    let again = tempfile::tempdir().expect("it can be created");
    pack(again.path(), "077");
    let names = |folder: &Path| {
        entries(folder).iter().filter_map(|path| path.file_name().map(|name| name.to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(names(packed()), names(again.path()));
    for path in entries(packed()) {
        let other = again.path().join(path.file_name().expect("a file"));
        assert!(fs::read(&path).ok() == fs::read(other).ok(), "{} differs", path.display());
    }
}

#[test]
fn an_archive_has_all_that_is_installed_and_licences_of_what_is_linked() {
    let (_place, folder) = unpacked();
    for program in program_names() {
        assert!(folder.join("bin").join(&program).is_file(), "{program} is missing");
        assert!(
            folder.join(format!("share/man/man1/{program}.1")).is_file(),
            "the manual page of {program} is missing"
        );
    }
    let licences = fs::read_to_string(folder.join("THIRD-PARTY.txt")).expect("it can be read");
    for word in ["- serde_json ", "- libc ", "Permission is hereby granted", "Apache License", "musl"] {
        assert!(licences.contains(word), "{word:?} is missing");
    }
    assert!(!licences.contains("- scraper "), "only what is linked is listed");
    let page = fs::read_to_string(folder.join("share/man/man1/cs-session.1")).expect("it can be read");
    assert!(page.contains(&version()), "{page}");
}

#[test]
fn the_archive_installs_where_there_is_only_a_shell_and_tar() {
    let archive = file(".tar.gz");
    let tried = script("try.sh", &[archive.to_str().expect("UTF-8")]);
    assert!(done(&tried).starts_with("installed, recorded and removed"));
    if cfg!(target_os = "linux") {
        let tried = script("try-bare.sh", &[archive.to_str().expect("UTF-8")]);
        if status(&tried) != SKIPPED || has(Err(stderr(&tried))) {
            assert!(done(&tried).starts_with("installed, recorded and removed"));
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn dpkg_installs_and_purges_the_package() {
    let tried = script("try-deb.sh", &[file(".deb").to_str().expect("UTF-8")]);
    if status(&tried) != SKIPPED || has(Err(stderr(&tried))) {
        assert!(done(&tried).starts_with("installed, recorded and purged"));
    }
}

#[test]
fn install_refuses_what_was_changed_and_other_machines() {
    let (_place, folder) = unpacked();
    let sums = folder.join("SHA256SUMS");
    let listed = fs::read_to_string(&sums).expect("it can be read");
    let refused = |words: &[&str], code: i32, word: &str| {
        let output = install(&folder, words);
        assert_eq!(status(&output), code, "{}", stderr(&output));
        assert!(stderr(&output).contains(word), "{word:?} is missing: {}", stderr(&output));
        assert!(!folder.join("to").exists(), "something was installed");
    };
    refused(&["--fast"], USAGE, "--help");
    refused(&["SETUP=maybe"], USAGE, "ask, yes or no");
    refused(&["PREFIX=here"], USAGE, "absolute");

    fs::write(folder.join("README.md"), "changed").expect("it can be written");
    refused(&["SETUP=no"], INVALID, "README.md");
    fs::write(folder.join("bin/cs-more"), "").expect("it can be written");
    refused(&["SETUP=no"], INVALID, "not packed with it");
    fs::remove_file(folder.join("bin/cs-more")).expect("it is there");

    // For another machine; then without sums, as `make install` assembles it.
    fs::write(folder.join("RELEASE"), "version 1\ntarget riscv64gc-unknown-linux-gnu\n").expect("it can be written");
    let mut list = Command::new("sh");
    list.args([
        "-c",
        "rm SHA256SUMS && find . -type f | sed 's|^./||' >../files && xargs sha256sum <../files >../sums 2>/dev/null ||
        xargs shasum -a 256 <../files >../sums && mv ../sums SHA256SUMS",
    ]);
    assert!(list.current_dir(&folder).status().expect("sh runs").success());
    refused(&["SETUP=no"], NO, "riscv64gc-unknown-linux-gnu");
    fs::remove_file(&sums).expect("it is there");
    refused(&["SETUP=no"], INVALID, "SHA256SUMS is missing");
    fs::remove_file(folder.join("RELEASE")).expect("it is there");
    done(&install(&folder, &["SETUP=no"]));
    assert!(listed.contains("  bin/cs\n") && folder.join("to/bin/cs").exists());
    let installed = folder.join("to/share/claude-sessions/install.sh");
    let again = run(Command::new(&installed), "");
    assert_eq!(status(&again), USAGE, "{}", stderr(&again));
    let mut uninstall = Command::new(&installed);
    uninstall.args(["--uninstall", "SETUP=no"]);
    done(&run(uninstall, ""));
    assert!(entries(&folder.join("to")).is_empty(), "{:?}", entries(&folder.join("to")));
}

/// Makes an archive for `target` with one program, and the list of its sum, in a folder of its own.
fn small_archive(place: &Path, target: &str) {
    let name = format!("claude-sessions-{}-{target}", version());
    let made = Command::new("sh")
        .args(["-c", "mkdir -p $1/bin $1/skills $1/.claude-plugin && cd $1 && echo program >bin/cs && chmod 755 bin/cs &&
            echo x >README.md && echo x >LICENSE && echo x >THIRD-PARTY.txt && echo x >install.sh && echo x >.claude-plugin/plugin.json &&
            printf 'version 1\\ntarget %s\\n' $2 >RELEASE && cd .. && tar -czf $1.tar.gz $1 && rm -r $1 &&
            { sha256sum $1.tar.gz || shasum -a 256 $1.tar.gz; } >SHA256SUMS 2>/dev/null", "sh", &name, target])
        .current_dir(place)
        .status();
    assert!(made.expect("sh runs").success());
}

const TARGETS: [&str; 4] =
    ["aarch64-apple-darwin", "x86_64-apple-darwin", "aarch64-unknown-linux-musl", "x86_64-unknown-linux-musl"];

#[test]
fn what_several_machines_packed_becomes_a_formula_and_a_plugin() {
    let place = tempfile::tempdir().expect("it can be created");
    let path = |name: &str| place.path().join(name).display().to_string();
    for target in TARGETS {
        fs::create_dir_all(place.path().join("from").join(target)).expect("it can be created");
        small_archive(&place.path().join("from").join(target), target);
    }
    done(&script("gather.sh", &[&path("from"), &path("to")]));
    let formula = fs::read_to_string(path("to/claude-sessions.rb")).expect("it was written");
    let sums = fs::read_to_string(path("to/SHA256SUMS")).expect("it was written");
    assert_eq!(sums.lines().count(), 4);
    for line in sums.lines() {
        let (sum, name) = line.split_once("  ").expect("a sum and a name");
        let (before, _) = formula.split_once(sum).unwrap_or_else(|| panic!("the sum of {name} is missing"));
        assert!(before.trim_end().ends_with(&format!("{name}\"\n      sha256 \"")), "the sum of {name} is elsewhere");
    }

    let archives: Vec<String> =
        TARGETS.map(|target| path(&format!("to/claude-sessions-{}-{target}.tar.gz", version()))).into();
    let plugin = path("plugin");
    let words: Vec<&str> = [plugin.as_str()].into_iter().chain(archives.iter().map(String::as_str)).collect();
    done(&script("plugin-branch.sh", &words));
    for target in TARGETS {
        assert!(place.path().join("plugin/bin").join(target).join("cs").is_file(), "{target}");
    }
    let ours = fs::read(workspace().join("hooks/hooks.json")).expect("it can be read");
    assert!(fs::read(place.path().join("plugin/hooks/hooks.json")).expect("it was copied") == ours);

    let changed =
        place.path().join("from").join(TARGETS[0]).join(format!("claude-sessions-{}-{}.tar.gz", version(), TARGETS[0]));
    fs::write(&changed, "changed").expect("it can be written");
    assert_eq!(status(&script("gather.sh", &[&path("from"), &path("changed")])), NO);
    fs::remove_dir_all(place.path().join("from").join(TARGETS[0])).expect("it is there");
    let missing = script("gather.sh", &[&path("from"), &path("missing")]);
    assert!(status(&missing) == NO && stderr(&missing).contains(TARGETS[0]), "{}", stderr(&missing));
}
