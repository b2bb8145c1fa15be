//! Owns one run: it finds the notices that are due, leaves out those that were sent already, sends the others and
//! records that they were sent.
//! Must stay true: something is noted only after it was delivered; of two runs at the same time one
//! waits for the other, so no notice is sent twice; a session has at most one notice in a run.

use crate::channel::ChannelProgram;
use crate::due;
use crate::notice::Notice;
use crate::settings::Settings;
use crate::show::{self, Fate};
use crate::subject::Due;
use crate::told::Told;
use crate::{PROGRAM, send};
use cli::{Context, Failure, Form, Outcome, report};
use cs_core::clock;
use cs_core::config::Config;
use cs_core::lock::{self, Lock};
use cs_core::paths::Home;
use cs_core::store::Store;
use std::collections::BTreeSet;

/// Notices that are due, and those that were sent too recently.
struct Plan {
    due: Vec<Due>,
    recent: Vec<(Due, clock::Instant)>,
}

/// Sends the notices that are due.
pub fn tell(context: &mut Context, config: &Config, settings: &Settings) -> Outcome<()> {
    if !settings.enabled {
        return off(context);
    }
    let told = Told::read(&context.store.home)?;
    let plan = plan(context, config, settings, &told)?;
    if let Some(why) = held(settings, context) {
        let rows: Vec<(Notice, Fate)> =
            plan.due.iter().map(|due| (Notice::one(due), Fate::Held(why.clone()))).collect();
        return show::rows(context, &rows, None);
    }
    if plan.due.is_empty() && !has_litter(&told, &context.store.home) {
        return show::rows(context, &[], None);
    }
    let (rows, channel) = with_lock(&context.store, |lock| deliver(context, config, settings, lock))?;
    let shown = show::rows(context, &rows, channel.as_ref());
    // Whoever reads our output may have gone; that a notice failed is still to be said.
    if rows.iter().any(|(_, fate)| matches!(fate, Fate::Failed(_))) { Err(Failure::Reported(1)) } else { shown }
}

/// Prints what would be sent, and by which channel. Writes nothing, not even a lock.
pub fn rehearse(context: &mut Context, config: &Config, settings: &Settings) -> Outcome<()> {
    let told = Told::read(&context.store.home)?;
    let plan = plan(context, config, settings, &told)?;
    let channel = ChannelProgram::choose(settings.channel, &settings.command);
    let held = if settings.enabled { held(settings, context) } else { Some("off".into()) };
    let mut rows: Vec<(Notice, Fate)> = match held {
        Some(why) => plan.due.iter().map(|due| (Notice::one(due), Fate::Held(why.clone()))).collect(),
        None => Notice::of(&plan.due, settings.at_once).into_iter().map(|notice| (notice, Fate::Due)).collect(),
    };
    let ago = |at| format!("told {} ago", clock::age(at, context.now));
    rows.extend(plan.recent.iter().map(|(due, at)| (Notice::one(due), Fate::Told(ago(*at)))));
    show::rows(context, &rows, channel.as_ref().ok())?;
    if !settings.enabled {
        show::remark(&how_to_enable(context));
    }
    channel.map(drop)
}

/// Sends one notice, whatever the settings say about when.
pub fn test(context: &mut Context, settings: &Settings) -> Outcome<()> {
    let channel = ChannelProgram::choose(settings.channel, &settings.command)?;
    let notice = Notice::test();
    let fate = match send::run(channel.call(&notice, context.now), settings.timeout) {
        Ok(()) => Fate::Sent,
        Err(reason) => {
            let error = format!("the test notice was not delivered by {}: {reason}", channel.channel.as_str());
            return Err(Failure::Nothing(error));
        }
    };
    show::rows(context, &[(notice, fate)], Some(&channel))?;
    if !settings.enabled {
        show::remark(&how_to_enable(context));
    }
    Ok(())
}

fn off(context: &mut Context) -> Outcome<()> {
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

/// The reason why nothing is sent now. The first run afterwards sends what is still due.
fn held(settings: &Settings, context: &Context) -> Option<String> {
    let quiet = settings.quiet.filter(|quiet| quiet.holds_at(context.now))?;
    Some(format!("quiet until {}", quiet.end()))
}

fn plan(context: &Context, config: &Config, settings: &Settings, told: &Told) -> Outcome<Plan> {
    let mut plan = Plan { due: Vec::new(), recent: Vec::new() };
    let mut seen = BTreeSet::new();
    for due in due::find(&context.store, config, settings, context.now)? {
        let subject = &due.subject;
        let cooldown = (!due.once).then_some(settings.cooldown);
        match told.recently(&subject.session_id, subject.reason, &subject.since, cooldown, context.now) {
            Some(at) => plan.recent.push((due, at)),
            // The most urgent comes first; another reason has its turn at the next run.
            None if seen.insert(subject.session_id.clone()) => plan.due.push(due),
            None => {}
        }
    }
    Ok(plan)
}

fn has_litter(told: &Told, home: &Home) -> bool {
    let mut pruned = told.clone();
    pruned.prune(home);
    pruned != *told
}

/// Works under the lock of `notify_state.json`. Its file goes again if there is nothing for it to lock.
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

type Delivered = (Vec<(Notice, Fate)>, Option<ChannelProgram>);

/// Looks once more, because another run may have sent some notices meanwhile, and sends the rest.
fn deliver(context: &Context, config: &Config, settings: &Settings, lock: &Lock) -> Outcome<Delivered> {
    let mut told = Told::read(&context.store.home)?;
    let due = plan(context, config, settings, &told)?.due;
    if has_litter(&told, &context.store.home) {
        told.prune(&context.store.home);
        lock.confirm()?;
        told.stage()?.replace()?;
    }
    if due.is_empty() {
        return Ok((Vec::new(), None));
    }
    let channel = ChannelProgram::choose(settings.channel, &settings.command)?;
    let mut rows = Vec::new();
    for notice in Notice::of(&due, settings.at_once) {
        let mut after = told.clone();
        for subject in notice.subjects() {
            after.note(&subject.session_id, subject.reason, &subject.since, context.now);
        }
        // Written to disk before the notice is sent: a full disk must not make us send it again and again.
        let staged = after.stage()?;
        lock.confirm()?;
        let fate = match send::run(channel.call(&notice, context.now), settings.timeout) {
            Ok(()) => {
                staged.replace()?;
                told = after;
                Fate::Sent
            }
            Err(reason) => failed(&notice, reason),
        };
        rows.push((notice, fate));
    }
    Ok((rows, Some(channel)))
}

fn failed(notice: &Notice, reason: String) -> Fate {
    let what = match notice.subjects() {
        [one] => one.session_id.clone(),
        several => format!("{} sessions", several.len()),
    };
    let text = format!("the notice of {what} was not delivered: {reason}; it is tried again at the next run");
    report(PROGRAM, &Failure::Nothing(text));
    Fate::Failed(reason)
}
