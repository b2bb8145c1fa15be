//! Owns patterns with `*`, `?` and `\`. The time is at most proportional to the product of both lengths, and both are limited.

/// Longest text that is compared.
const LONGEST: usize = 4096;

/// Whether the whole text matches. Letters count as they are.
pub fn matches(pattern: &str, text: &str) -> bool {
    if text.len() > LONGEST {
        return false;
    }
    // Compared as bytes, because many words are compared with many patterns; only `?` and `*` step over whole characters.
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go on if the text after the last `*` does not match: it then stands for one more character.
    let mut star: Option<(usize, usize)> = None;
    while let Some(found) = text.get(t) {
        let (step, length) = match (pattern.get(p), pattern.get(p + 1)) {
            (Some(b'*'), _) => {
                star = Some((p + 1, t));
                p += 1;
                continue;
            }
            (Some(b'\\'), Some(next)) => (2, usize::from(next == found)),
            (Some(b'?'), _) => (1, length(text, t)),
            (Some(byte), _) => (1, usize::from(byte == found)),
            (None, _) => (0, 0),
        };
        if length > 0 {
            (p, t) = (p + step, t + length);
        } else if let Some((after, from)) = star {
            let from = from + self::length(text, from);
            star = Some((after, from));
            (p, t) = (after, from);
        } else {
            return false;
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|byte| *byte == b'*')
}

/// The number of bytes of the character at this place of a text.
fn length(text: &[u8], at: usize) -> usize {
    let rest = text.get(at + 1..).unwrap_or_default();
    1 + rest.iter().take_while(|byte| **byte & 0xc0 == 0x80).count()
}

/// Whether a path matches: a pattern without `/` is compared with its last part, one that begins with `/` or `~` with the
/// whole path, any other with the end of the path.
pub fn matches_path(pattern: &str, path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let wanted = pattern.bytes().filter(|byte| *byte == b'/').count();
    if wanted > 0 && pattern.starts_with(['/', '~']) {
        return matches(pattern, path);
    }
    let mut slashes = path.bytes().enumerate().rev().filter(|(_, byte)| *byte == b'/');
    let start = slashes.nth(wanted).map_or(0, |(at, _)| at + 1);
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
            ("*?ö", "日ö"),
            (r"\ä*", "äö"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("a*c", "abcd"), ("a?c", "ac"), (r"\*", "a"), (":?*", ":"), ("", "a"), ("??", "ä"), ("*??", "日")]
        {
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
