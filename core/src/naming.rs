//! Owns which source decides a session's intent: its first prompt, the client's title, a person's `/rename`, or a
//! person with our commands. Pure. Must stay true: a lower source never replaces the text of a higher one; of two equal
//! sources the later text counts.

use crate::ending;
use crate::namer::Namer;
use crate::record::Session;
use crate::session;
use crate::timeline::PROMPT;
use crate::validate;
use serde::{Deserialize, Serialize};

/// A beginning of a prompt with this many characters is not a name that a person chose.
const LONG: usize = 30;

impl Namer {
    /// The source of this session's intent. Records of older versions and of other programs do not name it: then it is
    /// `Prompt` if the intent is a known prompt, and `Person` if a person may have written in the record.
    pub fn of(record: &Session) -> Namer {
        if let Some(word) = &record.intent_by {
            let known = [Namer::Prompt, Namer::Client, Namer::Rename].into_iter().find(|namer| namer.word() == word);
            return known.unwrap_or(Namer::Person);
        }
        let is_heard = |text: &str| record.history.iter().any(|moment| moment.kind == PROMPT && moment.text == text);
        let is_prompt = is_heard(&record.intent)
            || record.current_activity.as_deref() == Some(&record.intent)
            || record.intent == session::unsaid_intent(&record.project_slug);
        if is_prompt || !ending::is_of_people(record) { Namer::Prompt } else { Namer::Person }
    }
}

/// The client's title of a conversation. Readers have already removed the markup that clients put around texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Title {
    /// The title, before it is masked or cut.
    #[serde(rename = "title")]
    pub text: String,
    /// Whether a person gave the title; otherwise the client generated it.
    pub renamed: bool,
    /// Whether the client uses prompts as titles without marking them; then a title that repeats a prompt is ignored.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_echo: bool,
}

impl Title {
    fn namer(&self) -> Namer {
        if self.renamed { Namer::Rename } else { Namer::Client }
    }

    /// The text as a record stores it.
    pub fn stored(&self) -> String {
        validate::cut(&self.text, validate::INTENT)
    }
}

/// Replaces the intent by the title, unless a higher source decided the intent.
pub fn name(record: &mut Session, title: &Title) {
    if is_news(record, title) {
        record.intent = title.stored();
        record.intent_by = Some(title.namer().word().to_string());
    }
}

/// Whether [`name`] changes the record.
pub fn is_news(record: &Session, title: &Title) -> bool {
    let (known, by) = (Namer::of(record), title.namer());
    let text = title.stored();
    let is_new = record.intent != text || by != known;
    !text.is_empty() && by >= known && is_new && !(title.may_echo && repeats_prompt(record, &text))
}

/// Whether a title is one of the session's prompts, or the beginning of one.
fn repeats_prompt(record: &Session, title: &str) -> bool {
    let is_long = title.chars().count() >= LONG;
    let is_heard = |text: &str| text == title || (is_long && text.starts_with(title.trim_end_matches(['.', '…'])));
    record.history.iter().any(|moment| moment.kind == PROMPT && is_heard(&moment.text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use crate::id::{SessionId, Slug};
    use crate::session::{Changes, Start};
    use crate::timeline;

    fn new(intent: &str) -> Session {
        let now = clock::parse("2026-11-21T03:00:00Z").unwrap();
        let id = SessionId::parse("sess_20261121T0300_ca5d").unwrap();
        let start = Start { intent: intent.into(), ..Start::default() };
        let mut record = session::create(&id, &Slug::parse("api").unwrap(), start, now).unwrap();
        timeline::add_moment(&mut record, PROMPT, intent, now);
        record
    }

    fn client(text: &str) -> Title {
        Title { text: text.into(), renamed: false, may_echo: false }
    }

    fn renamed(text: &str) -> Title {
        Title { renamed: true, ..client(text) }
    }

    #[test]
    fn a_lower_source_does_not_overrule_a_higher_one() {
        let mut record = new("fix the login");
        name(&mut record, &client("Login fix"));
        name(&mut record, &client("Login fix, again"));
        assert_eq!((record.intent.as_str(), Namer::of(&record)), ("Login fix, again", Namer::Client));
        name(&mut record, &renamed("auth"));
        name(&mut record, &client("Login fix, again"));
        assert_eq!((record.intent.as_str(), Namer::of(&record)), ("auth", Namer::Rename));
        let now = clock::parse("2026-11-21T03:01:00Z").unwrap();
        let changes = Changes { intent: Some("Ship it".into()), ..Changes::default() };
        session::update(&mut record, &changes, now).unwrap();
        name(&mut record, &renamed("auth 2"));
        assert_eq!((record.intent.as_str(), Namer::of(&record)), ("Ship it", Namer::Person));
    }

    #[test]
    fn a_record_without_a_source_is_judged_by_its_prompts() {
        let mut record = new("fix the login");
        assert_eq!(Namer::of(&record), Namer::Prompt, "it was heard");
        record.history.clear();
        assert_eq!(Namer::of(&record), Namer::Person, "a person may have written it");
        record.written_by = Some(ending::BY_HOOK.into());
        assert_eq!(Namer::of(&record), Namer::Prompt);
        record.intent_by = Some("later version".into());
        assert_eq!(Namer::of(&record), Namer::Person);
    }

    #[test]
    fn a_title_is_cut_and_masked_and_never_empty() {
        let mut record = new("fix the login");
        name(&mut record, &renamed(" \n "));
        assert_eq!(record.intent, "fix the login");
        let long = format!("token=ghp_{} {}", "Q7w8E9r0T1y2U3i4O5p6A7s8D9f0G1h2J3k4", "x".repeat(9_000));
        name(&mut record, &renamed(&long));
        assert!(record.intent.contains("[masked]") && record.intent.chars().count() <= validate::INTENT);
        assert!(!is_news(&record, &renamed(&long)));
        assert!(!is_news(&record, &renamed("\u{7}\u{1b}")));
        name(&mut record, &renamed("login\u{1b}[31m\u{7}"));
        assert_eq!(record.intent, "login [31m");
    }

    #[test]
    fn a_title_that_repeats_a_prompt_is_ignored_if_the_client_echoes() {
        let prompt = "fix the login, and then look at all the other pages";
        for (title, counts) in [(prompt, false), ("fix the login, and then look at…", false), ("fix the login", true)]
        {
            let mut record = new(prompt);
            name(&mut record, &renamed(title));
            assert_eq!(Namer::of(&record), Namer::Rename, "{title}");
            let mut record = new(prompt);
            name(&mut record, &Title { may_echo: true, ..renamed(title) });
            assert_eq!(Namer::of(&record) == Namer::Rename, counts, "{title}");
        }
    }
}
