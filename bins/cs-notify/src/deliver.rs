//! Owns the delivery of the notices of one run: it claims them in `notify_state.json`, lets all handlers deliver at the
//! same time, and notes each result at once.
//! Must stay true: the lock is held only to claim and to note, so that a handler that hangs keeps no other run waiting;
//! a notice is claimed on disk before it is sent, so that neither another run nor a full disk makes it be sent twice; it
//! is noted as sent only after it was delivered.

use crate::PROGRAM;
use crate::button::Button;
use crate::click::Jump;
use crate::delivered::Delivered;
use crate::follow::Shown;
use crate::handler::{self, Handler};
use crate::notice::Notice;
use crate::quip::Author;
use crate::run::{Plan, Run};
use crate::settings::Settings;
use crate::show::{Fate, Report, Row};
use crate::subject::Due;
use crate::template::Input;
use cli::{Failure, Outcome, report};
use cs_core::clock::{Instant, TimeDelta};
use cs_core::lock::{self, Lock};
use cs_core::paths::Home;
use std::collections::BTreeMap;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// How long to wait for the lock to note a result: what is not noted is sent again.
const NOTE_WAIT: Duration = Duration::from_secs(20);
/// How long a claim lasts after the time by which its notice must have been delivered.
const CLAIM_MARGIN: TimeDelta = TimeDelta::seconds(30);
/// How many programs a handler may run for one notice: with a button, and without.
const ATTEMPTS: i32 = 2;

/// The notices of a handler, in their order, each with what it is about.
struct Batch<'a> {
    handler: &'a Handler,
    notices: Vec<(Notice, Vec<&'a Due>)>,
}

/// Whether a handler delivered a notice, and the button to wait for.
type Done = Result<Option<(Button, Jump)>, String>;

impl Run<'_> {
    /// Sends what is due.
    pub fn send(&self, handlers: &[Handler]) -> Outcome<Report> {
        let home = &self.context.store.home;
        let delivered = Delivered::read(home)?;
        let plan = self.plan(handlers, &delivered)?;
        let held: Vec<Row> = plan.held_rows().collect();
        let is_claimed = !plan.claimed.is_empty();
        if plan.due.is_empty() && !(held.is_empty() && self.has_old_entries(&delivered)) {
            return Ok(Report { rows: Vec::new(), held, is_claimed });
        }
        let mut plan = with_lock(home, self.context.store.wait, |lock| self.claim(handlers, lock))?;
        self.ask_author(&mut plan);
        let rows = self.deliver(&plan, &self.batches(handlers, &plan))?;
        Ok(Report { rows, held, is_claimed: !plan.claimed.is_empty() })
    }

    /// Lets the person's own program write the last lines of notices. Of many at once nobody reads them.
    fn ask_author(&self, plan: &mut Plan) {
        let Some(author) = Author::new(&self.settings.limits.quip_command) else { return };
        if plan.due.len() > self.settings.at_once {
            return;
        }
        for due in plan.dues_mut().filter(|due| due.quip.is_some()) {
            let plain = Due { quip: None, ..due.clone() };
            let event = Input::Json.of(&Notice::about_one(&plain), self.context.now);
            due.quip = author.ask(event).or(due.quip.take());
        }
    }

    fn batches<'p>(&self, handlers: &'p [Handler], plan: &'p Plan) -> Vec<Batch<'p>> {
        let notices = |handler| Notice::for_due(&plan.of(handler), self.settings.at_once);
        handlers.iter().map(|handler| Batch { handler, notices: notices(handler) }).collect()
    }

    /// Reads again what was sent, because another run may have sent some notices meanwhile, and claims the rest.
    fn claim(&self, handlers: &[Handler], lock: &Lock) -> Outcome<Plan> {
        let home = &self.context.store.home;
        let mut delivered = Delivered::read(home)?;
        let plan = self.plan(handlers, &delivered)?;
        let kept = plan.keys();
        if self.has_old_entries(&delivered) {
            delivered.prune(home, self.context.now);
            delivered.make_room(std::iter::empty(), &kept, self.context.now)?;
            delivered.write(lock)?;
        }
        if plan.due.is_empty() {
            return Ok(plan);
        }
        handler::check(handlers)?;
        let each = TimeDelta::from_std(self.settings.timeout).unwrap_or_default() * ATTEMPTS;
        let batches = self.batches(handlers, &plan);
        for batch in &batches {
            let mut until = self.context.now + CLAIM_MARGIN;
            for (_, dues) in &batch.notices {
                until += each;
                dues.iter().for_each(|due| delivered.claim(due, &batch.handler.name, until));
            }
        }
        let dues = batches.iter().flat_map(|batch| {
            let dues = batch.notices.iter().flat_map(|(_, dues)| dues);
            dues.map(|due| (*due, batch.handler.name.as_str()))
        });
        delivered.make_room(dues, &kept, self.context.now)?;
        delivered.write(lock)?;
        Ok(plan)
    }

    /// Delivers what was claimed: each handler one notice after the other, all handlers at the same time.
    fn deliver(&self, plan: &Plan, batches: &[Batch]) -> Outcome<Vec<Row>> {
        let (settings, now, has_buttons) = (self.settings, self.context.now, self.buttons.is_some());
        let mut rows = BTreeMap::new();
        let mut noted = Ok(());
        thread::scope(|scope| {
            let (sender, results) = channel();
            for (nth, batch) in batches.iter().enumerate() {
                let sender = sender.clone();
                scope.spawn(move || {
                    for (place, (notice, _)) in batch.notices.iter().enumerate() {
                        let _ =
                            sender.send(((nth, place), deliver_one(batch.handler, notice, settings, now, has_buttons)));
                    }
                });
            }
            drop(sender);
            for (at, done) in results {
                let Some(batch) = batches.get(at.0) else { continue };
                let Some((notice, dues)) = batch.notices.get(at.1) else { continue };
                let note = self.note(plan, batch.handler, dues, done.is_ok());
                noted = std::mem::replace(&mut noted, Ok(())).and(note);
                rows.insert(at, self.row(batch.handler, notice, done));
            }
        });
        noted.map(|()| rows.into_values().collect())
    }

    /// Ends the claim on a notice, and notes it if it was delivered.
    fn note(&self, plan: &Plan, handler: &Handler, dues: &[&Due], is_delivered: bool) -> Outcome<()> {
        let home = &self.context.store.home;
        with_lock(home, NOTE_WAIT, |lock| {
            let mut delivered = Delivered::read(home)?;
            for due in dues {
                delivered.unclaim(due, &handler.name);
                if is_delivered {
                    let wanted = plan.wanted(due);
                    delivered.note(due, &handler.name, &wanted, self.settings.cooldown, self.context.now);
                }
            }
            Ok(delivered.write(lock)?)
        })
    }

    fn has_old_entries(&self, delivered: &Delivered) -> bool {
        let mut pruned = delivered.clone();
        pruned.prune(&self.context.store.home, self.context.now);
        pruned != *delivered
    }

    fn row(&self, handler: &Handler, notice: &Notice, done: Done) -> Row {
        let fate = match done {
            Ok(button) => {
                if let Some(buttons) = self.buttons {
                    let shown = button.zip(notice.subjects().first());
                    let shown = shown.map(|((button, jump), subject)| Shown { button, jump, subject: subject.clone() });
                    buttons.borrow_mut().extend(shown);
                }
                Fate::Sent
            }
            Err(reason) => report_failure(notice, reason),
        };
        Row { notice: notice.clone(), fate, via: Some(handler.name.clone()) }
    }
}

fn deliver_one(handler: &Handler, notice: &Notice, settings: &Settings, now: Instant, has_button: bool) -> Done {
    match has_button {
        true => handler.deliver_with_button(notice, settings, now),
        false => handler.deliver(notice, settings, now).map(|()| None),
    }
}

/// Works under the lock of `notify_state.json`. The lock's file is removed again if that file does not exist.
pub fn with_lock<T>(home: &Home, wait: Duration, work: impl FnOnce(&Lock) -> Outcome<T>) -> Outcome<T> {
    let path = home.notify_state();
    let lock_path = Home::lock_of(&path);
    let lock = lock::acquire(&lock_path, wait)?;
    let done = work(&lock);
    if std::fs::symlink_metadata(&path).is_err() {
        let _ = cs_core::file::remove(&lock_path);
    }
    done
}

fn report_failure(notice: &Notice, reason: String) -> Fate {
    let what = match notice.subjects() {
        [one] if one.session_id.is_empty() => one.key().to_string(),
        [one] => one.session_id.clone(),
        several => format!("{} sessions", several.len()),
    };
    let text = format!("the notice about {what} was not delivered: {reason}; the next run tries again");
    report(PROGRAM, &Failure::Nothing(text));
    Fate::Failed(reason)
}
