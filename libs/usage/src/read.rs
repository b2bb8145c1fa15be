//! Owns reading logs into facts: the whole file, or what was added since it was last read. Must stay true: what is read
//! twice counts once; a file that changed without growing, was replaced, or differs in the bytes that are compared, is
//! read from the start.

use crate::explain::Account;
use crate::facts::{Facts, Places, hash};
use crate::pack::{Pack, Packed, Unpack, json, of_json};
use agents::entry::Understood;
use agents::entry::Wanted;
use agents::lines::{self, Piece};
use agents::logs::{Identity, Log};
use agents::reader::{Reader, State};
use cs_core::open;
use std::fs::File;
use std::io::{Read, Result, Seek, SeekFrom};

/// The facts of a file, and the evidence that they still hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// The file's identity when it was read.
    pub identity: Identity,
    /// How many bytes of complete lines were read.
    pub offset: u64,
    /// Hash of bytes before the offset; see [`check`].
    pub check: u64,
    /// The facts of the complete lines: reading continues from here when the file has grown.
    facts: Facts,
    /// The reader's state after them.
    state: State,
    /// The facts including an incomplete last line, if that has any.
    whole: Option<Facts>,
}

/// How many bytes are compared at each position.
const CHECKED: u64 = 1024;
/// How many positions after the beginning are compared, the last directly before the offset.
const PLACES: u64 = 8;

impl Known {
    /// Adds everything but the identity. What counts comes first, so that nothing else is read of a log without changes.
    pub fn pack_rest(&self, to: &mut Pack) {
        to.block(|to| self.whole.as_ref().unwrap_or(&self.facts).pack(to));
        self.offset.pack(to);
        self.check.pack(to);
        json(&self.state, to);
        self.whole.is_some().pack(to);
        self.whole.iter().for_each(|_| self.facts.pack(to));
    }

    /// Reads what [`Known::pack_rest`] wrote.
    pub fn unpack_rest(identity: Identity, from: &mut Unpack) -> Option<Self> {
        let counted = Facts::unpack(&mut from.block()?)?;
        let (offset, check, state) = (u64::unpack(from)?, u64::unpack(from)?, of_json(from)?);
        let (facts, whole) = match Option::<Facts>::unpack(from)? {
            Some(facts) => (facts, Some(counted)),
            None => (counted, None),
        };
        Some(Known { identity, offset, check, facts, state, whole })
    }

    /// The facts of the file.
    pub fn into_facts(self) -> Facts {
        self.whole.unwrap_or(self.facts)
    }
}

/// Reads a whole log, with an account of it.
pub fn log_with_account(log: &Log) -> Result<(Known, Account)> {
    let mut account = Account::default();
    Ok((read(log, None, Some(&mut account))?, account))
}

/// Reads a log, continuing from what is known if possible.
pub fn log(log: &Log, known: Option<Known>) -> Result<Known> {
    read(log, known, None)
}

fn read(log: &Log, known: Option<Known>, account: Option<&mut Account>) -> Result<Known> {
    let mut file = open::foreign(&log.path)?;
    let identity = Identity::of(&file.metadata()?);
    let old = known.filter(|known| {
        let same = known.identity.dev == identity.dev && known.identity.ino == identity.ino;
        let grew = known.identity.size < identity.size && known.offset <= identity.size;
        same && grew && check(&mut file, known.offset).is_ok_and(|sum| sum == known.check)
    });
    let new = || (0, Facts::default(), State::new(log.agent));
    let (start, mut facts, state) = old.map_or_else(new, |known| (known.offset, known.facts, known.state));
    file.seek(SeekFrom::Start(start))?;
    let (read, state, whole) = pieces(&mut file, state, &mut facts, account)?;
    let offset = start + read;
    let check = check(&mut file, offset)?;
    Ok(Known { identity, offset, check, facts, state, whole })
}

/// Hash of the offset and of bytes before it: at the beginning, at the end, and at equal distances between.
fn check(file: &mut File, offset: u64) -> Result<u64> {
    let mut bytes = offset.to_le_bytes().to_vec();
    let last = offset.saturating_sub(CHECKED);
    for place in 0..=PLACES {
        let start = (u128::from(last) * u128::from(place) / u128::from(PLACES)) as u64;
        file.seek(SeekFrom::Start(start))?;
        file.take(CHECKED.min(offset)).read_to_end(&mut bytes)?;
    }
    Ok(cs_core::id::fnv1a(&bytes))
}

/// Folds all complete lines into the facts. Returns how many bytes they have, the reader's state after them, and the
/// facts including what follows them, if that has any.
fn pieces(
    from: impl Read,
    state: State,
    facts: &mut Facts,
    mut account: Option<&mut Account>,
) -> Result<(u64, State, Option<Facts>)> {
    let mut reader = Reader::new(state, Wanted::Counted);
    let mut places = Places::of(facts);
    let mut whole = None;
    let read = lines::read(from, |piece| match piece {
        Piece::Line(text) => {
            // The number of the line may distinguish it from others, so it is counted first.
            facts.lines += 1;
            let understood = fold(&mut reader, facts, &mut places, &mut account, text);
            facts.count(understood);
            account.iter_mut().for_each(|account| account.note_line(facts.lines, understood));
        }
        // Incomplete or torn. It may have facts already, but only for now: it is read again.
        Piece::Rest(text) if text.ends_with(b"}") => {
            let mut with = Facts { lines: facts.lines + 1, ..facts.clone() };
            let mut once = Reader::new(reader.state().clone(), Wanted::Counted);
            fold(&mut once, &mut with, &mut places, &mut account, text);
            with.lines -= 1;
            whole = (with != *facts).then_some(with);
        }
        Piece::Rest(_) => {}
        Piece::TooLong(_) => {
            facts.lines += 1;
            facts.too_long += 1;
            account.iter_mut().for_each(|account| account.note_too_long(facts.lines));
        }
    })?;
    Ok((read, reader.into_state(), whole))
}

/// Folds the entries of a line into the facts and, if there is one, the account.
fn fold(
    reader: &mut Reader,
    facts: &mut Facts,
    places: &mut Places,
    account: &mut Option<&mut Account>,
    text: &[u8],
) -> Understood {
    let number = facts.lines;
    reader.line(text, number, &mut |entry| {
        account.iter_mut().for_each(|account| account.note_entry(number, &entry));
        facts.fold(places, entry);
    })
}

/// A hash of a path, which chooses its part of the cache.
pub fn path_hash(log: &Log) -> u64 {
    hash(&log.path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;
    use agents::Agent;
    use std::io::Write;

    const LINE: &str = r#"{"type":"assistant","sessionId":"s","timestamp":"2026-11-21T10:00:00Z","message":{"id":"m","model":"x","usage":{"input_tokens":1}}}"#;

    #[test]
    fn the_last_line_counts_and_is_read_again() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut grow = |text: &str, known: Option<Known>| {
            file.write_all(text.as_bytes()).unwrap();
            let identity = Identity::of(&file.as_file().metadata().unwrap());
            log(&Log { path: file.path().into(), agent: Agent::Claude, identity, born: 0 }, known).unwrap()
        };
        let lines = |known: &Known| known.clone().into_facts().calls.iter().map(|call| call.lines).collect::<Vec<_>>();
        let torn = grow(LINE, None);
        assert_eq!((lines(&torn), torn.offset), (vec![1], 0));
        let whole = grow("\n", Some(torn));
        assert_eq!((lines(&whole), whole.clone().into_facts().lines), (vec![1], 1), "one line, not two");
        let next = grow(&LINE.replace("\"m\"", "\"n\""), Some(whole));
        assert_eq!(lines(&next), [1, 1]);
        let broken = grow("and more\n", Some(next)).into_facts();
        assert_eq!((broken.calls.len(), broken.lines, broken.broken), (1, 2, 1), "it went on, so it was none");
    }

    /// The damages that were seen in logs, in a string of the line: none costs the line.
    const DAMAGES: [&[u8]; 6] = [br"\ud83d", b"\x01\x1b\0", br"C:\Users", b"\xb4\xfa", br"\u12", b"\xed\xa0\xbd"];

    fn read_all(agent: Agent, name: &str, bytes: &[u8]) -> Facts {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let identity = Identity::of(&std::fs::metadata(&path).unwrap());
        log(&Log { path, agent, identity, born: 0 }, None).unwrap().into_facts()
    }

    #[test]
    fn nearly_valid_lines_count() {
        for damage in DAMAGES {
            for (before, after) in [(&b""[..], &b""[..]), (b"\xef\xbb\xbf", b"\r"), (b"\0\0\0", b"\0")] {
                let named = LINE.replace("\"sessionId\"", "\"cwd\":\"/w/@@\",\"sessionId\"");
                let (head, tail) = named.split_once("@@").unwrap();
                let line = [before, head.as_bytes(), damage, tail.as_bytes(), after, b"\n"].concat();
                let prompt = named
                    .replace("\"assistant\"", "\"user\",\"uuid\":\"u\"")
                    .replace(r#""id":"m","model":"x","usage":{"input_tokens":1}"#, r#""content":"hello""#);
                let (head, tail) = prompt.split_once("@@").unwrap();
                let prompt = [before, head.as_bytes(), damage, tail.as_bytes(), after, b"\n"].concat();
                let facts = read_all(Agent::Claude, "a.jsonl", &[line, prompt].concat());
                let shown = String::from_utf8_lossy(damage).into_owned();
                assert_eq!(
                    (facts.calls.len(), facts.prompts.len(), facts.lines, facts.broken),
                    (1, 1, 2, 0),
                    "{shown}"
                );
                assert_eq!(facts.calls[0].tokens.input, 1);
            }
        }
    }

    #[test]
    fn nearly_valid_lines_of_rollouts_count() {
        let meta = br#"{"timestamp":"2026-11-21T10:00:00Z","type":"session_meta","payload":{"id":"t","cwd":"/w/@@"}}"#;
        let count = br#"{"timestamp":"2026-11-21T10:00:01Z","type":"event_msg","payload":{"type":"token_count","turn_id":"@@","info":{"total_token_usage":{"input_tokens":7,"total_tokens":7}}}}"#;
        for damage in DAMAGES {
            let with = |line: &[u8]| {
                let at = line.windows(2).position(|two| two == b"@@").unwrap();
                [&line[..at], damage, &line[at + 2..], b"\n"].concat()
            };
            let facts = read_all(Agent::Codex, "rollout-1.jsonl", &[with(meta), with(count)].concat());
            assert_eq!(
                (facts.calls.len(), facts.lines, facts.broken),
                (1, 2, 0),
                "{}",
                String::from_utf8_lossy(damage)
            );
            assert!(facts.cwd.starts_with("/w/"));
        }
    }

    /// A number that is cut off is another number, so a torn line is never completed.
    #[test]
    fn a_torn_line_is_broken_and_never_a_smaller_count() {
        let line = LINE.replace("\"input_tokens\":1", "\"input_tokens\":12345");
        for cut in 1..line.len() {
            let facts = read_all(Agent::Claude, "a.jsonl", &[&line.as_bytes()[..cut], b"\n"].concat());
            assert_eq!(facts.calls.len(), 0, "{cut}");
        }
    }
}
