//! Owns reading ids or records from standard input, one per line. Must stay true: memory is bounded whatever comes;
//! a line that is too long for a record is refused, not cut.

use crate::failure::Outcome;
use cs_core::Error;
use cs_core::validate::{self, FILE_BYTES};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::io::{BufRead, Read};

/// Maximum number of sessions that one call reads from standard input.
const LINES: usize = 100_000;
/// Longer names are cut: no session has one, and this much identifies the input in a message.
const NAME: usize = 200;

/// The names of sessions on the lines; empty lines are skipped.
pub fn read_names(input: impl BufRead) -> Outcome<Vec<String>> {
    read_names_of(&["session_id"], input)
}

/// The names on the lines; the name of a record is in the first of these fields that it has.
pub fn read_names_of(fields: &[&str], mut input: impl BufRead) -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    let mut line = Vec::new();
    while read_line(&mut input, &mut line)? {
        names.extend(name_of(fields, &line)?);
        if names.len() > LINES {
            return Err(invalid(format!("more than {LINES} names on standard input; name fewer at a time")));
        }
    }
    Ok(names)
}

fn invalid(text: String) -> crate::Failure {
    Error::Invalid(text).into()
}

/// Reads the next line, without its end; false if there is none.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> Outcome<bool> {
    line.clear();
    let mut bounded = input.take(FILE_BYTES as u64 + 1);
    let count = bounded
        .read_until(b'\n', line)
        .map_err(|error| Error::Invalid(format!("cannot read standard input: {error}")))?;
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    if line.len() > FILE_BYTES {
        return Err(invalid(format!("a line on standard input has more than {FILE_BYTES} bytes")));
    }
    Ok(count > 0)
}

/// A line is an id or a record.
fn name_of(fields: &[&str], line: &[u8]) -> Outcome<Option<String>> {
    let text = std::str::from_utf8(line)
        .map_err(|error| Error::Invalid(format!("cannot read standard input: {error}")))?
        .trim();
    if !text.starts_with('{') {
        return Ok((!text.is_empty()).then(|| short(text)));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let named = Fields(fields)
        .deserialize(&mut json)
        .and_then(|named| json.end().map(|()| named))
        .map_err(|error| Error::Invalid(format!("a line on standard input is not JSON: {error}")))?;
    let named = named.into_iter().find_map(|id| serde_json::from_str::<String>(id?.get()).ok());
    match named {
        Some(id) => Ok(Some(short(&id))),
        None => Err(invalid(format!("a line on standard input has no {}", fields.join(" or ")))),
    }
}

/// Reads some fields of an object, of any type; the others are skipped, however many they are.
struct Fields<'f>(&'f [&'f str]);

impl<'de> DeserializeSeed<'de> for Fields<'_> {
    type Value = Vec<Option<&'de RawValue>>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = Vec<Option<&'de RawValue>>;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        let mut found = vec![None; self.0.len()];
        while let Some(name) = fields.next_key::<Cow<str>>()? {
            let place = self.0.iter().position(|field| *field == name).and_then(|at| found.get_mut(at));
            match place {
                Some(place) => *place = Some(fields.next_value()?),
                None => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }
}

fn short(name: &str) -> String {
    if name.len() <= NAME { name.to_string() } else { validate::cut(name, NAME) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_ids_and_records() {
        let lines = "ca5d\r\n\n {\"tasks\":[[{}]],\"session_id\":\"sess_20261121T0337_ca5d\"}\nlast";
        assert_eq!(read_names(lines.as_bytes()).unwrap(), ["ca5d", "sess_20261121T0337_ca5d", "last"]);
        for bad in ["{", "{}", "{\"session_id\":7}", "{\"session_id\":null}", "a\n\u{0}{\n{\"a\""] {
            assert!(read_names(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert!(read_names(&b"\xff\n"[..]).is_err());
        let lines = "{\"session_id\":\"s\",\"conversation\":\"c\"}\n{\"conversation\":null,\"session_id\":\"s\"}";
        assert_eq!(read_names_of(&["conversation", "session_id"], lines.as_bytes()).unwrap(), ["c", "s"]);
    }

    #[test]
    fn an_endless_stream_stops_at_the_limit() {
        let zeros = std::io::BufReader::new(std::io::repeat(b'x'));
        assert!(read_names(zeros).is_err());
        let lines = std::io::BufReader::new(b"x\n".repeat(LINES + 1).leak() as &[u8]);
        assert!(read_names(lines).is_err());
    }
}
