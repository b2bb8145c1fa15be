//! Stop: the turn is over, unless messages continue it. `cs-heartbeat`, which reports the end, runs at the same time; see
//! `continued_by` of the conversation's file.

use crate::seated::Seated;
use crate::{print, report};
use agents::{Agent, Event};
use cs_core::error::Result;
use cs_core::live::Live;
use seats::{Channel, Want};

/// How many times in a row messages continue a turn of Claude Code, which allows 8 and drops the text of the ninth. Then
/// the turn ends, and the waiter (`cs-wake`) delivers the rest. Codex has neither a limit nor a waiter.
const IN_A_ROW: u32 = 4;

pub fn on_stop(seated: &Seated) -> Result<()> {
    seated.inbox.mark_read(seated.uuid(), seated.hook.now)?;
    let live = seated.live()?;
    live.as_ref().map_or(Ok(()), |live| seated.note_session_of(live))?;
    let messages =
        if is_at_limit(seated.agent, live.as_ref()) { Vec::new() } else { seated.take(Want::Any, Channel::Stop)? };
    let Some(newest) = messages.iter().max_by_key(|message| message.seq()) else {
        let was_continued = live.as_ref().is_some_and(|live| live.continued_by.is_some());
        let ended = if was_continued { change(seated, |live| end(seated, live)) } else { Ok(()) };
        return report::turn_ended(seated, live.as_ref()).and(ended);
    };
    let stop = seated.hook.payload.stop_mark();
    let changed = change(seated, |live| live.continued(&newest.message_id, &stop, seated.hook.now));
    print(seated, Event::Stop, &messages).and(changed)
}

fn is_at_limit(agent: Agent, live: Option<&Live>) -> bool {
    let times = live.and_then(|live| live.continued_by.as_ref()).map_or(0, |by| by.times);
    agent == Agent::Claude && times >= IN_A_ROW
}

fn end(seated: &Seated, live: &mut Live) {
    live.not_continued(seated.hook.payload.background_tasks.unwrap_or(0), seated.hook.now);
}

/// Changes the conversation's file under its lock, if there is one: it is not this program that creates it.
fn change(seated: &Seated, apply: impl FnOnce(&mut Live)) -> Result<()> {
    let hook = seated.hook;
    let lock = hook.lock();
    let Some(mut live) = hook.store.live_for(&hook.uuid, &lock)? else { return Ok(()) };
    apply(&mut live);
    hook.store.write_live(&hook.uuid, &live)
}
