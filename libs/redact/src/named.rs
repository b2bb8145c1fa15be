//! Owns the values of names that suggest a secret: `name=value`, `"name": "value"`, `<name>value</name>`, and pairs of
//! a name and a value. Must stay true: a rule looks back [`NAME_BYTES`] at most, and not past a mask.

use super::class::*;
use super::names::{self, Kind};
use super::scan::{NAME_BYTES, Scan};
use super::values::{HEAD, Tie, Value};
use std::ops::Range;

impl Scan<'_> {
    /// The value after `=` or `:` if the name before it suggests a secret.
    pub(super) fn assignment(&self, at: usize) -> Option<Range<usize>> {
        let value = at + 1 + (at + 1..at + 3).take_while(|&at| matches!(self.byte(at), b'=' | b'>')).count();
        if self.byte(at + 1) == b':' {
            return None;
        }
        let place = self.name_before(at);
        let begin = place.start;
        let name = self.bytes().get(place.clone())?;
        let kind = match () {
            // The last part of `arn:aws:secret`, or of a module's name.
            () if self.byte(at) == b':' && self.before(begin) == b':' => return None,
            () if names::is_word(name, b"value") => self.paired(begin)?,
            () => self.kind(&place)?,
        };
        if self.closes(place, at, value) {
            return None;
        }
        let is_compared = self.byte(at) == b'=' && self.byte(at + 1) == b'=';
        let is_module = self.before(begin) == b':' && self.before(begin.saturating_sub(1)) == b':';
        let is_alone = value == at + 1 && !is_blank(self.before(at)) && !is_blank(self.byte(value));
        let tie = if self.byte(at) == b'=' && is_alone { Tie::Tight } else { Tie::Loose };
        match kind {
            Kind::Authorization => self.authorization(value),
            Kind::Cookie => self.cookies(value),
            Kind::Password | Kind::Secret if is_compared || is_module => self.value(value, Kind::Key, tie),
            _ => self.value(value, kind, tie),
        }
    }

    /// The kind of the name at a position. The `n` of an escape before it may be part of it or not.
    pub(super) fn kind(&self, place: &Range<usize>) -> Option<Kind> {
        let name = self.bytes().get(place.clone())?;
        let escaped = self.before(place.start) == b'\\' && matches!(name, [b'n' | b'r' | b't', ..]);
        names::kind(name).or_else(|| names::kind(name.get(1..).filter(|_| escaped)?))
    }

    /// Whether the quote after the sign at `at` ends the string that contains the name: `grep 'password:' x`.
    pub(super) fn closes(&self, name: Range<usize>, at: usize, value: usize) -> bool {
        let slashes = self.run(value, |byte| byte == b'\\') - value;
        let quote = self.byte(value + slashes);
        let outside = self.bytes().get(..name.start.saturating_sub(1)).unwrap_or_default();
        let before = outside.iter().rev().take(8).take_while(|byte| **byte == b'\\').count();
        is_quote(quote) && quote == self.before(name.start) && name.end == at && before == slashes
    }

    /// The last name before `at`, across quotes, brackets and Markdown asterisks. A dotted path counts as one name, and
    /// so do words separated by one space.
    pub(super) fn name_before(&self, at: usize) -> Range<usize> {
        let from = at.saturating_sub(NAME_BYTES).max(self.done);
        let text = self.bytes().get(from..at).unwrap_or_default();
        let is_between =
            |byte| is_blank(byte) || is_quote(byte) || matches!(byte, b'\\' | b']' | b'*' | b'?' | b'+' | b'(');
        let end = text.iter().rposition(|&byte| !is_between(byte)).map_or(0, |last| last + 1);
        let is_part = |at: usize| {
            let byte = |at: usize| text.get(at).copied().unwrap_or(0);
            is_dotted(byte(at)) || byte(at) == b' ' && at > 0 && is_alnum(byte(at - 1)) && is_alnum(byte(at + 1))
        };
        let begin = (0..end).rev().take_while(|&at| is_part(at)).last().unwrap_or(end);
        from + begin..from + end
    }

    /// The kind of the name in `"name": "DB_PASSWORD", "value": …`; the name of its value ends before `at`.
    pub(super) fn paired(&self, at: usize) -> Option<Kind> {
        let text = self.text_before(at);
        let is_name = |window: &[u8]| window.eq_ignore_ascii_case(b"name") || ends_with(window, "key");
        let found = text.windows(4).rposition(is_name)?;
        let rest = text.get(found + 4..)?;
        let begin =
            rest.iter().position(|&byte| !is_blank(byte) && !is_quote(byte) && !matches!(byte, b'\\' | b':' | b'='))?;
        let rest = rest.get(begin..)?;
        let end = rest.iter().position(|&byte| !is_dotted(byte)).unwrap_or(rest.len());
        names::kind(rest.get(..end)?)
    }

    /// The string in `setPassword("value")`.
    pub(super) fn call(&self, at: usize) -> Option<Range<usize>> {
        if !is_quote(self.byte(self.run(at + 1, |byte| byte == b'\\'))) || !is_name(self.before(at)) {
            return None;
        }
        match self.kind(&self.name_before(at))? {
            Kind::Password => self.value(at + 1, Kind::Key, Tie::Loose),
            Kind::Secret | Kind::Key => self.value(at + 1, Kind::Random, Tie::Loose),
            _ => None,
        }
    }

    /// The second string in `set("DB_PASSWORD", "value")`.
    pub(super) fn pair_of_texts(&self, at: usize) -> Option<Range<usize>> {
        if !is_quote(self.before(at)) {
            return None;
        }
        let value = self.run(at + 1, is_blank);
        if !is_quote(self.byte(self.run(value, |byte| byte == b'\\'))) {
            return None;
        }
        let name = self.name_before(at);
        if !is_quote(self.before(name.start)) {
            return None;
        }
        match self.kind(&name)? {
            Kind::Directory => None,
            Kind::Authorization => self.authorization(value),
            Kind::Cookie => self.cookies(value),
            Kind::Password | Kind::Secret => self.value(value, Kind::Key, Tie::Loose),
            kind => self.value(value, kind, Tie::Loose),
        }
    }

    /// The value of `<password>value</password>`, and of `<entry key="password">value</entry>`.
    pub(super) fn element(&self, at: usize) -> Option<Range<usize>> {
        let text = self.bytes().get(at.saturating_sub(NAME_BYTES).max(self.done)..at)?;
        let open =
            text.iter().rposition(|byte| matches!(byte, b'<' | b'>')).filter(|open| text.get(*open) == Some(&b'<'))?;
        let tag = text.get(open + 1..)?;
        let end = tag.iter().position(|&byte| !is_dotted(byte) && byte != b':').unwrap_or(tag.len());
        let of_tag = tag.get(..end).filter(|name| !name.is_empty()).map(names::kind)?;
        let kind = of_tag.or_else(|| if end < tag.len() { self.paired(at) } else { None })?;
        let head = self.head(at + 1, |byte| !matches!(byte, b'<' | b'\n' | b'\r'));
        let closed = head.len() == HEAD || self.has(at + 1 + head.len(), b"</");
        let value = Value { head, quote: b'"', tie: Tie::Loose, next: b'<' };
        let end = || self.run(at + 1, |byte| !matches!(byte, b'<' | b'\n' | b'\r'));
        (closed && value.is_secret(kind)).then(|| at + 1..end())
    }
}
