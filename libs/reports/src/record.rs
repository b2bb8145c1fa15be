//! Owns what may be shown of a session's record, and of what belongs to it, outside of this machine: for `cs-export` and
//! the exports of the dashboard. Must stay true: every text that is not a word of ours goes through here, marks first; ids,
//! times and names of commits stay, so that a file can be found by them.
//!
//! A record repeats what was said in its conversation. What a person redacted there is looked for in the record; if it is
//! not known any more, because the conversation is gone or has changed, all that may repeat it is withheld.

mod spoken;

pub use spoken::Spoken;

use audit::Work;
use cs_core::error::{Error, Result};
use cs_core::masked;
use cs_core::paths::Home;
use cs_core::project::ProjectState;
use cs_core::record::Session;
use cs_core::state::Verdict;
use cs_core::store::Store;
use cs_core::usage::{ModelUsage, Usage};
use redaction::{Engine, Entry, Found, Key, Place, Rules, Tally};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The tier and the rule of what people redacted.
pub const MANUAL: &str = "manual";

/// How often something was replaced, by the rule; `manual`: a person said so.
pub type Counts = BTreeMap<String, u64>;

/// A session, and what is shown with it.
pub struct Known<'k> {
    /// Its record.
    pub session: &'k mut Session,
    /// Its state.
    pub verdict: &'k mut Verdict,
    /// The usage of its conversation.
    pub usage: &'k mut Option<Usage>,
    /// What its calls of tools come to.
    pub work: &'k mut Option<Work>,
}

/// The rules and the key for what leaves the machine. If a new key cannot be stored, placeholders are only of this run,
/// and the error says why.
pub fn engine(home: &Home) -> Result<(Engine, Option<Error>)> {
    engine_with(home, Rules::load(home, &[])?)
}

/// The same for a program that is not in the project's folder.
pub fn engine_for(home: &Home, folder: Option<&Path>) -> Result<Engine> {
    engine_with(home, Rules::load_for(home, folder)?).map(|(engine, _)| engine)
}

/// The same for what belongs to all projects in these folders: the rules of each are for all of it.
pub fn engine_of_all(home: &Home, folders: &[PathBuf]) -> Result<Engine> {
    engine_with(home, Rules::load_of_all(home, folders)?).map(|(engine, _)| engine)
}

fn engine_with(home: &Home, rules: Rules) -> Result<(Engine, Option<Error>)> {
    match Key::of_store(home) {
        Ok(key) => Ok((Engine::new(rules, key), None)),
        Err(error @ Error::Io { .. }) => Ok((Engine::new(rules, Key::fresh()?), Some(error))),
        Err(error) => Err(error),
    }
}

/// Records on their way out.
pub struct Records<'e> {
    /// `None`: they are shown as they are.
    engine: Option<&'e mut Engine>,
    spoken: Spoken,
    conversation: Option<String>,
    counts: Counts,
    tally: Tally,
}

/// Where a field of ours comes from: a prompt or an answer, else perhaps from any field.
fn place(field: &str) -> Place<'_> {
    let is_part = matches!(field, "prompt" | "answer");
    Place { path: None, kind: Some(field).filter(|_| is_part), field: Some("text").filter(|_| is_part) }
}

impl<'e> Records<'e> {
    /// With these rules and this key.
    pub fn new(engine: &'e mut Engine) -> Self {
        Records { engine: Some(engine), ..Records::raw() }
    }

    /// As they are.
    pub fn raw() -> Self {
        let (counts, tally) = (Counts::default(), Tally::default());
        Records { engine: None, spoken: Spoken::default(), conversation: None, counts, tally }
    }

    /// What says with which rules and which key texts are replaced, for fingerprints.
    pub fn fingerprint(&self) -> String {
        self.engine
            .as_ref()
            .map_or_else(String::new, |engine| format!("{} {}", engine.rules().digest(), engine.key().digest("")))
    }

    /// Reads what a person redacted in this conversation; from now on, texts are those of it.
    pub fn begin_of(&mut self, store: &Store, conversation: Option<&str>) -> Result<()> {
        let spoken = match (conversation, &self.engine) {
            (Some(uuid), Some(engine)) => Spoken::read(store, engine.key(), uuid)?,
            _ => Spoken::default(),
        };
        self.begin(conversation, spoken);
        Ok(())
    }

    /// From now on, texts are those of this conversation, in which a person redacted this.
    pub fn begin(&mut self, conversation: Option<&str>, spoken: Spoken) {
        self.conversation = conversation.map(str::to_string);
        self.spoken = spoken;
    }

    /// What was replaced since this was asked last.
    pub fn counts(&mut self) -> Counts {
        std::mem::take(&mut self.counts)
    }

    /// The same for the ledger, for all that was shown.
    pub fn ledger(&mut self) -> Vec<Entry> {
        self.tally.take()
    }

    /// What may be shown of a text.
    pub fn text(&mut self, field: &str, text: &mut String) {
        self.replace(field, text).iter().for_each(|replaced| self.count(field, replaced, 1));
    }

    /// The same, but nothing is counted yet, because perhaps not all of it is shown.
    pub fn replace(&mut self, field: &str, text: &mut String) -> Vec<Replaced> {
        let Some(engine) = self.engine.as_deref_mut().filter(|_| !text.is_empty()) else { return Vec::new() };
        let mut all: Vec<Replaced> =
            self.spoken.hide(text).into_iter().map(|piece| Replaced::by_hand(piece.with)).collect();
        let redacted = engine.redact(text, place(field));
        all.extend(redacted.found.iter().map(Replaced::by_rule));
        if !redacted.found.is_empty() {
            *text = redacted.text.into_owned();
        }
        all
    }

    /// Counts what was replaced, and is shown.
    pub fn count(&mut self, field: &str, replaced: &Replaced, times: u64) {
        let Replaced { rule, tier, placeholder } = replaced.clone();
        *self.counts.entry(rule.clone()).or_default() += times;
        let (conversation, field) = (self.conversation.clone(), Some(field.to_string()));
        let tier = tier.to_string();
        self.tally.add(Entry { conversation, field, rule, tier, count: times, placeholder, ..Entry::default() });
    }

    /// A session with what is known of it.
    pub fn show(&mut self, store: &Store, known: Known) -> Result<()> {
        let Known { session, verdict, usage, work } = known;
        self.begin_of(store, session.claude_session_id.as_deref())?;
        *session = self.session(session);
        *verdict = self.verdict(verdict);
        *usage = usage.as_ref().map(|usage| self.usage(usage));
        *work = work.as_ref().map(|work| self.work(work));
        Ok(())
    }

    /// A record, of the conversation that was begun.
    pub fn session(&mut self, session: &Session) -> Session {
        let mut session = session.clone();
        masked::texts(&mut session).for_each(|text| self.text("record", text));
        let paths = session.files_changed.iter_mut().chain(&mut session.also_in).chain(&mut session.worktree_root);
        paths.for_each(|path| self.text("path", path));
        session
    }

    /// What is known of its state: the evidence may be what the agent said.
    fn verdict(&mut self, verdict: &Verdict) -> Verdict {
        let mut verdict = verdict.clone();
        let texts = [&mut verdict.reason, &mut verdict.evidence].into_iter();
        texts.chain(&mut verdict.failed).chain(&mut verdict.said).for_each(|text| self.text("state", text));
        verdict
    }

    /// The names of models, which come from logs. Models that have the same name then are added up.
    fn usage(&mut self, usage: &Usage) -> Usage {
        let mut models: BTreeMap<String, ModelUsage> = BTreeMap::new();
        for (name, of) in &usage.models {
            let mut name = name.clone();
            self.text("model", &mut name);
            models.entry(name).and_modify(|sum| sum.add(of)).or_insert_with(|| of.clone());
        }
        Usage { models, ..usage.clone() }
    }

    /// What its calls of tools come to.
    fn work(&mut self, work: &Work) -> Work {
        let mut work = work.clone();
        for call in &mut work.named {
            let texts = [&mut call.tool].into_iter().chain(&mut call.input.command).chain(&mut call.input.path);
            texts.chain(&mut call.input.paths).chain(&mut call.target).for_each(|text| self.text("call", text));
        }
        work.subagents.iter_mut().flat_map(|agent| &mut agent.purpose).for_each(|text| self.text("subagent", text));
        work
    }

    /// The head of a project: its name, and its phase and roadmap.
    pub fn project(&mut self, name: &mut String, state: &mut ProjectState) {
        self.text("project", name);
        self.text("project", &mut state.current_phase);
        let roadmap = &mut state.roadmap_summary;
        let lists = [&mut roadmap.completed, &mut roadmap.in_progress, &mut roadmap.next_up];
        lists.into_iter().flatten().for_each(|text| self.text("project", text));
    }
}

/// Something that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    rule: String,
    tier: &'static str,
    /// What stands there now.
    pub placeholder: String,
}

impl Replaced {
    fn by_hand(placeholder: String) -> Self {
        Replaced { rule: MANUAL.into(), tier: MANUAL, placeholder }
    }

    fn by_rule(found: &Found) -> Self {
        Replaced { rule: found.rule.clone(), tier: found.tier.word(), placeholder: found.placeholder.clone() }
    }
}
