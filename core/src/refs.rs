//! Owns which issues a text names: `ABC-12`, `#12`, and addresses of issues and pull requests; and where they are, by
//! `links` in `config.json`. Pure. Must stay true: linear in the text; the name of a standard (`UTF-8`, `SHA-256`) is none.

use crate::config::Config;
use crate::record::Session;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Longest key before the number, in bytes.
const KEY: usize = 10;
/// Longest number, in digits.
const DIGITS: usize = 6;
/// Longest address.
const ADDRESS: usize = 300;
/// How many issues one text names at most; more are no references.
const MOST: usize = 200;
/// The key in `links` of numbers without one.
const NUMBER: &str = "#";

/// Words that stand before a number and are no project, unless `links` has them. Sorted.
const STANDARDS: [&str; 58] = [
    "ACM", "AES", "AMD", "ANSI", "ARM", "ASCII", "BASE", "BIG", "COVID", "CP", "CRC", "CVE", "CWE", "DDR", "EC",
    "ECMA", "ED", "EN", "ES", "EUC", "FIPS", "GB", "GPT", "GTX", "HS", "HTTP", "IEC", "IEEE", "IPV", "ISO", "JSR",
    "KOI", "LATIN", "LTS", "MD", "MP", "MPEG", "NIST", "OAUTH", "PEP", "PKCS", "PS", "RFC", "RS", "RSA", "RTX", "SARS",
    "SHA", "SOC", "SSL", "TLS", "UCS", "US", "USB", "UTC", "UTF", "WPA", "XEP",
];

/// The parts of an address before the number of an issue or of what is to be merged.
const OF_ISSUES: [&str; 6] = ["issues", "issue", "pull", "pulls", "merge_requests", "browse"];

/// Where issues are, by what stands before their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links(BTreeMap<String, String>);

impl Links {
    /// Those of the configuration: `"links": {"ABC": "https://example.org/browse/{}"}`.
    pub fn of(config: &Config) -> Links {
        match config.group("links") {
            Some(Value::Object(all)) => {
                Links::new(all.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?))))
            }
            _ => Links::default(),
        }
    }

    /// Those in pairs of key and address. What is no address of a page is left out.
    pub fn new<'a>(all: impl IntoIterator<Item = (&'a str, &'a str)>) -> Links {
        let is_page = |address: &str| {
            let is_web = address.starts_with("https://") || address.starts_with("http://");
            is_web
                && !address
                    .contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '\''))
        };
        let all = all.into_iter().filter(|(_, address)| is_page(address));
        Links(all.map(|(key, address)| (key.to_uppercase(), address.to_string())).collect())
    }

    /// The page of an issue, if it is known. `{}` is the issue, of `#12` the number.
    pub fn page(&self, issue: &str) -> Option<String> {
        if is_address(issue) {
            return Some(issue.to_string());
        }
        let (key, name) = match issue.strip_prefix(NUMBER) {
            Some(number) => (NUMBER, number),
            None => (issue.split('-').next()?, issue),
        };
        Some(self.0.get(key)?.replace("{}", name))
    }

    fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }
}

/// Whether an issue is the one that a person names: in any case; a number is also that of an address.
pub fn is_named(issue: &str, name: &str) -> bool {
    let at_end = || {
        let number = name.strip_prefix(NUMBER)?;
        Some(is_address(issue) && issue.rsplit('/').next() == Some(number))
    };
    issue.eq_ignore_ascii_case(name.trim_end_matches('/')) || at_end().unwrap_or(false)
}

/// The issues that a record names in its branch, its commits and its purpose.
pub fn of_record(session: &Session, links: &Links) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    find(&session.git_branch, links, &mut found);
    find(&session.intent, links, &mut found);
    session.commits.iter().for_each(|commit| find(&commit.message, links, &mut found));
    found
}

/// Adds the issues that a text names.
pub fn find(text: &str, links: &Links, found: &mut BTreeSet<String>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before)).copied();
        let rest = text.get(at..).unwrap_or_default();
        let taken = match byte {
            b'h' if is_address(rest) && !is_word(before) => Some(address(rest, links, found)),
            b'#' => number(rest, before).map(|(name, length)| {
                found.insert(name.to_string());
                length
            }),
            byte if byte.is_ascii_alphabetic() && !is_word(before) => Some(match key(rest, links) {
                Some((name, length)) => {
                    found.insert(name);
                    length
                }
                None => rest.bytes().take_while(|byte| is_word(Some(*byte))).count(),
            }),
            _ => None,
        };
        at += taken.unwrap_or(1).max(1);
        if found.len() >= MOST {
            return;
        }
    }
}

fn is_address(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

fn is_word(byte: Option<u8>) -> bool {
    byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80)
}

/// The digits at the beginning, if they are a number and the text does not go on with them.
fn digits(text: &str) -> Option<&str> {
    let count = text.bytes().take(DIGITS + 1).take_while(u8::is_ascii_digit).count();
    let next = |n: usize| text.as_bytes().get(count + n).copied();
    let goes_on =
        is_word(next(0)) || (matches!(next(0), Some(b'-' | b'.')) && next(1).is_some_and(|byte| byte.is_ascii_digit()));
    let is_number = (1..=DIGITS).contains(&count) && !text.starts_with('0') && !goes_on;
    is_number.then(|| text.get(..count)).flatten()
}

/// `#12` at the beginning, and its length.
fn number(text: &str, before: Option<u8>) -> Option<(&str, usize)> {
    let is_apart = !is_word(before) && !matches!(before, Some(b'&' | b'#' | b'/' | b'=' | b'-'));
    let count = digits(text.get(1..)?)?.len() + 1;
    is_apart.then(|| text.get(..count)).flatten().map(|name| (name, count))
}

/// `ABC-12` at the beginning, and its length. Small letters count if `links` has the key.
fn key(text: &str, links: &Links) -> Option<(String, usize)> {
    let count = text.bytes().take(KEY + 1).take_while(u8::is_ascii_alphanumeric).count();
    let key = text.get(..count).filter(|key| (2..=KEY).contains(&key.len()))?;
    let number = digits(text.get(count..)?.strip_prefix('-')?)?;
    let upper = key.to_ascii_uppercase();
    let is_project = links.has(&upper) || (upper == key && STANDARDS.binary_search(&key).is_err());
    is_project.then(|| (format!("{upper}-{number}"), count + 1 + number.len()))
}

/// Adds the issue of an address at the beginning, and returns the length of the address.
fn address(text: &str, links: &Links, found: &mut BTreeSet<String>) -> usize {
    let is_end = |c: char| {
        c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '<' | '>' | ')' | ']' | '}' | '`' | '|')
    };
    let length = text.find(is_end).unwrap_or(text.len());
    let whole = text.get(..length).unwrap_or_default();
    let page = whole.split(['?', '#']).next().unwrap_or_default().trim_end_matches(['.', ',', ';', ':', '!', '/']);
    let mut kind = "";
    for (n, part) in page.split('/').enumerate() {
        if OF_ISSUES.contains(&kind) && n > 3 {
            if let Some((name, _)) = key(part, links).filter(|(name, _)| name.len() == part.len()) {
                found.insert(name);
            } else if digits(part).is_some_and(|number| number.len() == part.len()) && page.len() <= ADDRESS {
                let end =
                    page.find(&format!("/{kind}/{part}")).map_or(page.len(), |at| at + kind.len() + part.len() + 2);
                found.insert(page.get(..end).unwrap_or(page).to_string());
            }
            break;
        }
        kind = part;
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        with(text, &Links::default())
    }

    fn with(text: &str, links: &Links) -> Vec<String> {
        let mut found = BTreeSet::new();
        find(text, links, &mut found);
        found.into_iter().collect()
    }

    #[test]
    fn issues_are_found_in_branches_commits_and_prompts() {
        for (text, issues) in [
            ("feature/ABC-12-login", vec!["ABC-12"]),
            ("ABC-12: fix the login (#34)", vec!["#34", "ABC-12"]),
            ("see ABC-12, AB2-7 and ABC-12.", vec!["AB2-7", "ABC-12"]),
            ("closes #7, fixes #8.", vec!["#7", "#8"]),
            ("(ABC-1)[ABC-2]\"ABC-3\"", vec!["ABC-1", "ABC-2", "ABC-3"]),
            (
                "look at https://github.com/o/r/issues/12#issuecomment-99 please",
                vec!["https://github.com/o/r/issues/12"],
            ),
            ("(https://github.com/o/r/pull/7/files)", vec!["https://github.com/o/r/pull/7"]),
            (
                "https://git.example.org/g/s/r/-/merge_requests/3.",
                vec!["https://git.example.org/g/s/r/-/merge_requests/3"],
            ),
            ("https://x.atlassian.net/browse/ABC-12?focus=1", vec!["ABC-12"]),
            ("https://linear.app/team/issue/ENG-5/a-title", vec!["ENG-5"]),
            ("é ABC-12é ABC-13", vec!["ABC-13"]),
        ] {
            assert_eq!(of(text), issues, "{text}");
        }
    }

    #[test]
    fn names_of_standards_and_versions_are_no_issues() {
        assert!(STANDARDS.is_sorted(), "it is searched");
        for text in [
            "UTF-8 and UTF-16, SHA-256, ISO-8859-1, RFC-2616, CVE-2024-3094, GPT-4, ES-2015, SOC-2",
            "ABC-0 ABC-012 ABC-1234567 ABC-12x ABC-12_3 ABC-12-3 ABC-1.2 xABC-12 abc-12 A-1 ABCDEFGHIJK-1",
            "&#39; #0 #fff #12ab ##3 /#4 color:#123456789 a#5 x=#6 # 7",
            "https://example.org/issues https://example.org/x/12#34 https://github.com/o/r/issues/new",
            "http:// https:/x #",
        ] {
            assert_eq!(of(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn links_say_where_issues_are_and_which_keys_there_are() {
        let links = Links::new([
            ("abc", "https://example.org/browse/{}"),
            ("#", "https://example.org/r/issues/{}"),
            ("RFC", "https://example.org/rfc/{}"),
            ("X", "javascript:alert(1)"),
            ("Y", "https://example.org/\" onclick=\""),
        ]);
        assert_eq!(with("fix/abc-12-login and RFC-12 and x-1", &links), ["ABC-12", "RFC-12"]);
        assert_eq!(links.page("ABC-12").as_deref(), Some("https://example.org/browse/ABC-12"));
        assert_eq!(links.page("#34").as_deref(), Some("https://example.org/r/issues/34"));
        assert_eq!(links.page("https://h/o/r/pull/7").as_deref(), Some("https://h/o/r/pull/7"));
        assert_eq!((links.page("DEF-1"), links.page("X-1"), links.page("Y-1")), (None, None, None));
    }

    #[test]
    fn an_issue_is_named_in_any_case_and_by_the_number_of_its_address() {
        assert!(is_named("ABC-12", "abc-12") && is_named("#12", "#12"));
        assert!(
            is_named("https://h/o/r/issues/12", "#12")
                && is_named("https://h/o/r/issues/12", "https://h/o/r/issues/12/")
        );
        assert!(
            !is_named("ABC-12", "ABC-1") && !is_named("https://h/o/r/issues/12", "#2") && !is_named("ABC-12", "#12")
        );
    }

    #[test]
    fn a_hostile_text_takes_linear_time_and_names_only_so_many() {
        let many: String = (1..1000).map(|n| format!("#{n} ")).collect();
        assert_eq!(of(&many).len(), MOST);
        for piece in ["A-", "#", "https://", "https://a/issues/", "ABCDEFGHIJ", "é"] {
            let _ = of(&piece.repeat(200_000));
        }
    }
}
