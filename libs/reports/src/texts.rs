//! Owns what is shown of the texts of one conversation, and counts what is not. Must stay true: every text of a report
//! that is not a word of ours goes through here; what is counted here is shown.

use crate::head::Head;
use crate::record::Spoken;
use marks::{Marks, Sanitizer, Why};
use redaction::{Engine, Entry, Place, Tally};

/// The tier of what people redacted, in the ledger.
const MANUAL: &str = "manual";

/// The longest name of an entry that is certainly a UUID.
const PLAIN: usize = 44;

/// The texts of one conversation.
pub struct Texts<'a> {
    /// Its id.
    pub conversation: &'a str,
    sanitizer: Option<Sanitizer<'a>>,
    /// The head in which everything is counted.
    pub head: &'a mut Head,
    ledger: &'a mut Tally,
    spoken: Spoken,
}

impl<'a> Texts<'a> {
    /// Of a conversation with these marks; nothing is replaced if `is_raw`. What may repeat a redaction is known after
    /// [`Texts::hide`].
    pub fn new(
        conversation: &'a str,
        engine: &'a mut Engine,
        marks: &'a Marks,
        is_raw: bool,
        head: &'a mut Head,
        ledger: &'a mut Tally,
    ) -> Texts<'a> {
        let sanitizer = (!is_raw).then(|| Sanitizer::new(engine, marks));
        Texts { conversation, sanitizer, head, ledger, spoken: Spoken::default() }
    }

    /// What may repeat this is not shown from now on.
    pub fn hide(&mut self, spoken: Spoken) {
        self.spoken = spoken;
    }

    /// Whether a person redacted something in the conversation.
    pub fn has_redactions(&self) -> bool {
        !self.spoken.is_empty()
    }

    /// What may be shown of a text that may repeat an entry without being one.
    pub fn show_repeated(&mut self, field: &str, text: Option<&str>) -> Option<String> {
        let mut text = text.filter(|text| !text.is_empty())?.to_string();
        for piece in self.spoken.hide(&mut text) {
            match piece.actor {
                Some(actor) => *self.head.manual.entry(actor).or_default() += 1,
                None => self.head.withheld += 1,
            }
            self.note("", field, MANUAL, MANUAL, piece.with, None);
        }
        Some(self.show("", "", field, &text))
    }

    /// Whether a person redacted this word, or something with it.
    pub fn tells(&self, word: &str) -> bool {
        self.spoken.tells(word)
    }

    /// What may be shown of a name that a client gave, which is usually a UUID.
    pub fn show_name(&mut self, field: &str, name: &str) -> String {
        let is_plain = name.len() <= PLAIN && name.bytes().all(|c| c.is_ascii_hexdigit() || matches!(c, b'-' | b'#'));
        if is_plain { name.to_string() } else { self.show("", "", field, name) }
    }

    /// Counts a line of the ledger.
    fn note(&mut self, entry: &str, field: &str, rule: &str, tier: &str, placeholder: String, why: Option<String>) {
        let own = |text: &str| some(text).map(str::to_string);
        let (conversation, entry, field) = (own(self.conversation), own(entry), own(field));
        let (rule, tier) = (rule.to_string(), tier.to_string());
        self.ledger.add(Entry { conversation, entry, field, rule, tier, count: 1, placeholder, why });
    }

    /// What may be shown of a text: `entry` is the anchor of its part and `field` the name of the field, both empty for
    /// what is not in a part (a title, a branch); `kind` the word of the part's kind.
    pub fn show(&mut self, entry: &str, kind: &str, field: &str, text: &str) -> String {
        let Some(sanitizer) = &mut self.sanitizer else { return text.to_string() };
        // The names of other texts are ours: to a rule, they may be any field.
        let place = Place { path: None, kind: some(kind), field: some(field).filter(|_| !entry.is_empty()) };
        let shown = sanitizer.text(entry, place, text);
        self.head.kept_by_hand += shown.kept as u64;
        for cut in &shown.cuts {
            let (rule, tier, why) = match &cut.why {
                Why::Rule { rule, tier } => {
                    *self.head.redacted.entry(rule.clone()).or_default() += 1;
                    (rule.as_str(), tier.word(), None)
                }
                Why::Mark { actor, reason, .. } => {
                    *self.head.manual.entry(actor.clone()).or_default() += 1;
                    (MANUAL, MANUAL, Some(reason.clone()).filter(|reason| !reason.is_empty()))
                }
                Why::Withheld => {
                    self.head.withheld += 1;
                    ("withheld", MANUAL, None)
                }
            };
            let (rule, placeholder) = (rule.to_string(), cut.with.clone());
            self.note(entry, field, &rule, tier, placeholder, why);
        }
        shown.text.into_owned()
    }

    /// The same of a text that is not in a part.
    pub fn show_other(&mut self, field: &str, text: Option<&str>) -> Option<String> {
        text.filter(|text| !text.is_empty()).map(|text| self.show("", "", field, text))
    }
}

fn some(word: &str) -> Option<&str> {
    Some(word).filter(|word| !word.is_empty())
}
