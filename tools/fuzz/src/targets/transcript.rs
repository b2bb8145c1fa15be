//! Files that agents write: Claude Code's transcripts, Codex's rollouts, the client's totals, and the summaries that
//! are left when a log is gone.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, OnceLock};

use agents::Agent;
use agents::lines::LIMIT;
use agents::logs::{Identity, Log};
use agents::tokens::Tokens;
use cs_core::config::Config;
use cs_core::paths::Home;
use cs_core::usage::Usage;
use cs_core::zone::Zone;
use render::format_usage_cost;
use tempfile::TempDir;
use usage::book::{self, Book};
use usage::explain::Why;
use usage::facts::Facts;
use usage::pack::{Pack, Unpack};
use usage::prices::Prices;
use usage::read::{self, Known};
use usage::report::{By, Filter, View};
use usage::shares::{Began, Records};
use usage::{stats, summary};

use super::{check_repair, parts, samples};
use crate::Target;

pub const TARGET: Target = Target { name: "transcript", check, words: WORDS, seeds, most: 48 << 10, runs: 15_000 };

const WORDS: &[&str] = &[
    "\"type\":\"assistant\"",
    "\"type\":\"user\"",
    "\"usage\":{\"input_tokens\":",
    "\"output_tokens\":",
    "\"cache_creation_input_tokens\":",
    "\"cache_creation\":{\"ephemeral_1h_input_tokens\":",
    "\"server_tool_use\":{\"web_search_requests\":",
    "4294967295",
    "\"iterations\":[{\"type\":\"advisor_message\",\"model\":\"m\",\"input_tokens\":",
    "{\"type\":\"compaction\",\"output_tokens\":",
    "\"service_tier\":\"batch\"",
    "\"rate_limits\":{\"limit_id\":\"a\"}",
    "\"requestId\":\"r1\"",
    "\"requestRef\":\"q1\"",
    "\"message\":{\"id\":\"m1\",",
    "\"sessionId\":\"1efc27bb-f68f-47d0-bb52-fc872cee82d8\"",
    "\"isSidechain\":true",
    "\"costUSD\":",
    "\"timestamp\":\"2026-11-21T10:00:00Z\"",
    "\"timestamp\":\"+262142-12-31T23:59:59Z\"",
    "\"type\":\"cost-state\"",
    "\"totalCostUSD\":",
    "\"type\":\"ai-title\"",
    "\"forkedFrom\":{}",
    "\"session_meta\"",
    "\"turn_context\"",
    "\"token_usage_record\"",
    "\"token_count\"",
    "\"task_started\"",
    "\"user_message\"",
    "\"total_token_usage\":{\"total_tokens\":",
    "\"last_token_usage\":",
    "\"thread_token_usage\":",
    "\"response_id\":\"r\"",
    "\"rows\":[[",
    "}\n",
    "\n{",
    "\\ud83d",
    "\\U",
    "\u{feff}",
    "\0",
    "1e999",
];

pub fn seeds() -> Vec<Vec<u8>> {
    let claude = samples("fixtures/claude-code/transcripts", ".jsonl").into_iter().map(|log| short(&log));
    let codex =
        samples("fixtures/codex/rollouts", ".jsonl").into_iter().map(|log| [b"\xff", &short(&log)[..]].concat());
    let mut all: Vec<Vec<u8>> = claude.chain(codex).collect();
    let line = r#"{"type":"assistant","sessionId":"1efc27bb-f68f-47d0-bb52-fc872cee82d8","timestamp":"2026-11-21T10:00:00Z","requestId":"r1","message":{"id":"m1","model":"claude-opus-5-5","usage":{"input_tokens":18446744073709551615,"output_tokens":9}}}"#;
    let summary = r#"{"claude_session_id":"00000000-0000-4000-8000-000000000001","agent":"codex","messages":1,"rows":[[1795255200000,1795255200000,"gpt-5",0,18446744073709551615,18446744073709551615,[1,2,3,4,5],9]],"keys":"00000000000000ff"}"#;
    let stats = r#"{"dailyModelTokens":[{"date":"2026-11-21","tokensByModel":{"a":18446744073709551615}},{"date":"2026-11-21","tokensByModel":{"a":1}}]}"#;
    all.push(format!("{line}\n{line}").into_bytes());
    let others = line.replace("m1", "m2").replace("r1", "r2");
    all.push(
        [format!("{line}\n{others}\n").as_bytes(), b"\xff\xff", summary.as_bytes(), b"\xff", stats.as_bytes()].concat(),
    );
    all
}

/// The short lines of a log, up to 20 KB.
fn short(log: &[u8]) -> Vec<u8> {
    let mut bytes = 0;
    let lines = log.split_inclusive(|byte| *byte == b'\n').filter(|line| line.len() < 4000);
    let lines = lines.take_while(|line| {
        bytes += line.len();
        bytes <= 20_000
    });
    lines.collect::<Vec<_>>().concat()
}

static PRICES: LazyLock<Prices> = LazyLock::new(|| Prices::new(&Config::default()).0);
static UTC: LazyLock<Zone> = LazyLock::new(Zone::utc);
const KEPT: &str = "00000000-0000-4000-8000-000000000001.json";

/// A folder in memory if possible, since it is written a million times.
fn place() -> &'static Path {
    static PLACE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = PLACE.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        let folder = folder.expect("a temporary folder can be created");
        let path = folder.path().to_path_buf();
        fs::create_dir_all(path.join("data/usage")).expect("a fresh folder can be written");
        (folder, path)
    });
    path
}

fn check(bytes: &[u8]) {
    bytes.split(|byte| *byte == b'\n').for_each(check_repair);
    let parts = parts(bytes);
    let part = |n: usize| parts.get(n).copied().unwrap_or_default();
    let chance = cs_core::id::fnv1a(bytes) as usize;
    let logs = vec![one(Agent::Claude, part(0), chance), one(Agent::Codex, part(1), chance)];
    put(&place().join("data/usage").join(KEPT), part(2));
    put(&place().join("stats-cache.json"), part(3));
    let (kept, _) = summary::load(&Home::at(place().join("data")));
    stats::days(&[place().to_path_buf()]);
    let mut judged = 0;
    let book = book::build(&logs, kept, |_, _, _| judged += 1);
    assert_eq!(judged, logs.iter().map(|(_, facts)| facts.calls.len()).sum::<usize>(), "every call is accounted for");
    reports(&book);
    summaries(&book);
}

fn put(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).expect("our folder can be written");
}

fn log(path: &Path, agent: Agent) -> Log {
    let meta = fs::metadata(path).expect("it was just written");
    Log { path: path.to_path_buf(), agent, identity: Identity::of(&meta), born: 0 }
}

/// The cached knowledge about a file, after writing and reading it back.
fn known(path: &Path, agent: Agent, before: Option<Known>) -> Known {
    let known = read::log(&log(path, agent), before).expect("our file can be read");
    let mut pack = Pack::new();
    known.pack_rest(&mut pack);
    let written = pack.finish();
    let mut from = Unpack::open(&written).expect("it is as it was written");
    assert_eq!(Known::unpack_rest(known.identity, &mut from).expect("written data can be read"), known);
    known
}

/// Reads a log at once, in two steps, and with additional empty lines.
fn one(agent: Agent, bytes: &[u8], chance: usize) -> (Log, Facts) {
    let path = place().join("rollout-1.jsonl");
    put(&path, bytes);
    let whole = known(&path, agent, None);
    let log = log(&path, agent);
    assert_eq!(whole.identity, log.identity);
    let dropped = read::log_with_account(&log).expect("it was just written").1.dropped;
    let reported = |why: Why| dropped.iter().filter(|dropped| dropped.why == why).count() as u64;
    let facts = whole.clone().into_facts();
    assert_eq!((reported(Why::Broken), reported(Why::Repaired)), (facts.broken, facts.repaired));
    let cut = chance % (bytes.len() + 1);
    put(&path, &bytes[..cut]);
    let half = known(&path, agent, None);
    let mut file = File::options().append(true).open(&path).expect("it was just written");
    file.write_all(&bytes[cut..]).expect("our file can be written");
    let (offset, check, facts) = (whole.offset, whole.check, whole.into_facts());
    let both = known(&path, agent, Some(half));
    assert_eq!((both.offset, both.check), (offset, check), "in two steps, cut at {cut}");
    same(&both.into_facts(), &facts, "in two steps");
    counted(bytes, &facts);
    check_bad_lines(&path, agent, bytes, chance);
    (log, facts)
}

#[track_caller]
fn same(found: &Facts, expected: &Facts, how: &str) {
    // A single comparison would print all calls of both.
    assert_eq!(found.calls, expected.calls, "{how}");
    assert!(found == expected, "{how}: {found:?}\nnot {expected:?}");
}

fn counted(bytes: &[u8], facts: &Facts) {
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    assert_eq!((facts.lines, facts.too_long), (lines, 0));
    assert!(facts.broken <= lines);
    let reported = |place: u32| assert!((place as usize) < facts.names.len(), "unknown placeholder: {place}");
    facts.calls.iter().for_each(|call| [call.session, call.model].into_iter().for_each(reported));
    facts.prompts.iter().for_each(|prompt| reported(prompt.session));
}

/// Panics unless a broken line and a far too long one are counted and change nothing else.
fn check_bad_lines(path: &Path, agent: Agent, bytes: &[u8], chance: usize) {
    let whole_lines = [bytes, b"\n"].concat();
    put(path, &whole_lines);
    let mut facts = known(path, agent, None).into_facts();
    let broken = [&whole_lines[..], b"{\"type\":\"token_\",\"usage\":\n{\"sess"].concat();
    put(path, &broken);
    facts.lines += 1;
    facts.broken += 1;
    same(&known(path, agent, None).into_facts(), &facts, "with a broken line");
    if chance.is_multiple_of(256) {
        let long = vec![b'x'; LIMIT + chance / 256 % LIMIT];
        put(path, &[&broken[..], b"ion\":1}\n", &long, b"\n"].concat());
        facts.lines += 2;
        facts.too_long += 1;
        same(&known(path, agent, None).into_facts(), &facts, "with a long line");
    }
}

/// Panics unless all groupings have the same total tokens and no sum overflows.
fn reports(book: &Book) {
    let projects = vec![String::new(); book.sessions.len()];
    let view = View { book, prices: &PRICES, zone: &UTC, projects: &projects, repos: &projects };
    let rows = view.rows(&Filter::default());
    assert_eq!(rows.len(), book.rows.len());
    let mut all = Tokens::default();
    rows.iter().for_each(|row| all.add(&row.tokens));
    for by in [By::Day, By::Week, By::Month, By::Session, By::Project, By::Repo, By::Model] {
        let mut sum = Tokens::default();
        for group in view.groups(&rows, by) {
            sum.add(&group.sum.tokens);
            let cost = group.sum.cost_usd();
            assert!(cost.is_none_or(|usd| usd.is_finite() && usd >= 0.0), "{cost:?}");
            assert!(group.models.len() <= book.models.len());
        }
        assert_eq!(sum, all, "{by:?}");
    }
    for block in view.blocks(&rows) {
        for now in [block.start, block.sum.last, i64::MIN, i64::MAX] {
            let _ = (block.end(), block.is_open(now), block.burn(now), block.projection(now));
        }
    }
}

/// Panics unless summaries can be written and read back, with the same tokens.
fn summaries(book: &Book) {
    let began = |n: i64| Began {
        at: book.rows.first().map_or(0, |row| row.first).saturating_add(n),
        session_id: n.to_string(),
    };
    let records: Records =
        book.sessions.iter().map(|session| (session.id.clone(), vec![began(0), began(1), began(900_000)])).collect();
    for (uuid, summary) in summary::summarize_all(book, &PRICES, &records) {
        assert_eq!(summary.counted.session().to_ascii_lowercase(), uuid.as_str());
        let written = serde_json::to_vec(&summary).expect("a summary can be serialised");
        put(&place().join("data/usage").join(KEPT), &written);
        let usage: Usage = serde_json::from_slice(&written).expect("written data can be read");
        assert_eq!(usage, summary.usage);
        let of = |sum: fn(&Usage) -> u64| usage.records.values().map(sum).fold(0, u64::saturating_add);
        assert_eq!((of(|share| share.turns), of(|share| share.messages)), (usage.turns, usage.messages));
        // A foreign summary may name more messages than it counts.
        let is_ours =
            book.sessions.iter().all(|session| session.id != summary.counted.session() || !session.is_summary);
        assert!(!format_usage_cost(&usage).is_empty());
        assert!(!is_ours || summary.counted.keys().count() as u64 <= usage.messages.max(1));
    }
}
