//! Owns which words and signs no rule needs to look at, which are most of them. Must stay true: one is skipped only
//! if [`Scan`] finds nothing there. Builds with checks compare this at each one, hence all tests and the fuzzers.

use super::class::*;
use super::scan::{NAME_BYTES, Scan};
use super::sorts::{IN_KEY, KEY, is_of};
use super::{keys, names};

/// Minimum length of keys and tokens.
const LEAST: usize = 16;
/// Minimum length of keys with a mark inside, of those of unknown makers, and of tokens of Telegram and Discord.
const LEAST_MARKED: usize = 36;
const _: () = assert!(keys::are_within(KEY, LEAST, LEAST_MARKED), "each key has at least so many of these bytes");

impl Scan<'_> {
    /// Whether no secret is found at the word from `at` to `end`.
    pub(super) fn is_plain(&self, at: usize, end: usize) -> bool {
        let byte = |at: usize| self.byte(at);
        let (before, next) = (if at == 0 { 0 } else { byte(at - 1) }, byte(end));
        // The first letters of the word may belong to an escape.
        let is_escaped = match before {
            b'\\' | b'%' => true,
            b'[' | b';' => byte(at).is_ascii_digit(),
            _ => false,
        };
        if is_escaped || is_blank(next) && self.may_announce(at, end) {
            return false;
        }
        let begin = [byte(at), byte(at + 1), byte(at + 2)];
        // The only key with other bytes in it.
        if begin.starts_with(b"AA") {
            return false;
        }
        if !is_of(next, IN_KEY) && end - at < LEAST {
            return true;
        }
        match self.keys.end(self.bytes(), end) - at {
            ..LEAST => true,
            LEAST..LEAST_MARKED => {
                let [first, second, third] = begin;
                // Those of a web token and of a file of PuTTY; tokens of other shapes are longer.
                let is_special = matches!(&begin, b"eyJ" | b"PuT");
                !is_special && !keys::may_begin(first, second, third)
            }
            _ => false,
        }
    }

    /// Whether no secret is found at the sign at `at`.
    pub(super) fn is_idle(&self, at: usize) -> bool {
        let next = self.byte(at + 1);
        match self.byte(at) {
            b'(' => !(is_quote(next) || next == b'\\') || !is_name(self.before(at)),
            b',' => !is_quote(self.before(at)),
            b'-' => {
                let before = self.before(at);
                !is_word(next) || next != b'-' && (is_name(before) || matches!(before, b'-' | b'.'))
            }
            b'=' => !self.may_be_named(at),
            b':' if next == b'/' => false,
            b':' => {
                let has_user = is_alnum(self.before(at)) && is_authority(next) && next != b'@';
                !has_user && (next == b':' || !self.may_be_named(at))
            }
            _ => false,
        }
    }

    /// Whether the name before the sign at `at` may be one of a secret: `false` is certain.
    fn may_be_named(&self, at: usize) -> bool {
        let text = self.bytes().get(at.saturating_sub(NAME_BYTES).max(self.done)..at).unwrap_or_default();
        let name = match text {
            [name @ .., b'"' | b'\'' | b'`'] => name,
            _ => text,
        };
        // A word ends in lower-case letters, and at most one letter before them belongs to it. What ends in others is
        // for the rule to decide.
        let small = name.iter().rev().take_while(|byte| byte.is_ascii_lowercase()).count();
        let begin = name.len() - small;
        let large = begin > 0 && name.get(begin - 1).is_some_and(u8::is_ascii_uppercase);
        small == 0 || names::may_decide(name.get(begin - usize::from(large)..).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_key_in_the_name_of_a_tool_is_masked() {
        let key = format!("ghp_{}", "Q7w8E9r0T1y2U3i4O5p6A7s8D9f0G1h2J3k4");
        assert_eq!(crate::mask_tool(&format!("mcp__x__{key}")), "mcp__x__[masked]");
        assert_eq!(crate::mask_tool("mcp__linear__get_issue"), "mcp__linear__get_issue");
    }

    /// Builds with checks compare the sieve with the rules at each word and sign; here they see what is made to deceive
    /// it.
    #[test]
    fn nothing_is_skipped_that_a_rule_finds() {
        let key = "Q7w8E9r0T1y2U3i4O5p6A7s8D9f0G1h2J3k4L5z6";
        let words = "password token secret is was Bearer basic machine login AAAA:APA91b bot 12345678: eyJ eyJhbGciOi \
            PuTTY-User-Key-File-2: -----BEGIN PRIVATE KEY----- curl mysql -u -p --password=x --token npm_ ghp_ sk- sk_live_ \
            s. o. AKIA AQE AA M N O Q~ https:// user@ : = => == > < ( \" ' ` \\ \\n \\u0026 %3D [31m ; , . - _ ~ | / ? api_key \
            apiKey pwd nid value name\": xB ci authorization Cookie: session=abc; hunter2 é"
            .split(' ');
        let words: Vec<&str> =
            words.filter(|word| !word.is_empty()).chain([" ", "\n", "a", "PuTTY-User-Key-File-2: ssh-"]).collect();
        let mut dice: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut roll = |below: usize| {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            usize::try_from(dice % below as u64).unwrap_or(0)
        };
        let mut masked = 0;
        for _ in 0..40_000 {
            let mut text = String::new();
            for _ in 0..=roll(12) {
                match roll(8) {
                    0 => text.push_str(key.get(..roll(key.len())).unwrap_or_default()),
                    1 | 2 => text.push(' '),
                    _ => text.push_str(words.get(roll(words.len())).unwrap_or(&"")),
                }
            }
            masked += usize::from(crate::mask(&text) != text);
        }
        assert!(masked > 1_000, "{masked}");
    }

    /// A name in letters of any case, in each form that announces a value.
    #[test]
    fn no_case_of_a_name_deceives_it() {
        let secret = "hunter2Q7w8E9r0";
        let names =
            "password pwd oldpwd value token secret apikey api_key sessid session_id jwt auth cookie authorization";
        for name in names.split(' ') {
            for bits in 0_u32..1 << name.len().min(10) {
                let name: String = name
                    .chars()
                    .enumerate()
                    .map(|(at, letter)| if bits >> at & 1 == 1 { letter.to_ascii_uppercase() } else { letter })
                    .collect();
                for text in [
                    format!("{name}={secret}"),
                    format!("x_{name}: \"{secret}\""),
                    format!("\"name_PASS\"{name}\":{secret}"),
                    format!("set(\"{name}\", \"{secret}\") {name} {secret} --{name} {secret} <{name}>{secret}</"),
                ] {
                    let masked = crate::mask(&text);
                    assert_eq!(crate::mask(&masked), masked);
                }
            }
        }
    }
}
