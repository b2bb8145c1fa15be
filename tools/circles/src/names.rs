//! The names that one file imports, refers to by a path, and defines.

use crate::tokens::Token;

/// A path that `use` imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    pub path: Vec<String>,
    /// Its name here; `*` for a glob import.
    pub name: String,
    /// `pub use`, with or without brackets.
    pub is_public: bool,
}

/// The names in a file.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub imports: Vec<Import>,
    /// Paths in the code outside `use`.
    pub paths: Vec<Vec<String>>,
    pub defined: Vec<String>,
}

/// Reads the tokens of a file.
pub fn names(all: &[Token]) -> Names {
    let mut names = Names::default();
    let mut inline = Inline::default();
    let mut at = 0;
    while let Some(token) = all.get(at) {
        inline.see(all, at);
        match token.as_str() {
            // `use<…>` in a type imports nothing.
            "use" if all.get(at + 1).is_some_and(|next| next != "<") => {
                let (from, end) = (names.imports.len(), tree(all, at + 1, &[], is_public(all, at), &mut names.imports));
                names.imports[from..].iter_mut().for_each(|import| inline.lift(&mut import.path));
                at = end;
            }
            "fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" | "union" | "macro_rules" => {
                names.defined.extend(all[at + 1..].iter().find(|word| !matches!(word.as_str(), "!" | "mut")).cloned());
                at += 1;
            }
            _ => {
                let path = path(all, at);
                at += (path.len() * 2).saturating_sub(1).max(1);
                if path.len() > 1 {
                    let mut path = path;
                    inline.lift(&mut path);
                    names.paths.push(path);
                }
            }
        }
    }
    names
}

/// How deep a token is inside `mod name { … }`, where `super` leads at most to the file.
#[derive(Default)]
struct Inline {
    braces: usize,
    modules: Vec<usize>,
}

impl Inline {
    fn see(&mut self, all: &[Token], at: usize) {
        match all[at].as_str() {
            "{" => {
                self.braces += 1;
                if at >= 2 && all[at - 2] == "mod" {
                    self.modules.push(self.braces);
                }
            }
            "}" => {
                self.modules.retain(|braces| *braces != self.braces);
                self.braces = self.braces.saturating_sub(1);
            }
            _ => {}
        }
    }

    fn lift(&self, path: &mut Vec<String>) {
        let supers = path.iter().take_while(|part| *part == "super").count().min(self.modules.len());
        if supers > 0 {
            path.splice(..supers, ["self".to_owned()]);
        }
    }
}

fn is_public(all: &[Token], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).and_then(|at| all.get(at)).map(String::as_str);
    before(1) == Some("pub") || before(1) == Some(")") && (2..6).any(|back| before(back) == Some("pub"))
}

/// Words separated by `::`, starting at `at`.
fn path(all: &[Token], at: usize) -> Vec<String> {
    let mut words = Vec::new();
    let mut next = at;
    while all.get(next).is_some_and(|token| token.starts_with(|sign: char| sign.is_alphabetic() || sign == '_')) {
        words.push(all[next].clone());
        match all.get(next + 1).map(String::as_str) {
            Some("::") => next += 2,
            _ => break,
        }
    }
    words
}

/// Adds the imports of one `use` tree, and returns where it ends.
fn tree(all: &[Token], at: usize, above: &[String], is_public: bool, found: &mut Vec<Import>) -> usize {
    let mut path = above.to_vec();
    let mut at = at;
    loop {
        match all.get(at).map(String::as_str) {
            Some("::") => at += 1,
            Some("{") => {
                at += 1;
                while all.get(at).is_some_and(|token| !matches!(token.as_str(), "}" | ";")) {
                    at = if all[at] == "," { at + 1 } else { tree(all, at, &path, is_public, found) };
                }
                return at + 1;
            }
            Some("*") => {
                found.push(Import { path, name: "*".into(), is_public });
                return at + 1;
            }
            Some("as") => {
                let name = all.get(at + 1).cloned().unwrap_or_default();
                found.push(Import { path, name, is_public });
                return at + 2;
            }
            Some("," | "}" | ";") | None => {
                if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
                    path.pop();
                }
                let name = path.last().cloned().unwrap_or_default();
                found.push(Import { path, name, is_public });
                return at;
            }
            Some(word) => {
                path.push(word.to_owned());
                at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::tokens;

    fn shown(text: &str) -> Vec<String> {
        let names = names(&tokens(text));
        let import = |import: &Import| format!("{} as {}", import.path.join("::"), import.name);
        names.imports.iter().map(import).chain(names.paths.iter().map(|path| path.join("::"))).collect()
    }

    #[test]
    fn trees_of_imports_are_split() {
        let text = "use crate::{a::{self, b as c}, d::*}; pub(crate) use super::e;";
        assert_eq!(shown(text), ["crate::a as a", "crate::a::b as c", "crate::d as *", "super::e as e"]);
        assert!(names(&tokens(text)).imports[3].is_public && !names(&tokens(text)).imports[0].is_public);
    }

    #[test]
    fn paths_in_the_code_count_too() {
        assert_eq!(shown("fn f(a: crate::b::C) { super::d(e::<F>::g) }"), ["crate::b::C", "super::d"]);
        assert_eq!(names(&tokens("pub const fn f() {} struct G;")).defined, ["fn", "f", "G"]);
    }

    #[test]
    fn super_in_an_inline_module_is_the_file() {
        assert_eq!(shown("mod m { use super::a; } use super::b;"), ["self::a as a", "super::b as b"]);
    }
}
