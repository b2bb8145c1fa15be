//! Owns what is shown of the texts of one conversation, and counts what is not. Must stay true: every text of a report
//! that is not a word of ours goes through here; what is counted here is shown.

use crate::head::Head;
use marks::{Marks, Op, Sanitizer, Why};
use redaction::{Engine, Entry, Place};

/// The tier of what people redacted, in the ledger.
const MANUAL: &str = "manual";

/// The texts of one conversation.
pub struct Texts<'a> {
    /// Its id.
    pub conversation: &'a str,
    sanitizer: Option<Sanitizer<'a>>,
    /// The head in which everything is counted.
    pub head: &'a mut Head,
    ledger: &'a mut Vec<Entry>,
    has_redactions: bool,
}

impl<'a> Texts<'a> {
    /// Of a conversation with these marks; nothing is replaced if `is_raw`.
    pub fn new(
        conversation: &'a str,
        engine: &'a mut Engine,
        marks: &'a Marks,
        is_raw: bool,
        head: &'a mut Head,
        ledger: &'a mut Vec<Entry>,
    ) -> Texts<'a> {
        let has_redactions = !is_raw && (marks.damaged > 0 || marks.holding().any(|mark| mark.said.op == Op::Redact));
        let sanitizer = (!is_raw).then(|| Sanitizer::new(engine, marks));
        Texts { conversation, sanitizer, head, ledger, has_redactions }
    }

    /// Whether a person redacted something in the conversation. What repeats its entries without being one, such as the
    /// title that is made from a prompt, is not shown then.
    pub fn has_redactions(&self) -> bool {
        self.has_redactions
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
            note(
                self.ledger,
                self.conversation,
                entry,
                field,
                Entry {
                    rule: rule.to_string(),
                    tier: tier.to_string(),
                    count: 1,
                    placeholder: cut.with.clone(),
                    why,
                    ..Entry::default()
                },
            );
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

/// Adds an entry, or counts it with an equal one before it.
fn note(ledger: &mut Vec<Entry>, conversation: &str, entry: &str, field: &str, new: Entry) {
    let own = |text: &str| some(text).map(str::to_string);
    let new = Entry { conversation: own(conversation), entry: own(entry), field: own(field), ..new };
    let is_same = |known: &&mut Entry| {
        known.placeholder == new.placeholder
            && (&known.conversation, &known.entry, &known.field, &known.rule, &known.why)
                == (&new.conversation, &new.entry, &new.field, &new.rule, &new.why)
    };
    match ledger.iter_mut().rev().take_while(|known| known.entry == new.entry).find(is_same) {
        Some(known) => known.count += 1,
        None => ledger.push(new),
    }
}
