//! Owns which path an argument means: `/etc/`, `/etc/*`, `//etc/.` and `/usr/../etc` are `/etc`.

use crate::glob::Patterns;
use std::borrow::Cow;

/// Whether an argument, or the directory that it means, matches one of the patterns.
pub fn matches(patterns: &Patterns, text: &str, plain: &str) -> bool {
    patterns.match_text(text) || plain != text && patterns.match_text(plain)
}

/// The path without what changes nothing, and without a last part that means all files in it.
pub fn plain(text: &str) -> Cow<'_, str> {
    let is_plain =
        !text.contains("//") && !text.contains("/.") && !text.starts_with("./") && !text.ends_with(['/', '*']);
    if is_plain || !text.contains('/') {
        return Cow::Borrowed(text);
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split('/').skip(usize::from(text.starts_with('/'))) {
        match (part, parts.last().copied()) {
            ("" | ".", _) => {}
            ("..", Some(last)) if !is_unknown(last) => drop(parts.pop()),
            ("..", None) if text.starts_with('/') => {}
            _ => parts.push(part),
        }
    }
    if parts.last() == Some(&"*") {
        parts.pop();
    }
    match (text.starts_with('/'), parts.join("/")) {
        (true, path) => Cow::Owned(format!("/{path}")),
        (false, path) if path.is_empty() => Cow::Borrowed("."),
        (false, path) => Cow::Owned(path),
    }
}

/// Whether nobody knows what is above it.
fn is_unknown(part: &str) -> bool {
    part == ".." || part.starts_with(['~', '$']) || part.contains('*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_behind_its_spelling() {
        for (text, path) in [
            ("/", "/"),
            ("//", "/"),
            ("/*", "/"),
            ("/./", "/"),
            ("/usr/../", "/"),
            ("/../etc/", "/etc"),
            ("/etc/nginx/../*", "/etc"),
            ("~/", "~"),
            ("~/.", "~"),
            ("./", "."),
            ("./*", "."),
            ("*", "*"),
            ("../..", "../.."),
            ("a/..", "."),
            ("~/../x", "~/../x"),
            ("$HOME/*", "$HOME"),
            ("./build", "build"),
            ("a/b", "a/b"),
        ] {
            assert_eq!(plain(text), path, "{text}");
        }
    }
}
