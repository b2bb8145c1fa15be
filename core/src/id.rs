//! Owns the names that become file names. A `SessionId`, `Slug` or `Uuid` exists only if its text
//! has the exact shape, so no path outside the data directory can be built from one.
//! Deliberately absent: any other way to make a file name.

use crate::clock::{self, Instant};
use crate::error::{Error, Result};
use nanorand::{Rng, WyRand};
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! text_type {
    ($name:ident) => {
        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
        impl TryFrom<String> for $name {
            type Error = Error;
            fn try_from(text: String) -> Result<Self> {
                Self::parse(&text)
            }
        }
        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }
    };
}

/// A session's id: `sess_<UTC minute>_<4 hex>`, for example `sess_20261121T0337_ca5d`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionId(String);

/// A project's short name: `[a-z0-9][a-z0-9-]*`, at most 100 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

/// The agent's own id of a conversation, in lower case, 8-4-4-4-12 hex.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Uuid(String);

/// The id of a seat: `agent_<UTC minute>_<4 hex>`, for example `agent_20261129T1134_1f0c`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SeatId(String);

text_type!(SessionId);
text_type!(Slug);
text_type!(Uuid);
text_type!(SeatId);

impl SessionId {
    /// Whether the text has exactly the shape of an id.
    pub fn is_one(text: &str) -> bool {
        // Like `shaped`, in a few steps: each name in a folder of thousands is looked at.
        matches!(
            text.as_bytes(),
            [
                b's',
                b'e',
                b's',
                b's',
                b'_',
                b'0'..=b'9',
                b'0'..=b'9',
                b'0'..=b'9',
                b'0'..=b'9',
                b'0'..=b'9',
                b'0'..=b'9',
                b'0'..=b'9',
                b'0'..=b'9',
                b'T',
                b'0'..=b'9',
                b'0'..=b'9',
                b'0'..=b'9',
                b'0'..=b'9',
                b'_',
                b'0'..=b'9' | b'a'..=b'f',
                b'0'..=b'9' | b'a'..=b'f',
                b'0'..=b'9' | b'a'..=b'f',
                b'0'..=b'9' | b'a'..=b'f',
            ]
        )
    }

    /// Accepts exactly the shape of an id; anything else is `Invalid`.
    pub fn parse(text: &str) -> Result<Self> {
        if SessionId::is_one(text) {
            return Ok(SessionId(text.to_string()));
        }
        Err(Error::Invalid(format!("not a session id: {text:?}; an id looks like sess_20261121T0337_ca5d")))
    }

    /// A random id for a session that starts at `at`.
    pub fn random(at: Instant) -> Self {
        Self::with_suffix(at, WyRand::new().generate::<u16>())
    }

    /// The id for the conversation `uuid` at the `attempt`th try. The suffix depends only on the uuid, so that the
    /// session of a conversation can be found by its file name.
    pub fn of_conversation(at: Instant, uuid: &Uuid, attempt: u8) -> Self {
        Self::with_suffix(at, conversation_suffix(uuid, attempt))
    }

    /// A text that sorts after the ids of all sessions created until `now`, and before those that were created while
    /// the clock was ahead (see `clock::horizon`).
    pub fn horizon(now: Instant) -> String {
        let minute: String = clock::horizon(now).chars().take(16).filter(|c| !matches!(c, '-' | ':')).collect();
        format!("sess_{minute}_~")
    }

    fn with_suffix(at: Instant, suffix: u16) -> Self {
        SessionId(format!("sess_{}_{suffix:04x}", minute(at)))
    }
}

impl SeatId {
    /// Accepts exactly the shape of an id; anything else is `Invalid`.
    pub fn parse(text: &str) -> Result<Self> {
        if shaped(text, "agent_00000000T0000_xxxx") {
            return Ok(SeatId(text.to_string()));
        }
        Err(Error::Invalid(format!("not an agent's id: {text:?}; an id looks like agent_20261129T1134_1f0c")))
    }

    /// A random id for a seat that is made at `at`.
    pub fn random(at: Instant) -> Self {
        SeatId(format!("agent_{}_{:04x}", minute(at), WyRand::new().generate::<u16>()))
    }
}

/// The minute of an id, such as `20261121T0337`.
fn minute(at: Instant) -> String {
    clock::stamp(at).chars().take(16).filter(|c| !matches!(c, '-' | ':')).collect()
}

/// The part of a conversation's id that differs from others: ids of version 7 begin with the time.
pub fn short_uuid(uuid: &str) -> &str {
    let part = if uuid.get(14..15) == Some("7") { uuid.get(28..) } else { uuid.get(..8) };
    part.unwrap_or(uuid)
}

/// The suffixes of the ids that a conversation's sessions may have (see [`SessionId::of_conversation`]).
#[derive(Debug)]
pub struct Names([String; CONVERSATION_ATTEMPTS as usize]);

impl Names {
    /// The suffixes for this conversation.
    pub fn of(uuid: &Uuid) -> Names {
        Names(std::array::from_fn(|attempt| format!("_{:04x}", conversation_suffix(uuid, attempt as u8))))
    }

    /// Whether the id could belong to the conversation.
    pub fn fit(&self, id: &str) -> bool {
        self.0.iter().any(|end| id.ends_with(end.as_str()))
    }

    /// The suffixes: `_ca5d`.
    pub fn ends(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// How many suffixes are tried for a conversation before a random one is used.
pub const CONVERSATION_ATTEMPTS: u8 = 4;

fn conversation_suffix(uuid: &Uuid, attempt: u8) -> u16 {
    let hash = fnv1a(uuid.as_str().as_bytes().iter().chain(std::iter::once(&attempt)));
    (hash ^ (hash >> 16) ^ (hash >> 32) ^ (hash >> 48)) as u16
}

/// FNV-1a, 64 bits: a short, stable, well-distributed name for a text. Not for security.
pub fn fnv1a<'a>(bytes: impl IntoIterator<Item = &'a u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Maximum number of characters of a slug.
const SLUG: usize = 100;

impl Slug {
    /// Accepts a well-formed slug; anything else is `Invalid`.
    pub fn parse(text: &str) -> Result<Self> {
        let ok = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let shape =
            text.chars().next().is_some_and(ok) && text.chars().all(|c| ok(c) || c == '-') && text.len() <= SLUG;
        if shape {
            return Ok(Slug(text.to_string()));
        }
        Err(Error::Invalid(format!(
            "not the short name of a project: {text:?}; use lower-case letters, digits and '-'"
        )))
    }

    /// The slug for a directory's base name: in lower case, each run of other characters becomes one `-`. An `n` above
    /// 1 is appended, for the second project of one name.
    pub fn from_name(name: &str, n: usize) -> Self {
        let mut slug = String::new();
        for c in name.chars().take(90) {
            match c.to_ascii_lowercase() {
                c if c.is_ascii_lowercase() || c.is_ascii_digit() => slug.push(c),
                _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
                _ => {}
            }
        }
        let number = if n > 1 { format!("-{n}") } else { String::new() };
        slug.truncate(SLUG - number.len());
        let slug = slug.trim_matches('-');
        let slug = if slug.is_empty() { "project" } else { slug };
        Slug(format!("{slug}{number}"))
    }
}

impl Uuid {
    /// A random id (version 4, RFC 9562) for a conversation that we start.
    pub fn random() -> Self {
        let mut rng = WyRand::new();
        let (high, low) = (rng.generate::<u64>(), rng.generate::<u64>());
        let (high, low) = ((high & !0xf000) | 0x4000, (low & !(0b11 << 62)) | (0b10 << 62));
        Uuid(format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        ))
    }

    /// Whether the text has the shape of one, in either case.
    pub fn is_one(text: &str) -> bool {
        let fits = |(at, byte): (usize, u8)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        };
        text.len() == 36 && text.bytes().enumerate().all(fits)
    }

    /// Accepts 8-4-4-4-12 hex digits in either case; anything else is `Invalid`.
    pub fn parse(text: &str) -> Result<Self> {
        if Uuid::is_one(text) {
            return Ok(Uuid(text.to_ascii_lowercase()));
        }
        Err(Error::Invalid(format!(
            "not a conversation id: {text:?}; it is a UUID such as 1efc27bb-f68f-47d0-bb52-fc872cee82d8"
        )))
    }
}

/// A random task id: `t` and 8 hex digits.
pub fn random_task_id() -> String {
    format!("t{:08x}", WyRand::new().generate::<u32>())
}

/// A random id of a lease: `l` and 8 hex digits.
pub fn random_lease_id() -> String {
    format!("l{:08x}", WyRand::new().generate::<u32>())
}

/// A random id of a mark: `m` and 12 hex digits.
pub fn random_mark_id() -> String {
    format!("m{:012x}", WyRand::new().generate::<u64>() >> 16)
}

/// Whether a text has the shape of a mark's id.
pub fn is_mark_id(text: &str) -> bool {
    shaped(text, "mxxxxxxxxxxxx")
}

/// The task id for a task of the agent's own list: the same for the same conversation and key.
pub fn agent_task_id(uuid: &Uuid, key: &str) -> String {
    let hash = fnv1a(uuid.as_str().as_bytes().iter().chain(b"/").chain(key.as_bytes()));
    format!("t{:08x}", (hash ^ (hash >> 32)) as u32)
}

/// Compares a text with a pattern in which `0` stands for a decimal digit and `x` for a
/// lower-case hexadecimal one.
fn shaped(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            b'x' => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            other => byte == other,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_shapes_become_ids() {
        assert!(SessionId::parse("sess_20261121T0337_ca5d").is_ok());
        for bad in [
            "",
            "../../etc/passwd",
            "sess_20261121T0337_CA5D",
            "sess_20261121T0337_ca5d/..",
            "sess_20261121T0337_ca5",
            "sess_20261121T0337_ca5d\0",
        ] {
            assert!(SessionId::parse(bad).is_err(), "{bad:?}");
            assert!(Uuid::parse(bad).is_err(), "{bad:?}");
            assert!(SeatId::parse(bad).is_err(), "{bad:?}");
        }
        let one = "sess_20261121T0337_ca5d";
        for (at, byte) in (0..one.len()).flat_map(|at| (0..128).map(move |byte| (at, byte))) {
            let text = format!("{}{}{}", &one[..at], char::from(byte), &one[at + 1..]);
            assert_eq!(SessionId::is_one(&text), shaped(&text, "sess_00000000T0000_xxxx"), "{text:?}");
        }
        let at = crate::clock::parse("2026-11-29T11:34:00Z").unwrap();
        let seat = SeatId::random(at);
        assert!(seat.as_str().starts_with("agent_20261129T1134_") && SeatId::parse(seat.as_str()).is_ok());
        assert!(is_mark_id(&random_mark_id()) && !is_mark_id("m3f2a9c00b1d") && !is_mark_id("M3f2a9c00b1d7"));
        let uuid = Uuid::random();
        assert!(Uuid::parse(uuid.as_str()).is_ok() && uuid != Uuid::random());
        assert!(uuid.as_str().get(14..15) == Some("4") && "89ab".contains(uuid.as_str().get(19..20).unwrap()));
        for bad in ["", "-a", "..", "a/b", "A", "a b", "é", "a\n", "../../etc/passwd"] {
            assert!(Slug::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(
            Uuid::parse("1EFC27BB-F68F-47D0-BB52-FC872CEE82D8").unwrap().as_str(),
            "1efc27bb-f68f-47d0-bb52-fc872cee82d8"
        );
    }

    #[test]
    fn names_become_slugs() {
        for (name, slug) in [
            ("My Project", "my-project"),
            (".dotfiles", "dotfiles"),
            ("日本", "project"),
            ("a__b", "a-b"),
            ("x--", "x"),
        ] {
            assert_eq!(Slug::from_name(name, 1).as_str(), slug);
            assert!(Slug::parse(Slug::from_name(name, 2).as_str()).is_ok());
        }
        for n in [1, 2, usize::MAX] {
            let long = Slug::from_name(&"ab".repeat(99), n);
            assert!(Slug::parse(long.as_str()).is_ok(), "the number is no reason to be too long: {long}");
        }
    }

    #[test]
    fn the_ids_of_a_conversation_fit_its_names() {
        let uuid = Uuid::parse("1efc27bb-f68f-47d0-bb52-fc872cee82d8").unwrap();
        let at = crate::clock::parse("2026-11-21T03:37:00Z").unwrap();
        for attempt in 0..CONVERSATION_ATTEMPTS {
            assert!(Names::of(&uuid).fit(SessionId::of_conversation(at, &uuid, attempt).as_str()));
        }
        let other = Uuid::parse("00000000-f68f-47d0-bb52-fc872cee82d8").unwrap();
        assert!(!Names::of(&other).fit(SessionId::of_conversation(at, &uuid, 0).as_str()));
    }
}
