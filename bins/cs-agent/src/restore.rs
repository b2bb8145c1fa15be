//! `restore`: continues the conversation of a seat that ended. Must stay true: not while a process of the seat lives, for
//! two clients would write one log.

use crate::found;
use agents::Agent;
use agents::launch::Beginning;
use argh::{ArgsInfo, FromArgs};
use cli::seat::start::{self, Wanted};
use cli::seat::{self, Agents, id_of, pane, seen};
use cli::{Context, Failure, Outcome};
use cs_core::error::{Error, Result};
use cs_core::process;
use seats::{Seat, SeatStatus, tmux};

/// continue the conversation of an agent that ended, in its seat
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "restore",
    example = "{command_name} builder",
    example = "{command_name} agent_20261129T1134_1f0c -q"
)]
pub struct Restore {
    /// the agent: one that the caller started
    #[argh(positional)]
    agent: String,
}

impl Restore {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        found::refuse_switched_off()?;
        let agents = Agents::read(&context.store)?;
        let found = agents.find(Some(&self.agent))?;
        agents.must_own(found, "restore")?;
        refuse_running(found)?;
        let (agent, uuid) = (found::agent_of(found)?, found::conversation_of(found)?);
        let settings = seat::settings(&context.store);
        let ready = start::prepare(context, &agents, &settings, agent, Wanted::of(found))?;
        if let Some(terminal) = &found.tmux {
            // What it started may have outlived it there.
            let _ = pane::run(&tmux::kill_session(terminal));
        }
        let id = id_of(found)?;
        let opened = agents.files.update(&id, open)?;
        match ready.start(&opened, Beginning::Resumed(uuid)) {
            Err(failure) => {
                start::give_up(context, &agents, &id, &failure);
                Err(failure)
            }
            Ok(started) => {
                // A hook of Codex comes with the next prompt only.
                let is_seen = agent == Agent::Claude;
                let shown = if is_seen { seen::wait(context, &agents, &started)? } else { started };
                seat::print_seat(context, &shown)
            }
        }
    }
}

/// Refuses a seat of which a process lives, or may live.
fn refuse_running(seat: &Seat) -> Outcome<()> {
    let own = [seat.process(), seat.pane_process()];
    match seat.awaits_client() || own.iter().flatten().any(process::may_run) {
        false => Ok(()),
        true => Err(Failure::Advised(
            format!("{} runs", seat.title()),
            format!("cs-agent attach {} shows it", seat.agent_id),
        )),
    }
}

/// Makes the seat one whose client is being started. Its lock is held: of two calls at once, one finds it open.
fn open(seat: &mut Seat) -> Result<()> {
    if seat.awaits_client() || [seat.process(), seat.pane_process()].iter().flatten().any(process::may_run) {
        return Err(Error::Refused(format!("{} is being started already", seat.title())));
    }
    seat.status = SeatStatus::Starting;
    seat.tmux = None;
    (seat.pid, seat.pid_started) = (None, None);
    (seat.ended_at, seat.ended_by) = (None, None);
    Ok(())
}
