//! Owns the rows of the mode `evidence`: one for each conversation, with what reviewers ask: who, when, with which agent
//! and model, what was changed, tested, asked and denied. Must stay true: an empty cell means that nothing is known, never
//! that nothing happened; a count is of what logs and records say. It is no claim of compliance with anything.

mod test_run;

use crate::one::One;
use crate::row::Row;
use crate::texts::Texts;
use crate::writer::Writer;
use agents::entry::{CallEnd, Kind, Tool};
use agents::model::plain_name;
use agents::part::{Part, PartKind};
use audit::{Filter, Share};
use conversations::About;
use cs_core::clock;
use cs_core::error::Result;
use cs_core::range::Range;
use cs_core::refs::Links;
use cs_core::{timeline, who};
use marks::Op;
use std::collections::{BTreeMap, BTreeSet};
use test_run::runs_tests;

/// The columns, in this order, of the CSV file.
pub const COLUMNS: [&str; 34] = [
    "conversation",
    "sessions",
    "who",
    "agent",
    "client",
    "models",
    "project",
    "branch",
    "title",
    "started_at",
    "last_at",
    "status",
    "refs",
    "commits",
    "files",
    "prompts",
    "total_tokens",
    "calls",
    "failed_calls",
    "test_runs",
    "failed_test_runs",
    "asked",
    "denied",
    "guard_asked",
    "destructive",
    "sensitive",
    "install",
    "privilege",
    "opaque",
    "subagents",
    "redacted_by_hand",
    "kept_by_hand",
    "tags",
    "dispositions",
];

/// What is counted in a conversation.
#[derive(Default)]
pub struct Counting {
    prompts: u64,
    tokens: u64,
    models: BTreeSet<String>,
    calls: u64,
    failed: u64,
    denied: u64,
    test_runs: u64,
    failed_test_runs: u64,
    subagents: u64,
    /// Calls that run tests and have not ended yet.
    testing: BTreeSet<String>,
}

impl Counting {
    /// The kinds of parts that are counted.
    pub const KINDS: [PartKind; 5] =
        [PartKind::Prompt, PartKind::Call, PartKind::Result, PartKind::Usage, PartKind::Agent];

    /// Counts a part.
    pub fn add(&mut self, part: &Part) {
        match &part.entry.kind {
            Kind::Prompt(..) => self.prompts += 1,
            Kind::Response(response) => {
                self.tokens += response.tokens.total();
                self.models.insert(plain_name(&response.model));
            }
            Kind::Agent { .. } => self.subagents += 1,
            Kind::Call { id, tool, .. } => {
                self.calls += 1;
                if matches!(tool, Tool::Run(line) if runs_tests(line)) {
                    self.test_runs += 1;
                    self.testing.insert(id.to_string());
                }
            }
            Kind::Result { call, end, .. } => self.end(call, *end),
            _ => {}
        }
    }

    fn end(&mut self, call: &str, end: CallEnd) {
        let is_test = self.testing.remove(call);
        match end {
            CallEnd::Failed => {
                self.failed += 1;
                self.failed_test_runs += u64::from(is_test);
            }
            CallEnd::Denied => {
                self.denied += 1;
                self.test_runs -= u64::from(is_test);
            }
            CallEnd::Done | CallEnd::Interrupted => {}
        }
    }

    /// Appends the row of the conversation.
    pub fn finish(self, one: &One, texts: &mut Texts, writer: &mut Writer) -> Result<()> {
        let about = &one.heading.about;
        let records = one.records;
        let row = Row::new("session")
            .word("conversation", Some(texts.conversation))
            .texts("sessions", records.iter().map(|record| record.session_id.clone()).collect())
            .word("who", who_began(one))
            .word("agent", Some(one.conversation.agent.word()))
            .text("client", texts.show_other("client", about.client.as_deref()))
            .texts("models", shown(texts, "model", self.models.iter()))
            .text("project", texts.show_repeated("project", one.heading.project.as_deref()))
            .text("branch", texts.show_repeated("branch", about.branch.as_deref()))
            .text("title", one.title(texts))
            .word("started_at", one.started_at())
            .word("last_at", one.last_at())
            .word("status", records.last().map(|record| record.status.as_str()));
        let row = row.texts("refs", refs(one, texts)).texts("commits", commits(one));
        let row = row
            .number("files", files(one))
            .number("prompts", Some(self.prompts))
            .number("total_tokens", Some(self.tokens))
            .number("calls", Some(self.calls))
            .number("failed_calls", Some(self.failed))
            .number("test_runs", Some(self.test_runs))
            .number("failed_test_runs", Some(self.failed_test_runs))
            .number("asked", asked(one))
            .number("denied", Some(self.denied));
        let row = logged(one, texts, row)?.number("subagents", Some(self.subagents));
        let count = |op| one.marks.holding().filter(|mark| mark.said.op == op).count() as u64;
        let row = row.number("redacted_by_hand", Some(count(Op::Redact))).number("kept_by_hand", Some(count(Op::Keep)));
        let words =
            |op| one.marks.holding().filter(move |mark| mark.said.op == op).filter_map(|mark| mark.said.with.as_ref());
        let tags: BTreeSet<&String> = words(Op::Tag).collect();
        let mut dispositions: BTreeMap<&String, u64> = BTreeMap::new();
        words(Op::Disposition).for_each(|word| *dispositions.entry(word).or_default() += 1);
        let dispositions: Vec<String> = dispositions.iter().map(|(word, count)| format!("{word} {count}")).collect();
        let row = row.texts("tags", shown(texts, "tag", tags.into_iter()));
        texts.head.entries += 1;
        writer.add(&row.texts("dispositions", shown(texts, "disposition", dispositions.iter())))
    }
}

/// Who began the conversation: an agent's word if one did, else `user`. Which person that was, no record says.
fn who_began(one: &One) -> Option<String> {
    let parent = one.records.iter().find_map(|record| record.parent_session_id.clone());
    let parent = parent.or_else(|| one.heading.about.parent.as_deref().map(who::word_of));
    Some(parent.unwrap_or_else(|| who::USER.to_string()))
}

/// The commits of the range that are the conversation's, else all that its records name. Names are no text of anybody.
fn commits(one: &One) -> Vec<String> {
    let short = |sha: &str| sha.get(..12).unwrap_or(sha).to_string();
    match one.commits {
        Some(commits) => {
            let all = commits.of(&one.conversation.uuid);
            all.map(|commit| format!("{} {}", short(&commit.sha), commit.how.word())).collect()
        }
        None => one.records.iter().flat_map(|record| &record.commits).map(|commit| short(&commit.sha)).collect(),
    }
}

/// How many files were changed, as far as records say.
fn files(one: &One) -> Option<u64> {
    let all: BTreeSet<&String> = one.records.iter().flat_map(|record| &record.files_changed).collect();
    (!one.records.is_empty()).then_some(all.len() as u64)
}

/// How often the person was asked for a permission or an answer, as far as records say.
fn asked(one: &One) -> Option<u64> {
    let moments = one.records.iter().flat_map(|record| &record.history);
    let count = moments.filter(|moment| moment.kind == timeline::QUESTION).count() as u64;
    (!one.records.is_empty()).then_some(count)
}

/// What the log of tools says: empty cells if it has nothing of the conversation.
fn logged(one: &One, texts: &Texts, row: Row) -> Result<Row> {
    let about = &one.heading.about;
    let now = clock::parse(&texts.head.made_at).unwrap_or_default();
    let range = Range { since: about.first_at.and_then(clock::from_millis), until: None };
    let share = Share { conversation: one.conversation.uuid.clone(), range };
    let is_logged = one.store.home.audit_dir().exists();
    let filter = Filter { shares: vec![share], range, ..Filter::default() };
    let calls = if is_logged { audit::calls(one.store, &filter, now)? } else { Vec::new() };
    let sums = (!calls.is_empty()).then(|| audit::Sums::of(&calls));
    let by_guard = calls.iter().filter(|call| call.decision.is_some()).count() as u64;
    Ok(row
        .number("guard_asked", sums.map(|_| by_guard))
        .number("destructive", sums.map(|sums| sums.destructive))
        .number("sensitive", sums.map(|sums| sums.sensitive))
        .number("install", sums.map(|sums| sums.install))
        .number("privilege", sums.map(|sums| sums.privilege))
        .number("opaque", sums.map(|sums| sums.opaque)))
}

/// The issues that its branch, its commits and its prompts name. If a person redacted something, it may have named one:
/// then those of prompts are left out, and those of records are shown as far as they do not repeat it.
fn refs(one: &One, texts: &mut Texts) -> Vec<String> {
    let links = Links::of(&one.store.config());
    let mut found: BTreeSet<String> =
        one.records.iter().flat_map(|record| cs_core::refs::of_record(record, &links)).collect();
    if !texts.has_redactions() {
        found.extend(About::whole(one.conversation, &links).map(|about| about.issues).unwrap_or_default());
    }
    found.retain(|issue| !texts.tells(issue));
    shown(texts, "refs", found.iter())
}

fn shown<'w>(texts: &mut Texts, what: &str, words: impl Iterator<Item = &'w String>) -> Vec<String> {
    words.filter_map(|word| texts.show_other(what, Some(word))).collect()
}
