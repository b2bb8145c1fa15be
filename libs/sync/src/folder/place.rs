//! Owns which file of a machine's folder has the rows of a source. Must stay true: no path leads out of the folder, and none
//! through a symbolic link.

use crate::machine::Machine;
use crate::source::{Kind, Source};
use cs_core::error::{Error, Result};
use std::path::{Path, PathBuf};

/// The ending of files of lines.
const LINES: &str = ".jsonl";
/// The kinds of which one file has all sources.
pub const SHARED: [Kind; 4] = [Kind::Head, Kind::Record, Kind::Mark, Kind::Usage];

/// A machine's folder.
#[derive(Clone, Debug)]
pub struct Place(PathBuf);

impl Place {
    /// The folder of a machine in a folder that several machines share; `None` if the id cannot be one.
    pub fn new(dir: &Path, machine: &str) -> Option<Place> {
        Machine::is_id(machine).then(|| Place(dir.join(machine)))
    }

    /// The folder itself.
    pub fn dir(&self) -> &Path {
        &self.0
    }

    /// `machine.json`: the machine, and its owner.
    pub fn machine(&self) -> PathBuf {
        self.0.join("machine.json")
    }

    /// `held.jsonl`: what the folder has of each source.
    pub fn held(&self) -> PathBuf {
        self.0.join("held.jsonl")
    }

    /// `forgotten.jsonl`: what must not come again.
    pub fn forgotten(&self) -> PathBuf {
        self.0.join("forgotten.jsonl")
    }

    /// The lock of the program that writes. It is there only meanwhile.
    pub fn lock(&self) -> PathBuf {
        self.0.join(".lock")
    }

    /// A file that is being written.
    pub fn temp(&self) -> PathBuf {
        self.0.join(format!("{}rows", cs_core::file::TEMP_PREFIX))
    }

    /// The file with all sources of a kind.
    pub fn shared(&self, kind: Kind) -> PathBuf {
        self.0.join(format!("{}{LINES}", kind.word()))
    }

    /// The folder with the threads of a conversation; `None` if the id cannot be one.
    pub fn talk(&self, conversation: &str) -> Option<PathBuf> {
        let is_one = !conversation.contains('/') && Source::new(Kind::Talk, conversation).is_some();
        is_one.then(|| self.0.join(Kind::Talk.word()).join(conversation))
    }

    /// The folder with a file for each day or limit.
    pub fn each(&self, kind: Kind) -> PathBuf {
        self.0.join(kind.word())
    }

    /// The file with the rows of a source.
    pub fn rows(&self, source: &Source) -> PathBuf {
        match is_shared(source.kind()) {
            true => self.shared(source.kind()),
            false => self.0.join(format!("{source}{LINES}")),
        }
    }

    /// Refuses a path with a symbolic link in it, from the machine's folder on.
    pub fn check(&self, path: &Path) -> Result<()> {
        let ours = path.ancestors().take_while(|above| above.starts_with(&self.0));
        match ours.filter(|above| above.is_symlink()).last() {
            Some(link) => Err(Error::corrupt(link, "it is a symbolic link, which is never followed here")),
            None => Ok(()),
        }
    }
}

/// Whether one file has all sources of this kind.
pub fn is_shared(kind: Kind) -> bool {
    SHARED.contains(&kind)
}

/// The source that has this file, in a folder with one file for each.
pub fn source_of(dir: &Path, file: &str, kind: Kind) -> Option<Source> {
    let stem = file.strip_suffix(LINES)?;
    let name = match kind {
        Kind::Talk => format!("{}/{stem}", dir.file_name()?.to_str()?),
        _ => stem.to_string(),
    };
    Source::new(kind, &name)
}
