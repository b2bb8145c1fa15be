//! Every transcript in `tests/cli/` passes. `TRANSCRIPT_FILTER=name` selects files whose name contains it.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use cs_tests::{Sandbox, entries, programs, transcript};

#[test]
fn all_transcripts_pass() {
    let files = selected(entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("cli")));
    assert!(!files.is_empty(), "no transcript to run");
    programs();
    let failures = check_all(&files);
    assert!(failures.is_empty(), "{} of {} transcripts failed\n\n{}", failures.len(), files.len(), failures.join("\n"));
}

fn selected(mut files: Vec<PathBuf>) -> Vec<PathBuf> {
    let filter = env::var("TRANSCRIPT_FILTER").unwrap_or_default();
    files.retain(|file| name(file).contains(&filter));
    files
}

/// Checks several files at a time; returns the reports of those that failed.
fn check_all(files: &[PathBuf]) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let work = || {
        let take = || files.get(next.fetch_add(1, Ordering::Relaxed));
        std::iter::from_fn(take).filter_map(|file| check(file).err()).collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let workers = thread::available_parallelism().map_or(1, |n| n.get());
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a check does not panic")).collect()
    })
}

fn check(file: &Path) -> Result<(), String> {
    let name = name(file);
    if file.extension().is_none_or(|extension| extension != "md") {
        return Err(format!("{name}: not a transcript (*.md)\n"));
    }
    let text = fs::read_to_string(file).map_err(|e| format!("{name}: {e}\n"))?;
    let parsed = transcript::parse(&text).map_err(|e| format!("{name}: {e}\n"))?;
    if parsed.steps.is_empty() || parsed.skipped > 0 {
        return Err(format!("{name}: needs at least one console block, and none that is not run\n"));
    }
    transcript::check(&with_terminals(Sandbox::new()), &name, &parsed.steps)
}

/// Adds `on-terminal` to PATH, which runs a program on a terminal of its own, and `stand-in-claude`, a client.
fn with_terminals(sandbox: Sandbox) -> Sandbox {
    let folder = sandbox.root().join("terminals");
    fs::create_dir(&folder).expect("it can be created");
    symlink(env!("CARGO_BIN_EXE_on_terminal"), folder.join("on-terminal")).expect("it can be created");
    let stand_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("stand-in/claude");
    symlink(stand_in, folder.join("stand-in-claude")).expect("it can be created");
    sandbox.with_program_folder(&folder)
}

fn name(file: &Path) -> String {
    format!("cli/{}", file.file_name().unwrap_or_default().display())
}
