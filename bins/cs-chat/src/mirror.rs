//! Owns sending what agents say at the ends of their turns, and what people typed at the terminal, if that is set. Must stay
//! true: it is read from the conversation's log, never from a screen; a turn is noted after it was sent, so that none is
//! lost, and a program that is killed in between sends it again.

use crate::bot::Manner;
use crate::desk::Desk;
use crate::failed::Failed;
use crate::leaving::Leaving;
use crate::who::Who;
use crate::{last, topics};
use chat::Mirror;
use chat::store::{Mirrored, Notice, Notices, Stored};
use cli::Outcome;
use cs_core::clock::{self, Instant};

/// What such a message is called in `chat/notices.json`.
const MIRROR: &str = "mirror";

/// Sends the turns that ended since they were looked for last.
pub fn mirror(desk: &Desk, all: &[Who], now: Instant) -> Result<(), Failed> {
    let home = &desk.store.home;
    let Some(chat) = desk.settings.chats.first().copied().filter(|_| desk.settings.mirror != Mirror::Off) else {
        return Ok(());
    };
    let mirrored = Mirrored::read(home)?;
    if mirrored.from.is_empty() {
        return Ok(Mirrored::change(home, |mirrored| {
            mirrored.from = clock::stamp(now);
            (true, ())
        })?);
    }
    for who in all.iter().filter(|who| who.state == "idle" && !who.conversation.is_empty()) {
        let Some(ended) = who.since.map(clock::stamp).filter(|ended| mirrored.is_new(&who.conversation, ended)) else {
            continue;
        };
        if let Some(text) = text(desk, who) {
            let wanted = topics::Wanted {
                agent: who.agent.clone(),
                agent_name: who.seat_name.clone(),
                session: who.session.clone(),
                project: who.project.clone(),
                project_name: who.project.clone(),
            };
            let manner = Manner { is_silent: true, ..Manner::default() };
            let (topic, message) = topics::send(desk, chat, &wanted, &text, &manner)?;
            let (at, about) = (clock::stamp(now), who.about(MIRROR));
            let closed_at = Some(at.clone());
            remember(desk, Notice { chat, topic, message, about, text: String::new(), at, closed_at }, now)?;
        }
        Mirrored::change(home, |mirrored| {
            mirrored.ends.retain(|id, _| all.iter().any(|who| who.conversation == *id));
            mirrored.ends.insert(who.conversation.clone(), ended);
            (true, ())
        })?;
    }
    Ok(())
}

/// Remembers whose words a message has, so that an answer to it reaches it.
fn remember(desk: &Desk, notice: Notice, now: Instant) -> Outcome<()> {
    Ok(Notices::change(&desk.store.home, |notices| {
        notices.add(notice, now);
        (true, ())
    })?)
}

/// What is sent of the last turn; `None` if nothing was said, or no text may leave.
fn text(desk: &Desk, who: &Who) -> Option<Leaving> {
    let guard = &desk.guard;
    if !guard.has_texts() {
        return None;
    }
    let turn = last::turn(desk.store, &who.conversation).ok()?;
    let said = turn.answer;
    let mut text = guard.text(&format!("{}\n", who.name()));
    if desk.settings.mirror == Mirror::All && !turn.prompt.is_empty() {
        text = text
            .then(&guard.text("> "))
            .then(&guard.said(&who.conversation, &turn.prompt).cut(PROMPT))
            .then(&guard.text("\n\n"));
    } else if said.trim().is_empty() {
        return None;
    }
    let most = chat::MOST_SHOWN.saturating_sub(chat::units(text.as_str()) + REST);
    let said = guard.said(&who.conversation, &said);
    let is_cut = chat::units(said.as_str()) > most;
    text = text.then(&said.cut(most));
    Some(if is_cut { text.then(&guard.text(&format!("\n\n(the rest: /message {})", who.name()))) } else { text })
}

/// The most units of what the person typed, and of the line that says where the rest is.
const PROMPT: usize = 1000;
const REST: usize = 200;
