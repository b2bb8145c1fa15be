//! Owns how values look: colours, the bar, the width of the terminal. Colours only show how urgent something is, so
//! nothing is lost without them (`NO_COLOR`, see no-color.org).

use std::fs::File;
use std::os::fd::AsRawFd;

/// How a value looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Plain,
    Name,
    Good,
    Warning,
    Urgent,
}

impl Style {
    /// The style for a percentage that is used up: a warning from 70 %, urgent from 90 %.
    pub fn of_percentage(used: f64) -> Self {
        match used {
            used if used >= 90.0 => Style::Urgent,
            used if used >= 70.0 => Style::Warning,
            _ => Style::Good,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Style::Plain => "",
            Style::Name => "36",
            Style::Good => "32",
            Style::Warning => "33",
            Style::Urgent => "1;31",
        }
    }
}

/// The text in its style.
pub fn paint(text: &str, style: Style) -> String {
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    match style.code() {
        "" => text.to_string(),
        _ if !wanted => text.to_string(),
        code => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
    }
}

/// A bar of eight cells, filled in proportion.
pub fn bar(percentage: f64) -> String {
    let filled = (percentage / 12.5).round().clamp(0.0, 8.0) as usize;
    format!("{}{}", "█".repeat(filled), "░".repeat(8 - filled))
}

/// Columns that the client leaves free on each side of a status line, whatever its `padding` is (2.1.329 cuts lines that
/// are wider than `COLUMNS` less these and the padding).
const MARGIN: usize = 2;

/// The width of a line. `padding` is that of the settings, which the client does not report.
pub fn width(padding: usize) -> usize {
    let margins = MARGIN.saturating_add(padding).saturating_mul(2);
    terminal_width().saturating_sub(margins).max(1)
}

/// The columns of the terminal: as the client reports them (2.1.153 and newer), else as the terminal does, else 80.
fn terminal_width() -> usize {
    let told = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    told.or_else(of_terminal).filter(|columns| *columns > 0).unwrap_or(80)
}

#[allow(unsafe_code, reason = "ioctl(2)")]
fn of_terminal() -> Option<usize> {
    let terminal = File::open("/dev/tty").ok()?;
    // SAFETY: winsize is plain old data for which all zeros is a value, and the call only writes it.
    let size = unsafe {
        let mut size: libc::winsize = std::mem::zeroed();
        (libc::ioctl(terminal.as_raw_fd(), libc::TIOCGWINSZ, &raw mut size) == 0).then_some(size)
    };
    size.map(|size| usize::from(size.ws_col))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_and_styles_follow_the_percentage() {
        assert_eq!(bar(0.0), "░░░░░░░░");
        assert_eq!(bar(34.0), "███░░░░░");
        assert_eq!(bar(250.0), "████████");
        assert_eq!([0.0, 70.0, 90.0].map(Style::of_percentage), [Style::Good, Style::Warning, Style::Urgent]);
    }
}
