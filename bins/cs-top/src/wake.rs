//! Owns what wakes the program: keys, changes on disk, signals. Between them it sleeps. Must stay true: our own reading
//! wakes nobody.

use cs_core::id::SeatId;
use cs_core::paths::Home;
use cs_core::states::States;
use cs_core::{Error, Result};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use ratatui::crossterm::event::{self, Event as Input};
use rustix::event::{PollFd, PollFlags, poll};
use seats::Seating;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGWINCH};
use signal_hook::iterator::Signals;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// Changes within this time are shown together: a hook writes several files.
const TOGETHER: Duration = Duration::from_millis(15);

/// Why the program woke.
#[derive(Debug)]
pub enum Wake {
    /// A key or the mouse.
    Input(Input),
    /// The terminal has another size.
    Resized,
    /// A file that is watched changed.
    Disk,
    /// Nothing happened for as long as the caller wanted to wait.
    Time,
    /// The terminal is gone, or somebody ends the program.
    Closed,
}

/// The sources of wakes.
pub struct Wakes {
    receiver: Receiver<Wake>,
    /// `None` if the system cannot watch files; then only time passes.
    watcher: Option<RecommendedWatcher>,
    watched: BTreeSet<PathBuf>,
    sender: Sender<Wake>,
    /// The other end of what the thread that reads keys listens to.
    control: Option<UnixStream>,
}

impl Wakes {
    /// Begins to watch the data directory.
    pub fn new(home: &Home) -> Self {
        let (sender, receiver) = channel();
        let to = sender.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let is_change = event.is_ok_and(|event| !matches!(event.kind, EventKind::Access(_)));
            if is_change {
                let _ = to.send(Wake::Disk);
            }
        });
        let mut wakes = Wakes { receiver, watcher: watcher.ok(), watched: BTreeSet::new(), sender, control: None };
        wakes.watch(folders(home));
        wakes
    }

    /// Starts to read keys and signals. Only once: the threads end with the program.
    pub fn read_terminal(&mut self) -> Result<()> {
        let (control, reader) = UnixStream::pair().map_err(no_terminal)?;
        let to = self.sender.clone();
        std::thread::spawn(move || {
            let end = read_keys(reader, &to);
            let _ = end.or_else(|_| to.send(Wake::Closed));
        });
        self.control = Some(control);
        // SIGINT comes when a program that was started here is interrupted; our own Ctrl-C is a key.
        let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGWINCH]).map_err(no_terminal)?;
        let to = self.sender.clone();
        std::thread::spawn(move || {
            for signal in signals.forever() {
                let wake = match signal {
                    SIGINT => continue,
                    SIGWINCH => Wake::Resized,
                    _ => Wake::Closed,
                };
                let _ = to.send(wake);
            }
        });
        Ok(())
    }

    /// Lets another program have the keys while `work` runs.
    pub fn without_keys<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let Some(control) = &mut self.control else { return work() };
        let mut byte = [0];
        let is_paused = control.write_all(&byte).and_then(|()| control.read_exact(&mut byte)).is_ok();
        let result = work();
        if is_paused {
            let _ = control.write_all(&byte);
        }
        result
    }

    /// Watches folders that exist by now: those of the data directory, the registries of running conversations, and what
    /// waits for the agents in open seats.
    pub fn watch_present(&mut self, home: &Home, states: &States, seating: &Seating) {
        let registries = states.lives().iter().filter_map(agents::registry_folder);
        let open = seating.seats().iter().filter(|seat| seat.status.is_open());
        let inboxes = open.filter_map(|seat| Some(home.inbox(&SeatId::parse(&seat.agent_id).ok()?).join("new")));
        let all: Vec<PathBuf> = folders(home).chain(registries).chain(inboxes).collect();
        self.watch(all.into_iter());
    }

    fn watch(&mut self, folders: impl Iterator<Item = PathBuf>) {
        let Some(watcher) = &mut self.watcher else { return };
        for folder in folders {
            if !self.watched.contains(&folder) && watcher.watch(&folder, RecursiveMode::NonRecursive).is_ok() {
                self.watched.insert(folder);
            }
        }
    }

    /// The next reason to wake, at the latest after `patience`. Changes on disk that belong together are one.
    pub fn next(&self, patience: Duration) -> Wake {
        match self.receiver.recv_timeout(patience) {
            Ok(Wake::Disk) => self.gather(),
            Ok(wake) => wake,
            Err(RecvTimeoutError::Timeout) => Wake::Time,
            Err(RecvTimeoutError::Disconnected) => Wake::Closed,
        }
    }

    /// Waits for the changes that come with a first one; a key ends the wait.
    fn gather(&self) -> Wake {
        let until = Instant::now() + TOGETHER;
        loop {
            match self.receiver.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Wake::Disk) => {}
                Ok(input) => {
                    // The list is read again before the next wait.
                    let _ = self.sender.send(Wake::Disk);
                    return input;
                }
                Err(_) => return Wake::Disk,
            }
        }
    }
}

fn no_terminal(error: std::io::Error) -> Error {
    Error::io(Path::new("/dev/tty"), "use", error)
}

/// Sends keys until the terminal is gone. A byte on `control` stops the reading, is answered, and the next byte continues
/// it.
fn read_keys(mut control: UnixStream, to: &Sender<Wake>) -> std::io::Result<()> {
    let stdin = std::io::stdin();
    let mut byte = [0];
    loop {
        let (keys, orders) = {
            let mut fds = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(&control, PollFlags::IN)];
            match poll(&mut fds, None) {
                Err(rustix::io::Errno::INTR) => continue,
                result => result?,
            };
            let [keys, orders] = fds.map(|fd| !fd.revents().is_empty());
            (keys, orders)
        };
        if orders {
            control.read_exact(&mut byte)?;
            control.write_all(&byte)?;
            control.read_exact(&mut byte)?;
        } else if keys {
            // With no time at all, crossterm would not look (its `use-dev-tty`).
            while event::poll(Duration::from_millis(1))? {
                if to.send(Wake::Input(event::read()?)).is_err() {
                    return Ok(());
                }
            }
        }
    }
}

fn folders(home: &Home) -> impl Iterator<Item = PathBuf> + use<> {
    let root = home.root().to_path_buf();
    [root, home.sessions(), home.live_dir(), home.spool_dir(), home.statusline_dir(), home.seats_dir()].into_iter()
}
