//! Owns that a name means one running agent: a name in use is refused, and whose it is is said. Must stay true: names are
//! given under the lock for spawning, so that two calls at once do not both get one.

use super::{Agents, id_of, pane};
use crate::Context;
use crate::deferred::program;
use crate::failure::{Failure, Outcome};
use crate::messages::note;
use cs_core::lock;
use seats::{Seat, tmux};

/// Refuses a name that another running agent has. `id` is the seat that is to have it, empty for a new one.
pub fn refuse_used(context: &Context, agents: &Agents, seats: &[Seat], name: &str, id: &str) -> Outcome<()> {
    let Some(other) = seats::named(seats, name, id) else { return Ok(()) };
    let used = |why: &str| format!("the name {name:?} is in use{why}: {}", other.title());
    let id = &other.agent_id;
    if agents.files.how_gone(other, context.now).is_some() {
        let hint = format!("cs-agent kill {id} ends its seat; cs-agent restore {id} continues its conversation");
        return Err(Failure::Advised(used(" by an agent whose client is gone"), hint));
    }
    let is_own = other.spawned_by == agents.caller.word();
    let again = "; spawn --key finds what an earlier call started";
    let hint = format!("choose another name; cs-agent name {id} NAME renames it{}", if is_own { again } else { "" });
    Err(Failure::Advised(used(""), hint))
}

/// Gives a seat another name, which tmux shows, too, and returns the seat.
pub fn rename(context: &Context, agents: &Agents, seat: &Seat, name: &str) -> Outcome<Seat> {
    let name = seats::name(name)?;
    let _lock = lock::acquire(&context.store.home.spawn_lock(), context.store.wait)?;
    refuse_used(context, agents, &agents.files.all()?.0, &name, &seat.agent_id)?;
    let changed = agents.files.update(&id_of(seat)?, |seat| {
        seat.name.clone_from(&name);
        Ok(())
    })?;
    if changed.status.is_open() && changed.tmux.is_some() {
        rename_window(&changed)?;
    }
    Ok(changed)
}

/// Gives the seat's window its name. If the pane is not the seat's any more, that is no failure of the seat.
fn rename_window(seat: &Seat) -> Outcome<()> {
    let renamed = pane::checked(seat).and_then(|terminal| pane::run(&tmux::rename(terminal, &seat.name)));
    match renamed {
        Ok(_) => Ok(()),
        Err(failure) => {
            let (text, _) = failure.message().ok_or(failure)?;
            note(program(), &format!("its window keeps the old name: {text}"));
            Ok(())
        }
    }
}
