//! Tasks of a session.
//!
//! Reads: the named records; for `next` also `agents/` and `live/`. Writes: the named records.
//! Exits: 0 done, 1 not found or ambiguous, or no task is left, 64 usage, 65 invalid, 74 disk, 75 busy.

mod next;

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Out, Outcome, each, print_session, words};
use cs_core::record::{Session, Task, TaskStatus};
use cs_core::task;
use render::{Column, Style, Table, TableCell};
use serde::Serialize;
use std::process::ExitCode;

const PROGRAM: &str = "cs-task";

/// Keeps the tasks of sessions. An ID is a session's id, or the start or end of one. Without an ID
/// a command acts on the conversation that runs it; `-` reads ids or records from standard input.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    example = "{command_name} add ca5d --subject \"write tests\"",
    example = "{command_name} update ca5d --task t1a2b --status completed"
)]
struct Args {
    #[argh(subcommand)]
    command: Command,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
enum Command {
    Add(Add),
    Update(Update),
    Next(next::Next),
    List(List),
}

/// add tasks, unless the session has a task with the same subject
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "add",
    example = "{command_name} --subject \"write tests\"",
    example = "{command_name} ca5d --subject \"write tests\" --subject \"update the docs\""
)]
struct Add {
    /// sessions (default: the one of the conversation that runs this)
    #[argh(positional)]
    id: Vec<String>,
    /// what to do; repeatable
    #[argh(option)]
    subject: Vec<String>,
}

/// change a task's status or subject
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "update",
    example = "{command_name} --task t1a2b3c4d --status in_progress",
    example = "{command_name} ca5d --task t1a2 --subject \"write more tests\""
)]
struct Update {
    /// sessions (default: the one of the conversation that runs this)
    #[argh(positional)]
    id: Vec<String>,
    /// the task's id, or the start of it
    #[argh(option)]
    task: String,
    /// the new status: pending, in_progress, completed or skipped
    #[argh(option, from_str_fn(status))]
    status: Option<TaskStatus>,
    /// what to do
    #[argh(option)]
    subject: Option<String>,
}

/// list tasks
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "list",
    example = "{command_name}",
    example = "cs-session list --status active -q | {command_name} -"
)]
struct List {
    /// sessions (default: the one of the conversation that runs this)
    #[argh(positional)]
    id: Vec<String>,
}

fn main() -> ExitCode {
    cli::run(PROGRAM, |args: Args, out| work(args.command, out))
}

fn work(command: Command, out: Out) -> Outcome<()> {
    let context = &mut Context::new(out)?;
    match command {
        Command::Add(args) => add(context, &args),
        Command::Update(args) => update(context, &args),
        Command::Next(args) => args.run(context),
        Command::List(args) => list(context, &args),
    }
}

fn status(word: &str) -> Result<TaskStatus, String> {
    let all = [TaskStatus::Pending, TaskStatus::InProgress, TaskStatus::Completed, TaskStatus::Skipped];
    words::choose(word, "a status", &all.map(|status| (status.as_str(), status)))
}

fn add(context: &mut Context, args: &Add) -> Outcome<()> {
    if args.subject.is_empty() {
        return Err(Failure::Usage("no task is given".into(), Some("give at least one --subject".into())));
    }
    let now = context.now;
    change(context, &args.id, |record| args.subject.iter().try_for_each(|subject| task::add(record, subject, now)))
}

fn update(context: &mut Context, args: &Update) -> Outcome<()> {
    if args.status.is_none() && args.subject.is_none() {
        return Err(Failure::Usage("nothing to update".into(), Some("give --status or --subject".into())));
    }
    let now = context.now;
    change(context, &args.id, |record| task::update(record, &args.task, args.status, args.subject.as_deref(), now))
}

fn change(
    context: &mut Context,
    ids: &[String],
    mut apply: impl FnMut(&mut Session) -> cs_core::Result<()>,
) -> Outcome<()> {
    each(context, ids, |context, id| {
        let session = context.store.update(id, context.now, &mut apply)?;
        print_session(context, &session)
    })
}

/// A task with the session that it belongs to.
#[derive(Serialize)]
struct TaskRow<'a> {
    session_id: &'a str,
    #[serde(flatten)]
    task: &'a Task,
}

fn new_table() -> Table {
    Table::new(vec![Column::text("id"), Column::text("status"), Column::main("subject")])
}

/// Prints a task, or adds it to the table that is printed at the end.
fn print(out: &mut Out, table: &mut Table, session_id: &str, task: &Task) -> Outcome<()> {
    match out.form {
        _ if out.quiet => out.line(&task.id),
        Form::Json => out.json(&TaskRow { session_id, task }),
        Form::Table => {
            let id = TableCell::styled(&task.id, Style::Dim);
            let status = TableCell::styled(task.status.as_str(), style(task.status));
            table.push(vec![id, status, TableCell::from(&*task.subject)]);
            Ok(())
        }
    }
}

fn list(context: &mut Context, args: &List) -> Outcome<()> {
    let mut table = new_table();
    let mut count = 0;
    each(context, &args.id, |context, id| {
        let session = context.store.session(id)?;
        count += session.tasks.len();
        for task in &session.tasks {
            print(&mut context.out, &mut table, &session.session_id, task)?;
        }
        Ok(())
    })?;
    if !table.is_empty() {
        context.out.show(&table)?;
    }
    context.out.flush()?;
    if count == 0 { Err(Failure::Nothing("no tasks yet".into())) } else { Ok(()) }
}

fn style(status: TaskStatus) -> Style {
    match status {
        TaskStatus::Pending => Style::Plain,
        TaskStatus::InProgress => Style::Busy,
        TaskStatus::Completed => Style::Good,
        TaskStatus::Skipped => Style::Dim,
    }
}
