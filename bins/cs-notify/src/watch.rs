//! Owns the process that waits until a notice about one conversation is due: it sleeps, looks again, and sends what is
//! still true. Must stay true: an answer before the time is up means that nothing is sent; what happens while it sends
//! is looked at too; it ends by itself.

use crate::PROGRAM;
use crate::due::Scope;
use crate::follow::{Follower, Shown};
use crate::handler;
use crate::run::{Buttons, Run};
use crate::settings::Settings;
use crate::show::Fate;
use cli::terminal::Color;
use cli::{Context, Failure, Form, Out};
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::error::{Error, Result};
use cs_core::hook_log;
use cs_core::id::{SessionId, Uuid};
use cs_core::lock::Lock;
use cs_core::paths::Home;
use cs_core::signal;
use cs_core::store::Store;
use std::cell::RefCell;
use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, SystemTime};

/// The hooks that record an event run at the same time as the one that started this process.
const SETTLED: Duration = Duration::from_millis(300);
/// How often a notice that could not be delivered is tried again, and how long after the last attempt.
const RETRIES: u32 = 2;
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// How long to wait for another run at first, and at most; it is no failure, so it is waited for without end.
const BUSY: Duration = Duration::from_secs(1);
const LONG_BUSY: Duration = Duration::from_secs(30);

/// A process that watches a conversation.
struct Watcher<'a> {
    home: &'a Home,
    uuid: &'a Uuid,
    /// When it began: by the clock (which may be `CS_NOW`), and by the system's.
    began: (Instant, std::time::Instant),
    /// The threads that follow the notices with a button that it has sent.
    followed: RefCell<Vec<JoinHandle<()>>>,
}

/// Begins to watch, as the process that the hook started: its standard input is the lock.
pub fn begin(home: &Home, uuid: &Uuid) -> Result<()> {
    leave_session();
    // A notice with a button is closed by this signal.
    signal::accept_interrupts();
    let lock = inherit(home, uuid)?;
    let began = (clock::now(), std::time::Instant::now());
    let watcher = Watcher { home, uuid, began, followed: RefCell::default() };
    let watched = watcher.watch(lock);
    // Nobody is kept from watching by the buttons: the lock is released.
    watcher.followed.into_inner().into_iter().for_each(|thread| drop(thread.join()));
    watched
}

/// Leaves the session of the agent's hook, and says so to the hook that waits for it.
#[allow(unsafe_code, reason = "setsid(2)")]
fn leave_session() {
    // SAFETY: setsid takes nothing; it only fails for the leader of a group, which has what it needs.
    unsafe { libc::setsid() };
    let _ = std::io::stdout().write_all(b".").and_then(|()| std::io::stdout().flush());
}

fn inherit(home: &Home, uuid: &Uuid) -> Result<Lock> {
    let path = home.watch_lock(uuid);
    let file = std::io::stdin().as_fd().try_clone_to_owned().map_err(|error| Error::io(&path, "take over", error))?;
    Lock::inherited(File::from(file), &path)
}

impl Watcher<'_> {
    fn watch(&self, mut lock: Lock) -> Result<()> {
        let store = Store::for_people(self.home.clone(), agents::WITNESS);
        loop {
            let seen = store.last_call(self.uuid)?;
            self.wait_and_tell(&store, seen)?;
            if store.last_call(self.uuid)? != seen {
                continue;
            }
            match store.end_watch(self.uuid, lock, seen)? {
                Some(again) => lock = again,
                None => return Ok(()),
            }
        }
    }

    /// Waits until what happened at `called` is due, and sends what is still true.
    fn wait_and_tell(&self, store: &Store, called: SystemTime) -> Result<()> {
        let Some(settings) = self.settings(store)? else { return Ok(()) };
        let after = settings.waiting_after.to_std().unwrap_or_default() + SETTLED;
        sleep(after.saturating_sub(called.elapsed().unwrap_or_default()));
        let (mut retries, mut pause) = (0, BUSY);
        // Switched off meanwhile: then there is nothing to do.
        while let Some(settings) = self.settings(store)? {
            let Some(id) = session_of(store, self.uuid)? else { return Ok(()) };
            match self.tell(store, &id, &settings) {
                // Another reason may have waited for this one.
                Told::Some => {}
                Told::Nothing => match self.next(store, &id, &settings)? {
                    Some(later) => sleep(later.min(after)),
                    None => return Ok(()),
                },
                Told::ByOthers => {
                    sleep(pause);
                    pause = (pause * 2).min(LONG_BUSY);
                }
                Told::NotYet(reason) if retries == RETRIES => {
                    hook_log::log(self.home, PROGRAM, &format!("{id}: {reason}"));
                    return Ok(());
                }
                Told::NotYet(_) => {
                    retries += 1;
                    sleep(RETRY_AFTER);
                }
            }
        }
        Ok(())
    }
}

/// What came of an attempt.
enum Told {
    /// Something was delivered.
    Some,
    /// Nothing is due, or it is held back.
    Nothing,
    /// Another run delivers it now, or holds the lock.
    ByOthers,
    /// Something was not delivered, and why.
    NotYet(String),
}

impl Watcher<'_> {
    fn settings(&self, store: &Store) -> Result<Option<Settings>> {
        Ok(Some(Settings::read(&store.config(), &self.home.config())?).filter(|settings| settings.enabled))
    }

    fn tell(&self, store: &Store, id: &SessionId, settings: &Settings) -> Told {
        let context =
            Context { store: store.clone(), out: Out::new(Some(Form::Json), true, Color::Never), now: self.now() };
        let buttons = Buttons::default();
        let run = Run {
            context: &context,
            config: &store.config(),
            settings,
            scope: Scope::Soon(id),
            buttons: Some(&buttons),
        };
        let sent = run.send(&handler::all(settings));
        buttons.take().into_iter().for_each(|shown| self.follow(shown));
        match sent {
            Ok(report) if report.rows.is_empty() && report.is_claimed => Told::ByOthers,
            Ok(report) if report.rows.is_empty() => Told::Nothing,
            Ok(report) => {
                let failed = report.rows.into_iter().find_map(|row| match row.fate {
                    Fate::Failed(reason) => Some(reason),
                    _ => None,
                });
                failed.map_or(Told::Some, Told::NotYet)
            }
            Err(Failure::Core(Error::Busy(_))) => Told::ByOthers,
            Err(failure) => Told::NotYet(failure.message().map_or_else(String::new, |(text, _)| text)),
        }
    }

    /// Follows a notice with a button, whatever else happens.
    fn follow(&self, shown: Shown) {
        let began = self.began;
        let follower = Follower { home: self.home.clone(), uuid: self.uuid.clone(), now: move || goes_on(began) };
        self.followed.borrow_mut().push(spawn(move || follower.follow(shown)));
    }

    /// How long until something that is true now is due.
    fn next(&self, store: &Store, id: &SessionId, settings: &Settings) -> Result<Option<Duration>> {
        let now = self.now();
        let at = crate::due::next(store, &store.config(), settings, now, Scope::Soon(id))?;
        Ok(at.map(|at| (at - now).to_std().unwrap_or_default() + SETTLED))
    }

    fn now(&self) -> Instant {
        goes_on(self.began)
    }
}

/// The present instant. It goes on if `CS_NOW` fixes the clock.
fn goes_on((began, measured): (Instant, std::time::Instant)) -> Instant {
    let elapsed = TimeDelta::from_std(measured.elapsed()).unwrap_or_default();
    clock::now().max(began + elapsed)
}

/// The session of the conversation, even if that has just ended.
fn session_of(store: &Store, uuid: &Uuid) -> Result<Option<SessionId>> {
    let live = store.live(uuid)?.map_or_else(|| store.ended(uuid), |live| Ok(Some(live)))?;
    Ok(live.and_then(|live| live.session()))
}
