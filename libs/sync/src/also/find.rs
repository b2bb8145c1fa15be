//! Owns searching what was said in conversations of other machines. Must stay true: a search ends at its deadline and at its
//! number of hits, and says so.

use super::Also;
use super::head::Head;
use super::other::Other;
use crate::row::Row;
use cs_core::error::{Error, Result};
use cs_core::search;
use std::collections::HashSet;
use std::time::Instant;

/// Characters that are shown around a hit.
const AROUND: usize = 80;

/// What is looked for.
pub struct Sought<'s> {
    /// Words, all of which a text has; as [`search::words`] gives them, in lower case.
    pub words: &'s [String],
    /// Only this machine, by id.
    pub machine: Option<&'s str>,
    /// Only this project.
    pub project: Option<&'s str>,
    /// So many hits at most.
    pub most: usize,
    /// When the search ends.
    pub until: Instant,
}

/// A hit.
#[derive(Debug)]
pub struct Found<'a> {
    /// Where.
    pub machine: &'a Other,
    /// The conversation.
    pub head: Head,
    /// The line's anchor.
    pub entry: String,
    /// Its kind.
    pub kind: String,
    /// When it was said.
    pub at: Option<String>,
    /// The text around the first word: before it, itself, behind it.
    pub parts: [String; 3],
}

/// All hits: conversations that began last come first.
#[derive(Debug, Default)]
pub struct Finding<'a> {
    /// The hits.
    pub hits: Vec<Found<'a>>,
    /// Whether there may be more.
    pub is_cut: bool,
    /// Whether the time was over.
    pub is_late: bool,
}

impl Also {
    /// Searches what was said.
    pub fn search(&self, sought: &Sought) -> Result<Finding<'_>> {
        let mut all: Vec<(&Other, Head)> = Vec::new();
        for machine in self.machines.iter().filter(|one| sought.machine.is_none_or(|id| one.id() == id)) {
            let talks: HashSet<String> = machine.talks()?.into_iter().collect();
            machine.heads(&mut |head| {
                let is_of = sought.project.is_none_or(|project| head.project.as_deref() == Some(project));
                if is_of && talks.contains(&head.id) {
                    all.push((machine, head));
                }
                Ok(())
            })?;
        }
        all.sort_by(|(_, a), (_, b)| b.started_at.cmp(&a.started_at).then_with(|| a.id.cmp(&b.id)));
        let mut finding = Finding::default();
        for (machine, head) in all {
            if !search_one(machine, &head, sought, &mut finding) {
                break;
            }
        }
        Ok(finding)
    }
}

/// Searches a conversation; `false` if that is enough.
fn search_one<'a>(machine: &'a Other, head: &Head, sought: &Sought, finding: &mut Finding<'a>) -> bool {
    // An error ends the conversation, and, if one of the bounds was met, the search.
    let _ = machine.talk(&head.id, &mut |row| {
        finding.is_late = finding.is_late || Instant::now() > sought.until;
        finding.is_cut = finding.hits.len() >= sought.most;
        if finding.is_late || finding.is_cut {
            return Err(Error::Limited("enough".into()));
        }
        if let Some(parts) = parts(row, sought.words) {
            let (entry, kind, at) = (row.id.clone(), row.kind.clone().unwrap_or_default(), row.at.clone());
            finding.hits.push(Found { machine, head: head.clone(), entry, kind, at, parts });
        }
        Ok(())
    });
    !(finding.is_late || finding.is_cut)
}

/// The text around the first word; `None` if not all are there.
fn parts(row: &Row, words: &[String]) -> Option<[String; 3]> {
    let text = row.said()?;
    let folded = search::fold(&text);
    if words.is_empty() || !words.iter().all(|word| folded.contains(word.as_str())) {
        return None;
    }
    // A character stays one character when it is folded.
    let word = words.first()?;
    let at = folded.get(..folded.find(word.as_str())?)?.chars().count();
    let (from, length) = (at.saturating_sub(AROUND), word.chars().count());
    let take = |from: usize, count: usize| text.chars().skip(from).take(count).collect::<String>();
    let before = if from > 0 { format!("… {}", take(from, at - from)) } else { take(0, at) };
    Some([before, take(at, length), take(at + length, 2 * AROUND)])
}
