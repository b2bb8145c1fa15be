//! Owns finding the facts of a line without a parser of JSON, which takes most of the time of making an index. Must stay
//! true: what is found is what a parser finds; a line that is written in another way than ours has no result here, and
//! is parsed.

use super::{Facts, Word};
use crate::entry::Kind;
use memchr::memchr2;
use std::borrow::Cow;

/// The facts of a line; `None` if it must be parsed.
pub fn scan(line: &[u8]) -> Option<Facts<'_>> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    // No other place of a line may have a control character.
    if has_control(line) {
        return None;
    }
    let mut scan = Scan { text: std::str::from_utf8(line).ok()?, at: 0 };
    let (mut facts, mut has_at, mut has_kind) = (Facts::default(), false, false);
    let (mut has_input, mut has_verdicts, mut has_interrupted) = (false, false, false);
    scan.expect(b'{')?;
    loop {
        let key = scan.plain()?;
        scan.expect(b':')?;
        match key {
            "at" => facts.at = Cow::Borrowed(once(&mut has_at).then(|| scan.plain())??),
            "kind" => facts.kind = kind(once(&mut has_kind).then(|| scan.plain())??),
            "claude_session_id" => fill(&mut facts.claude_session_id, scan.plain()?)?,
            "agent_id" => fill(&mut facts.agent_id, scan.plain()?)?,
            "tool_use_id" => fill(&mut facts.tool_use_id, scan.plain()?)?,
            "tool" => fill(&mut facts.tool, scan.plain()?)?,
            "project" => fill(&mut facts.project, scan.plain()?)?,
            "decision" => fill(&mut facts.decision, scan.plain()?)?,
            "ok" if facts.ok.is_none() => facts.ok = Some(scan.truth()?),
            "interrupted" if once(&mut has_interrupted) => facts.interrupted = scan.truth()?,
            "verdicts" if once(&mut has_verdicts) => {
                let value = scan.value()?;
                facts.verdicts = serde_json::from_str::<Vec<Word>>(value).ok()?;
            }
            "ok" | "interrupted" | "verdicts" => return None,
            "input" if !once(&mut has_input) => return None,
            _ => {
                scan.value()?;
            }
        }
        match scan.next()? {
            b',' => {}
            b'}' => break,
            _ => return None,
        }
    }
    // Without an id the call is known by its input.
    (scan.at == line.len() && facts.tool_use_id.is_some()).then_some(facts)
}

/// Whether a byte is less than a space; 8 at a time.
fn has_control(line: &[u8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let (words, rest) = line.as_chunks::<8>();
    let is_less = |word: u64| word.wrapping_sub(ONES * u64::from(b' ')) & !word & (ONES * 0x80) != 0;
    words.iter().any(|word| is_less(u64::from_le_bytes(*word))) || rest.iter().any(|byte| *byte < b' ')
}

/// Whether this is the first time.
fn once(has: &mut bool) -> bool {
    !std::mem::replace(has, true)
}

fn fill<'a>(field: &mut Option<Cow<'a, str>>, text: &'a str) -> Option<()> {
    field.replace(Cow::Borrowed(text)).is_none().then_some(())
}

/// What a word of a line reports; `None` if that is not about calls, or a word of a newer version.
pub fn kind(word: &str) -> Option<Kind> {
    match word {
        "attempt" => Some(Kind::Attempt),
        "result" => Some(Kind::Result),
        "decision" => Some(Kind::Decision),
        "subagent_start" => Some(Kind::SubagentStart),
        "subagent_stop" => Some(Kind::SubagentStop),
        _ => None,
    }
}

/// Deepest nesting of values in a line.
const DEPTH: usize = 8;

struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    /// A text in which nothing is escaped.
    fn plain(&mut self) -> Option<&'a str> {
        self.expect(b'"')?;
        let start = self.at;
        let length = memchr2(b'"', b'\\', self.text.as_bytes().get(start..)?)?;
        self.at += length;
        self.expect(b'"')?;
        self.text.get(start..start + length)
    }

    fn truth(&mut self) -> Option<bool> {
        let rest = self.text.get(self.at..)?;
        let is = rest.starts_with("true");
        self.at += if is { "true" } else { "false" }.len();
        (is || rest.starts_with("false")).then_some(is)
    }

    /// Any value, as it is written.
    fn value(&mut self) -> Option<&'a str> {
        let start = self.at;
        self.pass(DEPTH)?;
        self.text.get(start..self.at)
    }

    fn pass(&mut self, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match self.peek()? {
            b'"' => self.pass_text(),
            b'{' => self.pass_all(depth, b'}', true),
            b'[' => self.pass_all(depth, b']', false),
            b't' | b'f' => self.truth().map(|_| ()),
            _ => self.pass_number(),
        }
    }

    fn pass_all(&mut self, depth: usize, end: u8, has_keys: bool) -> Option<()> {
        self.at += 1;
        if self.peek()? == end {
            self.at += 1;
            return Some(());
        }
        loop {
            if has_keys {
                self.plain()?;
                self.expect(b':')?;
            }
            self.pass(depth)?;
            match self.next()? {
                b',' => {}
                byte => return (byte == end).then_some(()),
            }
        }
    }

    fn pass_text(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            self.at += memchr2(b'"', b'\\', self.text.as_bytes().get(self.at..)?)?;
            if self.next()? == b'"' {
                return Some(());
            }
            // `\u` and its digits are left to a parser.
            self.next().filter(|byte| matches!(byte, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't'))?;
        }
    }

    /// A whole number.
    fn pass_number(&mut self) -> Option<()> {
        let digits = self.text.as_bytes().get(self.at..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let is_number = digits > 0 && digits < 16 && (digits == 1 || self.peek() != Some(b'0'));
        self.at += digits;
        is_number.then_some(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::entry::{Bytes, Entry, Input, Leased, Said};
    use chain::{START, encode};

    /// What matters of the facts of a line.
    fn told(facts: &Facts) -> String {
        let Facts { at, kind, claude_session_id, agent_id, tool_use_id, tool, project, verdicts, .. } = facts;
        let Facts { decision, ok, interrupted, .. } = facts;
        let who = (at, kind, claude_session_id, agent_id, tool_use_id, tool, project);
        format!("{who:?} {:?} {:?}", (verdicts, decision, ok, interrupted), facts.key())
    }

    /// Whether the line was scanned; what was found is what is parsed.
    fn is_scanned(line: &[u8]) -> bool {
        let Some(found) = scan(line) else { return false };
        let parsed = serde_json::from_slice::<Facts>(line).map(|facts| told(&facts)).ok();
        assert_eq!(Some(told(&found)), parsed, "{}", String::from_utf8_lossy(line));
        true
    }

    fn lines() -> Vec<String> {
        let text = |text: &str| Some(text.to_string());
        let said = |rule: &str| Said { rule: rule.into(), verdict: "destructive".into(), severity: 3 };
        let call = Entry {
            claude_session_id: text("1efc27bb-f68f-47d0-bb52-fc872cee82d8"),
            tool_use_id: text("toolu_1"),
            tool: text("Bash"),
            input: Some(Input { command: text("rm -rf 'a b' \\\n\t\"$x\" } ] , ä"), ..Input::default() }),
            project: text("api"),
            agent: text("claude-code"),
            input_sha256: text(START),
            bytes: Some(Bytes { input: Some(12), response: Some(0) }),
            prev: START.into(),
            seq: 12,
            at: "2026-11-21T03:37:00.000000+00:00".into(),
            v: 1,
            ..Entry::default()
        };
        let all = [
            call.clone(),
            Entry { kind: Kind::Result, ok: Some(false), interrupted: true, ms: Some(7), ..call.clone() },
            Entry { verdicts: vec![said("a"), said("b")], agent_id: text("a17"), ..call.clone() },
            Entry { kind: Kind::Decision, decision: text("deny"), ok: Some(true), ..call.clone() },
            Entry { tool: text("mcp__\"x\""), ..call.clone() },
            Entry { tool_use_id: None, ..call.clone() },
            Entry { kind: Kind::Lease, lease: Some(Leased { paths: vec!["a".into()], ..Leased::default() }), ..call },
        ];
        all.iter().map(|entry| encode(entry, entry.seq).0).collect()
    }

    #[test]
    fn a_line_is_scanned_as_it_is_parsed() {
        let scanned: Vec<bool> = lines().iter().map(|line| is_scanned(line.as_bytes())).collect();
        assert_eq!(scanned, [true, true, true, true, false, false, true]);
        for odd in
            ["", "{}", "{\"tool_use_id\":\"a\"} ", "{\"tool_use_id\":null}", "{\"tool_use_id\":\"a\",\"ok\":null}"]
        {
            assert!(!is_scanned(odd.as_bytes()), "{odd}");
        }
        assert!(is_scanned(br#"{"tool_use_id":"a","new":[{"x":[]},1,true,{}],"kind":"newer"}"#));
    }

    #[test]
    fn control_characters_are_found_anywhere() {
        for at in 0..20 {
            for byte in 0..=u8::MAX {
                let mut line = [b' '; 20];
                line[at] = byte;
                assert_eq!(has_control(&line), byte < b' ', "{byte} at {at}");
            }
        }
    }

    #[test]
    fn a_damaged_line_is_scanned_as_it_is_parsed() {
        for line in lines() {
            for at in 0..line.len() {
                is_scanned(&line.as_bytes()[..at]);
                for byte in [b'"', b'\\', b'{', b'}', b'[', b',', b':', b'0', b'x', 0, 0xff] {
                    let mut bytes = line.clone().into_bytes();
                    bytes[at] = byte;
                    is_scanned(&bytes);
                }
            }
        }
    }
}
