//! Owns who may say what a session is for: its first prompt, the client's own title, a person's `/rename`, a person
//! here. Pure. Must stay true: who stands higher is never overruled by who stands lower, and among equals the last
//! one is right.

use crate::ending;
use crate::record::Session;
use crate::session;
use crate::timeline::PROMPT;
use crate::typed;
use crate::validate;

/// So many characters of a prompt are no name that a person would choose.
const LONG: usize = 30;

/// Who said what a session is for; later ones stand higher.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Namer {
    /// A prompt, or nobody yet.
    #[default]
    Prompt,
    /// The client, which found a title for the conversation.
    Client,
    /// A person, who named the conversation in the client (`/rename`).
    Rename,
    /// A person, or an agent, with the programs of people.
    Person,
}

impl Namer {
    /// The word on the wire (`intent_by`).
    pub fn word(self) -> &'static str {
        match self {
            Namer::Prompt => "prompt",
            Namer::Client => "client",
            Namer::Rename => "rename",
            Namer::Person => "person",
        }
    }

    /// Who said what this session is for. Records of older versions and of other programs do not tell: there it is a
    /// prompt's if it is one that was heard, and a person's if a person may have written in the record.
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

/// What the conversation is called from now on, unless somebody who stands higher has said what it is for.
pub fn name(record: &mut Session, title: &str, by: Namer) {
    if is_news(record, title, by) {
        record.intent = cut(title);
        record.intent_by = Some(by.word().to_string());
    }
}

/// Whether [`name`] changes the record.
pub fn is_news(record: &Session, title: &str, by: Namer) -> bool {
    let known = Namer::of(record);
    let title = cut(title);
    // A client that found nothing better than a greeting has found nothing.
    let tells = !title.is_empty() && (by != Namer::Client || !typed::says_nothing(&title));
    let is_new = record.intent != title || by != known;
    tells && by >= known && is_new && !is_codexs_own(record, &title)
}

/// Whether a name is the one that Codex gives by itself: the first prompt, perhaps cut off (0.171).
fn is_codexs_own(record: &Session, title: &str) -> bool {
    let is_long = title.chars().count() >= LONG;
    let is_heard = |text: &str| text == title || (is_long && text.starts_with(title.trim_end_matches(['.', '…'])));
    record.agent.as_deref() == Some("codex")
        && record.history.iter().any(|moment| moment.kind == PROMPT && is_heard(&moment.text))
}

/// A title as a record keeps it; empty where all of it is a program's.
pub fn cut(title: &str) -> String {
    typed::typed(title).map_or_else(String::new, |typed| validate::cut(&typed.text, validate::INTENT))
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
        timeline::saw(&mut record, PROMPT, intent, now);
        record
    }

    #[test]
    fn who_stands_higher_is_not_overruled() {
        let mut record = new("fix the login");
        name(&mut record, "Login fix", Namer::Client);
        name(&mut record, "Login fix, again", Namer::Client);
        assert_eq!((record.intent.as_str(), Namer::of(&record)), ("Login fix, again", Namer::Client));
        name(&mut record, "auth", Namer::Rename);
        name(&mut record, "Login fix, again", Namer::Client);
        assert_eq!((record.intent.as_str(), Namer::of(&record)), ("auth", Namer::Rename));
        let now = clock::parse("2026-11-21T03:01:00Z").unwrap();
        let changes = Changes { intent: Some("Ship it".into()), ..Changes::default() };
        session::update(&mut record, &changes, now).unwrap();
        name(&mut record, "auth 2", Namer::Rename);
        assert_eq!((record.intent.as_str(), Namer::of(&record)), ("Ship it", Namer::Person));
    }

    #[test]
    fn records_that_do_not_tell_are_asked_for_prompts() {
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
        name(&mut record, " \n ", Namer::Rename);
        assert_eq!(record.intent, "fix the login");
        let long = format!("token=ghp_{} {}", "Q7w8E9r0T1y2U3i4O5p6A7s8D9f0G1h2J3k4", "x".repeat(9_000));
        name(&mut record, &long, Namer::Rename);
        assert!(record.intent.contains("[masked]") && record.intent.chars().count() <= validate::INTENT);
        assert!(!is_news(&record, &long, Namer::Rename));
        for title in ["<system-reminder>x</system-reminder>", "\u{7}\u{1b}", "<ide_selection>torn"] {
            assert!(!is_news(&record, title, Namer::Rename), "{title}");
        }
        name(&mut record, "<ide_opened_file>a</ide_opened_file>\nlogin\u{1b}[31m\u{7}", Namer::Rename);
        assert_eq!(record.intent, "login [31m");
    }

    #[test]
    fn a_client_that_found_nothing_says_nothing() {
        let mut record = new("fix the login");
        name(&mut record, "Hello", Namer::Client);
        assert_eq!(record.intent, "fix the login");
        name(&mut record, "ok", Namer::Rename);
        assert_eq!(record.intent, "ok", "a person may call it so");
    }

    #[test]
    fn a_name_that_codex_gave_by_itself_is_none() {
        let prompt = "fix the login, and then look at all the other pages";
        for (title, counts) in [(prompt, false), ("fix the login, and then look at…", false), ("fix the login", true)]
        {
            let mut record = new(prompt);
            name(&mut record, title, Namer::Rename);
            assert_eq!(Namer::of(&record), Namer::Rename, "{title}");
            let mut record = Session { agent: Some("codex".into()), ..new(prompt) };
            name(&mut record, title, Namer::Rename);
            assert_eq!(Namer::of(&record) == Namer::Rename, counts, "{title}");
        }
    }
}
