//! Owns which turns of a conversation are shown (the first, the last, then those with the most signal, within the word
//! budget) and how they look. Must stay true: texts are masked before they are cut, so that no half of a secret is left;
//! memory does not grow with the conversation.
//!
//! The signal does not depend on the language: commits weigh most, then questions to the person, edits, interrupts,
//! failures, and a little the length of the texts.

use crate::excerpt::{cut, words};
use crate::transcript::{self, Summary, Turn};
use agents::Agent;
use reports::{Records, Replaced};
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The fields of a turn, in the ledger.
const PROMPT: &str = "prompt";
const ANSWER: &str = "answer";
/// Longest prompt and longest answer, in words.
const PROMPT_WORDS: usize = 80;
const ANSWER_WORDS: usize = 160;
/// A turn is not cut to fewer words than this, but left out.
const LEAST_WORDS: usize = 20;
/// Maximum number of turns that are kept, besides the first and the last.
const KEPT: usize = 64;

/// The chosen turns, in their order.
pub struct Highlights {
    turns: Vec<Turn>,
    pub summary: Summary,
}

/// A turn with its number in the conversation.
type Numbered = (usize, Turn);

/// Reads a transcript and chooses turns; `None` if it has none.
pub fn choose(path: &Path, agent: Agent, budget: usize, records: &mut Records) -> io::Result<Option<Highlights>> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path)?;
    if !file.metadata()?.is_file() {
        return Ok(None);
    }
    let mut seen = Seen::default();
    let summary = transcript::read(file, agent, |turn| seen.take(mask_and_cut(turn, records)))?;
    let turns = seen.chosen(budget);
    turns.iter().for_each(|turn| count(turn, records));
    Ok((!turns.is_empty()).then_some(Highlights { turns, summary }))
}

/// Masks the texts of a turn, then cuts them.
fn mask_and_cut(mut turn: Turn, records: &mut Records) -> Turn {
    turn.replaced = records.replace(PROMPT, &mut turn.prompt);
    turn.replaced.extend(records.replace(ANSWER, &mut turn.answer));
    let mut known = Vec::new();
    turn.replaced.retain(|one| {
        !known.contains(one) && {
            known.push(one.clone());
            true
        }
    });
    turn.prompt = cut(&turn.prompt, PROMPT_WORDS);
    turn.answer = cut(&turn.answer, ANSWER_WORDS);
    turn
}

/// Counts what is masked in the part of a turn that is shown.
fn count(turn: &Turn, records: &mut Records) {
    for (field, text) in [(PROMPT, &turn.prompt), (ANSWER, &turn.answer)] {
        let times = |replaced: &Replaced| text.matches(replaced.placeholder.as_str()).count() as u64;
        for (replaced, times) in turn.replaced.iter().map(|one| (one, times(one))).filter(|(_, times)| *times > 0) {
            records.count(field, replaced, times);
        }
    }
}

/// The turns to choose from: a bounded number, however long the conversation is.
#[derive(Default)]
struct Seen {
    count: usize,
    first: Option<Numbered>,
    last: Option<Numbered>,
    best: Vec<(usize, Numbered)>,
}

impl Seen {
    fn take(&mut self, turn: Turn) {
        let number = self.count;
        self.count += 1;
        if self.first.is_none() {
            self.first = Some((number, turn));
        } else if let Some(before) = self.last.replace((number, turn)) {
            self.keep(before);
        }
    }

    fn keep(&mut self, turn: Numbered) {
        self.best.push((signal(&turn.1), turn));
        if self.best.len() > 2 * KEPT {
            self.rank();
        }
    }

    /// Sorts by signal, strongest first and earlier turns before later ones, and drops the rest.
    fn rank(&mut self) {
        self.best.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.0.cmp(&b.1.0)));
        self.best.truncate(KEPT);
    }

    /// Returns as many turns as fit the budget, in their order.
    fn chosen(mut self, budget: usize) -> Vec<Turn> {
        self.rank();
        let ends = if self.last.is_some() { 2 } else { 1 };
        let mut left = budget;
        let mut taken: Vec<Numbered> = Vec::new();
        for (number, mut turn) in [self.first, self.last].into_iter().flatten() {
            fit(&mut turn, budget / ends);
            left = left.saturating_sub(cost(&turn));
            taken.push((number, turn));
        }
        for (_, (number, mut turn)) in self.best {
            if left < LEAST_WORDS {
                break;
            }
            fit(&mut turn, left);
            left = left.saturating_sub(cost(&turn));
            taken.push((number, turn));
        }
        taken.sort_by_key(|(number, _)| *number);
        taken.into_iter().map(|(_, turn)| turn).collect()
    }
}

fn cost(turn: &Turn) -> usize {
    words(&turn.prompt) + words(&turn.answer)
}

/// Cuts a turn to `most` words. The prompt gets half of them, or what the answer leaves.
fn fit(turn: &mut Turn, most: usize) {
    if cost(turn) > most {
        let answer = words(&turn.answer);
        turn.prompt = cut(&turn.prompt, (most / 2).max(most.saturating_sub(answer)));
        turn.answer = cut(&turn.answer, most.saturating_sub(words(&turn.prompt)));
    }
}

fn signal(turn: &Turn) -> usize {
    let said = (words(&turn.prompt) / 20).min(3) + (words(&turn.answer) / 40).min(3);
    12 * turn.commits.min(3)
        + 6 * turn.questions.min(3)
        + 3 * turn.edits.min(8)
        + 4 * usize::from(turn.interrupted)
        + 2 * turn.failures.min(3)
        + said
}

impl Highlights {
    /// The number of turns that are shown.
    pub fn len(&self) -> usize {
        self.turns.len()
    }

    /// Renders a section in Markdown.
    pub fn markdown(&self) -> String {
        let all = self.summary.turns;
        let of = match self.turns.len() {
            shown if shown == all => format!("{shown} of {}.", render::format_quantity(all as u64, "turn")),
            shown => format!("{shown} of {all} turns: the first, the last, and those in which most happened."),
        };
        let turns: String = self.turns.iter().map(section).collect();
        format!("\n## Conversation\n\n{of}\n{turns}")
    }
}

fn section(turn: &Turn) -> String {
    let title = if turn.at.is_empty() {
        "Turn".to_string()
    } else {
        render::escape_markdown_line(&render::format_time(&turn.at))
    };
    let mut out = format!("\n### {title}\n\n> {}\n", render::escape_markdown_text(&turn.prompt, "> "));
    if !turn.answer.is_empty() {
        out.push_str(&format!("\n{}\n", render::escape_markdown_text(&turn.answer, "")));
    }
    let facts = facts(turn);
    if !facts.is_empty() {
        out.push_str(&format!("\n*{}*\n", facts.join(", ")));
    }
    out
}

fn facts(turn: &Turn) -> Vec<String> {
    let counted = |count: usize, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {many}")),
    };
    let facts = [
        counted(turn.edits, "edit", "edits"),
        counted(turn.commits, "commit", "commits"),
        counted(turn.questions, "question", "questions"),
        counted(turn.failures, "failure", "failures"),
        turn.interrupted.then(|| "interrupted".to_string()),
    ];
    facts.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(number: usize, edits: usize) -> Turn {
        Turn { prompt: format!("prompt {number}"), answer: "word ".repeat(10).trim().into(), edits, ..Turn::default() }
    }

    fn prompts(turns: &[Turn]) -> Vec<&str> {
        turns.iter().map(|turn| turn.prompt.as_str()).collect()
    }

    #[test]
    fn first_and_last_turns_win_over_signal() {
        let seen = || {
            let mut seen = Seen::default();
            (0..1000).for_each(|number| seen.take(turn(number, if number == 700 { 5 } else { number % 2 })));
            seen
        };
        assert_eq!(prompts(&seen().chosen(36)), ["prompt 0", "prompt 999"]);
        assert_eq!(prompts(&seen().chosen(50)), ["prompt 0", "prompt 700", "prompt 999"]);
        assert!(seen().chosen(600).iter().map(cost).sum::<usize>() <= 600);
        assert!(seen().chosen(10).iter().map(cost).sum::<usize>() <= 12, "a cut costs a sign");
        assert!(seen().best.len() <= 2 * KEPT);
    }

    #[test]
    fn one_turn_is_shown_once() {
        let mut seen = Seen::default();
        seen.take(turn(0, 0));
        assert_eq!(seen.chosen(100).len(), 1);
        assert!(Seen::default().chosen(100).is_empty());
    }
}
