//! The files of one package as modules, and the dependencies between them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::names::{Names, names};
use crate::tokens::{tokens, without_tests};

/// The words of a module's path; empty for the root.
type Module = Vec<String>;
/// How many re-exports are followed in a row.
const FOLLOWED: usize = 16;

/// A package: its modules with a file of their own, without those of tests.
pub struct Package {
    modules: BTreeMap<Module, (PathBuf, Names)>,
}

/// From a file to the files that it needs, each with what it needs there.
pub type Edges = BTreeMap<PathBuf, BTreeMap<PathBuf, BTreeSet<String>>>;

impl Package {
    /// Reads the files below `src`. Beside a `lib.rs`, what is in `main.rs` and `bin/` is another package.
    pub fn read(src: &Path) -> io::Result<Package> {
        let mut files = Vec::new();
        find(src, &mut files)?;
        let is_library = src.join("lib.rs").exists();
        let mut modules = BTreeMap::new();
        let mut tests: Vec<PathBuf> = Vec::new();
        for path in files {
            let Some(module) = module(src, &path, is_library) else { continue };
            let (kept, for_tests) = without_tests(&tokens(&fs::read_to_string(&path)?));
            let folders = [path.parent().map(Path::to_path_buf), Some(path.with_extension(""))];
            tests.extend(
                for_tests.iter().flat_map(|name| folders.iter().flatten().map(move |folder| folder.join(name))),
            );
            modules.insert(module, (path, names(&kept)));
        }
        modules.retain(|_, (path, _)| !tests.contains(path));
        Ok(Package { modules })
    }

    /// The dependencies between the files. A module does not need its submodules, which are its parts.
    pub fn edges(&self) -> Edges {
        let mut edges = Edges::new();
        for (module, (file, names)) in &self.modules {
            for path in names.imports.iter().map(|import| &import.path).chain(&names.paths) {
                let target = self.resolve(module, path, FOLLOWED).filter(|target| !target.starts_with(module));
                let Some((to, _)) = target.and_then(|target| self.modules.get(&target)) else { continue };
                let what = path.last().cloned().unwrap_or_default();
                edges.entry(file.clone()).or_default().entry(to.clone()).or_default().insert(what);
            }
        }
        edges
    }

    /// The module whose file defines what `path` means in `module`; `None` if another package does.
    fn resolve(&self, module: &Module, path: &[String], followed: usize) -> Option<Module> {
        let mut at = module.clone();
        let mut rest = path;
        let mut is_begun = false;
        while let Some((first, others)) = rest.split_first() {
            match first.as_str() {
                "crate" => at.clear(),
                "self" => {}
                "super" => drop(at.pop()),
                _ => break,
            }
            (rest, is_begun) = (others, true);
        }
        for part in rest {
            let below = [&at[..], std::slice::from_ref(part)].concat();
            if self.modules.contains_key(&below) {
                at = below;
            } else if let Some(imported) = self.imported(&at, part, followed) {
                at = imported?;
            } else if !is_begun {
                return None;
            } else {
                break;
            }
            is_begun = true;
        }
        is_begun.then_some(at).filter(|at| self.modules.contains_key(at))
    }

    /// The module from which a name is imported, if it is; `Some(None)` for another package.
    fn imported(&self, at: &Module, name: &str, followed: usize) -> Option<Option<Module>> {
        let followed = followed.checked_sub(1)?;
        let (_, names) = self.modules.get(at)?;
        if let Some(import) = names.imports.iter().find(|import| import.name == name && import.path.len() > 1) {
            return Some(self.resolve(at, &import.path, followed));
        }
        if names.defined.iter().any(|defined| defined == name) {
            return None;
        }
        let globs = names.imports.iter().filter(|import| import.name == "*");
        globs.filter_map(|glob| self.resolve(at, &glob.path, followed)).find_map(|source| {
            let (_, there) = self.modules.get(&source)?;
            match there.defined.iter().any(|defined| defined == name) {
                true => Some(Some(source)),
                false => self.imported(&source, name, followed),
            }
        })
    }
}

/// All Rust files below a folder.
fn find(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// The module of a file; `None` for a file of another package.
fn module(src: &Path, file: &Path, is_library: bool) -> Option<Module> {
    let path = file.strip_prefix(src).ok()?.with_extension("");
    let mut words: Module = path.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["bin", ..] => return None,
        ["main"] if is_library => return None,
        ["main" | "lib"] => words.clear(),
        [.., "mod"] => drop(words.pop()),
        _ => {}
    }
    Some(words)
}
