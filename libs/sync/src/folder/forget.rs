//! Owns how a folder forgets conversations: their files are removed, and files with rows of others are written without theirs.
//! Must stay true: that it is forgotten is noted last, so that what a killed run has left is asked for again.

use super::held::{self, Entry, Holding};
use super::line;
use super::live;
use super::place::{Place, SHARED, is_shared, source_of};
use super::rewrite::{Kept, rewrite};
use super::writer;
use crate::row::Row;
use crate::source::{Kind, Source};
use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A line of `forgotten.jsonl`.
#[derive(Serialize, Deserialize)]
struct Forgotten {
    /// The conversation, or the session without one.
    id: String,
    /// When that was asked for: RFC 3339, UTC.
    #[serde(default)]
    at: String,
}

/// The ids that must not come again.
pub fn read(place: &Place) -> Result<BTreeSet<String>> {
    let mut ids = BTreeSet::new();
    place.check(&place.forgotten())?;
    line::each(&place.forgotten(), &mut |text| {
        ids.extend(serde_json::from_slice::<Forgotten>(text).map(|line| line.id));
        Ok(())
    })?;
    Ok(ids)
}

/// Notes ids.
pub fn note(place: &Place, ids: &BTreeSet<String>, at: &str) -> Result<()> {
    let line = |id: &String| line::encode(&Forgotten { id: id.clone(), at: at.to_string() });
    let bytes: Vec<u8> = ids.iter().flat_map(line).collect();
    writer::append(place, place.forgotten(), &bytes)
}

/// Removes all that belongs to the ids, and returns how many rows that were.
pub fn remove(place: &Place, ids: &BTreeSet<String>, at: &str) -> Result<u64> {
    let is_of = |source: &Source| source.owner().is_some_and(|id| ids.contains(id));
    let keeps = |source: &Source, row: &Row| {
        !is_of(source) && row.conversation.as_ref().is_none_or(|conversation| !ids.contains(conversation))
    };
    let mut holding = held::read(place)?;
    holding.sources.retain(|source, _| !is_of(source));
    let mut removed = 0;
    for path in files(place)? {
        if has_any(&path, ids)? {
            removed += write_without(place, &path, &keeps, &mut holding, at)?;
        }
    }
    for dir in ids.iter().filter_map(|id| place.talk(id)) {
        removed += remove_dir(place, &dir)?;
    }
    write(place, &holding)?;
    Ok(removed)
}

/// Writes files of many sources whole.
pub fn compact(place: &Place, paths: &[PathBuf], at: &str) -> Result<()> {
    let mut holding = held::read(place)?;
    for path in paths {
        write_without(place, path, &|_, _| true, &mut holding, at)?;
    }
    write(place, &holding)
}

/// Writes all that is held.
pub fn write(place: &Place, holding: &Holding) -> Result<()> {
    place.check(&place.held())?;
    file::stage_elsewhere(&place.held(), &held::all(&holding.sources), Durability::Synced)?.replace()
}

fn write_without(
    place: &Place,
    path: &Path,
    keeps: &dyn Fn(&Source, &Row) -> bool,
    holding: &mut Holding,
    at: &str,
) -> Result<u64> {
    let done = rewrite(place, path, keeps)?;
    let mut left = 0;
    for (source, Kept { rows, left: without, digest }) in done.sources {
        left += without;
        if without > 0 && rows == 0 {
            holding.sources.remove(&source);
        } else if let Some(entry) = holding.sources.get_mut(&source).filter(|_| without > 0) {
            entry.rows.pos = rows;
            entry.rows.digest = digest.text();
            // So that the next run compares.
            entry.rows.stamp.clear();
            entry.at = at.to_string();
        }
    }
    let is_here = |source: &Source| place.rows(source) == path;
    let here = |(source, entry): (&Source, &mut Entry)| {
        if is_here(source) {
            entry.rows.end = done.end;
        }
    };
    holding.sources.iter_mut().for_each(here);
    Ok(left)
}

/// The files in which rows of several conversations are.
fn files(place: &Place) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = SHARED.iter().map(|kind| place.shared(*kind)).filter(|path| path.exists()).collect();
    for kind in Kind::ALL.into_iter().filter(|kind| !is_shared(*kind) && *kind != Kind::Talk) {
        files.extend(sources(place, &place.each(kind), kind)?.iter().map(|source| place.rows(source)));
    }
    Ok(files)
}

/// The sources that have files in a folder.
pub fn sources(place: &Place, dir: &Path, kind: Kind) -> Result<Vec<Source>> {
    place.check(dir)?;
    let mut names = file::stems(dir, "")?;
    names.sort();
    Ok(names.iter().filter_map(|name| source_of(dir, name, kind)).collect())
}

/// Whether one of the ids is anywhere in a file.
fn has_any(path: &Path, ids: &BTreeSet<String>) -> Result<bool> {
    let mut has = false;
    line::each(path, &mut |text| {
        let text = String::from_utf8_lossy(text);
        has = has || ids.iter().any(|id| text.contains(id.as_str()));
        Ok(())
    })?;
    Ok(has)
}

fn remove_dir(place: &Place, dir: &Path) -> Result<u64> {
    let mut rows = 0;
    for source in sources(place, dir, Kind::Talk)? {
        let path = place.rows(&source);
        live::rows(&path, &|_| true, &mut |_, _, _| {
            rows += 1;
            Ok(())
        })?;
    }
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(dir, "remove", error)),
        _ => Ok(rows),
    }
}
