//! Owns what the screen looks like. Must stay true: text of a record reaches the screen only through `sanitize`, and
//! colours are those of the terminal's own palette, readable on dark and light.

use crate::facts::Facts;
use crate::layout::{Columns, Item};
use crate::view::{Mode, View};
use cli::sanitize;
use cs_core::board::Group;
use cs_core::clock::Instant;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;
use render::{cut_to_width, width_of, wrap_to_width};

/// A row, ready to be drawn.
#[derive(Clone, Debug)]
pub struct Row {
    /// The state as lists show it, and its look.
    pub label: String,
    pub style: render::Style,
    pub age: String,
    pub project: String,
    pub intent: String,
    pub facts: Facts,
}

/// The whole screen.
#[derive(Debug)]
pub struct Screen<'a> {
    pub view: &'a View,
    pub columns: Columns,
    /// The visible items, with the rows among them.
    pub items: Vec<(Item, Option<Row>)>,
    /// How many sessions each group has.
    pub counts: Vec<(Group, usize)>,
    /// Lines instead of a list, if there is none.
    pub instead: Vec<String>,
    /// The local time.
    pub time: String,
    /// What is wrong, and how to see more.
    pub trouble: Option<String>,
}

const DIM: Style = Style::new().add_modifier(Modifier::DIM);
const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);

/// The help, as keys and what they do.
pub const KEYS: [(&str, &str); 14] = [
    ("j k ↑ ↓", "next and previous session"),
    ("g G", "first and last"),
    ("space PgUp", "one screen down and up"),
    ("Enter", "jump to its terminal"),
    ("o", "open it here, once it has ended"),
    ("r", "resume it as a new session"),
    ("p", "park it, and say why"),
    ("c", "complete it, and say what came of it"),
    ("n", "add a note to its timeline"),
    ("/", "show only sessions with a text"),
    ("f", "show only its project, or all again"),
    ("Esc", "show all"),
    ("?", "these keys"),
    ("q", "quit"),
];

/// Draws the screen.
pub fn draw(screen: &Screen, area: Rect, buffer: &mut Buffer) {
    if area.height < 3 || area.width < 10 {
        return;
    }
    let line = |y: u16, height: u16| Rect { x: area.x, y: area.y + y, width: area.width, height };
    header(screen).render(line(0, 1), buffer);
    let body = line(1, area.height - 2);
    match screen.view.mode {
        Mode::Help => draw_help(body, buffer),
        _ if screen.items.is_empty() => draw_lines(&screen.instead, body, buffer),
        _ => draw_items(screen, body, buffer),
    }
    footer(screen, usize::from(area.width)).render(line(area.height - 1, 1), buffer);
}

fn header(screen: &Screen) -> Line<'static> {
    let mut spans = vec![Span::styled(screen.time.clone(), DIM)];
    let view = screen.view;
    for (group, count) in &screen.counts {
        let style = if *group == Group::NeedsUser { look(render::Style::Turn) } else { Style::new() };
        spans.push(Span::raw("  "));
        spans.push(Span::styled(format!("{} {count}", group.title()), style));
    }
    let only = view.project.iter().map(|project| format!("  project {}", sanitize(project)));
    let text = Some(&view.filter).filter(|text| !text.is_empty()).map(|text| format!("  with “{}”", sanitize(text)));
    spans.extend(only.chain(text).map(|text| Span::styled(text, BOLD)));
    Line::from(spans)
}

fn footer(screen: &Screen, width: usize) -> Line<'static> {
    if let Mode::Typing(question, text) = &screen.view.mode {
        let prompt = question.prompt();
        // The end of a long text is what the user sees.
        let room = width.saturating_sub(prompt.len() + 1);
        let text = sanitize(text);
        let skipped = text.chars().count().saturating_sub(room);
        let text: String = text.chars().skip(skipped).collect();
        return Line::from(vec![Span::styled(prompt, BOLD), Span::raw(text), Span::styled("▏", BOLD)]);
    }
    if let Some(message) = &screen.view.message {
        return Line::styled(sanitize(message), BOLD);
    }
    if let Some(trouble) = &screen.trouble {
        return Line::styled(sanitize(trouble), look(render::Style::Wrong));
    }
    let hints = "Enter jump  o open  p park  c complete  n note  / filter  ? help  q quit";
    let short = "Enter jump  p park  ? help  q quit";
    Line::styled(if width >= hints.len() { hints } else { short }, DIM)
}

fn draw_help(area: Rect, buffer: &mut Buffer) {
    let two = area.height < KEYS.len() as u16 && area.width >= 76;
    for (n, (keys, what)) in (0u16..).zip(KEYS) {
        let rows = if two { (KEYS.len() as u16).div_ceil(2) } else { KEYS.len() as u16 };
        let (x, y) = (n / rows * (area.width / 2), n % rows);
        if y < area.height {
            let line = Line::from(vec![Span::styled(format!("{keys:<11}"), BOLD), Span::raw(what)]);
            line.render(Rect { x: area.x + x, y: area.y + y, width: area.width - x, height: 1 }, buffer);
        }
    }
}

fn draw_lines(lines: &[String], area: Rect, buffer: &mut Buffer) {
    let wrapped = lines.iter().flat_map(|line| wrap_to_width(&sanitize(line), usize::from(area.width)));
    for (y, line) in (0..area.height).zip(wrapped) {
        Line::raw(line).render(Rect { y: area.y + y, height: 1, ..area }, buffer);
    }
}

fn draw_items(screen: &Screen, area: Rect, buffer: &mut Buffer) {
    let mut y = 0;
    let mut put = |line: Line<'static>, style: Style| {
        if y < area.height {
            let area = Rect { y: area.y + y, height: 1, ..area };
            line.render(area, buffer);
            buffer.set_style(area, style);
        }
        y += 1;
    };
    for (item, row) in &screen.items {
        match (item, row) {
            (Item::Title(group, count), _) => {
                put(Line::styled(format!("{} {count}", group.title()), DIM), Style::new())
            }
            (Item::Row(number), Some(row)) => {
                let is_selected = *number == screen.view.row;
                let style = if is_selected { Style::new().add_modifier(Modifier::REVERSED) } else { Style::new() };
                let mut cells = vec![Span::raw(if is_selected { ">" } else { " " })];
                cells.extend(figures(row, &screen.columns));
                if screen.columns.is_two_lines {
                    put(Line::from(cells), style);
                    cells = vec![Span::raw("   ")];
                }
                cells.extend(words(row, screen.columns.words));
                put(Line::from(cells), style);
            }
            (Item::Row(_), None) => {}
        }
    }
}

/// The cells before the words.
fn figures(row: &Row, columns: &Columns) -> Vec<Span<'static>> {
    let cells = [
        (columns.state, &row.label, false, look(row.style)),
        (columns.age, &row.age, true, Style::new()),
        (columns.project, &row.project, false, BOLD),
        (columns.tasks, &row.facts.tasks, true, DIM),
        (columns.context, &row.facts.context, true, DIM),
        (columns.cost, &row.facts.cost, true, DIM),
    ];
    let shown = cells.into_iter().filter(|(width, ..)| *width > 0);
    shown
        .map(|(width, text, is_number, style)| {
            let cell = fit_cell(&sanitize(text), width, is_number);
            Span::styled(format!("{cell} "), style)
        })
        .collect()
}

/// What the session says, and what it is for, if there is room for both.
fn words(row: &Row, width: usize) -> Vec<Span<'static>> {
    let (news, intent) = (sanitize(&row.facts.news), sanitize(&row.intent));
    let style = look(row.facts.style);
    if news.is_empty() || news == intent {
        return vec![Span::raw(fit_cell(&intent, width, false))];
    }
    let wanted = width_of(&news);
    // The intent is shortened first, down to a third.
    let left = width.saturating_sub(3 + wanted.min(width * 2 / 3));
    if width_of(&intent) <= left || left >= 12 {
        let intent = fit_cell(&intent, left.min(width_of(&intent)), false);
        let rest = width.saturating_sub(3 + width_of(&intent));
        return vec![Span::raw(intent), Span::styled(" · ", DIM), Span::styled(fit_cell(&news, rest, false), style)];
    }
    vec![Span::styled(fit_cell(&news, width, false), style)]
}

/// A text of exactly `width` columns, on the right for numbers.
fn fit_cell(text: &str, width: usize, is_number: bool) -> String {
    let text = cut_to_width(text, width);
    let spaces = " ".repeat(width.saturating_sub(width_of(&text)));
    if is_number { spaces + &text } else { text + &spaces }
}

/// A look of the lists, in the words of this screen.
fn look(style: render::Style) -> Style {
    match style {
        render::Style::Plain => Style::new(),
        render::Style::Strong => BOLD,
        render::Style::Dim => DIM,
        render::Style::Asking => Style::new().fg(Color::Black).bg(Color::Yellow),
        render::Style::Turn => BOLD.fg(Color::Magenta),
        render::Style::Busy => Style::new().fg(Color::Cyan),
        render::Style::Wrong => Style::new().fg(Color::Red),
        render::Style::Good => Style::new().fg(Color::Green),
    }
}

/// The age of a state.
pub fn age(since: Option<Instant>, now: Instant) -> String {
    since.map(|since| render::format_age_cell(since, now)).unwrap_or_default()
}
