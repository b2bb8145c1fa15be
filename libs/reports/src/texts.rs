//! Owns what is shown of the texts of one conversation, and counts what is not. Must stay true: every text of a report
//! that is not a word of ours goes through here; what is counted here is shown.

use crate::head::Head;
use crate::record::{MANUAL, Spoken};
use conversations::Heading;
use marks::{Cut, Marks, Sanitizer, WITHHELD, Why};
use redaction::json::Json;
use redaction::{Engine, Entry, Found, Place, Tally, Tier};
use std::ops::Range;

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

    /// Whether a text has something that a person redacted elsewhere in the conversation.
    pub fn repeats(&self, text: &str) -> bool {
        !self.spoken.places(text).is_empty()
    }

    /// What the conversation is called, without what a person redacted; a title that the client made up is withheld then,
    /// because it may tell the same in other words.
    pub fn show_title(&mut self, heading: &Heading) -> Option<String> {
        let about = &heading.about;
        let first = about.first_prompt.as_ref().filter(|_| about.title.is_none());
        let said = about.renamed.as_ref().or(first);
        let title = said.or(about.title.as_ref()).or(heading.title.as_ref())?;
        if said.is_none() && self.has_redactions() {
            self.head.withheld += 1;
            return Some(WITHHELD.to_string());
        }
        self.show_repeated("title", Some(title))
    }

    /// What may be shown of who did something: an account and a host are personal, too.
    pub fn show_person(&mut self, field: &str, actor: &str) -> String {
        let shown = self.show_other(field, Some(actor)).unwrap_or_default();
        match &mut self.sanitizer {
            Some(sanitizer) if shown.contains('@') && !shown.contains(char::is_whitespace) => {
                sanitizer.engine().placeholder("user", actor)
            }
            _ => shown,
        }
    }

    /// The definite rule that still finds something in a line of JSON whose texts were shown, as in its names and numbers.
    /// It is that of a part of this kind, if it is one. So many finds in texts are not meant: a person keeps them.
    pub fn definite(&mut self, kind: Option<&str>, line: &str, kept: u64) -> Option<String> {
        definite(self.sanitizer.as_mut()?.engine(), Place { kind, ..Place::default() }, line, kept)
    }

    /// What was noted for the ledger since this was asked last.
    pub fn notes(&mut self) -> Vec<Entry> {
        self.ledger.take()
    }

    /// What may be shown of a text that may repeat an entry without being one. Where a rule finds more than a person
    /// redacted, all of it is replaced.
    pub fn show_repeated(&mut self, field: &str, text: Option<&str>) -> Option<String> {
        let text = text.filter(|text| !text.is_empty())?;
        let places = self.spoken.places(text);
        let Some(sanitizer) = self.sanitizer.as_mut().filter(|_| !places.is_empty()) else {
            return Some(self.show("", "", field, text));
        };
        let found = sanitizer.text("", Place::default(), text).cuts;
        let is_apart = |one: &Cut| places.iter().all(|(span, _)| !overlap(span, &one.span));
        let (apart, near): (Vec<Cut>, Vec<Cut>) = found.into_iter().partition(is_apart);
        let mut cuts: Vec<(Range<usize>, String)> = Vec::new();
        for (mut span, piece) in places {
            let own = span.clone();
            for one in near.iter().filter(|one| overlap(&own, &one.span)) {
                span = span.start.min(one.span.start)..span.end.max(one.span.end);
            }
            match piece.actor {
                Some(actor) => *self.head.manual.entry(actor).or_default() += 1,
                None => self.head.withheld += 1,
            }
            self.note("", field, MANUAL, MANUAL, piece.with.clone(), None);
            match cuts.last_mut().filter(|(last, _)| overlap(last, &span)) {
                Some((last, _)) => last.end = last.end.max(span.end),
                None => cuts.push((span, piece.with)),
            }
        }
        for cut in apart {
            self.count("", field, &cut);
            cuts.push((cut.span, cut.with));
        }
        cuts.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
        let mut shown = text.to_string();
        cuts.into_iter().for_each(|(span, with)| shown.replace_range(span, &with));
        Some(shown)
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
        let text = shown.text.into_owned();
        shown.cuts.iter().for_each(|cut| self.count(entry, field, cut));
        text
    }

    /// What may be shown of where something was said: the folder or the branch of a part with this anchor. A prompt of the
    /// same line has the same anchor, and a redaction in it hides only what repeats it here, as in the head of a conversation.
    pub fn show_place(&mut self, entry: &str, kind: &str, field: &str, text: &str) -> String {
        let is_unmarked = self.sanitizer.as_ref().is_some_and(|sanitizer| sanitizer.is_unmarked(entry, field));
        if is_unmarked {
            return self.show_repeated(field, Some(text)).unwrap_or_default();
        }
        let shown = self.show(entry, kind, field, text);
        match self.repeats(&shown) {
            true => self.show_repeated(field, Some(&shown)).unwrap_or_default(),
            false => shown,
        }
    }

    /// Counts a piece that is replaced.
    fn count(&mut self, entry: &str, field: &str, cut: &Cut) {
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
        self.note(entry, field, rule, tier, cut.with.clone(), why);
    }

    /// The same of a text that is not in a part.
    pub fn show_other(&mut self, field: &str, text: Option<&str>) -> Option<String> {
        text.filter(|text| !text.is_empty()).map(|text| self.show("", "", field, text))
    }
}

/// The definite rule that finds something in a line of JSON. So many finds in texts are not meant.
fn definite(engine: &mut Engine, place: Place, line: &str, kept: u64) -> Option<String> {
    let rule = |found: &Found| (found.tier == Tier::Definite).then(|| found.rule.clone());
    match Json::default().line(engine, line, place) {
        Some(changes) => {
            let left = changes.left.iter().find_map(|piece| rule(&piece.found));
            left.or_else(|| changes.pieces.iter().filter_map(|piece| rule(&piece.found)).nth(kept as usize))
        }
        None => engine.find(line, place).iter().find_map(rule),
    }
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

fn some(word: &str) -> Option<&str> {
    Some(word).filter(|word| !word.is_empty())
}
