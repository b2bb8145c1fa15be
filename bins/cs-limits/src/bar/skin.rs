//! Owns how the line looks in each bar: colours, and which characters mean something there. Must stay true: no text of a
//! setting or a client is ever an instruction to the bar.

use super::Facts;
use cli::sanitize;
use cs_core::state::State;
use limits::pace::Outlook;
use render::{Paint, Style, escape_html};
use serde::Serialize;

/// A bar.
#[derive(Clone, Copy, Debug)]
pub enum Skin {
    /// A terminal or a pipe.
    Plain(Paint),
    Tmux,
    Waybar,
    SwiftBar,
}

/// What Waybar reads, with `"return-type": "json"`.
#[derive(Serialize)]
struct Module<'a> {
    text: &'a str,
    tooltip: String,
    class: Vec<&'static str>,
    /// The highest percentage; left out if none is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    percentage: Option<u32>,
}

impl Skin {
    /// The names of bars.
    pub const NAMES: [&str; 3] = ["tmux", "waybar", "swiftbar"];

    /// The bar with this name.
    pub fn named(word: &str) -> Option<Skin> {
        match word {
            "tmux" => Some(Skin::Tmux),
            "waybar" => Some(Skin::Waybar),
            "swiftbar" => Some(Skin::SwiftBar),
            _ => None,
        }
    }

    /// A text in its style.
    pub fn paint(&self, text: &str, style: Style) -> String {
        let text = sanitize(text);
        let color = color(style);
        match self {
            Skin::Plain(paint) => paint.paint(&text, style),
            Skin::Tmux => match color {
                Some(color) => format!("#[fg={color}]{}#[default]", escape_tmux(&text)),
                None => escape_tmux(&text),
            },
            Skin::Waybar => escape_html(&text),
            // A line of SwiftBar has one colour.
            Skin::SwiftBar => escape_swiftbar(&text),
        }
    }

    /// What is printed for the painted line.
    pub fn lines(&self, line: &str, facts: &Facts) -> Vec<String> {
        match self {
            // Without it, Waybar goes on to show what it was told before.
            Skin::Waybar => vec![serde_json::to_string(&module(line, facts)).unwrap_or_default()],
            _ if line.is_empty() => Vec::new(),
            Skin::SwiftBar => menu(line, facts),
            Skin::Plain(_) | Skin::Tmux => vec![line.to_string()],
        }
    }
}

fn color(style: Style) -> Option<&'static str> {
    match style {
        Style::Wrong => Some("red"),
        Style::Turn | Style::Asking => Some("magenta"),
        Style::Busy => Some("cyan"),
        Style::Good => Some("green"),
        Style::Plain | Style::Strong | Style::Dim => None,
    }
}

/// `#` begins formats and styles of tmux, which it looks for in what a command prints. `%` means nothing there.
fn escape_tmux(text: &str) -> String {
    text.replace('#', "##")
}

/// `|` begins the parameters of a line.
fn escape_swiftbar(text: &str) -> String {
    text.replace('|', "¦")
}

fn module<'a>(text: &'a str, facts: &Facts) -> Module<'a> {
    let tooltip = facts.words().iter().map(|(words, _)| escape_html(&sanitize(words))).collect::<Vec<_>>().join("\n");
    let outlooks = [Outlook::Full, Outlook::Short, Outlook::Tight, Outlook::Ok, Outlook::Unknown];
    let is = |outlook: Outlook| facts.cards().iter().any(|card| card.pace.outlook == outlook);
    let worst = outlooks.into_iter().find(|outlook| is(*outlook)).map(Outlook::as_str);
    let states = [(State::Waiting, "waiting"), (State::Working, "working")];
    let class =
        states.into_iter().filter(|(state, _)| facts.count(*state) > 0).map(|(_, word)| word).chain(worst).collect();
    let highest = facts
        .cards()
        .iter()
        .filter(|card| !card.has_ended(facts.now))
        .map(|card| card.window.used)
        .fold(None, |most: Option<f64>, used| Some(most.map_or(used, |most| most.max(used))));
    Module { text, tooltip, class, percentage: highest.map(|used| used.floor() as u32) }
}

/// The title, then a menu with what is known of each limit.
fn menu(line: &str, facts: &Facts) -> Vec<String> {
    const PLAIN: &str = "emojize=false symbolize=false";
    let words = facts.words();
    let look = |style: Style| color(style).map(|color| format!(" color={color}")).unwrap_or_default();
    let worst = [Style::Wrong, Style::Turn].into_iter().find(|style| words.iter().any(|(_, of)| of == style));
    // `-` at the beginning of a line begins a submenu or a part of the menu.
    let line = if line.starts_with('-') { format!("\u{200b}{line}") } else { line.to_string() };
    let title = format!("{line} | {PLAIN}{}", worst.map(look).unwrap_or_default());
    let item =
        |(text, style): &(String, Style)| format!("{} | {PLAIN}{}", escape_swiftbar(&sanitize(text)), look(*style));
    std::iter::once(title).chain((!words.is_empty()).then(|| "---".to_string())).chain(words.iter().map(item)).collect()
}
