//! Owns in which kinds of entries is looked, and the words for them.

use agents::part::PartKind;

/// The kinds of entries in which is looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Kinds of parts of conversations.
    pub kinds: Vec<PartKind>,
    /// Whether session records belong to it.
    pub has_records: bool,
}

impl Default for Scope {
    /// What people and agents said, and what they wrote down about it.
    fn default() -> Self {
        Scope { kinds: PartKind::SAID.to_vec(), has_records: true }
    }
}

impl Scope {
    /// All words for [`Scope::parse`].
    pub const WORDS: [&str; 8] = ["said", "prompts", "answers", "reasoning", "calls", "results", "records", "all"];

    /// The scope of one or several words, with commas between them; `Err` is a word that is none.
    pub fn parse(text: &str) -> Result<Scope, String> {
        let mut scope = Scope { kinds: Vec::new(), has_records: false };
        for word in text.split(',').map(str::trim) {
            let kinds: &[PartKind] = match word {
                "said" => &PartKind::SAID,
                "prompts" => &[PartKind::Prompt],
                "answers" => &[PartKind::Answer],
                "reasoning" => &[PartKind::Reasoning],
                "calls" => &[PartKind::Call],
                "results" => &[PartKind::Result],
                "records" => &[],
                "all" => &PartKind::ALL,
                _ => return Err(word.to_string()),
            };
            scope.has_records |= matches!(word, "said" | "records" | "all");
            scope.kinds.extend(kinds.iter().filter(|kind| !scope.kinds.contains(kind)).copied().collect::<Vec<_>>());
        }
        Ok(scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_a_scope() {
        assert!(Scope::WORDS.iter().all(|word| Scope::parse(word).is_ok()));
        assert_eq!(Scope::parse("said"), Ok(Scope::default()));
        let both = Scope::parse("prompts, results,prompts").unwrap();
        assert_eq!((both.kinds, both.has_records), (vec![PartKind::Prompt, PartKind::Result], false));
        assert_eq!(Scope::parse("prompts,titles"), Err("titles".to_string()));
    }
}
