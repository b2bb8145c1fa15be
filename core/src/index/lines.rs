//! Owns splitting a text into lines, as [`str::lines`] does, but many bytes at a time: an index has megabytes.

/// The lines that are left.
#[derive(Clone, Debug)]
pub struct Lines<'a>(pub &'a str);

/// The line without its end.
fn bare(line: &str) -> &str {
    line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line))
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a str;
    fn next(&mut self) -> Option<&'a str> {
        let end = memchr::memchr(b'\n', self.0.as_bytes()).map_or(self.0.len(), |at| at + 1);
        let (line, rest) = self.0.split_at_checked(end).filter(|(line, _)| !line.is_empty())?;
        self.0 = rest;
        Some(bare(line))
    }
}

impl DoubleEndedIterator for Lines<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let before = self.0.strip_suffix('\n').unwrap_or(self.0);
        let start = memchr::memrchr(b'\n', before.as_bytes()).map_or(0, |at| at + 1);
        let (rest, line) = self.0.split_at_checked(start).filter(|(_, line)| !line.is_empty())?;
        self.0 = rest;
        Some(bare(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_the_standard_library_from_both_ends() {
        let parts = ["", "a", "bc", "\n", "\r\n", "\r", "ä"];
        for number in 0..parts.len().pow(5) {
            let text: String = (0..5).map(|at| parts[number / parts.len().pow(at) % parts.len()]).collect();
            assert!(Lines(&text).eq(text.lines()), "{text:?}");
            assert!(Lines(&text).rev().eq(text.lines().rev()), "{text:?}");
        }
    }
}
