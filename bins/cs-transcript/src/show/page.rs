//! Owns how conversations are read on a terminal: laid out for its width, through a pager.

use super::{Seen, Show, tell_unread};
use agents::entry::{Kind, Source};
use agents::part::{Part, PartKind};
use cli::{Context, Out, Outcome, terminal};
use conversations::{Conversation, Cursor, Heading, MAIN, Step, Wish};
use cs_core::clock;
use cs_core::zone::Zone;
use render::{READABLE, Readable, Reading, Style, StyledLine, format_local_minute};

/// The width of a text that no terminal shows, and the widest that is easy to read.
const WIDTH: usize = 80;
const WIDEST: usize = 100;

/// Shows the conversations, one after the other.
pub fn run(context: &mut Context, show: &Show, all: &[Conversation]) -> Outcome<()> {
    context.out.begin_page();
    let mut seen = Seen::default();
    let done = all.iter().try_for_each(|one| read(context, show, one, &mut seen));
    context.out.end_page();
    done?;
    seen.check(show, all)
}

fn read(context: &mut Context, show: &Show, one: &Conversation, seen: &mut Seen) -> Outcome<()> {
    let mut page = Page::new(show);
    page.head(context, one)?;
    let mut cursor = Cursor::new(one);
    let all = show.all(&page.wish);
    let mut read = Ok(Step::More);
    while let Ok(Step::More) = read {
        read = cursor.step(&all, &mut |part| {
            if seen.is_wanted(part, &page.wish) {
                page.add(part);
            }
        });
        page.print(context)?;
    }
    cursor.close(&all, &mut |part| {
        if seen.is_wanted(part, &page.wish) {
            page.add(part);
        }
    });
    page.end(context)?;
    tell_unread(&cursor, 0);
    Ok(())
}

fn width() -> usize {
    terminal::width().unwrap_or(WIDTH).min(WIDEST)
}

fn painted(line: &StyledLine, out: &Out) -> String {
    line.iter().map(|(text, style)| out.paint.paint(text, *style)).collect()
}

/// A conversation that is laid out.
pub struct Page {
    /// Which parts are shown.
    pub wish: Wish,
    readable: Readable<'static>,
    lines: Vec<StyledLine>,
    /// Whether of what was put in only the tasks of subagents are shown.
    only_tasks: bool,
}

impl Page {
    /// For the terminal, or the width that a person wants.
    pub fn new(show: &Show) -> Page {
        let mut wish = show.wish(Some(MAIN));
        let only_tasks = !wish.kinds.contains(&PartKind::Injected);
        if wish.kinds.is_empty() {
            wish.kinds = READABLE.to_vec();
            wish.kinds.push(PartKind::Injected);
        }
        // A result tells how a call ended.
        if wish.kinds.contains(&PartKind::Call) && !wish.kinds.contains(&PartKind::Result) {
            wish.kinds.push(PartKind::Result);
        }
        let how = Reading { width: width(), is_full: show.full, is_raw: show.raw, zone: Zone::system() };
        Page { wish, readable: Readable::new(how), lines: Vec::new(), only_tasks }
    }

    /// For single entries, with all that they say.
    pub fn of_entry(is_raw: bool) -> Page {
        let how = Reading { width: width(), is_full: true, is_raw, zone: Zone::system() };
        Page { wish: Wish::default(), readable: Readable::new(how), lines: Vec::new(), only_tasks: false }
    }

    /// The lines of a part.
    pub fn text_of(&mut self, part: &Part, out: &Out) -> String {
        self.readable.add(part, &mut self.lines);
        self.text(out)
    }

    /// The lines of the calls that have no result.
    pub fn rest_of(&mut self, out: &Out) -> String {
        self.readable.finish(&mut self.lines);
        self.text(out)
    }

    fn text(&mut self, out: &Out) -> String {
        let lines = std::mem::take(&mut self.lines);
        lines.iter().map(|line| format!("{}\n", painted(line, out))).collect()
    }

    /// What the conversation is.
    pub fn head(&mut self, context: &mut Context, one: &Conversation) -> Outcome<()> {
        let heading = Heading::read(&context.store, one)?;
        let about = &heading.about;
        let at = about.first_at.and_then(clock::from_millis).map(|at| format_local_minute(at, Zone::system()));
        let place = match about.branch.as_deref().filter(|branch| !branch.is_empty()) {
            Some(branch) => about.cwd.as_ref().map(|cwd| format!("{cwd} ({branch})")),
            None => about.cwd.clone(),
        };
        let client = [Some(one.agent.program()), about.client.as_deref()].into_iter().flatten().collect::<Vec<_>>();
        let title = heading.title.as_deref().unwrap_or("(no title)");
        let session = heading.session_ids.last().map(String::as_str).unwrap_or_default();
        let words: Vec<String> =
            [Some(client.join(" ")), at, place].into_iter().flatten().filter(|word| !word.is_empty()).collect();
        let texts = [(title, Style::Strong), (words.join(" · ").as_str(), Style::Dim)]
            .map(|(text, style)| (text.to_string(), style));
        for (text, style) in texts {
            self.lines.push(vec![(render::cut_to_width(&cli::sanitize(&text), width()), style)]);
        }
        self.lines
            .push(vec![(render::cut_to_width(format!("{} {session}", one.uuid).trim_end(), width()), Style::Dim)]);
        if let Some(from) = &about.forked_from {
            self.lines.push(vec![(format!("begins as a copy of {}", cli::sanitize(from)), Style::Dim)]);
        }
        self.lines.push(Vec::new());
        self.print(context)
    }

    /// Lays out a part.
    pub fn add(&mut self, part: &Part) {
        let is_task = matches!(part.entry.kind, Kind::Injected(_, Source::Task));
        if part.kind == PartKind::Injected && self.only_tasks && !is_task {
            return;
        }
        self.readable.add(part, &mut self.lines);
    }

    /// Prints what was laid out.
    pub fn print(&mut self, context: &mut Context) -> Outcome<()> {
        for line in self.lines.drain(..) {
            let text = painted(&line, &context.out);
            context.out.line(&text)?;
        }
        Ok(())
    }

    /// Prints the rest.
    pub fn end(&mut self, context: &mut Context) -> Outcome<()> {
        self.readable.finish(&mut self.lines);
        self.print(context)?;
        context.out.flush()
    }
}
