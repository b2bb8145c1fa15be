//! Owns one run: it finds the notices that are due, leaves out those that were sent already or that another run sends
//! now, and has the others delivered (see `deliver`).
//! Must stay true: a session has at most one notice in a run; a handler that failed is tried again alone.

use crate::PROGRAM;
use crate::delivered::{Delivered, windows};
use crate::due::{self, Reader, Scope};
use crate::follow::Shown;
use crate::handler::{self, Handler};
use crate::notice::Notice;
use crate::reasons::Reason;
use crate::settings::Settings;
use crate::show::{self, Fate, Report, Row};
use crate::subject::Due;
use cli::{Context, Failure, Form, Outcome, report};
use cs_core::clock::{self, Instant};
use cs_core::config::Config;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Notices that are due, those that are held back now and why, those that were sent too recently, and those that another
/// run delivers now.
#[derive(Default)]
pub struct Plan {
    pub due: Vec<Pending>,
    held: Vec<(Due, String)>,
    recent: Vec<(Due, Instant)>,
    pub claimed: Vec<Due>,
}

/// A notice that is due.
pub struct Pending {
    due: Due,
    /// The handlers that get it, and those of them that have not delivered it and do not deliver it now.
    wanted: Vec<String>,
    left: Vec<String>,
}

impl Plan {
    /// What its notices are about, sent or not.
    pub fn keys(&self) -> BTreeSet<String> {
        let due = self.due.iter().map(|pending| &pending.due).chain(self.held.iter().map(|(due, _)| due));
        let all = due.chain(self.recent.iter().map(|(due, _)| due)).chain(&self.claimed);
        all.map(|due| due.subject.key().to_string()).collect()
    }

    /// A row for each notice that is held back.
    pub fn held_rows(&self) -> impl Iterator<Item = Row> + '_ {
        self.held.iter().map(|(due, why)| Row::of(Notice::about_one(due), Fate::Held(why.clone())))
    }

    /// What is due.
    pub fn dues_mut(&mut self) -> impl Iterator<Item = &mut Due> {
        self.due.iter_mut().map(|pending| &mut pending.due)
    }

    /// What a handler still has to deliver.
    pub fn of(&self, handler: &Handler) -> Vec<&Due> {
        let is_left = |pending: &&Pending| pending.left.contains(&handler.name);
        self.due.iter().filter(is_left).map(|pending| &pending.due).collect()
    }

    /// The handlers that get a notice.
    pub fn wanted(&self, due: &Due) -> Vec<&str> {
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

/// Notices that are shown with a button.
pub type Buttons = RefCell<Vec<Shown>>;

/// Sends the notices that are due.
pub fn send_due(context: &mut Context, config: &Config, settings: &Settings) -> Outcome<()> {
    if !settings.enabled {
        return print_off(context);
    }
    let handlers = handler::all(settings);
    let run = Run { context, config, settings, scope: Scope::All, buttons: None };
    let launched = run.launch_planned();
    let Report { mut rows, held, .. } = run.send(&handlers)?;
    let by: &[Handler] = if rows.is_empty() { &[] } else { &handlers };
    rows.extend(held);
    let shown = show::print_rows(context, &rows, by);
    // A failed notice is the result even if the output could not be printed.
    match rows.iter().any(|row| matches!(row.fate, Fate::Failed(_))) {
        true => Err(Failure::Reported(1)),
        false => launched.and(shown),
    }
}

/// Prints what would be sent, and by which handlers. Writes nothing and takes no lock.
pub fn rehearse(context: &mut Context, config: &Config, settings: &Settings) -> Outcome<()> {
    let handlers = handler::all(settings);
    let run = Run { context, config, settings, scope: Scope::All, buttons: None };
    let plan = run.plan(&handlers, &Delivered::read(&context.store.home)?)?;
    let mut rows = run.due_rows(&handlers, &plan);
    rows.extend(plan.held_rows());
    let reader = Reader::new(&context.store);
    let notice = |due| Notice::about_one(&due::complete(&reader, due));
    let ago = |at| format!("sent {} ago", clock::age(at, context.now));
    rows.extend(plan.recent.into_iter().map(|(due, at)| Row::of(notice(due), Fate::Recent(ago(at)))));
    rows.extend(plan.claimed.into_iter().map(|due| Row::of(notice(due), Fate::Recent("being sent".into()))));
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
    /// Finds what is to be done, after what was delivered. The texts of what was sent or is being sent are not complete.
    pub fn plan(&self, handlers: &[Handler], delivered: &Delivered) -> Outcome<Plan> {
        let Run { context, config, settings, scope, .. } = self;
        let mut plan = Plan::default();
        let (mut seen, mut held) = (BTreeSet::new(), BTreeSet::new());
        // Whoever hears of a pace hears of how much is used, too, and that names the pace.
        let is_one = handlers.iter().all(|handler| handler.wants(Reason::Limit) || !handler.wants(Reason::Pace));
        let reader = Reader::new(&context.store);
        let whole = |due| due::complete(&reader, due);
        for due in due::find(&reader, config, settings, context.now, *scope)? {
            let wanting = handlers.iter().filter(|handler| handler.wants(due.subject.reason));
            let wanted: Vec<String> = wanting.map(|handler| handler.name.clone()).collect();
            let with_limit = || delivered.told_with_limit(&due).filter(|_| is_one);
            let sent = delivered.recently(&due, settings.cooldown, context.now).or_else(with_limit);
            let is_left = |name: &&String| sent.as_ref().is_none_or(|sent| sent.left.contains(name));
            let mut left: Vec<String> = wanted.iter().filter(is_left).cloned().collect();
            let is_all = left.is_empty();
            left.retain(|name| !delivered.is_claimed(&due, name, context.now));
            match sent {
                Some(sent) if is_all => plan.recent.push((due, sent.at)),
                // No handler wants to know.
                None if is_all && !handlers.is_empty() => {}
                // The most urgent reason comes first; the others have to wait for the next run.
                _ if seen.contains(due.subject.key()) => {}
                None if is_one && windows::limit_of_pace(due.subject.key()).is_some_and(|key| seen.contains(&key)) => {}
                _ => match settings.reason_to_hold(&due.subject, context.now).filter(|_| !left.is_empty() || is_all) {
                    // What is held keeps nothing from being sent that comes through.
                    Some(why) if held.insert(due.subject.key().to_string()) => plan.held.push((whole(due), why)),
                    Some(_) => {}
                    None => {
                        seen.insert(due.subject.key().to_string());
                        match left.is_empty() && !is_all {
                            true => plan.claimed.push(due),
                            false => plan.due.push(Pending { due: whole(due), wanted, left }),
                        }
                    }
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
}
