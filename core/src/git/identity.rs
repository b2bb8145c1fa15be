//! Owns the identity of a repository, which is the same for all its copies: the address that it was cloned from, else
//! its first commit. The sources are git-clone(1) ("GIT URLS") and git-reflog(1).
//!
//! Must stay true: the user and the password in an address are never returned; all spellings of an address
//! (`https://`, `ssh://`, `git@host:…`, with or without `.git`) give the same identity.
//!
//! Deliberately absent: `include.path` and `url.*.insteadOf`, which are a user's own shorthand, and a walk through the
//! history to the first commit: if the reflog no longer has it, the identity is unknown.

use super::{Checkout, common_dir, config, normalise, read, reflog};
use std::path::{Path, PathBuf};

/// The configuration key of the address that a repository was cloned from.
const ORIGIN: config::Key = config::Key { section: "remote", of: "origin", name: "url" };
/// The remote that is read if there is no `origin`.
const UPSTREAM: config::Key = config::Key { of: "upstream", ..ORIGIN };
/// Maximum number of bytes that are read from the start of a reflog.
const LOG: u64 = 4096;
/// Longest chain of local clones that is followed.
const ORIGINS: usize = 4;
/// Maximum number of characters of an identity.
const LONGEST: usize = 500;
/// The prefix of the identity of a repository that has no address.
pub const FIRST_COMMIT: &str = "first-commit:";

/// The identity of a checkout's repository; `None` before its first commit.
#[must_use]
pub fn of(checkout: &Checkout) -> Option<String> {
    find_identity(&repository_of(checkout), ORIGINS)
}

/// The identity of the repository whose project is this folder: a main work tree, a bare repository, or the folder
/// around one.
#[must_use]
pub fn at(folder: &Path) -> Option<String> {
    find_identity(&repository_at(folder)?, ORIGINS)
}

/// Like [`at`], but reads no other folder, which may be on a disk that does not respond; `None` if that is needed.
#[must_use]
pub fn at_once(folder: &Path) -> Option<String> {
    let repository = repository_at(folder)?;
    match cloned_from(&repository.common) {
        Some(url) if is_path(&url) => None,
        Some(url) => address(&url, None).or_else(|| first_commit(&repository.common)),
        None => first_commit(&repository.common),
    }
}

/// Whether `text` identifies the repository of a folder, which may have got an address since.
#[must_use]
pub fn is_known_as(folder: &Path, text: &str) -> bool {
    let Some(repository) = repository_at(folder) else { return false };
    let first = || text.starts_with(FIRST_COMMIT).then(|| first_commit(&repository.common)).flatten();
    find_identity(&repository, ORIGINS).as_deref() == Some(text) || first().as_deref() == Some(text)
}

/// The directory that all work trees of a repository share, and the base of its relative addresses.
struct Repository {
    common: PathBuf,
    base: PathBuf,
}

fn repository_of(checkout: &Checkout) -> Repository {
    let common = common_dir(&checkout.git_dir).unwrap_or_else(|| checkout.git_dir.clone());
    Repository { common, base: checkout.main_root.clone() }
}

fn repository_at(folder: &Path) -> Option<Repository> {
    if let Some(checkout) = super::checkout_at(folder) {
        return Some(repository_of(&checkout));
    }
    let bare = [folder.to_path_buf(), folder.join(".bare"), folder.join(".git")];
    let common = bare.into_iter().find(|dir| dir.join("HEAD").is_file() && dir.join("objects").is_dir())?;
    Some(Repository { common, base: folder.to_path_buf() })
}

/// The identity. A clone of a repository on this machine has the identity of that repository.
fn find_identity(repository: &Repository, origins: usize) -> Option<String> {
    let url = cloned_from(&repository.common);
    let Some(origin) = url.and_then(|url| address(&url, Some(&repository.base))) else {
        return first_commit(&repository.common);
    };
    let is_here = origins > 0 && origin.starts_with('/');
    // The address may omit `.git`.
    let places = [origin.clone(), format!("{origin}.git")];
    let there = is_here.then(|| places.iter().find_map(|place| repository_at(Path::new(place)))).flatten();
    there.and_then(|there| find_identity(&there, origins - 1)).or(Some(origin))
}

fn cloned_from(common: &Path) -> Option<String> {
    config::value(common, &ORIGIN).or_else(|| config::value(common, &UPSTREAM))
}

/// An address in comparable form: `host/path`, or an absolute path on this machine. A relative path is resolved against
/// `base`. `None` if it is not an address.
#[must_use]
pub fn address(url: &str, base: Option<&Path>) -> Option<String> {
    let url = Some(url.trim()).filter(|url| !url.is_empty())?;
    let known = match url.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("file") => local(Path::new(rest), base)?,
        Some((scheme, rest)) => {
            let (place, path) = rest.split_once('/')?;
            // The query after the path may hold a token.
            remote(&host(place, scheme), path.split(['?', '#']).next().unwrap_or_default())?
        }
        None => match without_password(url).split_once(':') {
            // A single letter is a drive.
            Some((place, path)) if place.len() > 1 && !place.contains('/') => remote(&host(place, ""), path)?,
            Some((drive, _)) if drive.len() == 1 => url.to_string(),
            _ => local(Path::new(url), base)?,
        },
    };
    let known = known.trim_end_matches('/');
    let known = known.strip_suffix(".git").unwrap_or(known).trim_end_matches('/');
    let is_sane = !known.is_empty() && known.len() <= LONGEST && !known.contains(char::is_control);
    is_sane.then(|| known.to_string())
}

/// Rejects a port that is not a number: it may be part of a password with a character that ended the host.
fn remote(host: &str, path: &str) -> Option<String> {
    let path = path.trim_start_matches('/');
    let port = host.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.ends_with(']'));
    let is_host = !host.is_empty() && port.is_none_or(|port| port.bytes().all(|digit| digit.is_ascii_digit()));
    (is_host && !path.is_empty()).then(|| format!("{host}/{path}"))
}

/// `host:path` of `user:password@host:path`.
fn without_password(url: &str) -> &str {
    let place = url.split('/').next().unwrap_or_default();
    let host = place.rfind('@').and_then(|at| url.get(at + 1..));
    host.filter(|host| host.contains(':')).unwrap_or(url)
}

/// The host of `user:password@host:port`, with the port only if it is not the scheme's default.
fn host(place: &str, scheme: &str) -> String {
    let place = place.rsplit_once('@').map_or(place, |(_, host)| host).to_ascii_lowercase();
    let usual = match scheme.to_ascii_lowercase().as_str() {
        "https" => ":443",
        "http" => ":80",
        "git" => ":9418",
        _ => ":22",
    };
    place.strip_suffix(usual).map_or(place.clone(), str::to_string)
}

/// Whether an address is a path on this machine.
fn is_path(url: &str) -> bool {
    let is_scheme = url.split_once("://").is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("file"));
    is_scheme || !url.contains(':')
}

fn local(path: &Path, base: Option<&Path>) -> Option<String> {
    let path = if path.is_absolute() { path.to_path_buf() } else { base?.join(path) };
    let path = path.canonicalize().unwrap_or_else(|_| normalise(&path));
    Some(path.to_string_lossy().into_owned())
}

/// The first commit, if HEAD's reflog still begins with it.
fn first_commit(common: &Path) -> Option<String> {
    let start = read::open_below(common, reflog::LOG)?.bytes(0, LOG)?;
    let first = reflog::entries(&start).into_iter().next()?;
    let is_first = first.old.bytes().all(|digit| digit == b'0') && first.message.starts_with("commit (initial)");
    is_first.then(|| format!("{FIRST_COMMIT}{}", first.new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_of_an_address_are_equal() {
        for url in [
            "https://github.com/Ada/shop.git",
            "https://github.com/Ada/shop/",
            "https://ada:ghp_secret@GitHub.com:443/Ada/shop",
            "http://github.com:80/Ada/shop.git",
            "ssh://git@github.com/Ada/shop.git",
            "ssh://git@github.com:22/Ada/shop.git",
            "git@github.com:Ada/shop.git",
            "github.com:/Ada/shop",
            "git://github.com/Ada/shop",
            "git+ssh://git@github.com/Ada/shop",
        ] {
            assert_eq!(address(url, None).as_deref(), Some("github.com/Ada/shop"), "{url}");
        }
        let told = |url| address(url, Some(Path::new("/src/shop")));
        assert_eq!(told("ssh://git@host:2222/a/b.git").as_deref(), Some("host:2222/a/b"));
        assert_eq!(told("/srv/git/shop.git").as_deref(), Some("/srv/git/shop"));
        assert_eq!(told("file:///srv/git/shop.git").as_deref(), Some("/srv/git/shop"));
        assert_eq!(told("../other.git").as_deref(), Some("/src/other"));
        assert_eq!(told("C:\\git\\shop").as_deref(), Some("C:\\git\\shop"));
        assert_eq!(told("host:a/b@2").as_deref(), Some("host/a/b@2"));
        assert_eq!(told("ssh://git@[::1]:22/a/b").as_deref(), Some("[::1]/a/b"));
        for secret in [
            "https://ada:hun/ter2@host/a",
            "ada:hunter2@host:a/b",
            "https://hunter2@host/a/b",
            "https://host/a/b.git?token=hunter2",
            "https://ada:hu@nter2@host/a",
        ] {
            let known = told(secret).unwrap_or_default();
            assert!(!known.contains("ter2"), "{secret}: {known}");
        }
        for none in ["", "https://", "https://host", "host:", "https://host/\u{1b}[2J"] {
            assert_eq!(told(none), None, "{none:?}");
        }
    }
}
