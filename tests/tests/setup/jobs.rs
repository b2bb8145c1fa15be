//! Scheduled jobs: their schedulers accept the files, wherever the programs and the data are.

use plist::Value as Plist;

use super::*;
use cs_tests::skip;

/// A folder whose name has every character that one of the formats could misread.
const HOSTILE: &str = "a b&<c> %h $HOME 'q' \"d\" \\n @LOG@ {x} é=1";

/// Keys of launchd.plist(5), as macOS 14 documents them (<https://keith.github.io/xcode-man-pages/launchd.plist.5.html>),
/// without those that are deprecated or for daemons only.
const LAUNCHD_KEYS: [&str; 41] = [
    "Label",
    "Disabled",
    "Program",
    "BundleProgram",
    "ProgramArguments",
    "EnableGlobbing",
    "EnableTransactions",
    "EnablePressuredExit",
    "KeepAlive",
    "RunAtLoad",
    "RootDirectory",
    "WorkingDirectory",
    "EnvironmentVariables",
    "Umask",
    "TimeOut",
    "ExitTimeOut",
    "ThrottleInterval",
    "InitGroups",
    "WatchPaths",
    "QueueDirectories",
    "StartOnMount",
    "StartInterval",
    "StartCalendarInterval",
    "StandardInPath",
    "StandardOutPath",
    "StandardErrorPath",
    "Debug",
    "WaitForDebugger",
    "SoftResourceLimits",
    "HardResourceLimits",
    "Nice",
    "ProcessType",
    "AbandonProcessGroup",
    "LowPriorityIO",
    "LowPriorityBackgroundIO",
    "MaterializeDatalessFiles",
    "LaunchOnlyOnce",
    "MachServices",
    "Sockets",
    "LaunchEvents",
    "SessionCreate",
];

/// A place with the jobs' programs and a scheduler command that records its calls and accepts everything but the words
/// in `$HOME/refuses`.
pub fn with(scheduler: &str, folder: &str) -> Place {
    let place = Place::at(folder);
    for name in ["cs-serve", "cs-cleanup", "cs-notify", "cs-usage"] {
        place.program(name, "printf '%s\\n' \"$0 $*\"; env | grep ^CS_HOME");
    }
    let script = format!(
        "echo \"{scheduler} $*\" >>\"$HOME/calls\"\ncase \" $* \" in *\" $(cat \"$HOME/refuses\" 2>/dev/null || echo nothing) \"*) echo sorry >&2; exit 1;; esac"
    );
    place.fake(scheduler, &script);
    place
}

fn hostile(scheduler: &str) -> Place {
    let place = with(scheduler, &format!("{HOSTILE}/claude-sessions"));
    let data = place.sandbox.home().join(HOSTILE).join("data");
    place.with("CS_HOME", data.to_str().expect("UTF-8"))
}

fn files(place: &Place, folder: &str) -> Vec<PathBuf> {
    entries(&place.sandbox.home().join(folder))
}

#[test]
fn launchd_files_are_valid() {
    let place = hostile("launchctl");
    place.ok(&["jobs", "install", "--with", "launchd"]);
    let agents = files(&place, "Library/LaunchAgents");
    assert_eq!(agents.len(), 4);
    for (path, (job, program, args)) in agents.iter().zip([
        ("cleanup", "cs-cleanup", &["all"][..]),
        ("dashboard", "cs-serve", &["--port", "9000"]),
        ("notify", "cs-notify", &[]),
        ("usage", "cs-usage", &["keep"]),
    ]) {
        let agent = Plist::from_file(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let agent = agent.as_dictionary().expect("a dictionary");
        let text = |key: &str| agent.get(key).and_then(Plist::as_string).unwrap_or_else(|| panic!("{job}: no {key}"));
        for key in agent.keys() {
            assert!(LAUNCHD_KEYS.contains(&key.as_str()), "{job}: {key} is not documented");
        }
        assert_eq!(
            path.file_stem().and_then(|stem| stem.to_str()),
            Some(text("Label")),
            "the file is named like the job"
        );
        let words = agent.get("ProgramArguments").and_then(Plist::as_array).expect("a list");
        let words: Vec<&str> = words.iter().map(|word| word.as_string().expect("a text")).collect();
        let bin = place.share.join("bin");
        assert_eq!(words[0], bin.join("cs-setup").to_str().expect("UTF-8"));
        assert_eq!(words[1..4], ["jobs", "run", "--"]);
        assert_eq!(words[4], bin.join(program).to_str().expect("UTF-8"));
        assert_eq!(words[5..], *args);
        let log = place.sandbox.data().join(format!("logs/{job}.log"));
        assert_eq!([text("StandardOutPath"), text("StandardErrorPath")], [log.to_str().expect("UTF-8"); 2]);
        assert!(log.parent().expect("it has one").is_dir(), "launchd does not create it");
        let environment = agent.get("EnvironmentVariables").and_then(Plist::as_dictionary).expect("a dictionary");
        assert_eq!(environment.get("CS_HOME").and_then(Plist::as_string), place.sandbox.data().to_str());
        let number = |key: &str| agent.get(key).and_then(Plist::as_signed_integer);
        let expected = match job {
            "cleanup" | "usage" => (Some(3600), None),
            "notify" => (Some(300), None),
            _ => (None, Some(true)),
        };
        assert_eq!((number("StartInterval"), agent.get("KeepAlive").and_then(Plist::as_boolean)), expected, "{job}");
    }
}

#[test]
fn launchd_is_called_once_and_again_after_a_change() {
    let place = with("launchctl", ".local/share/claude-sessions");
    // SAFETY: getuid takes and changes nothing.
    let domain = format!("gui/{}", unsafe { libc::getuid() });
    fs::write(place.sandbox.home().join("refuses"), "print").expect("it can be written");
    place.ok(&["jobs", "install", "--with", "launchd"]);
    let agent = place.sandbox.home().join("Library/LaunchAgents/claude-sessions.notify.plist");
    let calls = place.calls();
    assert!(calls.contains(&format!("launchctl bootstrap {domain} {}", agent.display())), "{calls:?}");
    assert!(!calls.iter().any(|call| call.contains("bootout")), "nothing was loaded: {calls:?}");
    fs::remove_file(place.sandbox.home().join("refuses")).expect("it is there");
    assert_eq!(
        place.ok(&["jobs", "install", "--with", "launchd"]),
        "{\"action\":\"none\",\"detail\":\"nothing to do\"}\n"
    );
    assert!(place.calls().iter().all(|call| call.starts_with("launchctl print")));
    fs::write(&agent, "<!-- edited -->").expect("it can be written");
    assert!(stdout(&place.setup(&["jobs", "status", "--with", "launchd"])).contains("\"state\":\"outdated\""));
    place.calls();
    place.ok(&["jobs", "install", "--with", "launchd"]);
    let calls = place.calls();
    let reported: Vec<&String> = calls.iter().filter(|call| !call.contains(" print ")).collect();
    assert_eq!(reported.len(), 3, "bootout, enable, bootstrap of one job: {reported:?}");
    place.ok(&["jobs", "remove", "--with", "launchd"]);
    assert!(place.calls().contains(&format!("launchctl bootout {domain}/claude-sessions.notify")));
    assert!(files(&place, "Library/LaunchAgents").is_empty());
    fs::write(place.sandbox.home().join("refuses"), "bootstrap").expect("it can be written");
    let output = place.setup(&["jobs", "install", "--with", "launchd"]);
    assert_eq!(status(&output), NO);
    assert!(stderr(&output).contains("bootstrap") && stderr(&output).contains("sorry"), "{}", stderr(&output));
}

/// Lets systemd verify the units; `None` if it is not available.
fn verify(place: &Place, units: &[PathBuf]) -> Option<Output> {
    let mut command = std::process::Command::new("systemd-analyze");
    let run_dir = place.sandbox.root().join("tmp");
    command.args(["--user", "verify"]).args(units).env("XDG_RUNTIME_DIR", run_dir);
    command.output().ok()
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux has systemd")]
fn systemd_units_are_valid() {
    for folder in [".local/share/claude-sessions", "with blanks & %h $x/claude-sessions", HOSTILE] {
        let place = with("systemctl", folder);
        let data = place.sandbox.home().join(folder).join("data");
        let place = place.with("CS_HOME", data.to_str().expect("UTF-8"));
        place.ok(&["jobs", "install", "--with", "systemd"]);
        let units = files(&place, ".config/systemd/user");
        assert_eq!(units.len(), 7);
        let Some(said) = verify(&place, &units) else {
            return skip("systemd-analyze is missing; apt-get install systemd");
        };
        assert_eq!((status(&said), stderr(&said)), (0, String::new()), "{folder}");
        let broken = units[0].with_file_name("broken.service");
        let text = fs::read_to_string(&units[0]).expect("it is there").replace("bin/cs-cleanup", "bin/cs-nothing");
        fs::write(&broken, text.replace("UMask", "UMusk")).expect("it can be written");
        let said = verify(&place, &[broken]).expect("it was there before");
        assert!(stderr(&said).contains("UMusk"), "the check compares nothing: {}", stderr(&said));
    }
}

#[test]
fn systemd_is_called_once_and_again_after_a_change() {
    let place = with("systemctl", ".local/share/claude-sessions");
    fs::write(place.sandbox.home().join("refuses"), "is-active").expect("it can be written");
    place.ok(&["jobs", "install"]);
    let started = "claude-sessions-dashboard.service claude-sessions-cleanup.timer claude-sessions-notify.timer claude-sessions-usage.timer";
    let calls = place.calls();
    let reported: Vec<&str> = calls.iter().map(String::as_str).filter(|call| !call.contains("is-active")).collect();
    let expected = [
        "systemctl --user show-environment".to_owned(),
        "systemctl --user daemon-reload".to_owned(),
        format!("systemctl --user enable {started}"),
        format!("systemctl --user restart {started}"),
    ];
    assert_eq!(reported, expected);
    fs::remove_file(place.sandbox.home().join("refuses")).expect("it is there");
    assert_eq!(place.ok(&["jobs", "install"]), "{\"action\":\"none\",\"detail\":\"nothing to do\"}\n");
    place.ok(&["jobs", "status"]);
    let unit = place.sandbox.home().join(".config/systemd/user/claude-sessions-cleanup.service");
    fs::write(&unit, "[Service]").expect("it can be written");
    place.calls();
    place.ok(&["jobs", "install"]);
    assert!(place.calls().contains(&"systemctl --user restart claude-sessions-cleanup.timer".to_owned()));
    place.ok(&["jobs", "remove"]);
    let calls = place.calls();
    assert_eq!(
        calls[1..],
        [format!("systemctl --user disable --now {started}"), "systemctl --user daemon-reload".into()]
    );
    assert!(files(&place, ".config/systemd/user").is_empty());
    assert_eq!(place.ok(&["jobs", "remove"]), "{\"action\":\"none\",\"detail\":\"nothing to do\"}\n");
    fs::write(place.sandbox.home().join("refuses"), "enable").expect("it can be written");
    let output = place.setup(&["jobs", "install"]);
    assert!(status(&output) == NO && stderr(&output).contains("systemctl --user enable"), "{}", stderr(&output));
}

#[test]
fn uninstalling_removes_the_jobs_too() {
    let place = with("systemctl", ".local/share/claude-sessions");
    place.ok(&["jobs", "install"]);
    place.ok(&["install", "--settings"]);
    fs::write(place.sandbox.home().join("refuses"), "--user").expect("it can be written");
    place.ok(&["uninstall"]); // even if systemd cannot be reached
    assert!(files(&place, ".config/systemd/user").is_empty() && !place.settings().exists());
}

#[test]
fn cron_lines_work_and_the_crontab_is_not_touched() {
    let place = hostile("systemctl");
    place.fake("crontab", "echo \"crontab $*\" >>\"$HOME/calls\"; cat \"$HOME/crontab\" 2>/dev/null");
    fs::write(place.sandbox.home().join("refuses"), "show-environment").expect("it can be written");
    let lines = place.ok(&["jobs", "install", "-q"]);
    assert_eq!(place.calls(), ["systemctl --user show-environment"], "only searched for");
    let times: Vec<&str> = lines.lines().map(|line| line.split(" CS_HOME").next().expect("a time")).collect();
    assert_eq!(times, ["@reboot", "17 * * * *", "*/5 * * * *", "37 * * * *"]);
    for (line, (job, words)) in lines.lines().zip([
        ("dashboard", "cs-serve --port 9000"),
        ("cleanup", "cs-cleanup all"),
        ("notify", "cs-notify "),
        ("usage", "cs-usage keep"),
    ]) {
        let command = line.trim_start_matches(|c: char| !c.is_ascii_uppercase());
        assert!(!command.replace("\\%", "").contains('%'), "cron would truncate it: {command}");
        let output = place.sandbox.sh(&command.replace("\\%", "%"));
        assert_eq!((status(&output), stdout(&output)), (0, String::new()), "{}", stderr(&output));
        let log = fs::read_to_string(place.sandbox.data().join(format!("logs/{job}.log"))).expect("it was written");
        let expected = format!("{}/bin/{words}\nCS_HOME={}\n", place.share.display(), place.sandbox.data().display());
        assert_eq!(log, expected);
    }
    assert_eq!(status(&place.setup(&["jobs", "status", "--with", "cron"])), NO);
    fs::write(place.sandbox.home().join("crontab"), &lines).expect("it can be written");
    place.ok(&["jobs", "status", "--with", "cron"]);
    assert!(place.ok(&["jobs", "remove", "--with", "cron"]).contains("remove them with crontab -e"));
}

#[test]
fn logs_stay_small_and_lose_only_old_lines() {
    let place = with("systemctl", ".local/share/claude-sessions");
    let logs = place.sandbox.data().join("logs");
    fs::create_dir_all(&logs).expect("it can be created");
    let long: String = (0..60_000).map(|n| format!("line {n}\n")).collect();
    fs::write(logs.join("dashboard.log"), &long).expect("it can be written");
    fs::write(logs.join("notify.log"), "short\n").expect("it can be written");
    let mut writer = fs::File::options().append(true).open(logs.join("dashboard.log")).expect("it is there");
    let program = place.share.join("bin/cs-cleanup");
    let said = place.ok(&["jobs", "run", "--", program.to_str().expect("UTF-8"), "all", "--json"]);
    assert!(said.starts_with(&format!("{} all --json\n", program.display())), "{said}");
    std::io::Write::write_all(&mut writer, b"more\n").expect("it can be written");
    assert_eq!(
        fs::read_to_string(logs.join("dashboard.log")).expect("it is there"),
        "more\n",
        "a running session stays active"
    );
    let kept = fs::read_to_string(logs.join("dashboard.log.1")).expect("it is there");
    assert!(kept.len() == 256 * 1024 && long.ends_with(&kept));
    assert_eq!(fs::read_to_string(logs.join("notify.log")).expect("it is there"), "short\n");
}

#[test]
fn the_dashboard_gets_the_port_of_the_settings() {
    let place = with("systemctl", ".local/share/claude-sessions");
    fs::create_dir_all(place.sandbox.data()).expect("it can be created");
    fs::write(place.sandbox.data().join("config.json"), "{\"settings\": {\"dashboard_port\": 9123}}")
        .expect("it can be written");
    place.ok(&["jobs", "install"]);
    let unit = place.sandbox.home().join(".config/systemd/user/claude-sessions-dashboard.service");
    assert!(fs::read_to_string(unit).expect("it was written").contains("\"--port\" \"9123\""));
}

#[test]
fn missing_programs_are_reported() {
    let place = with("systemctl", ".local/share/claude-sessions");
    for name in ["cs-serve", "cs-cleanup", "cs-notify", "cs-usage"] {
        fs::remove_file(place.share.join("bin").join(name)).expect("it is there");
        match name {
            "cs-usage" => {
                place.refused(&["jobs", "install", "--with", "cron"], NO, "none of the jobs' programs is installed")
            }
            _ => assert!(place.ok(&["jobs", "install", "--dry-run"]).contains(&format!("{name} is not installed"))),
        }
    }
}

#[test]
fn a_dry_run_creates_nothing_with_any_scheduler() {
    for (scheduler, program) in [("cron", "crontab"), ("launchd", "launchctl"), ("systemd", "systemctl")] {
        let place = with(program, ".local/share/claude-sessions");
        let before = tree(&place.share);
        assert!(!place.ok(&["jobs", "install", "--with", scheduler, "--dry-run"]).is_empty());
        assert!(!place.sandbox.data().exists(), "{scheduler}");
        assert!(tree(&place.share) == before);
        for folder in [".config", "Library"] {
            assert!(!place.sandbox.home().join(folder).exists(), "{scheduler}");
        }
    }
}
