//! Owns the form of an `ar` archive, which is what a package of Debian is.

use std::fs;
use std::path::Path;

/// The files as an archive, in this order, without their folders.
pub fn archive(files: &[&str], seconds: u64) -> Result<Vec<u8>, String> {
    let mut out = b"!<arch>\n".to_vec();
    for file in files {
        let bytes = fs::read(file).map_err(|error| format!("{file}: {error}"))?;
        let name = Path::new(file).file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.is_empty() || name.len() > 16 {
            return Err(format!("{file}: the name must have 1 to 16 letters"));
        }
        out.extend(format!("{name:<16}{seconds:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, "100644", bytes.len()).bytes());
        out.extend(&bytes);
        if bytes.len() % 2 == 1 {
            out.push(b'\n');
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_begins_at_an_even_place() {
        let folder = tempfile::tempdir().expect("it can be created");
        let paths = ["odd", "two"].map(|name| folder.path().join(name).display().to_string());
        fs::write(&paths[0], "123").expect("it can be written");
        fs::write(&paths[1], "").expect("it can be written");
        let packed = archive(&[&paths[0], &paths[1]], 7).expect("it can be packed");
        let text = String::from_utf8(packed).expect("it is text");
        assert!(
            text.starts_with("!<arch>\nodd             7           0     0     100644  3         `\n123\ntwo "),
            "{text}"
        );
        assert_eq!(text.len(), 8 + 60 + 4 + 60);
        assert!(archive(&["/nowhere"], 0).is_err());
    }
}
