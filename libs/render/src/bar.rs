//! Owns bars made of characters.

/// A bar for a share between 0 and 1, in steps of an eighth of a cell: `███▌      `. Something is never shown as nothing.
pub fn format_bar(share: f64, cells: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * (cells * 8) as f64).round() as usize;
    let eighths = if share > 0.0 { eighths.max(1) } else { eighths };
    let (whole, part) = (eighths / 8, PARTS.get(eighths % 8).copied().unwrap_or_default());
    let bar = format!("{}{part}", "█".repeat(whole));
    let spaces = cells.saturating_sub(whole + usize::from(!part.is_empty()));
    bar + &" ".repeat(spaces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_share() {
        assert_eq!(
            [0.0, 0.0001, 0.5, 0.52, 1.0].map(|share| format_bar(share, 4)),
            ["    ", "▏   ", "██  ", "██▏ ", "████"]
        );
        assert_eq!([f64::NAN, -1.0, 9.0].map(|share| format_bar(share, 2)), ["  ", "  ", "██"]);
    }
}
