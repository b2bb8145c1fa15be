//! Owns how hits are shown to people: by conversation, with what was found marked, and the command that continues it.

use crate::found::resume;
use cli::{Out, Outcome, sanitize, terminal};
use conversations::Catalog;
use conversations::search::Hit;
use cs_core::id::short_uuid;
use cs_core::zone::Zone;
use render::{Style, cut_to_width, format_local_minute, format_number, width_of, wrap_to_width};
use std::collections::HashSet;

/// The conversation whose hits are being shown.
pub struct Group<'c> {
    /// Starts of ids that several conversations have.
    ambiguous: HashSet<&'c str>,
    id: Option<(Option<String>, Option<String>)>,
    /// What is shown below its hits.
    resume: Option<String>,
}

/// Where the text of a hit begins.
const INDENT: usize = 2;

impl<'c> Group<'c> {
    pub fn new(catalog: &'c Catalog) -> Self {
        let mut known = HashSet::new();
        let shorts = catalog.conversations.iter().map(|one| short_uuid(&one.uuid));
        Group { ambiguous: shorts.filter(|short| !known.insert(*short)).collect(), id: None, resume: None }
    }

    /// Prints a hit, below its conversation.
    pub fn print(&mut self, out: &mut Out, hit: &Hit) -> Outcome<()> {
        let id = Some((hit.conversation.clone(), hit.session_id.clone()));
        if self.id != id {
            let is_first = self.id.is_none();
            self.end(out)?;
            if !is_first {
                out.line("")?;
            }
            out.line(&self.heading(out, hit))?;
            (self.id, self.resume) = (id, resume(hit));
        }
        out.line(&about(out, hit))?;
        snippet(out, hit).iter().try_for_each(|line| out.line(line))?;
        match hit.more {
            0 => Ok(()),
            more => out.line(&format!("  {}", out.styled(&format!("{} more here", format_number(more)), Style::Dim))),
        }
    }

    /// Ends the conversation.
    pub fn end(&mut self, out: &mut Out) -> Outcome<()> {
        match self.resume.take() {
            Some(command) => out.line(&format!("  {}", out.styled(&command, Style::Dim))),
            None => Ok(()),
        }
    }

    /// The title, the project and the id, in one line of the terminal.
    fn heading(&self, out: &Out, hit: &Hit) -> String {
        let id = match (hit.conversation.as_deref(), hit.session_id.as_deref()) {
            (Some(uuid), _) if !self.ambiguous.contains(short_uuid(uuid)) => short_uuid(uuid),
            (uuid, session) => uuid.or(session).unwrap_or_default(),
        };
        let details: Vec<&str> = hit.project.as_deref().into_iter().chain(Some(id)).collect();
        let details = details.join("  ");
        let Some(title) = hit.title.as_deref() else { return out.styled(&cut(&details, 0), Style::Dim) };
        let title = cut(&sanitize(title), width_of(&details) + 2);
        format!("{}  {}", out.styled(&title, Style::Strong), out.styled(&details, Style::Dim))
    }
}

/// What kind of entry it is, and when it was.
fn about(out: &Out, hit: &Hit) -> String {
    let at = hit.at.map(|at| format_local_minute(at, Zone::system()));
    let turn = hit.turn.filter(|turn| *turn > 0).map(|turn| format!("turn {turn}"));
    let thread = Some(hit.thread.clone()).filter(|thread| thread != conversations::MAIN);
    let words = [at, Some(hit.kind.to_string()), turn, Some(hit.entry.clone()), thread];
    let text = words.into_iter().flatten().collect::<Vec<_>>().join("  ");
    format!("  {}", out.styled(&cut(&text, INDENT), Style::Dim))
}

/// What fits the terminal behind so many other characters.
fn cut(text: &str, others: usize) -> String {
    terminal::width().map_or_else(|| text.to_string(), |width| cut_to_width(text, width.saturating_sub(others).max(10)))
}

/// The snippet in lines that fit the terminal, with what was found marked.
fn snippet(out: &Out, hit: &Hit) -> Vec<String> {
    let room = terminal::width().map(|width| width.saturating_sub(2 * INDENT).max(20));
    let mut lines = Vec::new();
    let mut begin = 0;
    for line in hit.snippet.text.split('\n') {
        let (mut at, shown) = (begin, sanitize(line));
        // Wrapping leaves out spaces at the ends of lines only.
        let rest: Vec<char> = shown.chars().collect();
        let wrapped = room.map_or_else(|| vec![shown.clone()], |room| wrap_to_width(&shown, room));
        for part in wrapped {
            let skipped = skip(rest.get(at - begin..).unwrap_or_default(), &part);
            at += skipped;
            lines.push(format!("{}{}", " ".repeat(2 * INDENT), marked(out, &part, at, &hit.snippet.spans)));
            at += part.chars().count();
        }
        begin += line.chars().count() + 1;
    }
    lines
}

/// How many characters stand before a part that follows.
fn skip(rest: &[char], part: &str) -> usize {
    let first = part.chars().next();
    rest.iter().position(|c| first.is_none_or(|first| first == *c)).unwrap_or(0)
}

/// A part of the snippet that begins at this character, with the spans marked.
fn marked(out: &Out, part: &str, at: usize, spans: &[(usize, usize)]) -> String {
    let is_found = |n: usize| spans.iter().any(|(start, end)| (*start..*end).contains(&(at + n)));
    let mut text = String::new();
    let mut run = (String::new(), false);
    for (n, c) in part.chars().enumerate() {
        if is_found(n) != run.1 {
            text.push_str(&painted(out, &run));
            run = (String::new(), is_found(n));
        }
        run.0.push(c);
    }
    text + &painted(out, &run)
}

fn painted(out: &Out, (text, is_found): &(String, bool)) -> String {
    out.paint.paint(text, if *is_found { Style::Turn } else { Style::Plain })
}
