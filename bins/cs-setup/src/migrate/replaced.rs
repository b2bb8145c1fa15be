//! Owns `replaced/<time>/` in the data directory: what `migrate` moved aside, and `manifest.json`, which says where it was.
//! Must stay true: what is about to be moved is in the manifest before it is moved; nothing is ever overwritten.

use super::found::{self, Piece};
use super::taken::Taken;
use crate::jobs::launchd;
use crate::places::{Places, text_of};
use crate::plan::Plan;
use crate::swap::access;
use cs_core::clock;
use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

const FOLDER: &str = "replaced";
const MANIFEST: &str = "manifest.json";

/// A file or folder that was moved.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Moved {
    from: PathBuf,
    /// Where it is now, in the folder of the manifest.
    to: PathBuf,
    /// The name of a launchd agent that was loaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    loaded: Option<String>,
}

impl Moved {
    /// The move of a piece.
    pub fn of(piece: &Piece, was_loaded: bool) -> Self {
        let loaded = piece.label.clone().filter(|_| was_loaded);
        Moved { from: piece.path.clone(), to: name_of(piece), loaded }
    }
}

#[derive(Debug, Default, Deserialize, Serialize)]
struct Manifest {
    moved: Vec<Moved>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settings: Option<Taken>,
}

/// A folder of things that were moved aside.
#[derive(Debug)]
pub struct Replaced {
    dir: PathBuf,
    manifest: Manifest,
}

/// The folders that `migrate` made, the newest first.
pub fn folders(places: &Places) -> Result<Vec<PathBuf>> {
    let dir = places.data.root().join(FOLDER);
    if dir.is_symlink() {
        return Err(Error::Refused(format!("{} is a symbolic link: make it a directory", dir.display())));
    }
    let mut folders = found::children(&dir);
    folders.retain(|folder| folder.join(MANIFEST).is_file());
    folders.reverse();
    Ok(folders)
}

/// Fails if one of these could not be moved into the data directory.
pub fn check_writable<'p>(places: &Places, paths: impl Iterator<Item = &'p Path>) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| fs::symlink_metadata(path).map(|meta| meta.dev()).ok();
    let root = places.data.root();
    let known = root.ancestors().find_map(device);
    access::check_writable(root.ancestors().find(|dir| dir.exists()).unwrap_or(root))?;
    for path in paths {
        text_of(path)?;
        access::check_writable(path.parent().unwrap_or(path))?;
        if device(path) != known {
            let what = format!("{} is on another disk than {}; move it away by hand", path.display(), root.display());
            return Err(Error::Refused(what));
        }
    }
    Ok(())
}

impl Replaced {
    /// A folder for what will be moved now, which is not created yet.
    pub fn new(places: &Places) -> Result<Self> {
        folders(places)?;
        let stamp: String =
            clock::stamp(clock::now()).chars().take_while(|c| *c != '.').filter(|c| *c != ':').collect();
        let dir = places.data.root().join(FOLDER);
        let names = std::iter::once(stamp.clone()).chain((2..).map(|n| format!("{stamp}-{n}")));
        let free = names.map(|name| dir.join(name)).find(|dir| dir.symlink_metadata().is_err());
        Ok(Replaced { dir: free.unwrap_or(dir), manifest: Manifest::default() })
    }

    /// Reads a folder.
    pub fn read(dir: &Path) -> Result<Self> {
        let path = dir.join(MANIFEST);
        let bytes = file::read(&path)?.unwrap_or_default();
        let manifest = serde_json::from_slice(&bytes).map_err(|error| Error::corrupt(&path, error.to_string()))?;
        let replaced = Replaced { dir: dir.to_path_buf(), manifest };
        let is_inside = |to: &Path| to.is_relative() && to.iter().all(|name| name != "..");
        match replaced.manifest.moved.iter().find(|moved| !is_inside(&moved.to)) {
            Some(moved) => Err(Error::corrupt(&path, format!("{} is not in this folder", moved.to.display()))),
            None => Ok(replaced),
        }
    }

    /// Where a piece goes.
    pub fn place_of(&self, piece: &Piece) -> PathBuf {
        self.dir.join(name_of(piece))
    }

    /// Creates the folder.
    pub fn begin(self) -> Result<Self> {
        file::real_dir(self.dir.parent().unwrap_or(&self.dir))?;
        file::real_dir(&self.dir)?;
        self.store()?;
        Ok(self)
    }

    /// Stores what was taken out of the settings, or is about to be, with what an attempt before took out of the backup.
    pub fn note_taken(&mut self, taken: &Taken) -> Result<()> {
        self.manifest.settings.get_or_insert_default().join(taken);
        self.store()
    }

    /// Stores what is about to be moved.
    pub fn note(&mut self, moved: Moved) -> Result<()> {
        self.manifest.moved.push(moved);
        self.store()
    }

    fn store(&self) -> Result<()> {
        let path = self.dir.join(MANIFEST);
        let mut bytes = serde_json::to_vec(&self.manifest).map_err(|error| Error::corrupt(&path, error.to_string()))?;
        bytes.push(b'\n');
        file::replace(&path, &bytes, Durability::Synced)
    }

    /// Moves a piece into the folder.
    pub fn move_aside(&self, piece: &Piece) -> Result<()> {
        move_to(&piece.path, &self.place_of(piece))
    }

    /// What was taken out of the settings.
    pub fn taken(&self) -> Option<&Taken> {
        self.manifest.settings.as_ref()
    }

    /// Plans to put back what was moved.
    pub fn plan_return(&self, plan: &mut Plan) {
        for moved in &self.manifest.moved {
            let kept = self.dir.join(&moved.to);
            let (from, to) = (moved.from.display(), kept.display());
            match (is_there(&kept), is_there(&moved.from)) {
                (true, false) => plan.step("move", to, format!("back to {from}")),
                (true, true) => plan.note(format!("{from} is there again, so {to} stays")),
                (false, false) => plan.note(format!("{to} is gone, so {from} cannot be put back")),
                (false, true) => {}
            }
        }
        plan.step("remove", self.dir.display(), "the folder, when everything in it is back");
    }

    /// Puts back what was moved; returns what could not be.
    pub fn put_back(&self, places: &Places, plan: &mut Plan) -> Result<Vec<String>> {
        let mut kept = Vec::new();
        for moved in &self.manifest.moved {
            let to = self.dir.join(&moved.to);
            match (is_there(&to), is_there(&moved.from)) {
                (true, false) => move_to(&to, &moved.from)?,
                (true, true) => {
                    kept.push(format!("{} is there again", moved.from.display()));
                    continue;
                }
                (false, false) => {
                    kept.push(format!("{} is gone", to.display()));
                    continue;
                }
                // It was never moved, or is back already; it may have been unloaded all the same.
                (false, true) => {}
            }
            let unit = moved.loaded.as_deref().map(|label| found::unit(label, &moved.from));
            if let Some(Err(error)) = unit.map(|unit| launchd::start(places, &unit)) {
                plan.note(format!("{} is back, but not loaded: {error}", moved.from.display()));
            }
        }
        if kept.is_empty() {
            self.remove()?;
        }
        Ok(kept)
    }

    /// Removes the folder, in which nothing is left but the manifest. A file that somebody else put there stays, with
    /// its folder.
    fn remove(&self) -> Result<()> {
        file::remove(&self.dir.join(MANIFEST))?;
        for dir in found::children(&self.dir).iter().chain([&self.dir]).map(PathBuf::as_path).chain(self.dir.parent()) {
            // Only empty directories can be removed.
            let _ = fs::remove_dir(dir);
        }
        Ok(())
    }
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// The place of a piece in its folder.
fn name_of(piece: &Piece) -> PathBuf {
    Path::new(piece.folder()).join(piece.path.file_name().unwrap_or_default())
}

/// A path whose folder is named without links: people keep `skills` elsewhere, and link to it.
fn resolved(path: &Path) -> PathBuf {
    let dir = path.parent().and_then(|dir| dir.canonicalize().ok());
    dir.zip(path.file_name()).map_or_else(|| path.to_path_buf(), |(dir, name)| dir.join(name))
}

/// Moves a file or folder; what has the new name is never replaced.
fn move_to(from: &Path, to: &Path) -> Result<()> {
    match file::move_new(&resolved(from), &resolved(to))? {
        true => Ok(()),
        false => Err(Error::Refused(format!("{} is there already; nothing was moved over it", to.display()))),
    }
}
