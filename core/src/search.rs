//! Owns which parts of a record are searched (everything that people read there, and nothing else), and which letters
//! are the same in a search without regard to case.

use crate::record::Session;

/// The text in lower case, as texts are compared in every search. Must stay true: a character stays one character, and no
/// other character becomes an ASCII one (the sign of Kelvin, a capital I with a dot), so that a search for an ASCII word
/// can look at bytes.
pub fn fold(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.chars().map(fold_char).collect() }
}

/// The character in lower case. The two forms of a Greek sigma are the same.
fn fold_char(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        _ if c == 'ς' => 'σ',
        (Some(one), None) if c.is_ascii() || !one.is_ascii() => one,
        _ => c,
    }
}

/// The words of a search that was typed as one text. Words in quotes stay together.
pub fn words(text: &str) -> Vec<String> {
    let parts = text.split('"').enumerate();
    let words = parts.flat_map(|(n, part)| match n % 2 {
        0 => part.split_whitespace().map(str::to_string).collect::<Vec<_>>(),
        _ => vec![part.trim().to_string()],
    });
    words.filter(|word| !word.is_empty()).collect()
}

/// A text that records are searched for.
#[derive(Clone, Debug)]
pub struct Sought {
    folded: String,
    /// Whether JSON writes it as it is, apart from the case and unless a character is written as a number.
    is_plain: bool,
}

impl Sought {
    /// Takes the text as it was typed.
    pub fn new(text: &str) -> Self {
        let folded = fold(text);
        let is_plain = folded.bytes().all(|byte| (b' '..=b'~').contains(&byte) && !b"\"\\/".contains(&byte));
        Sought { folded, is_plain }
    }

    /// The text, as [`fold`] returns it.
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// Whether a value of this JSON text may contain it: `false` only if none does.
    pub fn may_be_in(&self, json: &[u8]) -> bool {
        let sought = self.folded.as_bytes();
        let Some(first) = sought.first().filter(|_| self.is_plain) else { return true };
        let mut starts = memchr::memchr2_iter(*first, first.to_ascii_uppercase(), json);
        let is_at = |at: usize| json.get(at..at + sought.len()).is_some_and(|part| part.eq_ignore_ascii_case(sought));
        starts.any(is_at) || memchr::memmem::find(json, b"\\u").is_some()
    }
}

/// Whether anything that people read in the record contains the text, in any case. `text` is the result of [`fold`].
pub fn says(session: &Session, text: &str) -> bool {
    let short = [&session.session_id, &session.project_slug, &session.intent, &session.git_branch];
    let optional = [&session.current_activity, &session.outcome, &session.parked_reason, &session.awaiting_action];
    let lists = [&session.decisions, &session.open_questions, &session.next_steps, &session.files_changed];
    let mut texts = short
        .into_iter()
        .chain(optional.into_iter().flatten())
        .chain(lists.into_iter().flatten())
        .chain(session.events.iter().map(|event| &event.message))
        .chain(session.history.iter().map(|moment| &moment.text))
        .chain(session.tasks.iter().map(|task| &task.subject))
        .chain(session.commits.iter().flat_map(|commit| [&commit.sha, &commit.message]));
    texts.any(|field| fold(field).contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_any_script_are_compared_without_their_case() {
        assert_eq!(fold("Größe ΟΔΌΣ ПРИВЕТ Retry"), "größe οδόσ привет retry");
        assert_eq!(fold("οδός"), fold("ΟΔΌΣ"), "a final sigma is a sigma");
    }

    #[test]
    fn a_text_that_a_record_has_may_be_in_its_bytes() {
        let json = r#"{"a":"Fix \"it\", gr\u00fcn \/ C:\\x","b":"LOGIN page"}"#.as_bytes();
        for text in ["fix", "login PAGE", "\"it\"", "gr", "grün", "/ c", "C:\\X", "", "\u{212a}", "any"] {
            assert!(Sought::new(text).may_be_in(json), "{text}");
        }
        let plain = br#"{"a":"Fix it","b":"LOGIN page"}"#;
        assert!(!Sought::new("page l").may_be_in(plain) && !Sought::new("pages").may_be_in(plain));
        assert!(Sought::new("login").may_be_in(plain) && Sought::new("grün").may_be_in(plain));
    }

    #[test]
    fn a_character_stays_one_and_no_other_one_becomes_ascii() {
        for c in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            let folded = fold_char(c);
            assert!(c.is_ascii() || !folded.is_ascii(), "{c:?} became {folded:?}");
            assert_eq!(fold_char(folded), folded, "{c:?}");
        }
        assert_eq!(fold("\u{212a} \u{130}"), "\u{212a} \u{130}");
    }
}
