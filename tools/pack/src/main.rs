//! Writes the parts of a release to standard output: `packaging/dist.sh` calls it. What is written depends on names,
//! contents and the bit for execution only, never on times, owners, the order of a directory or the machine.
//!
//! Usage: `pack tar FOLDER NAME SECONDS`, `pack ar SECONDS FILE...`, `pack sums FOLDER`, `pack licences TARGET`.

mod ar;
mod licences;
mod sums;
mod tar;
mod tree;

use std::env;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    match packed(&words.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(bytes) => match io::stdout().lock().write_all(&bytes) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&format!("standard output: {error}"), 74),
        },
        Err(reason) => failed(&reason, 65),
    }
}

fn failed(reason: &str, code: u8) -> ExitCode {
    eprintln!("pack: error: {reason}");
    ExitCode::from(code)
}

/// The bytes of the part that is asked for.
fn packed(words: &[&str]) -> Result<Vec<u8>, String> {
    match words {
        ["tar", folder, name, seconds] => tar::archive(Path::new(folder), name, number(seconds)?),
        ["ar", seconds, files @ ..] if !files.is_empty() => ar::archive(files, number(seconds)?),
        ["sums", folder] => sums::of(Path::new(folder)),
        ["licences", target] => licences::text(target),
        _ => Err("the arguments are those of the first comment of tools/pack/src/main.rs".into()),
    }
}

fn number(word: &str) -> Result<u64, String> {
    word.parse().map_err(|_| format!("{word} is not a number of seconds"))
}
