//! Owns patterns with `*`, `?` and `\`. The time is at most proportional to the product of both lengths, and both are limited.

/// Longest text that is compared.
const LONGEST: usize = 4096;

/// Whether the whole text matches. Letters count as they are.
pub fn matches(pattern: &str, text: &str) -> bool {
    if text.len() > LONGEST {
        return false;
    }
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where to go on if the text after the last `*` does not match: it then stands for one more character.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        let (step, is_equal) = match (pattern.get(p), pattern.get(p + 1)) {
            (Some('*'), _) => {
                star = Some((p + 1, t));
                p += 1;
                continue;
            }
            (Some('\\'), Some(next)) => (2, Some(next) == text.get(t)),
            (Some('?'), _) => (1, true),
            (Some(c), _) => (1, Some(c) == text.get(t)),
            (None, _) => (0, false),
        };
        if is_equal {
            p += step;
            t += 1;
        } else if let Some((after, from)) = star {
            star = Some((after, from + 1));
            (p, t) = (after, from + 1);
        } else {
            return false;
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|c| *c == '*')
}

/// Whether a path matches: a pattern without `/` is compared with its last part, one that begins with `/` or `~` with the
/// whole path, any other with the end of the path.
pub fn matches_path(pattern: &str, path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let wanted = pattern.matches('/').count();
    if pattern.starts_with(['/', '~']) || wanted == 0 {
        let last = if wanted == 0 { path.rsplit('/').next().unwrap_or(path) } else { path };
        return matches(pattern, last);
    }
    let start = path.rmatch_indices('/').nth(wanted).map_or(0, |(at, _)| at + 1);
    path.get(start..).is_some_and(|end| matches(pattern, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, text) in [
            ("a*c", "abbc"),
            ("*", ""),
            ("a?c", "abc"),
            (r"\*", "*"),
            ("*a*b*", "xaxbx"),
            (":?*", ":old"),
            ("ä?", "äö"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a*c", "abcd"), ("a?c", "ac"), (r"\*", "a"), (":?*", ":"), ("", "a")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
        assert!(!matches(&"*a".repeat(2000), &"a".repeat(4096).replace("aaaa", "aaab")));
    }

    #[test]
    fn patterns_of_paths_match_their_ends() {
        for (pattern, path) in [(".env", "/a/.env"), (".env", ".env"), (".ssh/*", "~/.ssh/id"), (".ssh/*", ".ssh/id")] {
            assert!(matches_path(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [(".env", "/a/.envx"), (".ssh/*", "/a.ssh/id"), ("/etc/*", "x/etc/y"), (".ssh/*", "a")] {
            assert!(!matches_path(pattern, path), "{pattern} {path}");
        }
    }
}
