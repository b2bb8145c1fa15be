//! Owns one run: it finds the notices that are due, leaves out those that were sent already, sends the others and
//! records that they were sent.
//! Must stay true: a notice is recorded only after it was delivered; of two concurrent runs, one waits for the other,
//! so that no notice is sent twice; a session has at most one notice in a run; a handler that failed is tried again
//! alone.

use crate::PROGRAM;
use crate::click::Jump;
use crate::delivered::Delivered;
use crate::due::{self, Scope};
use crate::handler::{self, Handler};
use crate::notice::Notice;
use crate::send::Button;
use crate::settings::Settings;
use crate::show::{self, Fate, Row};
use crate::subject::Due;
use cli::{Context, Failure, Form, Outcome, report};
use cs_core::clock::{self, Instant};
use cs_core::config::Config;
use cs_core::lock::{self, Lock};
use cs_core::paths::Home;
use cs_core::store::Store;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Notices that are due, those that are held back now and why, and those that were sent too recently.
#[derive(Default)]
struct Plan {
    due: Vec<Pending>,
    held: Vec<(Due, String)>,
    recent: Vec<(Due, Instant)>,
}

/// A notice that is due.
struct Pending {
    due: Due,
    /// The handlers that get it, and those of them that have not delivered it.
    wanted: Vec<String>,
    left: Vec<String>,
}

impl Plan {
    fn held_rows(&self) -> impl Iterator<Item = Row> + '_ {
        self.held.iter().map(|(due, why)| Row::of(Notice::about_one(due), Fate::Held(why.clone())))
    }

    /// What a handler still has to deliver.
    fn of(&self, handler: &Handler) -> Vec<&Due> {
        let is_left = |pending: &&Pending| pending.left.contains(&handler.name);
        self.due.iter().filter(is_left).map(|pending| &pending.due).collect()
    }

    fn wanted(&self, due: &Due) -> Vec<&str> {
        let is_it = |pending: &&Pending| std::ptr::eq(&pending.due, due);
        self.due.iter().filter(is_it).flat_map(|pending| &pending.wanted).map(String::as_str).collect()
    }
}

/// One run.
pub struct Run<'a> {
    pub context: &'a Context,
    pub config: &'a Config,
    pub settings: &'a Settings,
    pub scope: Scope<'a>,
    /// The buttons of notices that were sent, if the caller can wait for them.
    pub buttons: Option<&'a Buttons>,
}

/// Buttons of notices, and where they lead.
pub type Buttons = RefCell<Vec<(Button, Jump)>>;

/// Sends the notices that are due.
pub fn send_due(context: &mut Context, config: &Config, settings: &Settings) -> Outcome<()> {
    if !settings.enabled {
        return print_off(context);
    }
    let handlers = handler::all(settings);
    let run = Run { context, config, settings, scope: Scope::All, buttons: None };
    let (mut rows, held) = run.send(&handlers)?;
    let by: &[Handler] = if rows.is_empty() { &[] } else { &handlers };
    rows.extend(held);
    let shown = show::print_rows(context, &rows, by);
    // A failed notice is the result even if the output could not be printed.
    if rows.iter().any(|row| matches!(row.fate, Fate::Failed(_))) { Err(Failure::Reported(1)) } else { shown }
}

/// Prints what would be sent, and by which handlers. Writes nothing and takes no lock.
pub fn rehearse(context: &mut Context, config: &Config, settings: &Settings) -> Outcome<()> {
    let handlers = handler::all(settings);
    let run = Run { context, config, settings, scope: Scope::All, buttons: None };
    let plan = run.plan(&handlers, &Delivered::read(&context.store.home)?)?;
    let mut rows = run.due_rows(&handlers, &plan);
    rows.extend(plan.held_rows());
    let ago = |at| format!("sent {} ago", clock::age(at, context.now));
    rows.extend(plan.recent.iter().map(|(due, at)| Row::of(Notice::about_one(due), Fate::Recent(ago(*at)))));
    let works: Vec<Handler> = handler::all(settings).into_iter().filter(|handler| handler.fault().is_none()).collect();
    show::print_rows(context, &rows, &works)?;
    if !settings.enabled {
        show::remark(&how_to_enable(context));
    }
    handler::check(&handlers)?;
    report_faults(&handlers)
}

/// Sends a test notice by each handler, even if notifications are off or quiet.
pub fn test(context: &mut Context, settings: &Settings) -> Outcome<()> {
    let handlers = handler::all(settings);
    handler::check(&handlers)?;
    let mut rows = Vec::new();
    for handler in &handlers {
        let notice = Notice::test();
        let fate = match handler.deliver(&notice, settings, context.now) {
            Ok(()) => Fate::Sent,
            Err(reason) => {
                let error =
                    Failure::Nothing(format!("the test notice was not delivered by {}: {reason}", handler.name));
                if handlers.len() == 1 {
                    return Err(error);
                }
                report(PROGRAM, &error);
                Fate::Failed(reason)
            }
        };
        rows.push(Row { notice, fate, via: Some(handler.name.clone()) });
    }
    show::print_rows(context, &rows, &handlers)?;
    if !settings.enabled {
        show::remark(&how_to_enable(context));
    }
    if rows.iter().any(|row| row.fate != Fate::Sent) { Err(Failure::Reported(1)) } else { Ok(()) }
}

fn report_faults(handlers: &[Handler]) -> Outcome<()> {
    let faults: Vec<&str> = handlers.iter().filter_map(Handler::fault).collect();
    faults.iter().for_each(|fault| report(PROGRAM, &Failure::Nothing(fault.to_string())));
    if faults.is_empty() { Ok(()) } else { Err(Failure::Reported(1)) }
}

fn print_off(context: &mut Context) -> Outcome<()> {
    if context.out.form == Form::Table && !context.out.quiet {
        let text = how_to_enable(context);
        context.out.line(&text)?;
    }
    context.out.flush()
}

fn how_to_enable(context: &Context) -> String {
    let path = context.store.home.config();
    format!("notifications are off in {}; cs-notify on switches them on", path.display())
}

impl Run<'_> {
    /// Sends what is due. Returns a row for each notice and handler, and the notices that are held back.
    pub fn send(&self, handlers: &[Handler]) -> Outcome<(Vec<Row>, Vec<Row>)> {
        let home = &self.context.store.home;
        let delivered = Delivered::read(home)?;
        let plan = self.plan(handlers, &delivered)?;
        let held: Vec<Row> = plan.held_rows().collect();
        if plan.due.is_empty() && !(held.is_empty() && has_old_entries(&delivered, home)) {
            return Ok((Vec::new(), held));
        }
        Ok((with_lock(&self.context.store, |lock| self.deliver(handlers, lock))?, held))
    }

    fn plan(&self, handlers: &[Handler], delivered: &Delivered) -> Outcome<Plan> {
        let Run { context, config, settings, scope, .. } = self;
        let mut plan = Plan::default();
        let mut seen = BTreeSet::new();
        for due in due::find(&context.store, config, settings, context.now, *scope)? {
            let wanting = handlers.iter().filter(|handler| handler.wants(due.subject.reason));
            let wanted: Vec<String> = wanting.map(|handler| handler.name.clone()).collect();
            let sent = delivered.recently(&due, settings.cooldown, context.now);
            let is_left = |name: &&String| sent.as_ref().is_none_or(|sent| sent.left.contains(name));
            let left: Vec<String> = wanted.iter().filter(is_left).cloned().collect();
            match sent {
                Some(sent) if left.is_empty() => plan.recent.push((due, sent.at)),
                // No handler wants to know.
                None if left.is_empty() && !handlers.is_empty() => {}
                // The most urgent reason comes first; the others have to wait for the next run.
                _ if !seen.insert(due.subject.session_id.clone()) => {}
                _ => match settings.reason_to_hold(due.subject.reason, context.now) {
                    Some(why) => plan.held.push((due, why)),
                    None => plan.due.push(Pending { due, wanted, left }),
                },
            }
        }
        Ok(plan)
    }

    /// What would be sent now: a row for each notice and handler.
    fn due_rows(&self, handlers: &[Handler], plan: &Plan) -> Vec<Row> {
        if !self.settings.enabled {
            let off = |pending: &Pending| Row::of(Notice::about_one(&pending.due), Fate::Held("off".into()));
            return plan.due.iter().map(off).collect();
        }
        let mut rows = Vec::new();
        for handler in handlers {
            let notices = Notice::for_due(&plan.of(handler), self.settings.at_once).into_iter();
            let via = || handler.fault().is_none().then(|| handler.name.clone());
            rows.extend(notices.map(|(notice, _)| Row { notice, fate: Fate::Due, via: via() }));
        }
        rows
    }

    /// Reads again what was sent, because another run may have sent some notices meanwhile, and sends the rest.
    fn deliver(&self, handlers: &[Handler], lock: &Lock) -> Outcome<Vec<Row>> {
        let home = &self.context.store.home;
        let mut delivered = Delivered::read(home)?;
        let plan = self.plan(handlers, &delivered)?;
        if has_old_entries(&delivered, home) {
            delivered.prune(home);
            lock.confirm()?;
            delivered.stage()?.replace()?;
        }
        if !plan.due.is_empty() {
            handler::check(handlers)?;
        }
        let mut rows = Vec::new();
        for handler in handlers {
            for (notice, dues) in Notice::for_due(&plan.of(handler), self.settings.at_once) {
                let fate = self.deliver_one(handler, &notice, (&plan, &dues), &mut delivered, lock)?;
                rows.push(Row { notice, fate, via: Some(handler.name.clone()) });
            }
        }
        Ok(rows)
    }

    fn deliver_one(
        &self,
        handler: &Handler,
        notice: &Notice,
        (plan, dues): (&Plan, &[&Due]),
        delivered: &mut Delivered,
        lock: &Lock,
    ) -> Outcome<Fate> {
        let (settings, now) = (self.settings, self.context.now);
        let mut after = delivered.clone();
        for due in dues {
            after.note(due, &handler.name, &plan.wanted(due), settings.cooldown, now);
        }
        // Written to disk before the notice is sent, so that a full disk does not make every run send it again.
        let staged = after.stage()?;
        lock.confirm()?;
        let done = match self.buttons {
            Some(buttons) => {
                handler.deliver_with_button(notice, settings, now).map(|it| buttons.borrow_mut().extend(it))
            }
            None => handler.deliver(notice, settings, now),
        };
        if let Err(reason) = done {
            return Ok(report_failure(notice, reason));
        }
        staged.replace()?;
        *delivered = after;
        Ok(Fate::Sent)
    }
}

fn has_old_entries(delivered: &Delivered, home: &Home) -> bool {
    let mut pruned = delivered.clone();
    pruned.prune(home);
    pruned != *delivered
}

/// Works under the lock of `notify_state.json`. The lock's file is removed again if that file does not exist.
fn with_lock<T>(store: &Store, work: impl FnOnce(&Lock) -> Outcome<T>) -> Outcome<T> {
    let path = store.home.notify_state();
    let lock_path = Home::lock_of(&path);
    let lock = lock::acquire(&lock_path, store.wait)?;
    let done = work(&lock);
    if std::fs::symlink_metadata(&path).is_err() {
        let _ = cs_core::file::remove(&lock_path);
    }
    done
}

fn report_failure(notice: &Notice, reason: String) -> Fate {
    let what = match notice.subjects() {
        [one] => one.session_id.clone(),
        several => format!("{} sessions", several.len()),
    };
    let text = format!("the notice about {what} was not delivered: {reason}; the next run tries again");
    report(PROGRAM, &Failure::Nothing(text));
    Fate::Failed(reason)
}
