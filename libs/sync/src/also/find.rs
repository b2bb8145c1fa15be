//! Owns searching what was said in conversations of other machines. Must stay true: a search ends at its deadline and at its
//! number of hits, and says so.

use super::Also;
use super::head::Head;
use super::other::Other;
use crate::row::Row;
use cs_core::error::{Error, Result};
use cs_core::search;
use serde::Serialize;
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
    /// Only machines of this person.
    pub owner: Option<&'s str>,
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
    /// What was not looked at.
    pub unseen: Unseen,
}

/// What a search did not look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Unseen {
    /// Machines of which not all conversations were listed.
    pub machines: usize,
    /// Conversations that were listed, and not read to their end because the search was over.
    pub conversations: usize,
    /// Conversations that could not be read.
    pub unread: usize,
}

impl Also {
    /// Searches what was said.
    pub fn search(&self, sought: &Sought) -> Finding<'_> {
        let (all, mut finding) = self.list(sought);
        let mut left = all.len();
        for (machine, head) in all {
            if finding.is_over(sought) {
                break;
            }
            if finding.search(machine, &head, sought) {
                left -= 1;
            }
        }
        finding.unseen.conversations = left;
        finding
    }

    /// The conversations that are to be searched. That takes half of the time at most.
    fn list(&self, sought: &Sought) -> (Vec<(&Other, Head)>, Finding<'_>) {
        let now = Instant::now();
        let until = now + sought.until.saturating_duration_since(now) / 2;
        let (mut all, mut finding) = (Vec::new(), Finding::default());
        let is_wanted = |one: &&Other| {
            sought.machine.is_none_or(|id| one.id() == id)
                && sought.owner.is_none_or(|owner| one.owner() == Some(owner))
        };
        for machine in self.machines.iter().filter(is_wanted) {
            match list_one(machine, sought.project, until, &mut all) {
                Ok(()) => {}
                Err(Error::Limited(_)) => {
                    finding.is_late = true;
                    finding.unseen.machines += 1;
                }
                Err(_) => finding.unseen.machines += 1,
            }
        }
        all.sort_by(|(_, a), (_, b)| b.started_at.cmp(&a.started_at).then_with(|| a.id.cmp(&b.id)));
        (all, finding)
    }
}

/// Adds the conversations of a machine of which there are lines.
fn list_one<'a>(
    machine: &'a Other,
    project: Option<&str>,
    until: Instant,
    all: &mut Vec<(&'a Other, Head)>,
) -> Result<()> {
    if Instant::now() > until {
        return Err(Error::Limited("the time is over".into()));
    }
    let talks: HashSet<String> = machine.talks()?.into_iter().collect();
    machine.heads_until(Some(until), &mut |head| {
        let is_of = project.is_none_or(|project| head.project.as_deref() == Some(project));
        if is_of && talks.contains(&head.id) {
            all.push((machine, head));
        }
        Ok(())
    })
}

impl<'a> Finding<'a> {
    /// Notes whether one of the bounds is met.
    fn is_over(&mut self, sought: &Sought) -> bool {
        self.is_cut = self.hits.len() >= sought.most;
        let is_late = Instant::now() > sought.until;
        self.is_late |= is_late;
        self.is_cut || is_late
    }

    /// Searches a conversation; whether it was read to its end, or as far as that is possible.
    fn search(&mut self, machine: &'a Other, head: &Head, sought: &Sought) -> bool {
        let read = machine.talk_until(Some(sought.until), &head.id, &mut |row| {
            if self.is_over(sought) {
                return Err(Error::Limited("enough".into()));
            }
            if let Some(parts) = parts(row, sought.words) {
                let (entry, kind, at) = (row.id.clone(), row.kind.clone().unwrap_or_default(), row.at.clone());
                self.hits.push(Found { machine, head: head.clone(), entry, kind, at, parts });
            }
            Ok(())
        });
        match read {
            Ok(()) => true,
            Err(Error::Limited(_)) => {
                self.is_over(sought);
                false
            }
            Err(_) => {
                self.unseen.unread += 1;
                true
            }
        }
    }
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
