//! Expected lines against actual lines. Pure.
//!
//! One alignment serves both purposes: at cost 0 the output is as expected, otherwise its steps are the diff.

/// A line that stands for any number of lines.
const ANY_LINES: &str = "...";
/// A pattern that stands for anything within a line.
const ANY_TEXT: &str = "[..]";

/// Returns `None` if `actual` matches `expected`, else a diff: `-` expected, `+` actual.
pub fn difference(expected: &[String], actual: &[String]) -> Option<String> {
    let costs = costs(expected, actual);
    (costs[0][0] > 0).then(|| render(expected, actual, &costs))
}

/// Unexpected lines, as in a diff.
pub fn added(lines: &[String]) -> String {
    lines.iter().map(|line| format!("    + {line}\n")).collect()
}

/// `costs[i][j]`: how many lines must be removed or inserted to make `actual[j..]` fit `expected[i..]`.
fn costs(expected: &[String], actual: &[String]) -> Vec<Vec<usize>> {
    let mut costs = vec![vec![0; actual.len() + 1]; expected.len() + 1];
    for j in (0..actual.len()).rev() {
        costs[expected.len()][j] = actual.len() - j;
    }
    for i in (0..expected.len()).rev() {
        let any = expected[i] == ANY_LINES;
        costs[i][actual.len()] = costs[i + 1][actual.len()] + usize::from(!any);
        for j in (0..actual.len()).rev() {
            costs[i][j] = if any {
                costs[i + 1][j].min(costs[i][j + 1])
            } else if line_fits(&expected[i], &actual[j]) {
                costs[i + 1][j + 1]
            } else {
                1 + costs[i + 1][j].min(costs[i][j + 1])
            };
        }
    }
    costs
}

fn render(expected: &[String], actual: &[String], costs: &[Vec<usize>]) -> String {
    let (mut i, mut j, mut diff) = (0, 0, String::new());
    while i < expected.len() || j < actual.len() {
        let here = costs[i][j];
        let any = expected.get(i).is_some_and(|line| line == ANY_LINES);
        let step = usize::from(!any);
        let fits = i < expected.len() && j < actual.len() && !any && line_fits(&expected[i], &actual[j]);
        if fits {
            diff += &format!("      {}\n", actual[j]);
            (i, j) = (i + 1, j + 1);
        } else if i < expected.len() && here == costs[i + 1][j] + step {
            diff += &format!("    {} {}\n", if any { " " } else { "-" }, expected[i]);
            i += 1;
        } else {
            if !any {
                diff += &format!("    + {}\n", actual[j]);
            }
            j += 1;
        }
    }
    diff
}

/// Whether a line matches `pattern`, which may contain `[..]`.
fn line_fits(pattern: &str, line: &str) -> bool {
    let Some((start, mut pattern)) = pattern.split_once(ANY_TEXT) else {
        return pattern == line;
    };
    let Some(mut line) = line.strip_prefix(start) else {
        return false;
    };
    while let Some((part, rest)) = pattern.split_once(ANY_TEXT) {
        let Some((_, after)) = line.split_once(part) else {
            return false;
        };
        (pattern, line) = (rest, after);
    }
    line.ends_with(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.split_terminator(' ').map(str::to_owned).collect()
    }

    fn fits(expected: &str, actual: &str) -> bool {
        difference(&lines(expected), &lines(actual)).is_none()
    }

    #[test]
    fn the_text_pattern_matches_within_a_line() {
        for (pattern, line) in
            [("a", "a"), ("[..]", ""), ("a[..]", "ab"), ("[..]b", "ab"), ("a[..]c[..]e", "abcde"), ("a[..][..]b", "ab")]
        {
            assert!(line_fits(pattern, line), "{pattern} {line}");
        }
        for (pattern, line) in
            [("a", "ab"), ("", "a"), ("b[..]", "ab"), ("[..]a", "ab"), ("a[..]a", "a"), ("a[..]c[..]b", "abc")]
        {
            assert!(!line_fits(pattern, line), "{pattern} {line}");
        }
    }

    #[test]
    fn the_lines_pattern_matches_zero_one_or_many_lines() {
        for (expected, actual) in
            [("...", ""), ("a ... b", "a b"), ("a ... b", "a x y b b"), ("... c ...", "a b c c d")]
        {
            assert!(fits(expected, actual), "{expected} | {actual}");
        }
        for (expected, actual) in
            [("", "a"), ("a", ""), ("... a", "a b"), ("a ...", "b a"), ("a ... b ... c", "a c b"), ("a ... a", "a")]
        {
            assert!(!fits(expected, actual), "{expected} | {actual}");
        }
    }

    #[test]
    fn a_diff_shows_only_what_differs() {
        let diff = difference(&lines("a ... b c"), &lines("a x y b d")).unwrap();
        assert_eq!(diff, "      a\n      ...\n      b\n    - c\n    + d\n");
    }
}
