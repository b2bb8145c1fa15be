//! Owns what is known about the terminal that shows the output: its size, and whether it gets colours.

use crate::failure::{Failure, Outcome};
use render::Paint;
use std::io::IsTerminal;

/// The value of `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Color {
    /// Colours on a terminal that has them, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Colours also in a pipe.
    Always,
    /// No colours.
    Never,
}

impl Color {
    /// Parses the word.
    pub fn parse(word: &str) -> Outcome<Self> {
        match word {
            "auto" => Ok(Color::Auto),
            "always" => Ok(Color::Always),
            "never" => Ok(Color::Never),
            _ => Err(Failure::Usage(format!("--color: {word:?} is not auto, always or never"), None)),
        }
    }

    /// Whether texts are coloured (see no-color.org).
    pub fn paint(self) -> Paint {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = || std::env::var_os("TERM").is_some_and(|name| name == "dumb");
        match self {
            Color::Always => Paint::Colour,
            Color::Auto if std::io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb() => Paint::Colour,
            Color::Auto | Color::Never => Paint::Plain,
        }
    }
}

/// Terminals that claim to be narrower than this are not believed.
const NARROWEST: usize = 20;
/// The same for their height.
const LOWEST: usize = 4;

/// The columns of the terminal that shows the output; `None` if it is not a terminal. `COLUMNS` overrides it.
pub fn width() -> Option<usize> {
    from_env("COLUMNS", NARROWEST).or_else(|| size().map(|size| usize::from(size.ws_col)).filter(|n| *n >= NARROWEST))
}

/// The lines of the terminal that shows the output; `None` if it is not a terminal. `LINES` overrides it.
pub fn height() -> Option<usize> {
    from_env("LINES", LOWEST).or_else(|| size().map(|size| usize::from(size.ws_row)).filter(|n| *n >= LOWEST))
}

fn from_env(name: &str, least: usize) -> Option<usize> {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).filter(|n| *n >= least)
}

#[allow(unsafe_code, reason = "ioctl(2)")]
fn size() -> Option<libc::winsize> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    // SAFETY: winsize is plain old data for which all zeros is a value, and the call only writes it.
    unsafe {
        let mut size: libc::winsize = std::mem::zeroed();
        (libc::ioctl(1, libc::TIOCGWINSZ, &raw mut size) == 0).then_some(size)
    }
}
