//! Owns the messages to agents that lost a lease. Must stay true: a message that cannot be stored keeps nobody from a
//! path that is free.

use crate::PROGRAM;
use crate::asker::Asker;
use cli::{Context, note};
use cs_core::Result;
use cs_core::id::SeatId;
use seats::{Draft, Inbox, Lease, Seat, Sender};

/// Tells the agents whose leases were taken away, if they may still work.
pub fn losers(context: &Context, asker: &Asker, lease: &Lease, lost: &[Lease]) {
    let of_seats = lost.iter().filter(|lost| !lost.owner.runs);
    for (lost, seat) in of_seats.filter_map(|lost| Some((lost, asker.seat_of(lost)?))) {
        if seat.status.is_open()
            && let Err(error) = tell(context, asker, lease, lost, seat)
        {
            note(PROGRAM, &format!("{} was not told of {}: {error}", seat.title(), lost.id));
        }
    }
}

fn tell(context: &Context, asker: &Asker, lease: &Lease, lost: &Lease, seat: &Seat) -> Result<()> {
    let (paths, owner) = (lost.paths.join(", "), asker.name(lease));
    let why = if lost.lasts(context.now) { "your client had ended" } else { "it had expired" };
    let text = format!("You no longer have the lease {} on {paths}: {why}, and {owner} has claimed it.", lost.id);
    let draft = Draft::report(Sender::system(), &text)?.with_key(&format!("lost {}", lost.id))?;
    let inbox = Inbox::of(&context.store.home, &SeatId::parse(&seat.agent_id)?, context.store.wait);
    inbox.send(draft, context.now).map(drop)
}
