//! Checks the data directory. The records in it are checked by `cs-cleanup check`.

use super::{Check, absent, disk};
use crate::places::Places;
use cs_core::clock::{self, TimeDelta};
use cs_core::error::Error;
use cs_core::file;
use cs_core::store::Store;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Older problems are not reported.
const RECENT_HOURS: i64 = 24;
/// Maximum number of bytes of the log that are read.
const LOG_BYTES: u64 = 1024 * 1024;

pub fn check(places: &Places) -> Vec<Check> {
    let root = places.data.root();
    if !root.exists() {
        return vec![absent::check(root)];
    }
    let mut checks = vec![private(places)];
    let repair = || format!("repair {} by hand", places.data.config().display());
    let config = Store::for_people(places.data.clone(), agents::WITNESS).config();
    let (audit, of_audit) = audit::Settings::read(&config, &places.data.config());
    let (_, of_guard) = audit::guard::Settings::read(&config, &places.data.config(), &audit.all_rules());
    let (_, of_keep) = kept::Settings::read(&config, &places.data.config());
    let (_, of_limits) = limits::settings::Settings::read(&config, &places.data.config());
    let troubles = config.troubles.iter().map(|trouble| &trouble.error);
    let troubles = troubles.chain(&of_audit).chain(&of_guard).chain(&of_keep).chain(&of_limits);
    checks.extend(troubles.map(|error| Check::bad("config", error.to_string(), repair())));
    checks.push(tools(places, audit.enabled));
    checks.extend(trouble(places));
    checks
}

/// Whether calls of tools are logged.
fn tools(places: &Places, is_enabled: bool) -> Check {
    const CHECK: &str = "tools";
    if !is_enabled {
        return Check::good(CHECK, "calls of tools are not logged: audit.enabled in config.json forbids it");
    }
    match audit::Head::read(&places.data) {
        Ok(Some(head)) => Check::good(CHECK, format!("calls of tools are logged; the last line is in {}", head.file)),
        Ok(None) => Check::good(CHECK, "no call of a tool is logged yet; it is with the next one"),
        Err(error) => Check::bad(CHECK, error.to_string(), "cs-audit verify says whether the log is whole"),
    }
}

/// Whether nobody else can read what was recorded.
fn private(places: &Places) -> Check {
    let root = places.data.root();
    let known = [
        places.data.config(),
        places.data.sessions(),
        places.data.live_dir(),
        root.join("projects"),
        root.join("logs"),
        places.data.serve_dir(),
    ];
    let open: Vec<PathBuf> = std::iter::once(root.to_path_buf()).chain(known).filter(|path| is_open(path)).collect();
    if !root.is_dir() {
        return Check::bad("data", format!("{} is not a directory", root.display()), "move it away");
    }
    if let Err(error) = std::fs::read_dir(root) {
        let fix = format!("chmod u+rwx {}", crate::entries::shell_word(&root.to_string_lossy()));
        return Check::bad("data", format!("{} cannot be read: {error}", root.display()), fix);
    }
    if let Some(trouble) = disk::check(root) {
        return trouble;
    }
    let (dirs, deeper) = (places.data.dirs(), [places.data.logs_dir(), places.data.usage_cache_dir()]);
    if let Some(link) = dirs.iter().chain(&deeper).find(|dir| dir.is_symlink()) {
        let detail = format!("{} is a symbolic link, and nothing is recorded through one", link.display());
        return Check::bad(
            "data",
            detail,
            "make it a directory; CS_HOME itself may be a link, or may name another directory",
        );
    }
    match open.first() {
        None => Check::good("data", format!("{} is yours alone", root.display())),
        Some(first) => {
            let detail = format!("other accounts can access {}", first.display());
            Check::bad(
                "data",
                detail,
                format!("chmod -R go-rwx {}", crate::entries::shell_word(&root.to_string_lossy())),
            )
        }
    }
}

fn is_open(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0 && !meta.is_symlink())
}

/// The problems that the hooks logged in the last day.
fn trouble(places: &Places) -> Option<Check> {
    let path = places.data.hook_log();
    let text = match file::tail(&path, LOG_BYTES) {
        Ok(text) => text,
        Err(Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => return None,
        Err(error) => return Some(Check::bad("log", error.to_string(), format!("move {} away", path.display()))),
    };
    let text = String::from_utf8_lossy(&text);
    let since = clock::now() - TimeDelta::hours(RECENT_HOURS);
    let is_recent = |line: &&str| line.split(' ').next().and_then(clock::parse).is_some_and(|at| at > since);
    let recent: Vec<&str> = text.lines().filter(is_recent).collect();
    let last = recent.last()?;
    let detail = format!("problems that the hooks logged in the last day: {}; the last one: {last}", recent.len());
    Some(Check::bad("log", detail, format!("run cs-cleanup check, and read {}", path.display())))
}
