//! Owns the token's file: which files are accepted, and how strong a token must be.
//! Must stay true: the file that is checked is the one that is read (it is opened once), and nobody else can read or
//! write it.

use cli::{Failure, Outcome};
use cs_core::Error;
use std::fs::{File, Metadata, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Minimum number of characters of a token.
const CHARACTERS: usize = 16;
/// The least strength of a token, in bits: that of 16 different characters, 16 · log2(16).
const WORTH: f64 = 64.0;
/// Maximum number of bytes of the file.
const FILE_BYTES: u64 = 4096;
/// A piece of at least this many characters that occurred before counts as repeated.
const REPEATED: usize = 3;

/// Reads the token.
pub fn read(path: &str) -> Outcome<String> {
    let path = Path::new(path);
    let file = open(path)?;
    let meta = file.metadata().map_err(|error| Error::io(path, "inspect", error))?;
    is_private(path, &meta)?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES).read_to_end(&mut bytes).map_err(|error| Error::io(path, "read", error))?;
    let text = String::from_utf8_lossy(&bytes).trim().to_string();
    if text.chars().count() < CHARACTERS || !text.bytes().all(|byte| matches!(byte, 0x21..=0x7e)) {
        let text = format!("{path:?} does not hold a token: one line of at least {CHARACTERS} letters and digits");
        return Err(Error::Invalid(text).into());
    }
    if worth(&text) < WORTH {
        let text = format!("the token in {path:?} is too easy to guess: it has too few different characters");
        return Err(wrong(text, &make_one(path)));
    }
    Ok(text)
}

fn open(path: &Path) -> Outcome<File> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
    OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            return Error::Missing(format!("no file {path:?}")).into();
        }
        if error.raw_os_error() != Some(libc::ELOOP) {
            return Error::io(path, "open", error).into();
        }
        let target = std::fs::canonicalize(path);
        let hint = match target {
            Ok(target) if target.is_file() => format!("use the file itself: --token-file {}", target.display()),
            _ => format!("write the token into a file; {}", make_one(Path::new("FILE"))),
        };
        wrong(format!("{path:?} is a symbolic link, which is not followed here"), &hint)
    })
}

fn is_private(path: &Path, meta: &Metadata) -> Outcome<()> {
    let kind = meta.file_type();
    if !kind.is_file() {
        let what = match () {
            () if kind.is_fifo() => "a pipe",
            () if kind.is_dir() => "a directory",
            () => "not a regular file",
        };
        let hint = format!("write the token into a file; {}", make_one(Path::new("FILE")));
        return Err(wrong(format!("{path:?} is {what}; the token must be in a regular file"), &hint));
    }
    if meta.uid() != crate::owner::own() && meta.uid() != 0 {
        let text = format!("{path:?} belongs to another account (uid {}), which can change it", meta.uid());
        return Err(wrong(text, "use a file of your own"));
    }
    if meta.mode() & 0o077 != 0 {
        return Err(Error::Invalid(format!("others can read {path:?}; chmod 600 it")).into());
    }
    Ok(())
}

fn make_one(path: &Path) -> String {
    format!("this makes one: (umask 077; head -c 24 /dev/urandom | base64 >{})", path.display())
}

fn wrong(text: String, hint: &str) -> Failure {
    Error::Invalid(format!("{text}; {hint}")).into()
}

/// The strength of a token in bits: Shannon's entropy of the characters that are not part of a repeated piece. It is a
/// little too low for random tokens, and close to zero for repetitive ones.
fn worth(token: &str) -> f64 {
    let fresh = fresh(token.as_bytes());
    let count = |byte: u8| fresh.iter().filter(|other| **other == byte).count() as f64;
    fresh.iter().map(|byte| (fresh.len() as f64 / count(*byte)).log2()).sum()
}

/// The characters without pieces that repeat earlier ones.
fn fresh(token: &[u8]) -> Vec<u8> {
    let (mut fresh, mut at) = (Vec::new(), 0);
    while let Some(byte) = token.get(at) {
        fresh.push(*byte);
        let came_before = |length: usize| {
            let (piece, before) = (token.get(at..at + length), token.get(..at + length - 1).unwrap_or_default());
            piece.is_some_and(|piece| before.windows(length).any(|one| one == piece))
        };
        at += (REPEATED..=token.len() - at).take_while(|length| came_before(*length)).last().unwrap_or(1);
    }
    fresh
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_randomness_makes_a_token_strong() {
        for good in [
            "0123456789abcdef",
            "f3b1c09a7e5d2846f01b9c3ae87d5264",
            "Zk8vQ1mXw4Tb7NcLp0Rs",
            "b6d5cd3ab0d54ae2a6cbe4b1ba5be3f0",
            "KtWqvYp0zYfJmDk3V2m1bOa7Cq9HhLxE",
        ] {
            assert!(worth(good) >= WORTH, "{good}: {}", worth(good));
        }
        for bad in [
            "a".repeat(4000).as_str(),
            "abababababababab",
            "abcdabcdabcdabcdabcdabcdabcdabcdabcdabcd",
            "0123456701234567",
            "passwordpassword",
            "aaaaaaaaaaaaaaab",
            "1111111122222222",
            "0000000000000000000000000000000000000000",
            "tokentokentokentokentoken",
        ] {
            assert!(worth(bad) < WORTH, "{bad}: {}", worth(bad));
        }
    }

    #[test]
    fn random_tokens_pass() {
        // SplitMix64: as random as a test needs it.
        let word = |n: u64| {
            let a = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let b = (a ^ (a >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            b ^ (b >> 31)
        };
        for n in 0..500 {
            let seed = |k: u64| word((2 * n + k + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let hex = format!("{:016x}{:016x}", seed(0), seed(1));
            assert!(worth(&hex) >= WORTH, "{hex}: {}", worth(&hex));
        }
    }
}
