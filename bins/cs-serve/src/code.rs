//! Owns the codes that let one tab of a browser in, once: `serve/<port>-<name>.code`, 32 random bytes in hexadecimal. A
//! browser keeps the address that it is given, so an address has a code instead of the key.
//!
//! Must stay true: of two that send the same code, one gets a key: the one that removes the file; a code is worth nothing
//! after a minute, nor when its server stops; a tab gets a key of its own, so that the key never is in a browser.

use crate::http::{Refusal, Reply, Secrets, same};
use crate::ops::object;
use cs_core::Result;
use cs_core::file::{self, Durability};
use cs_core::paths::Home;
use cs_core::random::secret;
use serde::Deserialize;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// How long a code can be used.
const AGE: Duration = Duration::from_secs(60);
/// The characters of a code that name its file, and all of them.
const NAME: usize = 8;
const LENGTH: usize = NAME + 64;

/// The codes of a running dashboard.
pub struct Codes {
    pub home: Home,
    pub port: u16,
    /// Where the keys of tabs go.
    pub secrets: Arc<Secrets>,
}

/// The body that exchanges a code for a key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    code: String,
}

impl Codes {
    /// Answers a tab that sends a code with a key of its own.
    pub fn exchange(&self, body: &[u8]) -> std::result::Result<Reply, Refusal> {
        let sent: Exchange = object(body)?;
        if !take(&self.home, self.port, &sent.code) {
            let text = "this address was used already, or is older than a minute; `cs-serve open` makes another one";
            return Err(Refusal::new(401, "CODE_USED", text));
        }
        let key = secret()?;
        self.secrets.add(&key);
        Ok(Reply::json(&json!({ "key": key })).with("Cache-Control", "no-store"))
    }
}

/// Creates a code for the dashboard on this port.
pub fn make(home: &Home, port: u16) -> Result<String> {
    all(home, port).filter(|path| !is_fresh(path)).for_each(|path| drop(file::remove(&path)));
    let (mut name, code) = (secret()?, secret()?);
    name.truncate(NAME);
    let path = home.serve_code(port, &name);
    file::stage(&path, format!("{code}\n").as_bytes(), Durability::Disposable)?.replace()?;
    Ok(name + &code)
}

/// Removes all codes of this port.
pub fn remove_all(home: &Home, port: u16) {
    all(home, port).for_each(|path| drop(file::remove(&path)));
}

/// Whether a code is one that can be used; then it is used up.
fn take(home: &Home, port: u16, code: &str) -> bool {
    let is_hex = code.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let Some((name, secret)) = code.split_at_checked(NAME).filter(|_| is_hex && code.len() == LENGTH) else {
        return false;
    };
    let path = home.serve_code(port, name);
    let stored = file::read(&path).ok().flatten().unwrap_or_default();
    let is_it = same(stored.trim_ascii(), secret.as_bytes());
    // Only one can remove it.
    is_it && is_fresh(&path) && std::fs::remove_file(&path).is_ok()
}

fn is_fresh(path: &Path) -> bool {
    let made_at = std::fs::symlink_metadata(path).and_then(|meta| meta.modified());
    made_at.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age <= AGE))
}

fn all(home: &Home, port: u16) -> impl Iterator<Item = PathBuf> {
    let start = format!("{port}-");
    let is_code = move |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with(&start) && name.ends_with(".code")
    };
    let entries = std::fs::read_dir(home.serve_dir()).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(is_code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::unix::fs::MetadataExt;

    fn folder() -> (tempfile::TempDir, Home) {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        file::real_dir(&home.serve_dir()).unwrap();
        (dir, home)
    }

    #[test]
    fn a_code_is_taken_once_and_only_where_it_is_for() {
        let (_dir, home) = folder();
        let code = make(&home, 1).unwrap();
        let path = home.serve_code(1, &code[..NAME]);
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        for wrong in ["", "x", &code[1..], &code.to_uppercase(), &format!("{code}0"), &code.replace(&code[NAME..], "")]
        {
            assert!(!take(&home, 1, wrong), "{wrong}");
        }
        let other = format!("{}{}", &code[..NAME], "0".repeat(64));
        assert!(!take(&home, 1, &other) && !take(&home, 2, &code) && path.exists(), "a wrong one takes none away");
        assert!(!take(&home, 1, &format!("../../ab{}", &code[NAME..])), "no path");
        assert!(take(&home, 1, &code) && !path.exists());
        assert!(!take(&home, 1, &code), "it was used");
    }

    #[test]
    fn of_many_that_send_one_code_one_gets_in() {
        let (_dir, home) = folder();
        for _ in 0..20 {
            let code = make(&home, 1).unwrap();
            let tries: Vec<_> = (0..8)
                .map(|_| (home.clone(), code.clone()))
                .map(|(home, code)| std::thread::spawn(move || take(&home, 1, &code)))
                .collect();
            let taken = tries.into_iter().map(|one| one.join().unwrap()).filter(|taken| *taken).count();
            assert_eq!(taken, 1);
        }
    }

    #[test]
    fn old_codes_and_those_of_the_future_are_worth_nothing() {
        let (_dir, home) = folder();
        let (code, now) = (make(&home, 1).unwrap(), SystemTime::now());
        let path = home.serve_code(1, &code[..NAME]);
        let date = |at: SystemTime| File::options().write(true).open(&path).unwrap().set_modified(at).unwrap();
        for at in [now - AGE - Duration::from_secs(1), now + Duration::from_secs(60)] {
            date(at);
            assert!(!take(&home, 1, &code));
        }
        let other = make(&home, 1).unwrap();
        assert!(!path.exists(), "the next one removes it");
        make(&home, 2).unwrap();
        remove_all(&home, 1);
        assert_eq!((all(&home, 1).count(), all(&home, 2).count()), (0, 1));
        assert!(!take(&home, 1, &other));
    }
}
