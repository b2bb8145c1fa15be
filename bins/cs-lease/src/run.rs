//! `run`: claims paths as long as a command runs. Must stay true: the lease is renewed while the command runs, and
//! released when it has ended, also after a signal; if this program is killed, the lease falls with the command, or when
//! it expires, because nobody renews it then.

use crate::acquire::How;
use crate::asker::{Asker, length};
use crate::log::log;
use crate::{PROGRAM, wait};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome, patience};
use cs_core::clock::{self, TimeDelta};
use cs_core::process;
use rustix::process::{Pid, Signal, kill_process};
use seats::{Lease, Leases};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// claim paths while a command runs, and exit with its code
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "run",
    example = "{command_name} db -- make migrate",
    example = "{command_name} src docs --wait 5m -- cargo fmt"
)]
pub struct Run {
    /// files or folders of the project, then -- and the command, which starts without a shell and finds the token of
    /// the lease in CS_LEASE_TOKEN
    #[argh(positional)]
    path: Vec<String>,
    /// how long the lease lasts each time that it is renewed (default: 1h; at most 7d)
    #[argh(option, long = "for", from_str_fn(length))]
    length: Option<TimeDelta>,
    /// others may have the same paths, if they share them, too
    #[argh(switch)]
    shared: bool,
    /// in this work tree only; it conflicts with leases on all work trees, too
    #[argh(switch)]
    worktree: bool,
    /// how long to wait while others have the paths, in seconds or such as 5m
    #[argh(option, from_str_fn(patience))]
    wait: Option<Duration>,
    /// what it is for
    #[argh(option)]
    reason: Option<String>,
}

impl Run {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let command = command()?;
        let paths = self.path.len().checked_sub(command.len()).and_then(|count| self.path.get(..count));
        let asker = Asker::find(context)?;
        let how = How { length: self.length, shared: self.shared, worktree: self.worktree, reason: self.reason };
        let request = how.request(&asker, paths.unwrap_or_default(), asker.owner.running())?;
        let leases = asker.leases(context)?;
        let (sender, events) = channel();
        listen(&sender)?;
        let lease = wait::acquire(context, &asker, &leases, &request, self.wait)?;
        let ended = start(&command, &lease, sender).map(|pid| {
            // If this fails, or the command has ended already, the lease falls with this program.
            let _ = process::find(pid).map(|process| leases.hand_over(&lease.id, &process));
            attend(&leases, &lease, pid, &events)
        });
        let released = leases.release(|other| Ok(other.id == lease.id), clock::now());
        let code = code(ended?);
        released?.iter().for_each(|lease| log(context, &asker, &leases, "released", lease, clock::now()));
        if code == 0 { Ok(()) } else { Err(Failure::Reported(code)) }
    }
}

/// The words after `--`, byte for byte.
fn command() -> Outcome<Vec<OsString>> {
    let words: Vec<OsString> = std::env::args_os().skip_while(|word| word != "--").skip(1).collect();
    if words.is_empty() {
        return Err(Failure::Usage("no command is given".into(), Some("write it after --".into())));
    }
    Ok(words)
}

/// What happens while the command runs.
enum Event {
    Signal(i32),
    Ended(io::Result<ExitStatus>),
}

/// Reports the signals that would end this program, instead of ending it.
fn listen(sender: &Sender<Event>) -> Outcome<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    let sender = sender.clone();
    std::thread::spawn(move || {
        for signal in signals.forever() {
            if sender.send(Event::Signal(signal)).is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// Starts the command, and returns its process id.
fn start(words: &[OsString], lease: &Lease, sender: Sender<Event>) -> Outcome<u32> {
    let (program, rest) = words.split_first().ok_or(Failure::Reported(64))?;
    let mut command = Command::new(program);
    command.args(rest).env("CS_LEASE_TOKEN", lease.token.to_string());
    let refused = |error| Failure::Nothing(format!("cannot start {}: {error}", program.to_string_lossy()));
    let mut child = command.spawn().map_err(refused)?;
    let pid = child.id();
    // Nobody receives it only if this program is ending.
    std::thread::spawn(move || sender.send(Event::Ended(child.wait())));
    Ok(pid)
}

/// Renews the lease and passes signals on until the command has ended.
fn attend(leases: &Leases, lease: &Lease, pid: u32, events: &Receiver<Event>) -> io::Result<ExitStatus> {
    let pause = (lease.length() / 2).to_std().unwrap_or(Duration::from_secs(1));
    let mut is_lost = false;
    loop {
        match events.recv_timeout(pause) {
            Ok(Event::Ended(status)) => return status,
            Ok(Event::Signal(signal)) => pass_on(signal, pid),
            Err(RecvTimeoutError::Timeout) if is_lost => {}
            Err(RecvTimeoutError::Timeout) => {
                let renewed = leases.renew(|other| Ok(other.id == lease.id), None, clock::now());
                is_lost = renewed.is_ok_and(|renewed| renewed.is_empty());
                if is_lost {
                    cli::note(PROGRAM, &format!("{} no longer holds, but the command runs", lease.id));
                }
            }
            Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("the command was not observed")),
        }
    }
}

/// Sends a signal to the command. Ctrl-C reaches it from the terminal already.
fn pass_on(signal: i32, pid: u32) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let signal = match signal {
        SIGINT if io::stdin().is_terminal() => None,
        SIGINT => Some(Signal::INT),
        SIGHUP => Some(Signal::HUP),
        _ => Some(Signal::TERM),
    };
    if let (Some(pid), Some(signal)) = (pid, signal) {
        // It may have ended since.
        let _ = kill_process(pid, signal);
    }
}

/// The exit code, as a shell reports it.
fn code(status: io::Result<ExitStatus>) -> u8 {
    let Ok(status) = status else { return 1 };
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
