//! Owns one run: it finds the notices that are due, leaves out those that were sent already, sends the others and
//! records that they were sent.
//! Must stay true: a notice is recorded only after it was delivered; of two concurrent runs, one waits for the other,
//! so that no notice is sent twice; a session has at most one notice in a run.

use crate::channel::ChannelProgram;
use crate::delivered::Delivered;
use crate::due::{self, Scope};
use crate::notice::Notice;
use crate::settings::Settings;
use crate::show::{self, Fate};
use crate::subject::Due;
use crate::{PROGRAM, send};
use cli::{Context, Failure, Form, Outcome, report};
use cs_core::clock;
use cs_core::config::Config;
use cs_core::lock::{self, Lock};
use cs_core::paths::Home;
use cs_core::store::Store;
use std::collections::BTreeSet;

/// Notices that are due, those that are held back now and why, and those that were sent too recently.
#[derive(Default)]
struct Plan {
    due: Vec<Due>,
    held: Vec<(Due, String)>,
    recent: Vec<(Due, clock::Instant)>,
}

impl Plan {
    fn held_rows(&self) -> impl Iterator<Item = (Notice, Fate)> + '_ {
        self.held.iter().map(|(due, why)| (Notice::about_one(due), Fate::Held(why.clone())))
    }
}

/// Sends the notices that are due.
pub fn send_due(context: &mut Context, config: &Config, settings: &Settings) -> Outcome<()> {
    if !settings.enabled {
        return print_off(context);
    }
    let delivered = Delivered::read(&context.store.home)?;
    let plan = plan(context, config, settings, &delivered, Scope::All)?;
    let mut rows: Vec<(Notice, Fate)> = plan.held_rows().collect();
    let mut channel = None;
    if !plan.due.is_empty() || (rows.is_empty() && has_old_entries(&delivered, &context.store.home)) {
        let (sent, by) = with_lock(&context.store, |lock| deliver(context, config, settings, Scope::All, lock))?;
        rows.splice(0..0, sent);
        channel = by;
    }
    let shown = show::print_rows(context, &rows, channel.as_ref());
    // A failed notice is the result even if the output could not be printed.
    if rows.iter().any(|(_, fate)| matches!(fate, Fate::Failed(_))) { Err(Failure::Reported(1)) } else { shown }
}

/// Sends the notices that are due in this scope, and prints nothing.
pub fn tell(context: &Context, config: &Config, settings: &Settings, scope: Scope) -> Outcome<Vec<Fate>> {
    let plan = plan(context, config, settings, &Delivered::read(&context.store.home)?, scope)?;
    if plan.due.is_empty() {
        return Ok(Vec::new());
    }
    let (rows, _) = with_lock(&context.store, |lock| deliver(context, config, settings, scope, lock))?;
    Ok(rows.into_iter().map(|(_, fate)| fate).collect())
}

/// Prints what would be sent, and by which channel. Writes nothing and takes no lock.
pub fn rehearse(context: &mut Context, config: &Config, settings: &Settings) -> Outcome<()> {
    let delivered = Delivered::read(&context.store.home)?;
    let plan = plan(context, config, settings, &delivered, Scope::All)?;
    let channel = ChannelProgram::choose(settings.channel, &settings.command);
    let mut rows: Vec<(Notice, Fate)> = match settings.enabled {
        true => Notice::for_due(&plan.due, settings.at_once).into_iter().map(|notice| (notice, Fate::Due)).collect(),
        false => plan.due.iter().map(|due| (Notice::about_one(due), Fate::Held("off".into()))).collect(),
    };
    rows.extend(plan.held_rows());
    let ago = |at| format!("sent {} ago", clock::age(at, context.now));
    rows.extend(plan.recent.iter().map(|(due, at)| (Notice::about_one(due), Fate::Recent(ago(*at)))));
    show::print_rows(context, &rows, channel.as_ref().ok())?;
    if !settings.enabled {
        show::remark(&how_to_enable(context));
    }
    channel.map(drop)
}

/// Sends a test notice, even if notifications are off or quiet.
pub fn test(context: &mut Context, settings: &Settings) -> Outcome<()> {
    let channel = ChannelProgram::choose(settings.channel, &settings.command)?;
    let notice = Notice::test();
    let fate = match send::run(channel.call(&notice, None, context.now), settings.timeout) {
        Ok(()) => Fate::Sent,
        Err(reason) => {
            let error = format!("the test notice was not delivered by {}: {reason}", channel.channel.as_str());
            return Err(Failure::Nothing(error));
        }
    };
    show::print_rows(context, &[(notice, fate)], Some(&channel))?;
    if !settings.enabled {
        show::remark(&how_to_enable(context));
    }
    Ok(())
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
    format!("notifications are off; set settings.notifications_enabled to true in {}", path.display())
}

fn plan(context: &Context, config: &Config, settings: &Settings, delivered: &Delivered, scope: Scope) -> Outcome<Plan> {
    let mut plan = Plan::default();
    let mut seen = BTreeSet::new();
    for due in due::find(&context.store, config, settings, context.now, scope)? {
        let held = settings.reason_to_hold(due.subject.reason, context.now);
        match (delivered.recently(&due, settings.cooldown, context.now), held) {
            (Some(at), _) => plan.recent.push((due, at)),
            // The most urgent reason comes first; the others have to wait for the next run.
            (None, held) if seen.insert(due.subject.session_id.clone()) => match held {
                Some(why) => plan.held.push((due, why)),
                None => plan.due.push(due),
            },
            (None, _) => {}
        }
    }
    Ok(plan)
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

type Results = (Vec<(Notice, Fate)>, Option<ChannelProgram>);

/// Reads again what was sent, because another run may have sent some notices meanwhile, and sends the rest.
fn deliver(context: &Context, config: &Config, settings: &Settings, scope: Scope, lock: &Lock) -> Outcome<Results> {
    let mut delivered = Delivered::read(&context.store.home)?;
    let due = plan(context, config, settings, &delivered, scope)?.due;
    if has_old_entries(&delivered, &context.store.home) {
        delivered.prune(&context.store.home);
        lock.confirm()?;
        delivered.stage()?.replace()?;
    }
    if due.is_empty() {
        return Ok((Vec::new(), None));
    }
    let channel = ChannelProgram::choose(settings.channel, &settings.command)?;
    let mut rows = Vec::new();
    for notice in Notice::for_due(&due, settings.at_once) {
        let mut after = delivered.clone();
        for subject in notice.subjects() {
            after.note(subject, context.now);
        }
        // Written to disk before the notice is sent, so that a full disk does not make every run send it again.
        let staged = after.stage()?;
        lock.confirm()?;
        let fate = match send::run(channel.call(&notice, settings.sound(&notice), context.now), settings.timeout) {
            Ok(()) => {
                staged.replace()?;
                delivered = after;
                Fate::Sent
            }
            Err(reason) => report_failure(&notice, reason),
        };
        rows.push((notice, fate));
    }
    Ok((rows, Some(channel)))
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
