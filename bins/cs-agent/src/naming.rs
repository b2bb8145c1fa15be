//! Owns that a name means one running agent: a name in use is refused, and whose it is is said. Must stay true: the caller
//! holds the lock for spawning, so that two calls at once do not both get a name.

use cli::seat::Agents;
use cli::{Context, Failure, Outcome};
use seats::Seat;

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
