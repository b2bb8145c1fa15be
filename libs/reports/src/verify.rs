//! Owns whether a report is as it was made, and may be published: its digest, its counts, what rules find in it, and the
//! logs that it was made from, where they are.
//!
//! Must stay true: a report that cannot be understood does not verify; the text of a find is never told. It is no signature:
//! whoever can change a report can make a new digest for it, and only the logs tell whether it says what was said.

mod plain;

use crate::head::{Head, content_digest, parse};
use crate::source::is_same;
use conversations::Catalog;
use redaction::{Engine, Place, Tier};
use std::collections::BTreeSet;

/// Something because of which a report does not verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is no report, or its head is broken.
    Unreadable(String),
    /// It was changed after it was made.
    Changed,
    /// It is a page with something that no report has: a script, a reference.
    Active,
    /// The head counts other entries or conversations than there are.
    Counts {
        /// What is counted.
        what: &'static str,
        /// What the head says.
        said: u64,
        /// What there is.
        found: u64,
    },
    /// Nothing was replaced in it.
    Raw,
    /// A rule found something in it.
    Found {
        /// The rule's id.
        rule: String,
        /// The line of the file.
        line: usize,
        /// What would replace it.
        placeholder: String,
    },
    /// A log that it was made from is not as it was then.
    Source(String),
}

/// What is known about a report.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    /// Its head, if it could be read.
    pub head: Option<Head>,
    /// Why it does not verify; empty if it does.
    pub problems: Vec<Problem>,
    /// Number of finds of rules that are less sure; they are no problem.
    pub candidates: usize,
    /// Whether it was made with the rules that it was looked at with.
    pub has_same_rules: bool,
    /// Number of logs that it was made from, and that still begin as they did then.
    pub same_sources: usize,
    /// Number of logs that it was made from, and that are not on this machine.
    pub missing_sources: usize,
}

impl Verified {
    /// Whether nothing speaks against it.
    pub fn is_good(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Verifies the report in a file with this name; its logs are looked for in the catalog.
pub fn verify(name: &str, bytes: &[u8], engine: &mut Engine, catalog: &Catalog) -> Verified {
    let parsed = match parse(bytes) {
        Ok(parsed) => parsed,
        Err(error) => {
            let mut verified =
                Verified { problems: vec![Problem::Unreadable(error.to_string())], ..Verified::default() };
            finds(name, None, bytes, engine, &mut verified);
            return verified;
        }
    };
    let mut verified = Verified::default();
    if content_digest(bytes, &parsed) != parsed.head.content_digest {
        verified.problems.push(Problem::Changed);
    }
    if parsed.head.raw {
        verified.problems.push(Problem::Raw);
    }
    if parsed.format == crate::Format::Html && plain::is_active(bytes) {
        verified.problems.push(Problem::Active);
    }
    if let Some(counts) = plain::counts(parsed.format, bytes) {
        let pairs = [
            ("entries", parsed.head.entries, counts.entries),
            ("conversations", parsed.head.conversations, counts.conversations),
        ];
        let wrong = pairs.into_iter().filter(|(_, said, found)| said != found);
        verified.problems.extend(wrong.map(|(what, said, found)| Problem::Counts { what, said, found }));
    }
    verified.has_same_rules = parsed.head.rules_digest == engine.rules().digest();
    finds(name, Some(parsed.format), bytes, engine, &mut verified);
    sources(&parsed.head, catalog, &mut verified);
    verified.head = Some(parsed.head);
    verified
}

/// Looks for what rules find: in the file as it is, and in what its format means.
fn finds(name: &str, format: Option<crate::Format>, bytes: &[u8], engine: &mut Engine, verified: &mut Verified) {
    let place = Place { path: Some(name), ..Place::default() };
    let mut known = BTreeSet::new();
    for piece in plain::pieces(format, bytes) {
        for found in engine.find(&piece.text, place) {
            let before = piece.text.get(..found.span.start).unwrap_or_default();
            let line = piece.line + if piece.has_lines { before.matches('\n').count() } else { 0 };
            if !known.insert((found.rule.clone(), found.placeholder.clone())) {
                continue;
            }
            match found.tier {
                Tier::Definite => {
                    verified.problems.push(Problem::Found { rule: found.rule, line, placeholder: found.placeholder })
                }
                Tier::Candidate => verified.candidates += 1,
                Tier::Personal => {}
            }
        }
    }
}

fn sources(head: &Head, catalog: &Catalog, verified: &mut Verified) {
    for (source, said) in &head.source_digests {
        let of = source.split_once(':').and_then(|(uuid, thread)| {
            let of = catalog.conversations.iter().find(|one| one.uuid.eq_ignore_ascii_case(uuid))?;
            Some((of, thread))
        });
        match of.map(|(of, thread)| is_same(of, thread, said)) {
            Some(Ok(Some(true))) => verified.same_sources += 1,
            None | Some(Ok(None)) => verified.missing_sources += 1,
            Some(Ok(Some(false)) | Err(_)) => verified.problems.push(Problem::Source(source.clone())),
        }
    }
}
