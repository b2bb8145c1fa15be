//! Owns noticing that what people said about conversations is lost on this machine, although a target has it. Must stay
//! true: then nothing is sent, because a redaction may be among it, and the words would take the place of what hides them.

use crate::forgotten::Forgotten;
use crate::held::Known;
use crate::source::{Kind, Source};
use cs_core::error::{Error, Result};
use cs_core::file;
use cs_core::id::Uuid;
use cs_core::paths::Home;

/// How many conversations a message names.
const NAMED: usize = 3;

/// Fails if a target has more marks of a conversation than there are here. Lines of marks are only added, so some were lost;
/// those of conversations that were forgotten do not count.
pub fn check(home: &Home, known: &Known, forgotten: &Forgotten) -> Result<()> {
    let mut lost = Vec::new();
    for (source, held) in known.sources.iter().filter(|(source, held)| source.kind() == Kind::Mark && held.pos > 0) {
        if !forgotten.has(source.name()) && here(home, source)? < held.pos {
            lost.push(source.name());
        }
    }
    lost.sort_unstable();
    if lost.is_empty() { Ok(()) } else { Err(Error::Refused(text(&lost))) }
}

/// How many lines of marks there are, at most so many of which can be understood.
fn here(home: &Home, source: &Source) -> Result<u64> {
    let Ok(id) = Uuid::parse(source.name()) else { return Ok(u64::MAX) };
    let bytes = file::read_at_most(&home.marks(&id), marks::BYTES)?.unwrap_or_default();
    Ok(bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count() as u64)
}

fn text(lost: &[&str]) -> String {
    let named: Vec<&str> = lost.iter().copied().take(NAMED).collect();
    let more = lost.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} others") } else { String::new() };
    format!(
        "marks that were sent are missing here, of {}{more}; a redaction may be among them, so nothing was sent. Restore \
         marks/ and redact.key from a backup, or run cs-sync forget for each of them",
        named.join(", ")
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::held::Held;
    use cs_core::clock;
    use std::fs;

    const ID: &str = "3c93296d-fab9-4844-ac62-7f673c1f02cc";

    #[test]
    fn lost_marks_stop_a_push_until_they_are_back_or_the_conversation_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        let of = |kind, pos| (Source::new(kind, ID).unwrap(), Held { pos, ..Held::default() });
        let known = |pos| Known { sources: [of(Kind::Mark, pos), of(Kind::Head, 1)].into(), ..Known::default() };
        let forgotten = || Forgotten::read(&home).unwrap();
        let fails = |pos| check(&home, &known(pos), &forgotten()).is_err();
        assert!(!fails(0) && fails(1), "there are none here");
        fs::create_dir_all(home.marks_dir()).unwrap();
        fs::write(home.marks(&Uuid::parse(ID).unwrap()), "{\"a\":1}\n{\"b\":2}\n").unwrap();
        assert!(!fails(1) && !fails(2) && fails(3));
        crate::forget(&home, &[ID.to_string()], clock::now()).unwrap();
        assert!(!fails(3));
    }
}
