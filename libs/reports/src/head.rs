//! Owns the head of a report: its fields, how they stand in each format, and finding them again. Must stay true: the
//! digest of the content comes last in the head, and is the SHA-256 of all before it and of the SHA-256 of all after it, so
//! that no letter can be changed unseen, not in the head either. It is no signature.

use crate::request::{Format, Mode};
use cs_core::error::{Error, Result};
use cs_core::hex::hex;
use render::{Cell, PAGE_STYLE, escape_html, format_csv_row, format_number, format_time};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ops::Range;

/// Occurs in the first lines of every report.
pub const MARK: &str = "cs-report:1";
/// Number of digits of a digest.
const DIGITS: usize = 64;
/// The head of a report is within this many bytes.
pub(crate) const MOST: usize = 16 * 1024 * 1024;
/// What begins the comment of a page that has the head.
const COMMENT: &str = "\n<!-- cs-report ";

/// What stands at the beginning of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// [`MARK`].
    pub report: String,
    /// The mode's word.
    pub mode: String,
    /// When it was made, RFC 3339, UTC.
    pub made_at: String,
    /// The program and its version.
    pub tool: String,
    /// Who says he made it; no proof.
    pub actor: String,
    /// What it was made of, in words: `conversation ca5d…`, `project api`, `commits main..HEAD`.
    pub scope: Vec<String>,
    /// Number of conversations.
    pub conversations: u64,
    /// Number of entries that are shown.
    pub entries: u64,
    /// Whether nothing was replaced.
    pub raw: bool,
    /// How many finds were replaced, by rule.
    pub redacted: BTreeMap<String, u64>,
    /// How many pieces people redacted, by actor.
    pub manual: BTreeMap<String, u64>,
    /// How many finds are shown because a person said so.
    pub kept_by_hand: u64,
    /// How many texts are not shown because they have changed since they were marked.
    pub withheld: u64,
    /// How many redactions are of an entry that is not there any more, and of a text that is in no other one: what they hid
    /// may be shown, in other words. Only if there are some.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unmatched: u64,
    /// How many lines of the logs could not be read.
    pub gaps: u64,
    /// SHA-256 of the rules.
    pub rules_digest: String,
    /// Of each log the number of bytes and their SHA-256, `BYTES:SHA256`, by `CONVERSATION:THREAD`. A log that has grown
    /// since has the same first bytes.
    pub source_digests: BTreeMap<String, String>,
    /// See above.
    pub content_digest: String,
}

/// A report that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// Its format.
    pub format: Format,
    /// Its head.
    pub head: Head,
    /// Where the digest of the content stands in the bytes.
    pub digest_at: Range<usize>,
}

/// The text of the element `style` of every report in HTML.
fn style() -> String {
    format!("\n{PAGE_STYLE}{STYLE}")
}

/// That style as a source in a content security policy, for a page that shows a report in a frame.
pub fn style_source() -> String {
    format!("'sha256-{}'", base64(&Sha256::digest(style())))
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letter = |bits: u32| char::from(LETTERS.get((bits & 63) as usize).copied().unwrap_or(b'='));
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let byte = |n: usize| u32::from(group.get(n).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        text.extend((0..=group.len()).map(|n| letter(bits >> (18 - 6 * n))));
        text.extend((group.len()..3).map(|_| '='));
    }
    text
}

impl Head {
    /// The mode, if it is one of ours.
    pub fn mode(&self) -> Option<Mode> {
        Mode::of_word(&self.mode)
    }

    /// All before the digest of the content, and what stands between that and the body.
    pub(crate) fn write(&self, format: Format, mode: Mode, columns: &[&str]) -> (String, &'static str) {
        let json = self.json();
        let json = json.strip_suffix("\"}").unwrap_or(&json);
        match format {
            Format::Json => (format!("{{\"head\":{json}"), "\"},\n\"rows\":["),
            Format::Jsonl => (format!("{{\"row\":\"head\",{}", json.trim_start_matches('{')), "\"}\n"),
            Format::Csv => (csv(columns, json), "\"\"}\"\r\n"),
            Format::Markdown => (self.front(), "\"\n---\n\n"),
            Format::Html => {
                let title = escape_html(mode.title());
                let page = format!(
                    "<!DOCTYPE html>\n<!-- {MARK} -->\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
                     <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
                     <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
                     <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
                     <style>{}</style>\n</head>\n<body>\n<main>\n<header>\n<h1>{title}</h1>\n{}\
                     </header>{COMMENT}{}",
                    style(),
                    self.table(),
                    in_comment(json)
                );
                (page, "\"} -->\n")
            }
        }
    }

    /// The head as JSON, on one line, without invisible characters.
    fn json(&self) -> String {
        serde_json::to_string(&Head { content_digest: String::new(), ..self.clone() }).unwrap_or_default()
    }

    /// The lines of YAML before the digest: each value is JSON, which is YAML too.
    fn front(&self) -> String {
        let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&self.json()).unwrap_or_default();
        let mut front = format!("---\n# {MARK}\n");
        for name in NAMES {
            if let Some(value) = fields.get(name) {
                front.push_str(&format!("{name}: {value}\n"));
            }
        }
        front + "content_digest: \""
    }

    /// The head for people who read a page.
    fn table(&self) -> String {
        let counts = |counts: &BTreeMap<String, u64>| {
            let all: Vec<String> =
                counts.iter().map(|(name, count)| format!("{name} {}", format_number(*count))).collect();
            if all.is_empty() { "none".to_string() } else { all.join(", ") }
        };
        let redacted = if self.raw { "nothing: this report is raw".to_string() } else { counts(&self.redacted) };
        let rows = [
            ("About", self.scope.join("; ")),
            ("Made", format!("{} by {}, with {}", format_time(&self.made_at), self.actor, self.tool)),
            (
                "Shown",
                format!(
                    "{} entries of {} conversations",
                    format_number(self.entries),
                    format_number(self.conversations)
                ),
            ),
            ("Replaced by rules", redacted),
            ("Redacted by people", counts(&self.manual)),
            ("Kept by hand", format_number(self.kept_by_hand)),
            ("Withheld", format_number(self.withheld)),
            ("Unreadable lines", format_number(self.gaps)),
        ];
        let unmatched = ("Redactions of entries that are gone", format_number(self.unmatched));
        let rows: Vec<(&str, String)> = rows.into_iter().chain((self.unmatched > 0).then_some(unmatched)).collect();
        let row = |(name, value): &(&str, String)| {
            format!("<tr><th scope=\"row\">{name}</th><td>{}</td></tr>\n", escape_html(value))
        };
        let rows: String = rows.iter().map(row).collect();
        format!(
            "<details>\n<summary>About this report</summary>\n<table>\n<tbody>\n{rows}</tbody>\n</table>\n</details>\n"
        )
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The names of the fields, in their order, without the last.
const NAMES: [&str; 17] = [
    "report",
    "mode",
    "made_at",
    "tool",
    "actor",
    "scope",
    "conversations",
    "entries",
    "raw",
    "redacted",
    "manual",
    "kept_by_hand",
    "withheld",
    "unmatched",
    "gaps",
    "rules_digest",
    "source_digests",
];

/// What pages of reports need besides the style of all pages.
const STYLE: &str = "blockquote { margin: .5rem 0; border-left: 3px solid var(--link); padding: .1rem 0 .1rem .9rem; white-space: pre-wrap; overflow-wrap: anywhere; }
pre { margin: .4rem 0; padding: .5rem .7rem; background: var(--tint); overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; font: .85rem/1.45 ui-monospace, monospace; }
details { margin: .4rem 0; }
summary { cursor: pointer; color: var(--soft); }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.wide th, .wide td { overflow-wrap: normal; }
.wide td { white-space: nowrap; }
.wide td:not(.number) { white-space: normal; min-width: 7rem; }
@media print { .wide { overflow: visible; font-size: .55rem; } .wide th, .wide td { white-space: normal; padding: .1rem .2rem; } .wide td:not(.number) { min-width: 0; } }
@media print { details::details-content { content-visibility: visible; block-size: auto; } }
";

/// The first two records, up to the digest.
fn csv(names: &[&str], json: &str) -> String {
    let header: Vec<Cell> = names.iter().map(|name| Cell::Plain((*name).to_string())).collect();
    let commas = ",".repeat(names.len().saturating_sub(1));
    format!("{}head{commas}\"{}", format_csv_row(&header), json.replace('"', "\"\""))
}

/// JSON that cannot end a comment of HTML.
fn in_comment(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace("--", "-\\u002d")
}

/// The head of a report; fails if it is none.
pub fn parse(bytes: &[u8]) -> Result<Parsed> {
    let (format, json, end) = find(bytes).ok_or_else(|| Error::Invalid("this is not a report of cs-report".into()))?;
    let head: Head = serde_json::from_str(&json)
        .map_err(|error| Error::Invalid(format!("the head of the report is broken: {error}")))?;
    let digest_at = end.saturating_sub(DIGITS)..end;
    let stands = bytes.get(digest_at.clone()) == Some(head.content_digest.as_bytes());
    let is_digest = head.content_digest.len() == DIGITS && head.content_digest.bytes().all(|c| c.is_ascii_hexdigit());
    match head.report == MARK && stands && is_digest {
        true => Ok(Parsed { format, head, digest_at }),
        false => Err(Error::Invalid("the head of the report is broken: its digest is not where it must be".into())),
    }
}

/// The format, the head as JSON, and where the digest ends.
fn find(bytes: &[u8]) -> Option<(Format, String, usize)> {
    let bytes = bytes.get(..MOST.min(bytes.len()))?;
    // A character may be cut at the end, which no head reaches.
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?,
    };
    if let Some(rest) = text.strip_prefix("{\"head\":") {
        let json = rest.split_once(",\n").map(|(json, _)| json)?;
        return Some((Format::Json, json.to_string(), (text.len() - rest.len() + json.len()).checked_sub(2)?));
    }
    if text.starts_with("{\"row\":\"head\",") {
        let json = text.split_once('\n').map(|(json, _)| json)?;
        return Some((Format::Jsonl, json.to_string(), json.len().checked_sub(2)?));
    }
    if let Some(rest) = text.strip_prefix(&format!("---\n# {MARK}\n")) {
        let front = rest.split_once("\n---\n").map(|(front, _)| front)?;
        let fields = front.lines().map(|line| line.split_once(": "));
        let fields: Vec<String> =
            fields.map(|field| field.map(|(name, value)| format!("\"{name}\":{value}"))).collect::<Option<_>>()?;
        let end = (text.len() - rest.len() + front.len()).checked_sub(1)?;
        return Some((Format::Markdown, format!("{{{}}}", fields.join(",")), end));
    }
    if text.starts_with(&format!("<!DOCTYPE html>\n<!-- {MARK} -->\n")) {
        let from = text.find(COMMENT)? + COMMENT.len();
        let json = text.get(from..)?.split_once(" -->\n").map(|(json, _)| json)?;
        return Some((Format::Html, json.to_string(), (from + json.len()).checked_sub(2)?));
    }
    let second = text.strip_prefix("row,").and_then(|_| text.split_once("\r\n")).map(|(_, rest)| rest)?;
    let record = second.split_once("\r\n").map(|(record, _)| record)?;
    let json = record.strip_prefix("head,")?.trim_start_matches(',').strip_prefix('"')?.strip_suffix('"')?;
    let end = (text.len() - second.len() + record.len()).checked_sub(4)?;
    Some((Format::Csv, json.replace("\"\"", "\""), end))
}

/// The digest of the content of a report, as it must stand in it.
pub fn content_digest(bytes: &[u8], parsed: &Parsed) -> String {
    let before = bytes.get(..parsed.digest_at.start).unwrap_or_default();
    let after = bytes.get(parsed.digest_at.end..).unwrap_or_default();
    digest_of(before, Sha256::new_with_prefix(after))
}

/// The digest of a report that begins with `before`; `after` has all that follows it.
pub(crate) fn digest_of(before: &[u8], after: Sha256) -> String {
    hex(&Sha256::new_with_prefix(before).chain_update(hex(&after.finalize())).finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::MODES;
    use render::FORMATS;

    fn head() -> Head {
        Head {
            report: MARK.into(),
            mode: "prompts".into(),
            actor: "\"content_digest\":\" --> <b> \n---\n content_digest: \"x".into(),
            scope: vec!["project content_digest".into(), "a,\"b\"\r\nc".into()],
            redacted: BTreeMap::from([("github-pat".into(), 2)]),
            ..Head::default()
        }
    }

    fn report(head: &Head, format: Format, mode: Mode, body: &str) -> Vec<u8> {
        let (before, between) = head.write(format, mode, &["row", "text", "head"]);
        let after = Sha256::new_with_prefix(between).chain_update(body);
        format!("{before}{}{between}{body}", digest_of(before.as_bytes(), after)).into_bytes()
    }

    #[test]
    fn a_head_is_found_in_every_format_and_every_changed_byte_too() {
        for (format, mode) in FORMATS.into_iter().flat_map(|format| MODES.map(|mode| (format, mode))) {
            let bytes = report(&head(), format, mode, "the body\r\n \"content_digest\":\"");
            let parsed = parse(&bytes).unwrap_or_else(|error| panic!("{format:?}: {error}"));
            assert_eq!((parsed.format, &parsed.head.actor), (format, &head().actor));
            assert_eq!(content_digest(&bytes, &parsed), parsed.head.content_digest, "{format:?}");
            for at in 0..bytes.len() {
                let mut other = bytes.clone();
                other[at] ^= 1;
                let is_seen =
                    parse(&other).is_ok_and(|parsed| content_digest(&other, &parsed) == parsed.head.content_digest);
                assert!(!is_seen, "{format:?}: byte {at} can be changed");
            }
        }
    }

    #[test]
    fn other_files_are_no_reports() {
        for text in [
            "",
            "{",
            "---\n# cs-report:1\n",
            "{\"head\":{}}",
            "row,text\r\nhead,\"\"\r\n",
            "<!DOCTYPE html>\n<!-- cs-report:1 -->\n",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text:?}");
        }
        assert!(parse(&[0xff; 100]).is_err());
    }
}
