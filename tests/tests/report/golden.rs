//! Each mode, format and filter gives exactly the report that was read by a person once, of recorded conversations of both
//! clients with a key, an address and a name in them. `GOLDEN=renew cargo test -p cs-tests --test report golden` writes the
//! files anew; read the difference. What depends on the built-in rules, the style and the version is left out (`…`).

use cs_tests::{Sandbox, run, status, stderr, stdout};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Two prompts of the first one are about a customer.
const CLAUDE: &str = "7754d8c2-742b-4650-bb0f-95df99167ffa";
const CODEX: &str = "01a22958-3577-7bc2-85cc-2de2feaeca14";
const SHORT: &str = "01a22958-0eaf-7740-b962-b2cb151c23f8";

/// Every mode in every format is of these.
const FORMATS: [&str; 5] = ["md", "csv", "json", "jsonl", "html"];
const FILTERS: [(&str, &str); 9] = [
    ("project", "prompts --project repo --since 2026-11-29T22:06:00Z --until 2026-11-29T22:06:09Z"),
    ("since", "prompts --since 2026-11-29T22:06:11Z"),
    ("until", "prompts --until 2026-11-29T21:58:10.3Z"),
    ("tag", "actions --tag release"),
    ("disposition", "actions --disposition followed"),
    ("ref", "prompts --ref ABC-12"),
    ("commits", "actions --commits HEAD"),
    ("commits-evidence", "evidence --commits HEAD"),
    ("agents", "full 2799aa05 --with reasoning,results"),
];

/// When the logs were written last, in seconds since the epoch.
const WRITTEN: u64 = 1_796_025_600;

fn token() -> String {
    format!("gh{}_{}", 'p', "Q7w8E9r0T1y2U3i4O5p6A7s8D9f0G1h2J3k4")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for path in cs_tests::entries(from) {
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &to) } else { write(&to, &fs::read(&path).unwrap()) }
    }
}

/// Writes a file that was written last before all reports.
fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(WRITTEN);
    fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
}

/// The recorded conversations; one of them has a session with a commit, marks, and secrets in a prompt.
fn place() -> Sandbox {
    let sandbox = Sandbox::new().with("CS_ACTOR", "ann").with("CS_NOW", "2026-11-30T09:00:00Z");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    for folder in cs_tests::entries(&fixtures.join("claude-code/conversations")) {
        copy(&folder.join("projects"), &sandbox.home().join(".claude/projects"));
    }
    copy(&fixtures.join("codex/conversations"), &sandbox.home().join(".codex"));
    let log = sandbox.home().join(format!(".claude/projects/-home-dev-repo/{CLAUDE}.jsonl"));
    let text = fs::read_to_string(&log).unwrap();
    let prompt = format!("send {} to anna.lee@corp.io of Wonderland, bob.ray@corp.io knows, see ABC-12", token());
    assert!(text.contains("prompt two typed"));
    write(&log, text.replace("prompt two typed", &prompt).as_bytes());
    fs::create_dir_all(sandbox.data()).unwrap();
    fs::set_permissions(sandbox.data(), fs::Permissions::from_mode(0o700)).unwrap();
    let key = sandbox.data().join("redact.key");
    fs::write(&key, [7; 32]).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let script = format!(
        "set -e; git init -q -b main ~/repo && cd ~/repo && export GIT_AUTHOR_DATE=2026-11-30T09:05:00Z
        export GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
        git commit -q --allow-empty -m 'By hand'
        id=$(cs-session create --intent 'send it' --claude-session {CLAUDE} -q)
        git commit -q --allow-empty -m 'Send it to Wonderland (ABC-12)'
        CS_NOW=2026-11-30T09:10:00Z cs-session commit $id --sha $(git rev-parse HEAD) --message 'Send it to Wonderland (ABC-12)' -q
        echo Wonderland | cs-mark redact {CLAUDE} all --match-stdin --with customer --reason 'not public' -q
        echo wombat | cs-mark redact {CLAUDE} all --match-stdin --reason 'an animal' -q
        echo bob.ray@corp.io | cs-mark keep {CLAUDE} all --match-stdin --reason 'he is public' -q
        cs-mark tag {CLAUDE} release -q && cs-mark disposition {CLAUDE} turn:2 followed -q"
    );
    let made = sandbox.sh(&script);
    assert_eq!(status(&made), 0, "{}", stderr(&made));
    sandbox.with("CS_NOW", "2026-11-30T10:00:00Z")
}

/// Without what changes with rules, style, version and time.
fn neutral(text: &str) -> String {
    let mut text = between(text, "<style>", "</style>");
    text = between(&text, "style-src '", "'");
    text = between(&text, "cs-report ", |c: char| !c.is_ascii_digit() && c != '.');
    text = between(&text, "sess_", |c: char| !c.is_ascii_alphanumeric() && c != '_');
    for name in ["rules_digest", "content_digest"] {
        let found: Vec<usize> = text.match_indices(name).map(|(at, _)| at + name.len()).collect();
        for at in found.into_iter().rev() {
            let begin = at + text[at..].find(|c: char| c.is_ascii_hexdigit()).unwrap();
            if text.get(begin..begin + 64).is_some_and(|digest| digest.bytes().all(|c| c.is_ascii_hexdigit())) {
                text.replace_range(begin..begin + 64, "…");
            }
        }
    }
    text
}

/// The text with `…` between each `from` and what follows it.
fn between<P: Ends>(text: &str, from: &str, to: P) -> String {
    let mut pieces = text.split(from);
    let mut out = pieces.next().unwrap_or_default().to_string();
    for piece in pieces {
        out.push_str(from);
        match to.end(piece) {
            Some(0) | None => out.push_str(piece),
            Some(end) => out.push_str(&format!("…{}", &piece[end..])),
        }
    }
    out
}

trait Ends {
    fn end(&self, piece: &str) -> Option<usize>;
}

impl Ends for &str {
    fn end(&self, piece: &str) -> Option<usize> {
        piece.find(self)
    }
}

impl<F: Fn(char) -> bool> Ends for F {
    fn end(&self, piece: &str) -> Option<usize> {
        piece.find(self)
    }
}

fn cases() -> Vec<(String, String)> {
    let all = format!("{CLAUDE} {CODEX} {SHORT}");
    let modes = [
        format!("prompts {all}"),
        format!("actions {all}"),
        format!("full {all} --with reasoning,results"),
        format!("tokens {all}"),
        format!("evidence {all}"),
    ];
    let mut cases = Vec::new();
    for (words, format) in modes.iter().flat_map(|words| FORMATS.map(move |format| (words, format))) {
        let mode = words.split(' ').next().unwrap();
        cases.push((format!("{mode}.{format}"), format!("{words} --format {format}")));
    }
    for (name, words) in FILTERS {
        let format = if name == "commits-evidence" { "csv" } else { "md" };
        cases.push((format!("by-{name}.{format}"), format!("{words} --format {format}")));
    }
    cases
}

#[test]
fn each_mode_format_and_filter_gives_the_report_that_was_read() {
    let sandbox = place();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report/golden");
    let renew = std::env::var("GOLDEN").is_ok_and(|value| value == "renew");
    let (mut different, mut made) = (Vec::new(), Vec::new());
    for (name, words) in cases() {
        let mut command = sandbox.command("cs-report");
        command.args(words.split(' ')).current_dir(sandbox.home().join("repo"));
        let output = run(command, "");
        assert_eq!(status(&output), 0, "{words}: {}", stderr(&output));
        let text = stdout(&output);
        for secret in [token().as_str(), "Q7w8E9", "anna.lee", "Wonderland", "wombat", "/home/dev"] {
            assert!(!text.contains(secret), "{name} has {secret}");
        }
        let file: PathBuf = sandbox.work().join(&name);
        fs::write(&file, &text).unwrap();
        made.push(name.clone());
        let (path, new) = (folder.join(&name), neutral(&text));
        if renew {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &new).unwrap();
        }
        // What was never read is compared with nothing, and fails.
        let old = fs::read_to_string(&path).unwrap_or_default();
        if old != new {
            let line = old.lines().zip(new.lines()).position(|(a, b)| a != b).map_or(0, |n| n + 1);
            different
                .push(format!("{name}: line {line}: {}", new.lines().nth(line.saturating_sub(1)).unwrap_or_default()));
        }
    }
    assert!(different.is_empty(), "{different:#?}");
    let verified = sandbox.sh(&format!("cs-report verify {}", made.join(" ")));
    assert_eq!(status(&verified), 0, "{}{}", stdout(&verified), stderr(&verified));
    let files: Vec<String> =
        cs_tests::entries(&folder).iter().map(|path| path.file_name().unwrap().to_string_lossy().into()).collect();
    made.sort();
    assert_eq!(files, made, "a file that no case gives");
}
