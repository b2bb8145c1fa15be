//! Owns matching a path with the pattern of a route, such as `/session/<id>`. Pure; the path was decoded by
//! `http::target` and checked by `http::guard`.

/// The part of the path at the pattern's placeholder, empty if the pattern has none; `None` if the path does not match.
/// A placeholder matches one whole part of a path, but not an empty one.
pub fn name_in<'p>(pattern: &str, path: &'p str) -> Option<&'p str> {
    let (mut wanted, mut parts, mut name) = (pattern.split('/'), path.split('/'), "");
    loop {
        match (wanted.next(), parts.next()) {
            (None, None) => return Some(name),
            (Some(wanted), Some(part)) if wanted.starts_with('<') && !part.is_empty() => name = part,
            (Some(wanted), Some(part)) if wanted == part => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_paths_match() {
        assert_eq!(name_in("/", "/"), Some(""));
        assert_eq!(name_in("/session/<id>", "/session/a"), Some("a"));
        assert_eq!(name_in("/session/<id>", "/session/.."), Some(".."), "a name like any other");
        for path in
            ["", "//", "/session", "/session/", "/session/a/", "/session/a/b", "session/a", "/Session/a", "/x/a"]
        {
            assert_eq!(name_in("/session/<id>", path), None, "{path:?}");
        }
        assert!(name_in("/", "").is_none() && name_in("/", "//").is_none() && name_in("/api", "/api/").is_none());
    }
}
