//! Owns what the screen looks like. Must stay true: text of a record reaches the screen only through `sanitize`, and
//! colours are those of the terminal's own palette, readable on dark and light.

use crate::facts::Facts;
use crate::layout::{Columns, Item};
use crate::view::{Mode, Question, View};
use cli::sanitize;
use cs_core::board::Group;
use cs_core::clock::Instant;
use cs_core::id::SessionId;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;
use render::{cut_to_width, width_of, wrap_indented, wrap_to_width};

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
    /// How many of the shown sessions each group has.
    pub counts: Vec<(Group, usize)>,
    /// How many sessions of hidden projects need the user.
    pub hidden: usize,
    /// Lines instead of a list, if there is none.
    pub instead: Vec<String>,
    /// The local time.
    pub time: String,
    /// What is wrong, and how to see more.
    pub trouble: Option<String>,
}

const DIM: Style = Style::new().add_modifier(Modifier::DIM);
const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);

/// Maximum number of lines of a message.
const MESSAGE: usize = 3;

/// The lines at the foot of a screen of this width: what is typed, the result of the last action, what is wrong, or keys.
pub fn foot(view: &View, trouble: Option<&str>, width: usize) -> Vec<Line<'static>> {
    if let Mode::Typing(question, input) = &view.mode {
        let about = question.session().map(|id| format!("{}  ", short(id))).unwrap_or_default();
        let prompt = cut_to_width(question.prompt(), width / 2);
        let about = if width_of(&about) + width_of(&prompt) > width / 2 { String::new() } else { about };
        let (text, at) = input.visible(width.saturating_sub(width_of(&about) + width_of(&prompt) + 1));
        // Control characters were replaced when they were typed, the others here, by characters of the same width.
        let text = sanitize(&text);
        let split = text.char_indices().map(|(i, _)| i).find(|i| width_of(text.get(..*i).unwrap_or_default()) >= at);
        let (before, after) = text.split_at_checked(split.unwrap_or(text.len())).unwrap_or_default();
        let mut rest = after.chars();
        let cursor = rest.next().map_or(" ".to_string(), String::from);
        let reversed = Style::new().add_modifier(Modifier::REVERSED);
        return vec![Line::from(vec![
            Span::styled(about, DIM),
            Span::styled(prompt, BOLD),
            Span::raw(before.to_string()),
            Span::styled(cursor, reversed),
            Span::raw(rest.collect::<String>()),
        ])];
    }
    let said = view.message.as_deref().map(|text| (text, BOLD));
    if let Some((text, style)) = said.or(trouble.map(|text| (text, look(render::Style::Wrong)))) {
        let lines = wrap_to_width(&sanitize(text), width).into_iter().take(MESSAGE);
        return lines.map(|line| Line::styled(line, style)).collect();
    }
    vec![Line::styled(hints(view, width), DIM)]
}

/// The most useful keys that fit.
fn hints(view: &View, width: usize) -> &'static str {
    let is_filtered = !view.filter.is_empty() || view.project.is_some();
    let all: &[&str] = match &view.mode {
        Mode::Text(..) => &["j k scroll  / find  n N next, previous  Esc back", "j k scroll  Esc back"],
        _ if is_filtered => &["Esc shows all  Enter jump  p park  ? help  q quit", "Esc all  ? help  q quit"],
        _ => &[
            "Enter jump  o open  s show  p park  c complete  n note  / filter  ? help  q quit",
            "Enter jump  s show  p park  ? help  q quit",
            "Enter jump  ? help  q quit",
        ],
    };
    all.iter().copied().find(|text| text.len() <= width).or(all.last().copied()).unwrap_or_default()
}

/// The end of an id, which names the session everywhere.
fn short(id: &SessionId) -> String {
    id.as_str().rsplit('_').next().unwrap_or_default().to_string()
}

/// Draws the screen.
pub fn draw(screen: &Screen, area: Rect, buffer: &mut Buffer) {
    if area.height < 3 || area.width < 10 {
        return;
    }
    let width = usize::from(area.width);
    let foot = foot(screen.view, screen.trouble.as_deref(), width);
    let low = u16::try_from(foot.len()).unwrap_or(1).min(area.height - 2);
    let line = |y: u16, height: u16| Rect { x: area.x, y: area.y + y, width: area.width, height };
    header(screen, width).render(line(0, 1), buffer);
    let body = line(1, area.height - 1 - low);
    match &screen.view.mode {
        Mode::Text(lines, first) | Mode::Typing(Question::Find(lines, first), _) => {
            draw_lines(lines.get(*first..).unwrap_or_default(), body, buffer)
        }
        _ if screen.items.is_empty() => draw_lines(&screen.instead, body, buffer),
        _ => draw_items(screen, body, buffer),
    }
    for (y, text) in (0..low).zip(foot) {
        text.render(line(area.height - low + y, 1), buffer);
    }
}

fn header(screen: &Screen, width: usize) -> Line<'static> {
    let mut spans = vec![Span::styled(screen.time.clone(), DIM)];
    let view = screen.view;
    for (group, count) in &screen.counts {
        let style = if *group == Group::NeedsUser { look(render::Style::Turn) } else { Style::new() };
        spans.push(Span::raw("  "));
        spans.push(Span::styled(format!("{} {count}", group.title()), style));
    }
    if screen.hidden > 0 {
        spans.push(Span::styled(format!("  hidden, but needs you {}", screen.hidden), look(render::Style::Turn)));
    }
    let only = view.project.iter().map(|project| format!("  project {}", sanitize(project)));
    let text = Some(&view.filter).filter(|text| !text.is_empty()).map(|text| format!("  with “{}”", sanitize(text)));
    spans.extend(only.chain(text).map(|text| Span::styled(text, BOLD)));
    let id = view.selected.as_ref().map(short).unwrap_or_default();
    let used: usize = spans.iter().map(Span::width).sum();
    if used + 2 + width_of(&id) <= width {
        let spaces = " ".repeat(width - used - width_of(&id));
        spans.extend([Span::raw(spaces), Span::styled(id, DIM)]);
    }
    Line::from(spans)
}

fn draw_lines(lines: &[String], area: Rect, buffer: &mut Buffer) {
    let wrapped = lines.iter().flat_map(|line| wrap_indented(&sanitize(line), usize::from(area.width)));
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
                // A bar of one colour: the looks of the cells would tear it apart.
                let plain = |span: Span<'static>| if is_selected { Span::raw(span.content) } else { span };
                let mut cells = vec![Span::raw(if is_selected { ">" } else { " " })];
                cells.extend(figures(row, &screen.columns).into_iter().map(plain));
                if screen.columns.is_two_lines {
                    put(Line::from(cells), style);
                    cells = vec![Span::raw("   ")];
                }
                cells.extend(words(row, screen.columns.words).into_iter().map(plain));
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
        (columns.alarms, &row.facts.alarms, true, look(render::Style::Wrong)),
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

/// What the session is for and what it says. Where both do not fit, a question, a failure or last words make the intent
/// shorter; everything else fills the room that the intent leaves.
fn words(row: &Row, width: usize) -> Vec<Span<'static>> {
    let (news, intent) = (sanitize(&row.facts.news), sanitize(&row.intent));
    let style = look(row.facts.style);
    let (wanted, whole) = (width_of(&news), width_of(&intent));
    let left = if row.facts.is_urgent { width.saturating_sub(GAP + wanted.min(width * 3 / 5)) } else { width };
    let for_intent = whole.min(left);
    let rest = width.saturating_sub(GAP + for_intent);
    if news.is_empty() || news == intent || (rest < LEGIBLE && !row.facts.is_urgent) {
        return vec![Span::raw(fit_cell(&intent, width, false))];
    }
    if for_intent < whole.min(LEGIBLE) {
        return vec![Span::styled(fit_cell(&news, width, false), style)];
    }
    let intent = cut_to_width(&intent, for_intent);
    let rest = width.saturating_sub(GAP + width_of(&intent));
    vec![Span::raw(intent), Span::styled(" · ", DIM), Span::styled(fit_cell(&news, rest, false), style)]
}

/// The columns between the intent and what the session says.
const GAP: usize = 3;
/// A text that is cut to less than this says nothing.
const LEGIBLE: usize = 8;

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
