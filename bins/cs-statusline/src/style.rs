//! Owns how values look: the bar, the width of the terminal, and which of the common styles a value has. Colours only
//! show how urgent something is, so nothing is lost without them (`NO_COLOR`, see no-color.org).

pub use render::Style;

use render::Paint;
use std::fs::File;
use std::os::fd::AsRawFd;

/// The text in its style.
pub fn paint(text: &str, style: Style) -> String {
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let paint = if wanted { Paint::Colour } else { Paint::Plain };
    paint.paint(text, style)
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
    }
}
