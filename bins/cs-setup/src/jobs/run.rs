//! `jobs run`, which launchd and cron call: keeps the jobs' logs small, then becomes the program. It checks the logs of
//! all jobs, because one of them may run for months.

use super::all;
use crate::places::Places;
use argh::{ArgsInfo, FromArgs};
use cli::Outcome;
use cs_core::error::{Error, Result};
use cs_core::file;
use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::Path;

/// A larger log is cut; this much of its end is kept.
const LOG_BYTES: u64 = 256 * 1024;

/// for schedulers: keep the jobs' logs small, then run a program
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "run",
    example = "{command_name} -- ~/.local/bin/cs-cleanup all",
    example = "{command_name} -- ~/.local/bin/cs-notify"
)]
pub struct Run {
    /// the program and its arguments
    #[argh(positional, greedy)]
    command: Vec<String>,
}

impl Run {
    pub fn run(self, places: &Places) -> Outcome<()> {
        let mut words = self.command.iter();
        let program = words.find(|word| *word != "--").ok_or_else(|| Error::Invalid("no program to run".into()))?;
        for job in all(places)?.0 {
            // A log that cannot be cut does not prevent the job.
            let _ = cut(&places.data.job_log(job.name));
        }
        let error = std::process::Command::new(program).args(words).exec();
        Err(Error::io(Path::new(program), "run", error).into())
    }
}

/// Cuts a log that has grown too long, in place, because its writers append to it.
fn cut(path: &Path) -> Result<()> {
    let failed = |error| Error::io(path, "cut", error);
    if !std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() > LOG_BYTES) {
        return Ok(());
    }
    let mut log = file::open_own(path, OpenOptions::new().read(true).write(true))?;
    let size = log.metadata().map_err(failed)?.len();
    let mut kept = Vec::new();
    log.seek(SeekFrom::Start(size.saturating_sub(LOG_BYTES))).map_err(failed)?;
    (&log).take(LOG_BYTES).read_to_end(&mut kept).map_err(failed)?;
    file::replace(&path.with_extension("log.1"), &kept, file::Durability::Disposable)?;
    log.set_len(0).map_err(failed)
}
