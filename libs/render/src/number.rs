//! Owns how counts look to people. Must stay true: the same count looks the same in every program.
//! Deliberately absent: money (`money`) and time (`time`).

/// A short count, for tables and sentences: `999`, `1.2k`, `12k`, `3.4M`, `5.1G`.
pub fn format_count(count: u64) -> String {
    let scaled = |unit: u64| count as f64 / unit as f64;
    match count {
        0..1_000 => count.to_string(),
        1_000..9_950 => format!("{:.1}k", scaled(1_000)),
        9_950..999_500 => format!("{:.0}k", scaled(1_000)),
        999_500..99_950_000 => format!("{:.1}M", scaled(1_000_000)),
        99_950_000..999_500_000 => format!("{:.0}M", scaled(1_000_000)),
        _ => format!("{:.1}G", scaled(1_000_000_000)),
    }
}

/// A short count without a zero tenth, for axes of charts and sizes of context windows: `20M`.
pub fn format_round_count(count: u64) -> String {
    format_count(count).replace(".0", "")
}

/// A full count, for documents that are kept: `12,345,678`.
pub fn format_number(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// A count with its noun: `1 turn`, `1,234 turns`.
pub fn format_quantity(count: u64, noun: &str) -> String {
    let number = format_number(count);
    match noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u'])) {
        _ if count == 1 => format!("{number} {noun}"),
        Some(stem) => format!("{number} {stem}ies"),
        None => format!("{number} {noun}s"),
    }
}

/// How many of all are done: `3/5`; empty if there are none.
pub fn format_progress((done, total): (usize, usize)) -> String {
    if total == 0 { String::new() } else { format!("{done}/{total}") }
}

/// A percentage: `41%`.
pub fn format_percent(percent: f64) -> String {
    format!("{percent:.0}%")
}

/// How much is used of a limit or a budget: it is not rounded up to what is not reached, and `<1%` is not nothing.
pub fn format_used_percent(percent: f64) -> String {
    if percent > 0.0 && percent < 1.0 { "<1%".to_string() } else { format_percent(percent.floor()) }
}

/// How fast something is used beside how fast it passes: `0.7×`.
pub fn format_ratio(ratio: f64) -> String {
    format!("{ratio:.1}×")
}

/// Percentage points: `4.2`.
pub fn format_points(points: f64) -> String {
    format!("{points:.1}")
}

/// Tokens of a context window: `85k/200k`; empty if one of the two is unknown.
pub fn format_context(used: Option<u64>, size: Option<u64>) -> String {
    match (used, size) {
        (Some(used), Some(size)) => format!("{}/{}", format_round_count(used), format_round_count(size)),
        _ => String::new(),
    }
}

/// The size of files: `512 B`, `12 kB`, `906 MB`, `1.5 GB`.
pub fn format_bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_short() {
        let counts = [0, 999, 1_000, 9_949, 9_950, 999_499, 999_500, 99_950_000, 5_070_632_468];
        assert_eq!(counts.map(format_count), ["0", "999", "1.0k", "9.9k", "10k", "999k", "1.0M", "100M", "5.1G"]);
        assert_eq!([20_000_000, 2_500_000, 0].map(format_round_count), ["20M", "2.5M", "0"]);
        assert_eq!([0, 999, 1_000, 12_345_678].map(format_number), ["0", "999", "1,000", "12,345,678"]);
    }

    #[test]
    fn quantities_have_a_unit() {
        assert_eq!(
            [0, 1, 2, 1_234].map(|count| format_quantity(count, "turn")).join(", "),
            "0 turns, 1 turn, 2 turns, 1,234 turns"
        );
        assert_eq!([(0, 0), (0, 1), (3, 5)].map(format_progress), ["", "0/1", "3/5"]);
        assert_eq!([41.5, 0.0, 130.4].map(format_percent), ["42%", "0%", "130%"]);
        assert_eq!([0.0, 0.5, 1.5, 99.6, 100.0].map(format_used_percent), ["0%", "<1%", "1%", "99%", "100%"]);
        assert_eq!((format_ratio(0.67), format_points(4.24)), ("0.7×".into(), "4.2".into()));
        assert_eq!(format_context(Some(84_900), Some(1_000_000)), "85k/1M");
        assert_eq!((format_context(None, Some(1)), format_context(Some(1), None)), (String::new(), String::new()));
        assert_eq!([999, 12_900, 906_000_000, 1_500_000_000].map(format_bytes), ["999 B", "12 kB", "906 MB", "1.5 GB"]);
    }
}
