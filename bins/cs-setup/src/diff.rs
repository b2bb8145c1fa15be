//! Owns showing the changes of a text: removed and added lines, without the lines around them, which may be private
//! (settings can contain keys). Values are masked.

/// The longest line that is shown.
const WIDTH: usize = 160;
/// Maximum number of lines for which the shortest difference is computed.
const LINES: usize = 1500;

/// The removed (`-`) and added (`+`) lines.
pub fn lines(old: &str, new: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = |lines: &[&str]| lines.len() - head;
    let tail =
        old.iter().rev().zip(new.iter().rev()).take(rest(&old).min(rest(&new))).take_while(|(a, b)| a == b).count();
    let old = old.get(head..old.len() - tail).unwrap_or_default();
    let new = new.get(head..new.len() - tail).unwrap_or_default();
    if old.len() > LINES || new.len() > LINES {
        return vec![format!("{} lines removed, {} lines added", old.len(), new.len())];
    }
    shortest(old, new).into_iter().map(|(sign, line)| format!("{sign} {}", shown(line))).collect()
}

/// A line as it is shown: secrets are masked, and a long line is replaced by its length.
fn shown(line: &str) -> String {
    if line.chars().count() > WIDTH {
        return format!("({} characters in one line)", line.chars().count());
    }
    redact::mask(line.trim_end()).into_owned()
}

/// The shortest difference between two lists of lines, by their longest common subsequence.
fn shortest<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(char, &'a str)> {
    let width = new.len() + 1;
    let mut common = vec![0u32; (old.len() + 1) * width];
    let at = |table: &[u32], i: usize, j: usize| table.get(i * width + j).copied().unwrap_or(0);
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            let best =
                if a == b { at(&common, i + 1, j + 1) + 1 } else { at(&common, i + 1, j).max(at(&common, i, j + 1)) };
            if let Some(cell) = common.get_mut(i * width + j) {
                *cell = best;
            }
        }
    }
    let (mut i, mut j, mut steps) = (0, 0, Vec::new());
    loop {
        match (old.get(i), new.get(j)) {
            (Some(a), Some(b)) if a == b => (i, j) = (i + 1, j + 1),
            (Some(a), b) if b.is_none() || at(&common, i + 1, j) >= at(&common, i, j + 1) => {
                steps.push(('-', *a));
                i += 1;
            }
            (_, Some(b)) => {
                steps.push(('+', *b));
                j += 1;
            }
            (_, None) => return steps,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changed_lines_are_shown() {
        let shown = lines(
            "{\n  \"key\": 1,\n  \"a\": [],\n  \"z\": 0\n}",
            "{\n  \"key\": 1,\n  \"a\": [\n    2\n  ],\n  \"z\": 0,\n  \"b\": 3\n}",
        );
        assert_eq!(
            shown,
            ["-   \"a\": [],", "-   \"z\": 0", "+   \"a\": [", "+     2", "+   ],", "+   \"z\": 0,", "+   \"b\": 3"]
        );
        assert_eq!(lines("same\n", "same\n"), [""; 0]);
    }

    #[test]
    fn secrets_and_long_lines_are_not_shown() {
        let long = "x".repeat(500);
        assert_eq!(lines("", &long), ["+ (500 characters in one line)"]);
        assert!(!lines("", "\"k\": \"sk-ant-api03-abcdefghijklmnopqrstuvwx\"")[0].contains("abcdefgh"));
    }
}
