//! Writes made-up transcripts for measurements: `transcripts FOLDER SESSIONS MESSAGES FILLER`.

use std::path::Path;
use std::process::ExitCode;

use cs_tests::corpus::{Shape, write};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |n: usize| words.get(n).and_then(|word| word.parse().ok());
    let (Some(folder), Some(sessions), Some(messages), Some(filler)) = (words.first(), number(1), number(2), number(3))
    else {
        eprintln!("transcripts FOLDER SESSIONS MESSAGES FILLER");
        return ExitCode::from(64);
    };
    let truth = write(Path::new(folder), &Shape { sessions, messages, filler, ..Shape::default() });
    println!("{} bytes, {} messages, tokens {:?}", truth.bytes, truth.messages, truth.all);
    ExitCode::SUCCESS
}
