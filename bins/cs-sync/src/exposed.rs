//! Owns whether other accounts of this machine can read a file.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Of a mode, the bit that lets read a file, and the one that lets pass through a directory: for the group, for all.
const BITS: [(u32, u32); 2] = [(0o040, 0o010), (0o004, 0o001)];

/// What to say of a file that other accounts can read; `None` if they cannot, or there is none.
pub fn exposed(file: &Path) -> Option<String> {
    let file = file.canonicalize().ok()?;
    let mode = |path: &Path| path.metadata().ok().map(|meta| meta.permissions().mode());
    let of_file = mode(&file)?;
    let modes: Vec<u32> = file.ancestors().skip(1).filter_map(mode).collect();
    let reads = |(read, pass): &(u32, u32)| of_file & read != 0 && modes.iter().all(|mode| mode & pass != 0);
    let quoted = cli::quote_word(&file.to_string_lossy());
    BITS.iter().any(reads).then(|| format!("other accounts of this machine can read it; chmod 600 {quoted}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};

    #[test]
    fn a_file_that_others_can_read_is_told() {
        let dir = std::env::temp_dir().join(format!("cs-sync-exposed-{}", std::process::id()));
        fs::create_dir(&dir).unwrap();
        let file = dir.join("all.db");
        fs::write(&file, "").unwrap();
        let told = |of_dir, of_file| {
            fs::set_permissions(&file, Permissions::from_mode(of_file)).unwrap();
            fs::set_permissions(&dir, Permissions::from_mode(of_dir)).unwrap();
            exposed(&file).is_some()
        };
        // Whoever runs this may keep temporary files where nobody else comes.
        let is_open = told(0o755, 0o644);
        assert_eq!(told(0o755, 0o640), is_open);
        assert!(!told(0o755, 0o600));
        assert!(!told(0o700, 0o644), "nobody else comes there");
        assert_eq!(exposed(&dir.join("none")), None);
        fs::remove_dir_all(&dir).unwrap();
    }
}
