//! Checks that a data directory that does not exist yet could be created, with a directory that is removed at once. The
//! permissions alone do not say so: some file systems refuse every account.

use super::Check;
use cs_core::file::TEMP_PREFIX;
use std::io::ErrorKind;
use std::path::Path;

pub fn check(root: &Path) -> Check {
    if root.is_symlink() {
        let detail = format!("{} is a symbolic link to something that does not exist", root.display());
        return Check::bad("data", detail, "create the directory that it names, or remove the link");
    }
    let found = root.ancestors().skip(1).find(|dir| dir.symlink_metadata().is_ok());
    let above = found.unwrap_or(Path::new("/"));
    let own = above.join(format!("{TEMP_PREFIX}doctor-{}", std::process::id()));
    match std::fs::create_dir(&own).and_then(|()| std::fs::remove_dir(&own)) {
        Ok(()) => Check::good("data", format!("nothing is recorded yet; {} does not exist", root.display())),
        Err(error) => {
            let (root, above) = (root.display(), above.display());
            let detail = format!("{root} does not exist, and cannot be created in {above}: {error}");
            Check::bad("data", detail, fix(error.kind(), &above.to_string()))
        }
    }
}

/// The fix for such a failure.
fn fix(kind: ErrorKind, above: &str) -> String {
    let elsewhere = "set CS_HOME to a directory that can be created";
    match kind {
        ErrorKind::PermissionDenied => format!("let your account write in {above}, or {elsewhere}"),
        ErrorKind::ReadOnlyFilesystem => format!("mount the disk read-write, or {elsewhere}"),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space on that disk".to_string(),
        _ => elsewhere.to_string(),
    }
}
