//! Owns running other people's programs: without input, with a deadline, output collected.

use cs_core::error::{Error, Result};
use std::io::{Read, Seek};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long a program may take.
const LIMIT: Duration = Duration::from_secs(120);
/// Maximum number of bytes of output that are kept.
const OUTPUT: u64 = 1024 * 1024;

/// The result of running a program.
#[derive(Debug)]
pub struct RunResult {
    pub is_success: bool,
    pub stdout: String,
    pub stderr: String,
}

impl RunResult {
    /// The last line that is not blank: of the errors, else of the output.
    pub fn last_words(&self) -> String {
        let last = |text: &str| text.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_string);
        last(&self.stderr).or_else(|| last(&self.stdout)).unwrap_or_else(|| "it printed nothing".into())
    }
}

/// Runs a program in a directory.
pub fn run(program: &Path, args: &[&str], dir: &Path) -> Result<RunResult> {
    let mut command = Command::new(program);
    command.args(args).current_dir(dir);
    collect(command, program, LIMIT)
}

/// Runs a command without input. One that takes too long is killed, which is an error.
pub fn collect(mut command: Command, program: &Path, limit: Duration) -> Result<RunResult> {
    let failed = |error| Error::io(program, "run", error);
    let (mut out, mut err) = (tempfile::tempfile().map_err(failed)?, tempfile::tempfile().map_err(failed)?);
    command.stdin(Stdio::null());
    command.stdout(out.try_clone().map_err(failed)?).stderr(err.try_clone().map_err(failed)?);
    let status = wait(&mut command.spawn().map_err(failed)?, limit).map_err(failed)?;
    let text = |file: &mut std::fs::File| {
        let mut bytes = Vec::new();
        let read = file.rewind().and_then(|()| file.take(OUTPUT).read_to_end(&mut bytes));
        read.map(|_| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    };
    Ok(RunResult { is_success: status.success(), stdout: text(&mut out), stderr: text(&mut err) })
}

/// Waits for a child process, and kills it if it takes too long.
pub fn wait(child: &mut Child, limit: Duration) -> std::io::Result<ExitStatus> {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        let waited = began.elapsed();
        if waited >= limit {
            child.kill()?;
            child.wait()?;
            return Err(std::io::Error::new(std::io::ErrorKind::TimedOut, format!("not finished after {limit:?}")));
        }
        // Short enough to measure durations, long enough to cost nothing.
        std::thread::sleep((waited / 10).clamp(Duration::from_micros(50), Duration::from_millis(20)));
    }
}
