//! Owns noticing that what people said about conversations is lost on this machine, and `sync/marked.json`: how many marks
//! each had when something was last sent. Must stay true: if marks are gone that a target has, or that there were then,
//! nothing is sent, because a redaction may be among them, and the words would take the place of what hides them.

use crate::forgotten::Forgotten;
use crate::held::Known;
use crate::source::Kind;
use crate::unkept;
use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability};
use cs_core::id::Uuid;
use cs_core::paths::Home;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How many conversations a message names.
const NAMED: usize = 3;

/// How many lines of marks each conversation has, at most so many of which can be understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Marked {
    marks: BTreeMap<String, u64>,
}

impl Marked {
    /// What is remembered; `None` without a file: nothing was sent yet, or it is lost.
    pub fn read(home: &Home) -> Result<Option<Marked>> {
        let path = home.sync_marked();
        let Some(bytes) = file::read(&path)? else { return Ok(None) };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| Error::corrupt(&path, error.to_string()))
    }

    /// Remembers it. The file changes only when what it says does.
    pub fn write(&self, home: &Home) -> Result<()> {
        if Marked::read(home).ok().flatten().as_ref() == Some(self) {
            return Ok(());
        }
        let mut bytes = serde_json::to_vec(self).unwrap_or_default();
        bytes.push(b'\n');
        file::make_dir(&home.sync_dir())?;
        file::replace(&home.sync_marked(), &bytes, Durability::Synced)
    }

    /// What is here.
    fn here(home: &Home) -> Result<Marked> {
        let mut here = Marked::default();
        for id in file::stems(&home.marks_dir(), ".jsonl")? {
            let Ok(uuid) = Uuid::parse(&id) else { continue };
            let bytes = file::read_at_most(&home.marks(&uuid), marks::BYTES)?.unwrap_or_default();
            let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count() as u64;
            here.marks.insert(id, lines);
        }
        Ok(here)
    }
}

/// Returns what is here. Fails if a target, or what is remembered, has more marks of a conversation. Lines of marks are only
/// added, so some were lost; those of conversations that were forgotten do not count, nor do those of which the kept copies
/// were forgotten, if `is_gone` says that there is no log either: nothing is sent of them.
pub fn check(home: &Home, known: &Known, forgotten: &Forgotten, is_gone: &dyn Fn(&str) -> bool) -> Result<Marked> {
    let (here, before) = (Marked::here(home)?, Marked::read(home)?.unwrap_or_default());
    let in_target = known.sources.iter().filter(|(source, _)| source.kind() == Kind::Mark);
    let in_target = in_target.map(|(source, held)| (source.name(), held.pos));
    let remembered = before.marks.iter().map(|(id, count)| (id.as_str(), *count));
    // A name that no conversation has is not one of this machine.
    let is_lost = |(id, count): &(&str, u64)| {
        here.marks.get(*id).copied().unwrap_or(0) < *count && Uuid::parse(id).is_ok() && !forgotten.has(id)
    };
    let mut lost: BTreeSet<&str> = in_target.chain(remembered).filter(is_lost).map(|(id, _)| id).collect();
    // If that cannot be read, they are lost.
    lost.retain(|id| !(unkept::is_forgotten(home, id).unwrap_or(false) && is_gone(id)));
    if lost.is_empty() { Ok(here) } else { Err(Error::Invalid(text(&lost.into_iter().collect::<Vec<_>>()))) }
}

fn text(lost: &[&str]) -> String {
    let named: Vec<&str> = lost.iter().copied().take(NAMED).collect();
    let more = lost.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} others") } else { String::new() };
    format!(
        "marks that there were at the last push are missing here, of {}{more}; a redaction may be among them, so nothing was sent. Restore \
         marks/ and redact.key from a backup, or run cs-sync forget for each of them",
        named.join(", ")
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::held::Held;
    use crate::source::Source;
    use cs_core::clock;
    use std::fs;

    const ID: &str = "3c93296d-fab9-4844-ac62-7f673c1f02cc";

    #[test]
    fn lost_marks_stop_a_push_until_they_are_back_or_the_conversation_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().join("data"));
        let of = |kind, pos| (Source::new(kind, ID).unwrap(), Held { pos, ..Held::default() });
        let known = |pos| Known { sources: [of(Kind::Mark, pos), of(Kind::Head, 1)].into(), ..Known::default() };
        let forgotten = || Forgotten::read(&home).unwrap();
        let fails = |pos| check(&home, &known(pos), &forgotten(), &|_| true).is_err();
        assert!(!fails(0) && fails(1), "there are none here");
        fs::create_dir_all(home.marks_dir()).unwrap();
        fs::write(home.marks(&Uuid::parse(ID).unwrap()), "{\"a\":1}\n{\"b\":2}\n").unwrap();
        assert!(!fails(1) && !fails(2) && fails(3));
        crate::forget(&home, &[ID.to_string()], clock::now()).unwrap();
        assert!(!fails(3));
    }

    #[test]
    fn marks_that_there_were_at_the_last_run_are_missed_also_if_no_target_can_be_asked() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().join("data"));
        let path = home.marks(&Uuid::parse(ID).unwrap());
        let check = || check(&home, &Known::default(), &Forgotten::read(&home).unwrap(), &|_| true);
        assert_eq!((Marked::read(&home).unwrap(), check().unwrap()), (None, Marked::default()));
        fs::create_dir_all(home.marks_dir()).unwrap();
        fs::write(&path, "{\"a\":1}\n{\"b\":2}\n").unwrap();
        check().unwrap().write(&home).unwrap();
        let first = home.sync_marked().metadata().unwrap().modified().unwrap();
        check().unwrap().write(&home).unwrap();
        assert_eq!(home.sync_marked().metadata().unwrap().modified().unwrap(), first, "it says the same");
        fs::write(&path, "{\"a\":1}\n").unwrap();
        let error = check().unwrap_err();
        assert!(matches!(error, Error::Invalid(_)) && error.to_string().contains(ID), "{error}");
        fs::remove_file(&path).unwrap();
        assert!(check().is_err());
        crate::forget(&home, &[ID.to_string()], clock::now()).unwrap();
        check().unwrap().write(&home).unwrap();
        assert_eq!(Marked::read(&home).unwrap(), Some(Marked::default()));
        fs::write(home.sync_marked(), "{").unwrap();
        assert!(check().is_err(), "it may name one");
    }

    #[test]
    fn marks_that_were_forgotten_with_the_copies_stop_nothing_unless_the_log_is_back() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().join("data"));
        let known = [(Source::new(Kind::Mark, ID).unwrap(), Held { pos: 2, ..Held::default() })];
        let known = Known { sources: known.into(), ..Known::default() };
        let check = |is_gone: bool| check(&home, &known, &Forgotten::default(), &|id| is_gone && id == ID);
        let manifest = home.kept("claude-code", &Uuid::parse(ID).unwrap()).join("manifest.json");
        fs::create_dir_all(manifest.parent().unwrap()).unwrap();
        let mut kept = kept::Manifest::new(agents::Agent::Claude, &Uuid::parse(ID).unwrap());
        kept.write(&home, &Uuid::parse(ID).unwrap()).unwrap();
        assert!(check(true).is_err(), "its copies were not forgotten");
        kept.forgotten_at = Some("2026-11-30T10:00:00Z".into());
        kept.revision += 1;
        kept.write(&home, &Uuid::parse(ID).unwrap()).unwrap();
        assert!(check(true).is_ok() && check(false).is_err());
        fs::write(manifest, "{").unwrap();
        assert!(check(true).is_err());
    }
}
