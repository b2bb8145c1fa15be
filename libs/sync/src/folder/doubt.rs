//! Owns what of a folder is in doubt when it is opened: sources whose files are not as they were when it was said what is held
//! of them, because a run was killed or a file lost its end. Must stay true: a digest counts only if no row of its source
//! was written after it was said.

use super::held::{Entry, Holding};
use super::line;
use super::place::{Place, SHARED, is_shared};
use crate::source::Source;
use cs_core::error::Result;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// What is in doubt.
#[derive(Default)]
pub struct Doubts {
    /// The sources, with what is to be said of them before anything else is written.
    pub sources: Vec<(Source, Entry)>,
    /// Files that lost their end.
    pub torn: HashSet<PathBuf>,
}

/// Takes out of `holding` what is in doubt: all of a source whose file is shorter than it was, and the digest of a source
/// with rows that came later.
pub fn doubts(place: &Place, holding: &mut Holding) -> Result<Doubts> {
    let mut doubts = Doubts::default();
    let shared: HashMap<PathBuf, u64> =
        SHARED.map(|kind| place.shared(kind)).map(|path| (path.clone(), length(&path))).into();
    let size = |source: &Source, path: &Path| match is_shared(source.kind()) {
        true => shared.get(path).copied().unwrap_or_default(),
        false => length(path),
    };
    let mut ends: HashMap<PathBuf, u64> = HashMap::new();
    holding.sources.retain(|source, entry| {
        let (path, end) = (place.rows(source), entry.rows.end);
        let size = size(source, &path);
        if size < end {
            doubts.torn.insert(path);
            doubts.sources.push((source.clone(), Entry { rows: entry.rows.unknown(0, 0), at: entry.at.clone() }));
            return false;
        }
        if is_shared(source.kind()) {
            let most = ends.entry(path).or_default();
            *most = end.max(*most);
        } else if size > end {
            doubts.add(source, entry);
        }
        true
    });
    for path in shared.into_iter().filter(|(_, size)| *size > 0).map(|(path, _)| path) {
        let end = ends.get(&path).copied().unwrap_or_default();
        place.check(&path)?;
        line::each_from(&path, end, &mut |text| {
            if let Some((source, _)) = line::parse(text)
                && let Some(entry) = holding.sources.get_mut(&source)
            {
                doubts.add(&source, entry);
            }
            Ok(())
        })?;
    }
    Ok(doubts)
}

impl Doubts {
    fn add(&mut self, source: &Source, entry: &mut Entry) {
        if !entry.rows.digest.is_empty() {
            entry.rows = entry.rows.unknown(entry.rows.pos, entry.rows.end);
            self.sources.push((source.clone(), entry.clone()));
        }
    }
}

/// How long a file is; 0 if there is none.
pub fn length(path: &Path) -> u64 {
    std::fs::symlink_metadata(path).map_or(0, |meta| meta.len())
}
