//! Owns the form of a tar archive: POSIX ustar, owner and group 0, modes 755 and 644, one time for all.

use crate::tree::{Kind, entries};
use std::path::Path;

const BLOCK: usize = 512;

/// The folder as an archive, its entries below `name`, or below `.` as a package of Debian wants it.
pub fn archive(folder: &Path, name: &str, seconds: u64) -> Result<Vec<u8>, String> {
    let mut out = header(&format!("{name}/"), b'5', 0o755, 0, "", seconds)?;
    for entry in entries(folder)? {
        let path = format!("{name}/{}", entry.path);
        match entry.kind {
            Kind::Folder => out.extend(header(&format!("{path}/"), b'5', 0o755, 0, "", seconds)?),
            Kind::Link(to) => out.extend(header(&path, b'2', 0o777, 0, &to, seconds)?),
            Kind::File { bytes, is_program } => {
                let mode = if is_program { 0o755 } else { 0o644 };
                out.extend(header(&path, b'0', mode, bytes.len(), "", seconds)?);
                out.extend(&bytes);
                fill(&mut out, BLOCK);
            }
        }
    }
    out.extend([0; 2 * BLOCK]);
    fill(&mut out, 20 * BLOCK);
    Ok(out)
}

/// Adds zeros up to a multiple of `size`.
fn fill(out: &mut Vec<u8>, size: usize) {
    out.resize(out.len().next_multiple_of(size), 0);
}

fn header(path: &str, kind: u8, mode: u32, size: usize, link: &str, seconds: u64) -> Result<Vec<u8>, String> {
    let (prefix, name) = split(path).ok_or_else(|| format!("{path}: the path is too long for an archive"))?;
    if link.len() > 100 {
        return Err(format!("{path}: the link is too long for an archive"));
    }
    let mut block = vec![0; BLOCK];
    let mut put = |at: usize, text: &str| block[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, &format!("{mode:07o}"));
    put(108, "0000000");
    put(116, "0000000");
    put(124, &format!("{size:011o}"));
    put(136, &format!("{seconds:011o}"));
    put(148, "        ");
    put(157, link);
    put(257, "ustar\0");
    put(263, "00");
    put(265, "root");
    put(297, "root");
    put(345, prefix);
    block[156] = kind;
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Ok(block)
}

/// A path as prefix and name, as ustar stores it: at most 155 and 100 bytes.
fn split(path: &str) -> Option<(&str, &str)> {
    if path.len() <= 100 {
        return Some(("", path));
    }
    let slashes = path.match_indices('/').map(|(at, _)| at);
    slashes
        .map(|at| (&path[..at], &path[at + 1..]))
        .find(|(prefix, name)| prefix.len() <= 155 && !name.is_empty() && name.len() <= 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::process::Command;

    /// A folder with a file, a program, a link and a long path, made in another order each time.
    fn folder(names: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("it can be created");
        let long = format!("{}/{}", "d".repeat(90), "e".repeat(60));
        fs::create_dir_all(root.path().join(&long)).expect("it can be created");
        for name in names.iter().copied().chain([format!("{long}/file").as_str()]) {
            fs::write(root.path().join(name), format!("in {}", name.len())).expect("it can be written");
        }
        fs::set_permissions(root.path().join("run"), fs::Permissions::from_mode(0o700)).expect("it can be changed");
        symlink("run", root.path().join("link")).expect("it can be created");
        root
    }

    #[test]
    fn the_same_files_make_the_same_bytes() {
        let (one, other) = (folder(&["a", "run", "b"]), folder(&["b", "run", "a"]));
        fs::set_permissions(other.path().join("a"), fs::Permissions::from_mode(0o600)).expect("it can be changed");
        let of = |folder: &Path| archive(folder, "name-1", 1_700_000_000).expect("it can be packed");
        assert!(of(one.path()) == of(other.path()));
        fs::write(other.path().join("a"), "changed").expect("it can be written");
        assert!(of(one.path()) != of(other.path()));
    }

    #[test]
    fn tar_reads_what_was_packed() {
        let (from, to) = (folder(&["a", "run"]), tempfile::tempdir().expect("it can be created"));
        let file = to.path().join("x.tar");
        fs::write(&file, archive(from.path(), "n", 1_700_000_000).expect("it can be packed"))
            .expect("it can be written");
        let done = Command::new("tar").arg("-xf").arg(&file).current_dir(to.path()).status().expect("tar runs");
        assert!(done.success());
        let different = Command::new("diff").arg("-r").arg(from.path()).arg(to.path().join("n")).output();
        assert_eq!(String::from_utf8_lossy(&different.expect("diff runs").stdout), "");
        assert_eq!(fs::read_link(to.path().join("n/link")).ok().as_deref(), Some(Path::new("run")));
        let mode = |name: &str| fs::metadata(to.path().join("n").join(name)).expect("it is there").permissions().mode();
        assert_eq!((mode("run") & 0o777, mode("a") & 0o111), (0o755, 0));
    }

    #[test]
    fn a_path_that_does_not_fit_is_an_error() {
        assert!(header(&"x".repeat(101), b'0', 0o644, 0, "", 0).is_err());
        assert_eq!(
            split(&format!("{}/{}", "p".repeat(155), "n".repeat(100))).map(|(p, n)| (p.len(), n.len())),
            Some((155, 100))
        );
    }
}
