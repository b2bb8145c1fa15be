//! Parses one line of strace. Owns the format of `strace -f -y -xx`: texts and paths are hexadecimal, so brackets and
//! commas only occur between arguments.

use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// A system call that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub name: String,
    pub arguments: Vec<String>,
    /// The result; `None` if it failed or never ended.
    pub result: Option<i64>,
}

impl Call {
    /// Parses `name(argument, …) = result`; `None` if the line is something else.
    pub fn parse(line: &str) -> Option<Call> {
        let (name, rest) = line.split_once('(')?;
        let (arguments, result) = rest.rsplit_once(" = ")?;
        let arguments = arguments.trim_end().strip_suffix(')')?;
        let digits = result.trim_start().split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        Some(Call { name: name.to_owned(), arguments: split(arguments), result: digits.parse().ok() })
    }

    /// The argument `n`; empty if there are fewer.
    pub fn argument(&self, n: usize) -> &str {
        self.arguments.get(n).map(String::as_str).unwrap_or_default()
    }

    /// A number among the arguments.
    pub fn number(&self, n: usize) -> u64 {
        self.argument(n).parse().unwrap_or_else(|_| panic!("not a number: argument {n} of {self:?}"))
    }

    /// Whether a flag is among those of an argument: `O_CREAT|O_EXCL`.
    pub fn has(&self, n: usize, flag: &str) -> bool {
        self.argument(n).split('|').any(|word| word == flag)
    }

    /// The path of an open file; `None` if it has lost its name or is a socket, pipe or terminal.
    pub fn open_file(&self, n: usize) -> Option<PathBuf> {
        let (_, rest) = self.argument(n).split_once('<')?;
        path(rest.strip_suffix('>')?)
    }

    /// The path in argument `n`, relative to the directory `dir`.
    pub fn path(&self, dir: Option<usize>, n: usize) -> PathBuf {
        let text = PathBuf::from(std::ffi::OsString::from_vec(self.bytes(n)));
        let base = dir.filter(|_| text.is_relative()).and_then(|dir| self.open_file(dir));
        let joined = base.map(|base| base.join(&text)).unwrap_or(text);
        joined.components().filter(|part| *part != std::path::Component::CurDir).collect()
    }

    /// The bytes of one text, or of all texts of a list of buffers. Panics if strace cut them.
    pub fn bytes(&self, n: usize) -> Vec<u8> {
        let argument = self.argument(n);
        assert!(!argument.contains("..."), "strace cut the bytes of a {}: a larger -s is needed", self.name);
        argument.split('"').skip(1).step_by(2).flat_map(|text| unhex(text).unwrap_or_default()).collect()
    }
}

fn path(text: &str) -> Option<PathBuf> {
    let bytes = unhex(text)?;
    bytes.starts_with(b"/").then(|| PathBuf::from(std::ffi::OsString::from_vec(bytes)))
}

/// Decodes `\x2f\x74`; `None` if it has another format.
fn unhex(text: &str) -> Option<Vec<u8>> {
    text.split("\\x").skip(1).map(|pair| u8::from_str_radix(pair, 16).ok()).collect()
}

/// Splits arguments at commas outside brackets.
fn split(arguments: &str) -> Vec<String> {
    let (mut found, mut depth) = (vec![String::new()], 0);
    for letter in arguments.chars() {
        depth += i32::from(matches!(letter, '[' | '{' | '(')) - i32::from(matches!(letter, ']' | '}' | ')'));
        match found.last_mut() {
            Some(last) if letter != ',' || depth > 0 => last.push(letter),
            _ => found.push(String::new()),
        }
    }
    found.iter().map(|argument| argument.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_paths_and_bytes_are_read() {
        let line = r#"openat(AT_FDCWD<\x2f\x74>, "\x61\x2f\x62", O_WRONLY|O_CREAT|O_EXCL, 0600) = 3<\x2f\x74\x2f\x61\x2f\x62>"#;
        let call = Call::parse(line).unwrap();
        assert_eq!((call.name.as_str(), call.result), ("openat", Some(3)));
        assert_eq!(call.path(Some(0), 1), PathBuf::from("/t/a/b"));
        assert!(call.has(2, "O_CREAT") && !call.has(2, "O_TRUNC"));
        let call = Call::parse(
            r#"writev(4<\x2f\x74>, [{iov_base="\x61", iov_len=1}, {iov_base="\x62\x63", iov_len=2}], 2) = 3"#,
        );
        let call = call.unwrap();
        assert_eq!((call.open_file(0), call.bytes(1)), (Some(PathBuf::from("/t")), b"abc".to_vec()));
        let call = Call::parse(r#"write(4<\x2f\x74>(deleted), "\x61", 1) = 1"#).unwrap();
        assert_eq!(call.open_file(0), None);
        assert_eq!(Call::parse("unlink(\"\\x61\") = -1 ENOENT (No such file)").unwrap().result, None);
        assert_eq!(Call::parse("exit_group(0) = ?").unwrap().result, None);
    }
}
