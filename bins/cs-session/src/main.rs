//! Session records: create, show, list, change and delete them.
//!
//! Reads: `sessions/`, `live/`, `config.json`; `show` also `usage/`, `audit/` and transcripts; `open` also `ended/` and the
//! agents' logs; `list --also` folders of other machines, and `machine.json`.
//! Writes: the named records, and with them the index, project files and contexts; `delete` moves what belongs to a
//! session to `quarantine/`; `show` writes `audit/<day>.index`, a cache.
//! Starts: git for `capture-commits`, a terminal's own program for `jump`, the agent for `open`.
//! Exits: 0 done, 1 not found, nothing matched or refused, 64 usage, 65 invalid, 74 disk, 75 busy.

mod action;
mod capture;
mod change;
mod complete;
mod create;
mod delete;
mod heartbeat;
mod jump;
mod list;
mod occupants;
mod open;
mod park;
mod restore;
mod resume;
mod show;
mod way;

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Out, Outcome};
use std::process::ExitCode;

/// Keeps records of coding conversations. An ID is a session's id, or the start or end of one. Without
/// an ID a command acts on the conversation that runs it; `-` reads ids or records from standard input.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    example = "{command_name} list --status parked --project api",
    example = "{command_name} event ca5d --message \"tests are green\""
)]
struct Args {
    #[argh(subcommand)]
    command: Command,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
enum Command {
    Create(create::Create),
    Show(show::Show),
    List(list::List),
    Jump(jump::Jump),
    Open(open::Open),
    Update(change::Update),
    Event(change::Event),
    Commit(change::Commit),
    CaptureCommits(capture::CaptureCommits),
    Decision(change::Decision),
    Question(change::Question),
    RequestAction(action::RequestAction),
    ClearAction(action::ClearAction),
    Park(park::Park),
    Resume(resume::Resume),
    Complete(complete::Complete),
    Delete(delete::Delete),
    Restore(restore::Restore),
    Heartbeat(heartbeat::Heartbeat),
    Occupants(occupants::Occupants),
}

fn main() -> ExitCode {
    cli::run(PROGRAM, |args: Args, out| work(args.command, out))
}

const PROGRAM: &str = "cs-session";

fn work(command: Command, out: Out) -> Outcome<()> {
    let context = &mut Context::new(out)?;
    match command {
        Command::Create(args) => args.run(context),
        Command::Show(args) => args.run(context),
        Command::List(args) => args.run(context),
        Command::Jump(args) => args.run(context),
        Command::Open(args) => args.run(context),
        Command::Update(args) => args.run(context),
        Command::Event(args) => args.run(context),
        Command::Commit(args) => args.run(context),
        Command::CaptureCommits(args) => args.run(context),
        Command::Decision(args) => args.run(context),
        Command::Question(args) => args.run(context),
        Command::RequestAction(args) => args.run(context),
        Command::ClearAction(args) => args.run(context),
        Command::Park(args) => args.run(context),
        Command::Resume(args) => args.run(context),
        Command::Complete(args) => args.run(context),
        Command::Delete(args) => args.run(context),
        Command::Restore(args) => args.run(context),
        Command::Heartbeat(args) => args.run(context),
        Command::Occupants(args) => args.run(context),
    }
}
