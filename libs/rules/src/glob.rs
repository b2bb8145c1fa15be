//! Owns patterns with `*`, `?` and `\`. The time is at most proportional to the product of both lengths, and both are limited.

/// Longest text that is compared.
const LONGEST: usize = 4096;

/// Whether a text is a pattern that matches other texts than itself.
pub fn is_pattern(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, b'*' | b'?' | b'\\'))
}

/// Whether the whole text matches. Letters count as they are.
#[inline]
pub fn matches(pattern: &str, text: &str) -> bool {
    may_match(pattern.as_bytes(), text.as_bytes()) && matches_whole(pattern, text)
}

/// Whether the first and the last byte of a pattern, if they stand for themselves, are those of the text. Most texts are
/// none that a rule is about, and this is all that is looked at.
#[inline]
fn may_match(pattern: &[u8], text: &[u8]) -> bool {
    let is_plain = |byte: &u8| !matches!(byte, b'*' | b'?' | b'\\');
    let fits = |wanted: Option<&u8>, is: Option<&u8>| wanted == is || !wanted.is_some_and(is_plain);
    fits(pattern.first(), text.first()) && fits(pattern.last(), text.last())
}

fn matches_whole(pattern: &str, text: &str) -> bool {
    if !is_pattern(pattern) {
        return pattern == text;
    }
    if text.len() > LONGEST {
        return false;
    }
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go on if the text after the last `*` does not match: it then stands for one more byte.
    let mut star: Option<(usize, usize)> = None;
    while let Some(&byte) = text.get(t) {
        let (step, length) = match (pattern.get(p), pattern.get(p + 1)) {
            (Some(b'*'), _) => {
                star = Some((p + 1, t));
                p += 1;
                continue;
            }
            (Some(b'\\'), Some(&next)) => (2, usize::from(next == byte)),
            (Some(b'?'), _) => (1, length_of(byte)),
            (Some(&next), _) => (1, usize::from(next == byte)),
            (None, _) => (0, 0),
        };
        if length > 0 {
            p += step;
            t += length;
        } else if let Some((after, from)) = star {
            star = Some((after, from + 1));
            (p, t) = (after, from + 1);
        } else {
            return false;
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|byte| *byte == b'*')
}

/// The length of the character that begins with this byte; 0 for a byte within one.
fn length_of(byte: u8) -> usize {
    match byte {
        0..0x80 => 1,
        0x80..0xc0 => 0,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    }
}

/// Patterns of which a text may match one. Most texts begin like none of them.
#[derive(Debug, Default)]
pub struct Patterns<'a> {
    /// Those that begin with an ASCII character that stands for itself.
    fixed: Vec<&'a str>,
    /// With which characters they begin, by their code.
    firsts: u128,
    others: Vec<&'a str>,
}

impl<'a> Patterns<'a> {
    /// Adds a pattern.
    pub fn push(&mut self, pattern: &'a str) {
        match pattern.as_bytes().first() {
            Some(byte) if byte.is_ascii() && !matches!(byte, b'*' | b'?' | b'\\') => {
                self.firsts |= 1 << byte;
                self.fixed.push(pattern);
            }
            _ => self.others.push(pattern),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.fixed.is_empty() && self.others.is_empty()
    }

    /// Whether the whole text matches one of them.
    pub fn match_text(&self, text: &str) -> bool {
        let is_first = |byte: &u8| byte.is_ascii() && self.firsts >> byte & 1 == 1;
        text.as_bytes().first().is_some_and(is_first) && self.fixed.iter().any(|pattern| matches(pattern, text))
            || self.others.iter().any(|pattern| matches(pattern, text))
    }
}

impl<'a> FromIterator<&'a str> for Patterns<'a> {
    fn from_iter<I: IntoIterator<Item = &'a str>>(all: I) -> Self {
        let mut patterns = Patterns::default();
        all.into_iter().for_each(|pattern| patterns.push(pattern));
        patterns
    }
}

/// Patterns of paths: one without `/` is compared with the last part of a path, one that begins with `/` or `~` with the
/// whole path, any other with the end of the path.
#[derive(Debug, Default)]
pub struct Paths<'a> {
    names: Patterns<'a>,
    whole: Patterns<'a>,
    /// By the number of `/` in them.
    ends: Vec<(usize, Patterns<'a>)>,
    /// Whether every pattern that is compared with a name has one of `.`, `_` and `-` in it, so that most names need not
    /// be compared.
    has_marks: bool,
}

impl<'a> Paths<'a> {
    /// The patterns.
    pub fn of(patterns: impl Iterator<Item = &'a str>) -> Self {
        let mut paths = Paths { has_marks: true, ..Paths::default() };
        for pattern in patterns {
            let count = pattern.bytes().filter(|byte| *byte == b'/').count();
            match count {
                _ if pattern.starts_with(['/', '~']) => paths.whole.push(pattern),
                0 => paths.names.push(pattern),
                count => match paths.ends.iter_mut().find(|(of, _)| *of == count) {
                    Some((_, patterns)) => patterns.push(pattern),
                    None => paths.ends.push((count, Patterns::from_iter([pattern]))),
                },
            }
            paths.has_marks &= count > 0 || has_mark(pattern);
        }
        paths
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.whole.is_empty() && self.ends.is_empty()
    }

    /// Whether one of them matches.
    pub fn match_path(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let name = path.rsplit('/').next().unwrap_or(path);
        let may_be_name = !self.has_marks || has_mark(name);
        may_be_name && self.names.match_text(name)
            || path.starts_with(['/', '~']) && self.whole.match_text(path)
            || path.contains('/') && self.ends.iter().any(|(count, patterns)| match_end(patterns, *count, path))
    }
}

fn has_mark(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, b'.' | b'_' | b'-'))
}

fn match_end(patterns: &Patterns, count: usize, path: &str) -> bool {
    let start = path.rmatch_indices('/').nth(count).map_or(0, |(at, _)| at + 1);
    path.get(start..).is_some_and(|end| patterns.match_text(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches_path(pattern: &str, path: &str) -> bool {
        Paths::of(std::iter::once(pattern)).match_path(path)
    }

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
        assert!(matches(r"a\b", "ab") && matches(r"a\", r"a\") && matches("ä*ö", "äxö") && !matches("ä*ö", "äxä"));
        for (pattern, text) in [("a*c", "abcd"), ("a?c", "ac"), (r"\*", "a"), (":?*", ":"), ("", "a")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
        assert!(!matches(&"*a".repeat(2000), &"a".repeat(4096).replace("aaaa", "aaab")));
    }

    #[test]
    fn a_text_matches_one_of_several_patterns() {
        let patterns: Patterns = ["/etc", "~/?", "*.pem", r"\*", "ä*"].into_iter().collect();
        assert!(["/etc", "~/a", "x.pem", "*", "äx"].iter().all(|text| patterns.match_text(text)));
        assert!(["", "/", "~", "x", "/etc/x", "ö", "e"].iter().all(|text| !patterns.match_text(text)));
        assert!(!patterns.is_empty() && Patterns::default().is_empty());
    }

    #[test]
    fn patterns_of_paths_match_their_ends() {
        for (pattern, path) in [
            (".env", "/a/.env"),
            (".env", ".env"),
            (".ssh/*", "~/.ssh/id"),
            (".ssh/*", ".ssh/id"),
            ("*", "x"),
            ("/etc/*", "/etc/a/b"),
        ] {
            assert!(matches_path(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [(".env", "/a/.envx"), (".ssh/*", "/a.ssh/id"), ("/etc/*", "x/etc/y"), (".ssh/*", "a")] {
            assert!(!matches_path(pattern, path), "{pattern} {path}");
        }
    }
}
