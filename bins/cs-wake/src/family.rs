//! Owns what a waiter sees of the children of its seat: that one ended without a hook, and that one works without any
//! event for longer than its parent wants. Must stay true: each of these is told once.

use agents::last_call;
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::error::Result;
use cs_core::id::{SeatId, Uuid};
use cs_core::live::{Activity, Live};
use cs_core::store::Store;
use render::format_duration;
use seats::{Seat, Seats};
use std::time::{self, SystemTime};

/// How often the children are looked at.
const LOOKS: time::Duration = time::Duration::from_secs(30);

/// How soon it looks again at a client that is gone: `cs-agent` may be starting another one in the seat.
pub const DOUBTS: time::Duration = time::Duration::from_secs(2);

/// The children of a seat.
pub struct Family {
    parent: SeatId,
    looked: Option<time::Instant>,
    /// Those whose process was gone at the last look.
    gone: Vec<String>,
    /// The directory's time at the last reading, and the open children then.
    seen: Option<(SystemTime, Vec<String>)>,
}

impl Family {
    pub fn new(parent: &SeatId) -> Self {
        Family { parent: parent.clone(), looked: None, gone: Vec::new(), seen: None }
    }

    /// Looks at the children, if it is time to. Returns whether it should look again soon.
    pub fn look(&mut self, seats: &Seats, store: &Store, now: Instant) -> Result<bool> {
        let pause = if self.gone.is_empty() { LOOKS } else { DOUBTS };
        if self.looked.is_some_and(|at| at.elapsed() < pause) {
            return Ok(!self.gone.is_empty());
        }
        self.looked = Some(time::Instant::now());
        let before = std::mem::take(&mut self.gone);
        for child in self.children(seats)? {
            match seats.how_gone(&child, now) {
                None => tell_silence(seats, store, &child, now)?,
                Some(how) if before.contains(&child.agent_id) => end(seats, &child, how, now)?,
                Some(_) => self.gone.push(child.agent_id),
            }
        }
        Ok(!self.gone.is_empty())
    }

    /// The open children. All seats are read only if any of them changed.
    fn children(&mut self, seats: &Seats) -> Result<Vec<Seat>> {
        let changed = std::fs::metadata(seats.home().seats_dir()).and_then(|meta| meta.modified()).ok();
        if let Some((_, ids)) = self.seen.as_ref().filter(|(at, _)| Some(*at) == changed) {
            let ids = ids.iter().filter_map(|id| SeatId::parse(id).ok());
            return Ok(ids.filter_map(|id| seats.seat(&id).ok()).filter(|seat| seat.status.is_open()).collect());
        }
        let (mut all, _) = seats.all()?;
        all.retain(|seat| seat.is_child_of(self.parent.as_str()) && seat.status.is_open());
        self.seen = changed.map(|at| (at, all.iter().map(|seat| seat.agent_id.clone()).collect()));
        Ok(all)
    }
}

fn end(seats: &Seats, child: &Seat, how: &str, now: Instant) -> Result<()> {
    seats.end(&SeatId::parse(&child.agent_id)?, child.claude_session_id.as_deref(), how, now).map(drop)
}

/// Tells once that a child has worked without any event for longer than its parent wants.
fn tell_silence(seats: &Seats, store: &Store, child: &Seat, now: Instant) -> Result<()> {
    let Some(limit) = child.silent_after_seconds.and_then(|seconds| i64::try_from(seconds).ok()) else { return Ok(()) };
    let uuid = child.claude_session_id.as_deref().and_then(|uuid| Uuid::parse(uuid).ok());
    let Some(live) = uuid.and_then(|uuid| store.live(&uuid).ok().flatten()) else { return Ok(()) };
    let Some(since) = last_sign(&live).filter(|_| live.state == Activity::Working) else { return Ok(()) };
    let silence = now - since;
    if silence < TimeDelta::seconds(limit) {
        return Ok(());
    }
    let told = format_duration(silence.num_seconds());
    let call = last_call(&live).map(|call| match call.subject {
        Some(subject) => format!(" Its last call: {}: {subject}", call.tool),
        None => format!(" Its last call: {}", call.tool),
    });
    let text = format!("{} has worked for {told} without a sign of life.{}", child.name, call.unwrap_or_default());
    seats.tell_parent(child, &text, Some(&format!("silent {} {}", live.claude_session_id, live.last_event_at)), now)
}

/// The last event, or the last line of the log if that is later: not every tool call is reported.
fn last_sign(live: &Live) -> Option<Instant> {
    let written =
        live.transcript_path.as_deref().and_then(|path| std::fs::metadata(path).and_then(|meta| meta.modified()).ok());
    let written = written.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
    let written = written.and_then(|at| clock::from_millis(i64::try_from(at.as_millis()).ok()?));
    clock::parse(&live.last_event_at).max(written)
}
