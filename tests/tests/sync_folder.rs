//! A folder that several machines share, as `cs-sync push --into` writes it and Syncthing, rclone or git carry it: what
//! `--also` of the programs shows of it, also if only a part was copied.

use cs_tests::http::Served;
use cs_tests::shared::{self, Rows, forget, machine, push};
use cs_tests::{Sandbox, status, stderr, stdout};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

const ACTIVE: &str = "sess_20261121T0800_ca5d";
const PARKED: &str = "sess_20261120T0800_ca5e";
const UUID: &str = "5e1f0000-0000-4000-8000-0000000000aa";
const AT: &str = "2026-11-21T08:00:00.000000+00:00";
const OTHER: &str = "5e1f0000-0000-4000-8000-0000000000bb";

fn rows() -> Vec<Rows> {
    let at = ["2026-11-21T08:00:00.000000+00:00", "2026-11-20T08:00:00.000000+00:00"];
    vec![
        shared::record(ACTIVE, "active", "Fix the <login>", at[0], UUID),
        shared::record(PARKED, "parked", "Rate limits", at[1], OTHER),
        shared::head(UUID, "Fix the <login>", &json!({"github-pat": 2, "jwt": 1, "user": 5, "manual": 1})),
        shared::head(OTHER, "Rate limits", &json!({})),
        shared::talk(UUID, &["why is the login slow?", "Because of <b>retries</b>.", "mend it"]),
        shared::talk(OTHER, &["how many requests?"]),
        shared::usage("2026-11-20", "api", "claude-opus-4-8", 1000, 2.5),
        shared::usage("before", "old", "claude-opus-4-8", 10, 0.5),
    ]
}

/// A sandbox with a session of its own, and a folder with what a laptop sent, and what the sandbox itself shares.
fn world() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::new();
    let output = sandbox.cs("cs-session", &["create", "--project", "api", "--intent", "my own"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let dir = sandbox.home().join("shared");
    let own = machine('b', "desk");
    fs::write(sandbox.data().join("machine.json"), json!({"id": own.id, "label": own.label}).to_string()).unwrap();
    push(&dir, &own, None, &rows());
    push(&dir, &machine('a', "laptop"), Some("mira"), &rows());
    (sandbox, dir)
}

fn lines(sandbox: &Sandbox, program: &str, args: &[&str]) -> Vec<Value> {
    let output = sandbox.cs(program, args);
    assert_eq!(status(&output), 0, "{program} {args:?}: {}", stderr(&output));
    stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn sessions_of_other_machines_are_listed_once_and_named() {
    let (sandbox, dir) = world();
    let list =
        |args: &[&str]| lines(&sandbox, "cs-session", &[&["list", "--json", "--also", text(&dir)], args].concat());
    let all = list(&[]);
    let said: Vec<[Option<&str>; 4]> =
        all.iter().map(|one| ["intent", "machine", "owner", "state"].map(|name| one[name].as_str())).collect();
    assert_eq!(said[0][0], Some("my own"));
    assert_eq!(said[0][1], None, "it is of this machine");
    let of_laptop = |intent, state| [Some(intent), Some("laptop"), Some("mira"), Some(state)];
    assert_eq!(said[1..], [of_laptop("Fix the <login>", "unknown"), of_laptop("Rate limits", "parked")]);
    assert_eq!(all[1]["state_reason"], "on laptop, last sign of life 2 h ago");
    let intents = |args: &[&str]| {
        list(args).iter().map(|one| one["intent"].as_str().unwrap().to_owned()).collect::<Vec<String>>()
    };
    assert_eq!(intents(&["--status", "parked"]), ["Rate limits"]);
    assert_eq!(intents(&["--search", "LOGIN"]), ["Fix the <login>"]);
    assert_eq!(intents(&["--search", "rate", "--full"]), ["Rate limits"]);
    assert_eq!(intents(&["--since", "2026-11-21"]), ["my own", "Fix the <login>"]);
    assert_eq!(intents(&["--limit", "2"]), ["my own", "Fix the <login>"]);
    assert_eq!(intents(&["--tag", "URGENT"]), ["Fix the <login>", "Rate limits"]);
    assert_eq!(list(&["--full", "--status", "parked"])[0]["machine"], "laptop");
    let ids = sandbox.cs("cs-session", &["list", "-q", "--status", "parked", "--also", text(&dir)]);
    assert_eq!(stdout(&ids).trim(), PARKED);
    let table = stdout(&sandbox.cs("cs-session", &["list", "--table", "--also", text(&dir)]));
    assert!(table.contains("MACHINE") && table.contains("laptop"), "{table}");
    let wrong = sandbox.cs("cs-session", &["list", "--also", "/nowhere"]);
    assert_eq!((status(&wrong), stderr(&wrong).contains("there is no folder /nowhere")), (1, true));
}

#[test]
fn each_row_of_a_list_names_its_machine() {
    let (sandbox, dir) = world();
    let long = "Find out why the tests of the payment service fail only on Mondays, and only in the second run";
    push(&dir, &machine('c', "Ada's laptop"), Some("ada"), &[shared::record(ACTIVE, "completed", long, AT, UUID)]);
    let table = |args: &[&str], columns: &str| {
        let mut command = sandbox.command("cs-session");
        command.args(["list", "--table"]).args(args).env("COLUMNS", columns);
        stdout(&cs_tests::run(command, ""))
    };
    let also = ["--also", text(&dir)];
    for columns in ["80", "100", "160"] {
        let shown = table(&also, columns);
        let names = |name: &str| shown.lines().filter(|line| line.contains(&format!("  {name}  "))).count();
        assert_eq!([names("MACHINE"), names("desk"), names("laptop"), names("Ada's laptop")], [1, 1, 2, 1], "{shown}");
    }
    fs::remove_file(sandbox.data().join("machine.json")).unwrap();
    assert!(table(&also, "100").contains("  this machine  "), "{}", table(&also, "100"));
    assert!(!table(&[], "100").contains("MACHINE"), "alone, it needs no name");
}

#[test]
fn what_was_forgotten_or_only_partly_copied_is_not_shown() {
    let (sandbox, dir) = world();
    let laptop = machine('a', "laptop");
    let count = || lines(&sandbox, "cs-session", &["list", "--json", "--also", text(&dir)]).len();
    assert_eq!(count(), 3);
    // A carrier that has copied only a part of a file, and another one not yet.
    let file = dir.join(&laptop.id).join("record.jsonl");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() - 10]).unwrap();
    fs::remove_file(dir.join(&laptop.id).join("held.jsonl")).unwrap();
    assert_eq!(count(), 2);
    // The next run of that machine completes it.
    assert!(push(&dir, &laptop, Some("mira"), &rows()) > 0);
    assert_eq!(push(&dir, &laptop, Some("mira"), &rows()), 0, "the same again");
    assert_eq!(count(), 3);
    forget(&dir, &laptop, OTHER);
    assert_eq!(count(), 2);
    let files = std::process::Command::new("grep").args(["-rl", OTHER]).arg(dir.join(&laptop.id)).output().unwrap();
    let left = stdout(&files);
    assert_eq!(left.lines().collect::<Vec<_>>(), [text(&dir.join(&laptop.id).join("forgotten.jsonl"))]);
}

#[test]
fn usage_of_other_machines_has_rows_of_its_own() {
    let (sandbox, dir) = world();
    let report = |args: &[&str]| {
        let args = [args, &["--json", "--also", text(&dir)]].concat();
        lines(&sandbox, "cs-usage", &args)
    };
    let days = report(&["daily"]);
    let said: Vec<[Value; 5]> = days
        .iter()
        .map(|one| ["date", "machine", "owner", "total_tokens", "messages"].map(|name| one[name].clone()))
        .collect();
    let of_laptop = |date: &str, tokens: u64| [json!(date), json!("laptop"), json!("mira"), json!(tokens), Value::Null];
    assert_eq!(said, [of_laptop("earlier", 10), of_laptop("2026-11-20", 1000)]);
    assert_eq!(days[1]["cost_usd"], 2.5);
    assert_eq!(report(&["daily", "--since", "2026-11-01"]).len(), 1);
    assert_eq!(report(&["weekly", "--project", "api"])[0]["week"], "2026-11-16");
    assert_eq!(report(&["monthly", "--since", "2026-11-01"])[0]["month"], "2026-11");
    assert_eq!(report(&["project"]).len(), 2);
    assert_eq!(report(&["model"])[0]["agent"], Value::Null);
    let table = stdout(&sandbox.cs("cs-usage", &["daily", "--table", "--also", text(&dir)]));
    assert!(table.contains("laptop") && table.contains("with 1 other machine"), "{table}");
    assert_eq!(status(&sandbox.cs("cs-usage", &["daily"])), 1, "nothing was used here");
}

#[test]
fn the_dashboard_shows_machines_to_its_owner_only() {
    let (sandbox, dir) = world();
    let served = Served::start(&sandbox, &["--also", text(&dir)]);
    let all = served.json("/api/machines");
    assert_eq!(all["machines"].as_array().unwrap().len(), 1);
    let laptop = &all["machines"][0];
    let known = ["name", "owner", "sessions", "active", "conversations"].map(|name| laptop[name].clone());
    assert_eq!(known, [json!("laptop"), json!("mira"), json!(2), json!(1), json!(2)]);
    assert_eq!((&laptop["week"]["total_tokens"], &laptop["week"]["cost_usd"]), (&json!(1000), &json!(2.5)));
    assert_eq!((&all["own"]["team"], &all["own"]["private"]), (&json!(2), &json!(0)));
    let of_rule = |rows: &str, n: usize| all[rows][n]["rule"].as_str().map(|rule| (rule, &all[rows][n]["found"]));
    assert_eq!(all["secrets"].as_array().map(Vec::len), Some(2), "names and redactions by hand are no secrets");
    assert_eq!(
        (of_rule("secrets", 0), of_rule("secrets", 1)),
        (Some(("github-pat", &json!(2))), Some(("jwt", &json!(1))))
    );
    assert_eq!(
        (of_rule("replaced", 0), of_rule("replaced", 1)),
        (Some(("user", &json!(5))), Some(("manual", &json!(1))))
    );
    assert_eq!((&all["spend"][0]["person"], &all["spend"][0]["project"]), (&json!("mira"), &json!("api")));
    assert_eq!(all["sessions"].as_array().unwrap().len(), 2);
    let found = served.json("/api/machines?q=slow&machine=laptop");
    assert_eq!((&found["hits"][0]["entry"], &found["hits"][0]["parts"][1]), (&json!("u0#0"), &json!("slow")));
    assert_eq!(served.get("/api/machines?machine=other").status, 404);
    assert_eq!(served.json("/api/machines?owner=nobody")["sessions"], json!([]));

    let page = served.get("/machines?q=retries").text();
    for text in ["laptop", "mira", "Fix the &lt;login&gt;", "github-pat", "<mark>retries</mark>", "$2.50"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let own = served.get("/").text();
    assert!(own.contains("href=\"/machines\""), "the pages lead to it");
    let page = served.get(&format!("/machines/conversation/{UUID}")).text();
    assert!(page.contains("why is the login slow?") && page.contains("&lt;b&gt;retries"), "{page}");
    assert!(page.contains("<b>mira</b>"), "a prompt of others is not mine: {page}");
    let talk = served.get(&format!("/api/machines/conversation/{UUID}")).text();
    assert_eq!(talk.lines().count(), 5, "{talk}");
    assert!(talk.lines().last().unwrap().contains("\"kind\":\"end\""), "{talk}");
    assert_eq!(served.get("/machines/conversation/5e1f0000-0000-4000-8000-0000000000cc").status, 404);
    let unseen = json!({"machines": 0, "conversations": 0, "unread": 0});
    assert_eq!((&found["unseen"], found["is_late"].as_bool()), (&unseen, Some(false)));

    // What comes later is there when the page is loaded again.
    push(&dir, &machine('c', "tower"), Some("noor"), &rows());
    assert_eq!(served.json("/api/machines")["machines"].as_array().unwrap().len(), 2);

    let open = Served::start(&sandbox, &["--allow-users", "--also", text(&dir)]);
    assert_eq!(open.get("/machines").status, 403);
    let without = Served::start(&sandbox, &[]);
    assert_eq!(without.get("/machines").status, 404);
    assert!(!without.get("/").text().contains("/machines"));
}

/// Conversations without a session, and the list that all of them are in.
#[test]
fn conversations_without_a_session_are_listed_page_by_page() {
    let (sandbox, dir) = world();
    let lone = |n: usize| format!("5e1f0000-0000-4000-8000-1000000000{n:02x}");
    let key = format!("Key [{}:0123abcdef]", "aws-access-key");
    let mut all = vec![shared::head(&lone(0), &key, &json!({}))];
    all.extend((1..60).map(|n| shared::head(&lone(n), &format!("Conversation {n}"), &json!({}))));
    all.push(shared::talk(&lone(0), &[&key, "It is gone."]));
    push(&dir, &machine('c', "tower"), Some("noor"), &all);
    let served = Served::start(&sandbox, &["--also", text(&dir)]);
    let found = served.json("/api/machines?limit=2");
    assert_eq!((&found["session_count"], &found["conversation_count"]), (&json!(2), &json!(60)));
    assert_eq!(found["conversations"].as_array().map(Vec::len), Some(2));
    let page = |n: usize| served.json(&format!("/api/machines?machine=tower&page={n}"))["conversations"].clone();
    assert_eq!([1, 2, 3].map(|n| page(n).as_array().map_or(0, Vec::len)), [50, 10, 0]);
    assert_eq!(page(1)[0]["tags"], json!(["urgent"]));
    let count = |path: &str| served.json(path)["conversation_count"].clone();
    assert_eq!(
        ["project=api", "project=shop", "machine=laptop", "tag=URGENT", "tag=other", "owner=noor"]
            .map(|query| { count(&format!("/api/machines?{query}")) }),
        [json!(60), json!(0), json!(0), json!(60), json!(0), json!(60)]
    );

    let shown = |path: &str| served.get(path).text().replace("&#x2f;", "/");
    let first = shown("/machines");
    assert!(first.contains("page 1 of 2") && first.contains("href=\"/machines?page=2\" rel=\"next\""), "{first}");
    let second = shown("/machines?page=2");
    assert!(second.contains("page 2 of 2") && second.contains("href=\"/machines?page=1\" rel=\"prev\""), "{second}");
    let links = |page: &str| page.matches("class=\"open\" href=\"/machines/conversation/").count();
    assert_eq!((links(&first), links(&second)), (50, 12), "each has its page");
    assert!(shown("/machines?page=99").contains("page 2 of 2"));
    assert!(shown(&format!("/machines?q={}", lone(7))).contains("Conversation 7</a>"), "found by its id");

    // A placeholder stays whole, and a title that is the prompt of the hit is not repeated.
    let hits = shown("/machines?q=key");
    assert!(hits.contains(&key.replace("Key", "<mark>Key</mark>")) && !hits.contains("[masked]"), "{hits}");
    assert!(hits.contains("<bdi>tower</bdi>, <bdi>noor</bdi>"), "{hits}");
    let section = hits.split("id=\"hits\"").nth(1).and_then(|rest| rest.split("</section>").next()).unwrap_or_default();
    assert_eq!(section.matches("0123abcdef").count(), 1, "{section}");
    let empty = shown(&format!("/machines/conversation/{}", lone(3)));
    assert!(empty.contains("No line of this conversation came."), "{empty}");
}

#[test]
fn what_people_said_elsewhere_is_shown_once() {
    let (sandbox, dir) = world();
    let said = [
        ("tag", json!({"with": "flaky<x>"})),
        ("tag", json!({"with": "wrong"})),
        ("undo", json!({"of": "m000000000001", "reason": "no"})),
        ("note", json!({"with": "ask <i>Noor</i>", "entry": "u1#0"})),
        ("disposition", json!({"with": "needs-review", "entry": "u2#0"})),
        ("redact", json!({"entry": "u0#0", "field": "text"})),
        ("note", json!({"with": "it was longer once", "entry": "gone#0"})),
    ];
    for (digit, label, count) in [('c', "tower", said.len()), ('d', "desk two", 3)] {
        push(&dir, &machine(digit, label), None, &[shared::marks(UUID, &said[..count])]);
    }
    let served = Served::start(&sandbox, &["--also", text(&dir)]);
    let page = served.get(&format!("/machines/conversation/{UUID}?machine=laptop")).text().replace("&#x2f;", "/");
    let count = |what: &str| page.matches(what).count();
    let seen = [
        "flaky&lt;x&gt;</a>",
        "urgent</a>",
        "wrong",
        "ask &lt;i&gt;Noor&lt;/i&gt;",
        "needs review",
        "Redacted by hand",
    ];
    assert_eq!(seen.map(count), [1, 1, 0, 1, 1, 1], "{page}");
    let aside = page.split("id=\"aside\"").nth(1).unwrap_or_default();
    assert!(aside.contains("gone#0") && aside.contains("it was longer once"), "{aside}");
    let talk = served.get(&format!("/api/machines/conversation/{UUID}?machine=laptop")).text().to_string();
    let head: Value = serde_json::from_str(talk.lines().next().unwrap()).unwrap();
    let ops: Vec<&str> = head["marks"].as_array().unwrap().iter().filter_map(|mark| mark["op"].as_str()).collect();
    assert_eq!(ops, ["tag", "note", "disposition", "redact", "note"]);
}

#[test]
fn a_conversation_is_sent_to_its_end_however_long_it_is() {
    let (sandbox, dir) = world();
    let text = "x".repeat(512 * 1024);
    let texts: Vec<&str> = std::iter::repeat_n(text.as_str(), 50).collect();
    let laptop = machine('a', "laptop");
    push(&dir, &laptop, Some("mira"), &[shared::talk(UUID, &texts)]);
    let served = Served::start(&sandbox, &["--also", self::text(&dir)]);
    let page = served.get(&format!("/machines/conversation/{UUID}")).text();
    assert!(page.contains("It is longer than this page shows."));
    let path = format!("/api/machines/conversation/{UUID}");
    let all = served.get(&path).text();
    let last: Value = serde_json::from_str(all.lines().last().unwrap()).unwrap();
    assert_eq!((all.lines().count(), &last["kind"], &last["entries"]), (52, &json!("end"), &json!(50)));
    assert!(all.len() > 25 * 1024 * 1024);
    // What cannot be read to its end has no last line.
    let thread = dir.join(&laptop.id).join(format!("talk/{UUID}/agent-1.jsonl"));
    std::os::unix::fs::symlink("/etc/passwd", thread).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    assert!(served.raw(request.as_bytes()).is_none(), "the connection is closed before the answer's end");
    push(&dir, &laptop, Some("mira"), &[shared::talk(UUID, &["short"])]);
    let found = served.json("/api/machines?q=nothing-says-this");
    assert_eq!(found["unseen"]["unread"], 1);
    assert!(served.get("/machines?q=nothing-says-this").text().contains("1 conversation could not be read"));
}

#[test]
fn ten_thousand_sessions_are_read_quickly() {
    let sandbox = Sandbox::new();
    let dir = sandbox.home().join("shared");
    let at = "2026-11-20T08:00:00.000000+00:00";
    let id = |n: usize| format!("sess_20261120T0800_{n:04x}");
    let uuid = |n: usize| format!("5e1f0000-0000-4000-8000-{n:012x}");
    let mut all: Vec<Rows> = Vec::new();
    for n in 0..10_000 {
        all.push(shared::record(&id(n), "parked", &format!("Task {n}"), at, &uuid(n)));
        all.push(shared::head(&uuid(n), &format!("Task {n}"), &json!({})));
    }
    let laptop = machine('a', "laptop");
    push(&dir, &laptop, None, &all);
    let since = Instant::now();
    let mut folder = sync::Folder::open(&dir, &laptop, None, cs_core::clock::now()).unwrap();
    assert_eq!(folder.known().sources.len(), 20_000);
    assert_eq!(folder.commit().unwrap(), 0);
    let known = since.elapsed();
    let since = Instant::now();
    let args = ["list", "-q", "--also", text(&dir)];
    assert_eq!(stdout(&sandbox.cs("cs-session", &args)).lines().count(), 10_000);
    println!("what is held: {known:?}; list: {:?}", since.elapsed());
    // Without optimisation; a hundredth of that would still be too much if it grew with the square.
    assert!(known.as_secs() < 20 && since.elapsed().as_secs() < 20);
}

/// Fifty machines with 20,000 conversations, one of them with a name that is to do harm.
#[test]
fn many_machines_and_conversations_take_little_time_and_memory() {
    let sandbox = Sandbox::new();
    let dir = sandbox.home().join("shared");
    let label = "\"><script>alert(1)</script>\u{202e}{{7*7}}&";
    for number in 0..50_usize {
        let own = sync::Machine {
            id: format!("{number:016x}"),
            label: if number == 7 { label.into() } else { format!("machine {number}") },
        };
        let of = |n: usize| {
            let (uuid, at) = (
                format!("5e1f0000-0000-4000-8000-{number:04x}{n:08x}"),
                format!("2026-11-{:02}T0{}:00:00+00:00", 1 + n % 20, n % 9),
            );
            let head =
                shared::head(&uuid, &format!("Conversation {n} about something that needs a line"), &json!({"jwt": 1}));
            let id = format!("sess_20261120T08{:02}_{:04x}", number, n);
            if n.is_multiple_of(2) {
                vec![head]
            } else {
                vec![head, shared::record(&id, "parked", "Some task", &at, &uuid)]
            }
        };
        let rows: Vec<Rows> = (0..400).flat_map(of).collect();
        push(&dir, &own, Some(&format!("person {}", number % 9)), &rows);
    }
    let served = Served::start(&sandbox, &["--also", text(&dir)]);
    let before = served.own_memory();
    let took = |path: &str| {
        let since = Instant::now();
        let answer = served.get(path);
        assert_eq!(answer.status, 200, "{path}");
        (since.elapsed(), answer.text().to_string())
    };
    let (cold, page) = took("/machines");
    assert!(page.contains("20000</span>") && page.contains("page 1 of 400"), "{}", page.len());
    assert!(
        page.contains("&quot;&gt;&lt;script&gt;alert(1)")
            && !page.contains("<script>alert")
            && !page.contains('\u{202e}')
    );
    assert!(page.contains("{{7*7}}"), "it is text");
    let uuid = "5e1f0000-0000-4000-8000-000700000009";
    let warm: Vec<_> =
        ["/machines", "/machines?page=200&machine=machine+3", "/machines?q=something+needs", "/api/machines"]
            .map(|path| took(path).0)
            .into();
    let conversation = took(&format!("/machines/conversation/{uuid}?machine=0000000000000007")).0;
    let after = served.own_memory();
    println!("cold {cold:?}, warm {warm:?}, a conversation {conversation:?}; {before:?} to {after:?} KiB");
    assert!(after.zip(before).is_none_or(|(after, before)| after < before + 64 * 1024), "{before:?} {after:?}");
}
