//! Owns how texts are coloured on a terminal. Must stay true: colours only repeat what the words say; they are the
//! sixteen of the terminal's own palette, and none of them disappears on a dark or a light background: no white, no
//! black and no yellow without a background of their own. Escape codes are added when widths are final.

use cs_core::state::{State, Verdict};

/// Whether texts are coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// No escape codes.
    Plain,
    /// Escape codes for a terminal.
    Colour,
}

/// How a text looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// As everything else.
    #[default]
    Plain,
    /// What the eye looks for: an intent above a block, a total.
    Strong,
    /// What is needed only now and then: ids, titles of columns.
    Dim,
    /// Somebody waits for an answer.
    Asking,
    /// The user's turn.
    Turn,
    /// Something runs.
    Busy,
    /// Something went wrong.
    Wrong,
    /// Done.
    Good,
}

/// All styles.
pub const STYLES: [Style; 8] =
    [Style::Plain, Style::Strong, Style::Dim, Style::Asking, Style::Turn, Style::Busy, Style::Wrong, Style::Good];

// A missing style would not be tested. `Good` must stay the last one.
const _: () = assert!(STYLES.len() == Style::Good as usize + 1);

impl Style {
    /// The style of a state; after a failed turn, that of a failure.
    pub fn of(verdict: &Verdict) -> Self {
        Style::of_state(verdict.state, verdict.failed.is_some())
    }

    /// The style of a state.
    pub fn of_state(state: State, has_failed: bool) -> Self {
        match state {
            State::Waiting => Style::Asking,
            State::Completed => Style::Good,
            State::Parked => Style::Dim,
            _ if has_failed => Style::Wrong,
            State::Idle => Style::Turn,
            State::Working => Style::Busy,
            State::Background | State::Unknown => Style::Dim,
            State::Suspended | State::Gone | State::Stale => Style::Wrong,
        }
    }

    /// The style of a used percentage of something that ends: that of a warning from 70, that of a failure from 90.
    pub fn of_used(percent: f64) -> Self {
        match percent {
            percent if percent >= 90.0 => Style::Wrong,
            percent if percent >= 70.0 => Style::Turn,
            _ => Style::Good,
        }
    }

    /// The parameters of the escape code (ECMA-48, SGR); empty for plain text.
    pub fn code(self) -> &'static str {
        match self {
            Style::Plain => "",
            Style::Strong => "1",
            Style::Dim => "2",
            // Black on yellow.
            Style::Asking => "30;43",
            Style::Turn => "1;35",
            Style::Busy => "36",
            Style::Wrong => "31",
            Style::Good => "32",
        }
    }
}

impl Paint {
    /// The text in its style.
    pub fn paint(self, text: &str, style: Style) -> String {
        match (self, style.code()) {
            (Paint::Plain, _) | (_, "") => text.to_string(),
            _ if text.is_empty() => String::new(),
            (Paint::Colour, code) => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_colour_disappears_on_a_dark_or_a_light_background() {
        for style in STYLES {
            let parts: Vec<&str> = style.code().split(';').collect();
            let has_ground = parts.iter().any(|part| part.len() == 2 && part.starts_with('4'));
            let is_risky = |part: &&str| matches!(*part, "30" | "33" | "34" | "37") || part.starts_with('9');
            assert!(has_ground || !parts.iter().any(is_risky), "{style:?}");
            // Bold black is grey on many terminals.
            assert!(!(has_ground && parts.contains(&"1")), "{style:?}");
        }
    }

    #[test]
    fn plain_output_has_no_escape_codes() {
        for style in STYLES {
            assert_eq!(Paint::Plain.paint("text", style), "text");
            assert_eq!(Paint::Colour.paint("", style), "");
        }
        assert_eq!(Paint::Colour.paint("gone", Style::of_state(State::Gone, false)), "\u{1b}[31mgone\u{1b}[0m");
        assert_eq!(Style::of_state(State::Idle, true), Style::Wrong);
        assert_eq!(Style::of_state(State::Waiting, true), Style::Asking);
    }

    #[test]
    fn what_is_nearly_used_up_is_seen() {
        let styles = [0.0, 69.9, 70.0, 89.9, 90.0, 130.0].map(Style::of_used);
        assert_eq!(styles, [Style::Good, Style::Good, Style::Turn, Style::Turn, Style::Wrong, Style::Wrong]);
    }
}
