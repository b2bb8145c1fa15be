//! `exec-client`: what tmux starts in a pane. It becomes the client, so that the client's process is the pane's, without
//! a shell in between. Must stay true: the pane is recorded in the seat before the client runs, so that every hook of the
//! client finds it. People do not call it, so the help does not list it.

use cli::seat::environment::OF_TERMINAL;
use cli::seat::launch_file::LaunchFile;
use cli::seat::start::{EXEC_CLIENT, terminal};
use cli::{Failure, Outcome};
use cs_core::error::Error;
use cs_core::id::SeatId;
use cs_core::paths::Home;
use cs_core::process::{self, Process};
use cs_core::store::Store;
use cs_core::witness::Witness;
use seats::{Seat, Seats};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Becomes the client of a seat. The arguments are the seat's id and the data directory.
pub fn run(args: &[String]) -> Outcome<()> {
    let [id, home] = args else {
        return Err(Failure::Usage(
            format!("{EXEC_CLIENT} is called by tmux, for an agent that is being spawned"),
            None,
        ));
    };
    let (id, home) = (SeatId::parse(id)?, Home::at(home));
    let launch = LaunchFile::take(&home, &id)?;
    let seats = Seats::of(&Store::for_people(home, Witness::NONE));
    let own = process::find(std::process::id());
    seats.update(&id, |seat| {
        place(seat, own.as_ref());
        Ok(())
    })?;
    let (program, rest) =
        launch.command.split_first().ok_or_else(|| Failure::Core(Error::Invalid("the command is empty".into())))?;
    let kept = OF_TERMINAL.iter().filter_map(|name| Some((*name, std::env::var_os(name)?)));
    let mut command = Command::new(program);
    command.args(rest).env_clear().envs(&launch.environment).envs(kept).current_dir(&launch.directory);
    Err(Failure::Nothing(format!("cannot run {program}: {}", command.exec())))
}

/// Records the pane in which this process runs.
fn place(seat: &mut Seat, own: Option<&Process>) {
    let socket = std::env::var("TMUX").unwrap_or_default();
    let socket = socket.rsplitn(3, ',').last().unwrap_or_default();
    let (Ok(pane), Some(own)) = (std::env::var("TMUX_PANE"), own) else { return };
    seat.take_host(own);
    seat.tmux = Some(terminal(seat, socket, &pane, own));
}
