//! The launcher in `hooks/`: how the hooks of a plugin find their programs, and that nothing is wrong without them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, SystemTime};

use cs_tests::{made, run, status, stderr, stdout, workspace};
use serde_json::Value;
use tempfile::TempDir;

/// A shell that may be `sh` somewhere: the words before a script's path.
const SHELLS: [&[&str]; 4] = [&["dash"], &["bash"], &["bash", "--posix"], &["busybox", "sh"]];
/// What tells which program ran, with what.
const SCRIPT: &str = "#!/bin/sh\necho \"$0 [$*] $(cat)\"\n";
const PATH: &str = "/usr/bin:/bin";

/// A copy of the plugin in a folder with blanks, without programs, and a home.
struct Plugin {
    root: TempDir,
    shell: Vec<PathBuf>,
}

impl Plugin {
    fn new() -> Plugin {
        let root = TempDir::with_prefix("cs launcher ").expect("the temporary directory can be written");
        for folder in ["plugin", "home", "data"] {
            fs::create_dir(root.path().join(folder)).expect("it can be created");
        }
        let plugin = Plugin { root, shell: Vec::new() };
        for file in cs_tests::entries(&workspace().join("hooks")) {
            fs::create_dir_all(plugin.at("plugin/hooks")).expect("it can be created");
            made::copy(&file, &plugin.at("plugin/hooks").join(file.file_name().expect("a name")));
        }
        plugin
    }

    /// The same, for each shell of this machine; at least one.
    fn for_each_shell(check: impl Fn(&Plugin)) {
        let find =
            |name: &str| ["/bin", "/usr/bin"].map(|dir| Path::new(dir).join(name)).into_iter().find(|it| it.exists());
        let mut count = 0;
        for words in SHELLS {
            let Some(shell) = find(words[0]) else { continue };
            let mut plugin = Plugin::new();
            plugin.shell = std::iter::once(shell).chain(words[1..].iter().map(PathBuf::from)).collect();
            check(&plugin);
            count += 1;
        }
        assert!(count > 0, "there is no shell");
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    /// Creates a program that reports its path.
    fn program(&self, path: &str) {
        fs::create_dir_all(self.at(path).parent().expect("a folder")).expect("it can be created");
        made::script(&self.at(path), SCRIPT);
    }

    /// A command that runs a file of `hooks/` with this PATH.
    fn command(&self, name: &str, path: Option<&Path>) -> Command {
        let file = self.at("plugin/hooks").join(name);
        let mut command = match self.shell.split_first() {
            Some((shell, words)) => {
                let mut command = Command::new(shell);
                command.args(words).arg(file);
                command
            }
            None => Command::new(file),
        };
        command.env_clear().env("HOME", self.at("home")).env("CLAUDE_PLUGIN_DATA", self.at("data"));
        path.map(|path| command.env("PATH", path));
        command.current_dir(self.at("home"));
        command
    }

    fn run(&self, name: &str, path: Option<&Path>) -> Output {
        run(self.command(name, path), "{}\n")
    }

    #[track_caller]
    fn is_silent(&self, output: &Output) {
        assert_eq!((status(output), stdout(output)), (0, String::new()), "{:?}: {}", self.shell, stderr(output));
    }

    /// Runs a hook, which must run the program at `expected`.
    #[track_caller]
    fn runs(&self, name: &str, path: Option<&Path>, expected: &str) {
        let output = self.run(name, path);
        let said = stdout(&output);
        let found = said.split(" [").next().map(|path| fs::canonicalize(path).unwrap_or_else(|_| path.into()));
        let wanted = self.at(expected).canonicalize().expect("it is there");
        assert_eq!((status(&output), found), (0, Some(wanted)), "{:?}: {said}{}", self.shell, stderr(&output));
    }
}

/// The name of the programs of this machine in a folder for several.
fn target() -> String {
    let system = if cfg!(target_os = "macos") { "apple-darwin" } else { "unknown-linux-musl" };
    format!("{}-{system}", std::env::consts::ARCH)
}

fn commands(hooks: &str) -> Vec<(String, String, Value)> {
    let hooks: Value = serde_json::from_str(hooks).expect("JSON");
    let mut found = Vec::new();
    for (event, groups) in hooks["hooks"].as_object().expect("events") {
        for handler in groups.as_array().into_iter().flatten().flat_map(|group| group["hooks"].as_array()).flatten() {
            let command = handler["command"].as_str().expect("a command").to_owned();
            found.push((event.clone(), command, handler["args"].clone()));
        }
    }
    found
}

fn shipped() -> String {
    fs::read_to_string(workspace().join("hooks/hooks.json")).expect("it is there")
}

#[test]
fn each_hook_and_each_skill_has_its_file() {
    let commands = commands(&shipped());
    for (event, command, _) in &commands {
        let file = command.strip_prefix("${CLAUDE_PLUGIN_ROOT}/").expect("a path in the plugin");
        let mode = fs::metadata(workspace().join(file)).unwrap_or_else(|error| panic!("{file}: {error}")).permissions();
        assert_eq!(mode.mode() & 0o111, 0o111, "{file}");
        assert_eq!(*event == "SessionStart", file.ends_with(".start"), "{event}: only there a message is seen");
    }
    let files = cs_tests::entries(&workspace().join("hooks"));
    let is_link = |file: &PathBuf| fs::symlink_metadata(file).expect("it is there").is_symlink();
    assert!(!files.iter().any(is_link), "some copies lose links");
    let mut called = commands.iter().map(|(_, command, _)| command.clone()).collect::<Vec<_>>().join("\n");
    for skill in cs_tests::entries(&workspace().join("skills")) {
        let text = fs::read_to_string(skill.join("SKILL.md")).expect("it is there");
        assert!(!text.contains("_ROOT}/bin/"), "{}: the repository contains no programs", skill.display());
        for name in text.split("/hooks/").skip(1).filter_map(|rest| rest.split(['"', ' ', '`']).next()) {
            assert!(workspace().join("hooks").join(name).exists(), "{}: {name}", skill.display());
        }
        called.push_str(&text);
    }
    for file in files {
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        let is_called =
            ["hooks.json", "run", "search"].contains(&name.as_str()) || called.contains(&format!("/hooks/{name}"));
        assert!(is_called, "nothing calls {name}");
    }
}

#[test]
fn an_assembled_folder_names_the_programs_and_nothing_else_changes() {
    let folder = TempDir::with_prefix("cs direct ").expect("it can be created");
    let mut copy = Command::new("cp");
    copy.args(["-R", "hooks", "skills"]).arg(folder.path()).current_dir(workspace());
    assert_eq!(status(&run(copy, "")), 0);
    for _ in ["once", "again"] {
        let mut direct = Command::new("sh");
        direct.arg(workspace().join("packaging/direct.sh")).arg(folder.path());
        assert_eq!(status(&run(direct, "")), 0);
        let text = fs::read_to_string(folder.path().join("hooks/hooks.json")).expect("it is there");
        let name = |command: &str| command.rsplit('/').next().expect("a name").to_owned();
        let of = |(event, command, args): (String, String, Value)| {
            (event, name(&command).replace("run-", "").replace(".start", ""), args)
        };
        let before: Vec<_> = commands(&shipped()).into_iter().map(of).collect();
        let after = commands(&text);
        assert!(after.iter().all(|(_, it, _)| it.starts_with("${CLAUDE_PLUGIN_ROOT}/bin/cs-")), "{text}");
        assert_eq!(after.into_iter().map(of).collect::<Vec<_>>(), before);
        assert_eq!(text.lines().count(), shipped().lines().count());
    }
    assert_eq!(cs_tests::entries(&folder.path().join("hooks")).len(), 1, "the launcher is not needed there");
    for skill in cs_tests::entries(&folder.path().join("skills")) {
        let text = fs::read_to_string(skill.join("SKILL.md")).expect("it is there");
        assert!(!text.contains("/hooks/"), "{}", skill.display());
        assert!(text.contains("\"${CLAUDE_PLUGIN_ROOT}/bin/cs-"), "{}", skill.display());
    }
}

#[test]
fn the_program_beside_it_runs_first_then_that_for_the_machine_then_that_on_path() {
    Plugin::for_each_shell(|plugin| {
        let on_path = plugin.at("a folder");
        plugin.program("a folder/cs-setup");
        plugin.program("a folder/cs-hook");
        plugin.runs("run-cs-hook", Some(&on_path), "a folder/cs-hook");
        plugin.program("plugin/bin/other-machine-none/cs-hook");
        plugin.runs("run-cs-hook", Some(&on_path), "a folder/cs-hook");
        let own = format!("plugin/bin/{}/cs-hook", target());
        plugin.program(&own);
        plugin.runs("run-cs-hook", Some(&on_path), &own);
        plugin.runs("run-cs-hook", None, &own);
        plugin.program("plugin/bin/cs-hook");
        plugin.runs("run-cs-hook", Some(&on_path), "plugin/bin/cs-hook");
        plugin.runs("run-cs-hook.start", Some(&on_path), "plugin/bin/cs-hook");
    });
}

#[test]
fn arguments_and_input_reach_the_program_and_its_status_that_of_a_skill() {
    Plugin::for_each_shell(|plugin| {
        plugin.program("plugin/bin/cs-notify");
        let mut command = plugin.command("run-cs-notify", None);
        command.args(["hook", "a  b", "*"]);
        assert_eq!(stdout(&run(command, "text")).split_once(" [").expect("words").1, "hook a  b *] text\n");
        made::script(&plugin.at("plugin/bin/cs-session"), "#!/bin/sh\nexit 64\n");
        assert_eq!(status(&plugin.run("run-cs-session", None)), 64);
    });
}

#[test]
fn a_usual_folder_is_searched_without_path_and_namesakes_are_not_run() {
    Plugin::for_each_shell(|plugin| {
        plugin.program("home/.local/bin/cs-hook");
        plugin.is_silent(&plugin.run("run-cs-hook", None));
        plugin.program("home/.local/bin/cs-setup");
        plugin.runs("run-cs-hook", None, "home/.local/bin/cs-hook");
        plugin.program("home/cs-heartbeat");
        plugin.program("home/cs-setup");
        plugin.is_silent(&plugin.run("run-cs-heartbeat", Some(Path::new(".:")))); // the project may contain anything
    });
}

#[test]
fn a_program_that_any_account_could_have_put_there_is_not_run() {
    Plugin::for_each_shell(|plugin| {
        for name in ["cs-setup", "cs-hook"] {
            plugin.program(&format!("open/{name}"));
            plugin.program(&format!("of a group/{name}"));
        }
        let (open, group) = (plugin.at("open"), plugin.at("of a group"));
        let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
        let path = PathBuf::from(format!("{}:{}", open.display(), group.display()));
        plugin.runs("run-cs-hook", Some(&path), "open/cs-hook");
        // As /tmp is; and Homebrew's folder.
        mode(&open, 0o1777);
        mode(&group, 0o775);
        plugin.runs("run-cs-hook", Some(&path), "of a group/cs-hook");
        mode(&open, 0o755);
        mode(&open.join("cs-hook"), 0o777);
        plugin.runs("run-cs-hook", Some(&path), "of a group/cs-hook");
        mode(&open.join("cs-hook"), 0o755);
        if std::os::unix::fs::chown(open.join("cs-hook"), Some(65534), None).is_ok() {
            plugin.runs("run-cs-hook", Some(&path), "of a group/cs-hook");
        }
    });
}

#[test]
fn without_programs_only_the_start_says_so_once_a_day() {
    Plugin::for_each_shell(|plugin| {
        fs::create_dir(plugin.at("data/said-2000-01-01")).expect("it can be created");
        for (path, first) in [(None, true), (Some(Path::new(PATH)), false)] {
            for name in ["run-cs-hook", "run-cs-heartbeat", "run-cs-audit", "run-cs-notify"] {
                plugin.is_silent(&plugin.run(name, path));
            }
            let output = plugin.run("run-cs-hook.start", path);
            assert_eq!((status(&output), stderr(&output)), (0, String::new()));
            if !first {
                plugin.is_silent(&output);
                continue;
            }
            let said: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
            let manifest = fs::read_to_string(workspace().join(".claude-plugin/plugin.json")).expect("it is there");
            let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
            let page = manifest["homepage"].as_str().expect("an address");
            assert!(said["systemMessage"].as_str().is_some_and(|text| text.contains(page)), "{said}");
            assert_eq!(said.as_object().map(serde_json::Map::len), Some(1), "the model does not read it");
        }
        assert_eq!(cs_tests::entries(&plugin.at("data")).len(), 1, "of the other days nothing is left");
        let skill = plugin.run("run-cs-session", None);
        assert!(status(&skill) == 1 && stdout(&skill).contains("not installed"), "{}", stdout(&skill));
    });
}

#[test]
fn of_many_at_once_one_says_it() {
    let plugin = Plugin::new();
    let said = thread::scope(|scope| {
        let run = || stdout(&plugin.run("run-cs-hook.start", Some(Path::new(PATH))));
        let all: Vec<_> = (0..12).map(|_| scope.spawn(run)).collect();
        all.into_iter().map(|one| one.join().expect("it ends")).filter(|said| !said.is_empty()).count()
    });
    assert_eq!(said, 1);
}

#[test]
fn what_cannot_be_noted_or_found_is_no_error() {
    Plugin::for_each_shell(|plugin| {
        let alone = |name: &str, change: &dyn Fn(&mut Command) -> &mut Command| {
            let mut command = plugin.command(name, None);
            change(&mut command);
            plugin.is_silent(&run(command, "{}\n"));
        };
        alone("run-cs-hook.start", &|command| command.env_clear());
        alone("run-cs-hook.start", &|command| command.env("CLAUDE_PLUGIN_DATA", "/proc/none/here"));
        alone("run-cs-heartbeat", &|command| command.env_remove("HOME"));
        for file in ["search", "run"] {
            fs::remove_file(plugin.at("plugin/hooks").join(file)).expect("it is there");
            alone("run-cs-hook", &|command| command);
            alone("run-cs-hook.start", &|command| command);
        }
    });
}

#[test]
fn a_program_that_cannot_be_started_is_no_error() {
    Plugin::for_each_shell(|plugin| {
        plugin.program("plugin/bin/cs-setup");
        let other = plugin.at("other");
        fs::write(&other, b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xf3\xff\n(\n").expect("it can be written");
        fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).expect("it is ours");
        for folder in ["plugin/bin", "home/.local/bin"] {
            fs::create_dir_all(plugin.at(folder)).expect("it can be created");
            let file = plugin.at(folder).join("cs-hook");
            for kind in ["of another machine", "without its interpreter", "a folder", "a lost link", "not to be run"] {
                match kind {
                    "of another machine" => made::copy(&other, &file),
                    "without its interpreter" => made::script(&file, "#!/nowhere/at/all\n"),
                    "a folder" => fs::create_dir(&file).expect("it can be created"),
                    "a lost link" => std::os::unix::fs::symlink("/nowhere/at/all", &file).expect("it can be created"),
                    _ => fs::write(&file, "echo no").expect("it can be written"),
                }
                plugin.is_silent(&plugin.run("run-cs-hook", Some(Path::new(PATH))));
                let _ = fs::remove_file(&file).or_else(|_| fs::remove_dir(&file));
            }
        }
        made::script(&plugin.at("plugin/bin/cs-hook"), "#!/bin/sh\nkill -9 $$\n");
        let output = plugin.run("run-cs-hook", None);
        assert!(output.status.code() != Some(2), "2 would stop the agent");
    });
}

#[test]
fn input_that_stays_open_is_not_waited_for() {
    let plugin = Plugin::new();
    let mut command = plugin.command("run-cs-hook", Some(Path::new(PATH)));
    let mut child = command.stdin(std::process::Stdio::piped()).spawn().expect("it starts");
    let open = child.stdin.take();
    let ended = cs_tests::eventually(cs_tests::LIMIT, || child.try_wait().expect("it is ours").is_some());
    drop(open);
    assert!(ended);
}

#[test]
fn it_does_nothing_while_the_persons_own_hooks_call_the_programs() {
    for (variable, folder, file) in
        [("CLAUDE_CONFIG_DIR", "claude", "settings.json"), ("CODEX_HOME", "codex", "hooks.json")]
    {
        Plugin::for_each_shell(|plugin| {
            for name in ["cs-hook", "cs-heartbeat"] {
                plugin.program(&format!("plugin/bin/{name}"));
            }
            let (own, direct) = (plugin.at(folder).join(file), plugin.at("share/bin/cs-hook"));
            fs::create_dir(plugin.at(folder)).expect("it can be created");
            let is_run = |name: &str| {
                let mut command = plugin.command(name, Some(Path::new(PATH)));
                command.env(variable, plugin.at(folder));
                if variable == "CODEX_HOME" {
                    command.env("PLUGIN_ROOT", plugin.at("plugin"));
                }
                let output = run(command, "{}");
                assert_eq!(status(&output), 0, "{}", stderr(&output));
                !stdout(&output).is_empty()
            };
            let text =
                format!("{{\"hooks\": {{\"Stop\": [{{\"hooks\": [{{\"command\": \"{}\"}}]}}]}}}}", direct.display());
            assert!(is_run("run-cs-hook.start") && is_run("run-cs-heartbeat"));
            let write_at = |text: &str, time: SystemTime| {
                fs::write(&own, text).expect("it can be written");
                let file = fs::File::options().write(true).open(&own).expect("it is there");
                file.set_modified(time).expect("it is ours");
            };
            // Some shells compare only seconds.
            let write = |text: &str| write_at(text, SystemTime::now() - Duration::from_secs(10));
            write(&text);
            assert!(is_run("run-cs-hook.start"), "what they call is not there");
            plugin.program("share/bin/cs-hook");
            assert!(!is_run("run-cs-hook.start") && !is_run("run-cs-heartbeat") && !is_run("run-cs-hook"));
            for (seconds, more) in [(0, ""), (9999, ""), (0, "/nowhere/bin/cs-hook\", \"")] {
                let changed = text.replace("\"command\": \"", &format!("\"model\": \"x\", \"command\": \"{more}"));
                write_at(&changed, SystemTime::now() + Duration::from_secs(seconds));
                assert!(!is_run("run-cs-heartbeat") && !is_run("run-cs-hook"), "the client wrote something else");
                let named_last = changed.replace("]}]}}", ", \"/nowhere/bin/cs-hook\"]}]}}");
                write_at(&named_last, SystemTime::now() + Duration::from_secs(seconds));
                assert!(!is_run("run-cs-heartbeat"), "one of them is there");
            }
            fs::write(&own, "{}").expect("it can be written");
            assert!(is_run("run-cs-heartbeat"), "the file has changed, so nothing is lost");
            assert!(!plugin.at("data/called-directly").exists(), "it is not looked up again for each event");
            assert!(is_run("run-cs-hook.start") && is_run("run-cs-heartbeat"));
            write(&text);
            assert!(!is_run("run-cs-hook.start") && !is_run("run-cs-heartbeat"));
            fs::remove_file(&own).expect("it is there");
            assert!(is_run("run-cs-heartbeat"));
        });
    }
}
