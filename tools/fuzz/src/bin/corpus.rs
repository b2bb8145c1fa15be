//! Packs the files of a folder, or unpacks them to view or edit them.
//!
//! Reads: the pack, or the folder.
//! Writes: the folder (names are hashes), or the pack.
//! Exits: 0 done, 1 a file cannot be read or written or the pack is torn, 64 usage.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use fuzz::pack::{pack, unpack};
use fuzz::{files, name_of};

const HELP: &str = "corpus pack FOLDER PACK\ncorpus unpack PACK FOLDER";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["pack", folder, to] => pack_folder(Path::new(folder), Path::new(to)),
        ["unpack", from, folder] => unpack_file(Path::new(from), Path::new(folder)),
        _ => {
            eprintln!("{HELP}");
            return ExitCode::from(64);
        }
    };
    match done {
        Ok(inputs) => {
            println!("{inputs} inputs");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("corpus: {why}");
            ExitCode::FAILURE
        }
    }
}

fn pack_folder(folder: &Path, to: &Path) -> Result<usize, String> {
    let inputs: Vec<Vec<u8>> = files(folder).into_iter().map(|(_, bytes)| bytes).collect();
    let count = inputs.len();
    fs::write(to, pack(inputs)).map_err(|e| format!("{}: {e}", to.display()))?;
    Ok(count)
}

fn unpack_file(from: &Path, folder: &Path) -> Result<usize, String> {
    let bytes = fs::read(from).map_err(|e| format!("{}: {e}", from.display()))?;
    let inputs = unpack(&bytes).map_err(|e| format!("{} {e}", from.display()))?;
    let write = |input: &Vec<u8>| fs::write(folder.join(name_of(input)), input);
    let written = fs::create_dir_all(folder).and_then(|()| inputs.iter().try_for_each(write));
    written.map_err(|e| format!("{}: {e}", folder.display()))?;
    Ok(inputs.len())
}
