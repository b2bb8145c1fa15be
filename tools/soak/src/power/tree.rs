//! A folder with its contents as a value, read from and written to a real folder.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file, directory or link.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    Dir,
    File(Arc<[u8]>),
    Link(PathBuf),
}

/// Everything below a folder, by relative path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tree(pub BTreeMap<PathBuf, Node>);

impl Tree {
    /// Reads the current contents of a folder.
    pub fn read(folder: &Path) -> Tree {
        let mut tree = Tree::default();
        tree.read_dir(folder, Path::new(""));
        tree
    }

    fn read_dir(&mut self, folder: &Path, below: &Path) {
        for entry in fs::read_dir(folder.join(below)).expect("the folder can be read") {
            let entry = entry.expect("the folder can be read");
            let (path, kind) = (below.join(entry.file_name()), entry.file_type().expect("it has a type"));
            let node = match () {
                () if kind.is_symlink() => Node::Link(fs::read_link(entry.path()).expect("it is a link")),
                () if kind.is_dir() => Node::Dir,
                () => Node::File(fs::read(entry.path()).expect("the file can be read").into()),
            };
            if node == Node::Dir {
                self.read_dir(folder, &path);
            }
            self.0.insert(path, node);
        }
    }

    /// Makes `folder` contain exactly this, readable for this user only.
    pub fn put(&self, folder: &Path) {
        for entry in fs::read_dir(folder).expect("the folder can be read").flatten() {
            let is_dir = entry.file_type().expect("it has a type").is_dir();
            let removed = if is_dir { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) };
            removed.expect("the folder's contents can be removed");
        }
        for (path, node) in &self.0 {
            let path = folder.join(path);
            let made = match node {
                Node::Dir => fs::DirBuilder::new().mode(0o700).create(&path),
                Node::Link(target) => symlink(target, &path),
                Node::File(bytes) => write(&path, bytes),
            };
            made.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
    }

    /// Splits into the nodes that pass and those that do not.
    pub fn split(self, passes: impl Fn(&Path, &Node) -> bool) -> (Tree, Tree) {
        let (some, rest) = self.0.into_iter().partition(|(path, node)| passes(path, node));
        (Tree(some), Tree(rest))
    }

    /// The bytes of a file.
    pub fn file(&self, path: &Path) -> Option<&Arc<[u8]>> {
        match self.0.get(path) {
            Some(Node::File(bytes)) => Some(bytes),
            _ => None,
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mode = if bytes.starts_with(b"#!") { 0o700 } else { 0o600 };
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    std::io::Write::write_all(&mut file, bytes)
}
