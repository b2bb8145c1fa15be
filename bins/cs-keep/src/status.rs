//! `status`: what is kept. Writes nothing.

use crate::{settings, snapshot, which};
use agents::Agent;
use agents::logs::Roots;
use argh::{ArgsInfo, FromArgs};
use cli::{Block, Context, Form, Outcome};
use cs_core::Error;
use kept::{LogCopy, Manifest};
use serde::Serialize;

/// say what is kept, how much space it takes, and what is not kept yet; of one conversation which copies and snapshots
/// there are
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "status", example = "{command_name}", example = "{command_name} ca5d")]
pub struct Status {
    /// the conversation: an id, its start or end, or that of a session
    #[argh(positional)]
    id: Option<String>,
}

/// What is kept of one conversation.
#[derive(Serialize)]
struct One {
    conversation: String,
    agent: Agent,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cwd: Option<String>,
    logs: Vec<Copy>,
    /// Number of other files, such as long results of tools.
    files: usize,
    snapshots: Vec<kept::Snapshot>,
}

/// The copy of a log.
#[derive(Serialize)]
struct Copy {
    thread: String,
    generation: u32,
    bytes: u64,
    copied_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    vanished_at: Option<String>,
    origin: String,
}

#[derive(Serialize)]
struct Shown {
    enabled: bool,
    conversations: u64,
    bytes: u64,
    /// Of these the client has no log any more.
    vanished: u64,
    forgotten: u64,
    live_logs: u64,
    unkept_logs: u64,
    unkept_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_gb: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    excess_bytes: Option<u64>,
}

impl Status {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        match &self.id {
            Some(word) => of_one(context, word),
            None => of_all(context),
        }
    }
}

fn of_one(context: &mut Context, word: &str) -> Outcome<()> {
    for line in which::kept(context, word)? {
        let Some(manifest) = Manifest::read(&context.store.home, line.agent, &line.uuid()?)? else { continue };
        let copy = |log: LogCopy| Copy {
            thread: log.thread,
            generation: log.generation,
            bytes: log.bytes,
            copied_at: log.copied_at,
            vanished_at: log.vanished_at,
            origin: log.origin.display().to_string(),
        };
        let one = One {
            bytes: manifest.bytes(),
            conversation: manifest.conversation,
            agent: manifest.agent,
            cwd: manifest.cwd,
            logs: manifest.logs.into_iter().map(copy).collect(),
            files: manifest.files.len(),
            snapshots: manifest.snapshots,
        };
        match context.out.form {
            _ if context.out.quiet => {}
            Form::Json => context.out.json(&one)?,
            Form::Table => show_one(&one).print(&mut context.out)?,
        }
    }
    context.out.flush()
}

fn show_one(one: &One) -> Block {
    let mut block = Block::new(&one.conversation);
    let mut kept = vec![render::format_bytes(one.bytes)];
    if one.files > 0 {
        kept.push(render::format_quantity(one.files as u64, "other file"));
    }
    block.field("kept", &kept.join(", "));
    for log in &one.logs {
        let gone = if log.vanished_at.is_some() { ", gone from the client" } else { "" };
        let generation = if log.generation > 1 { format!(", generation {}", log.generation) } else { String::new() };
        let text = format!("{}, {}{generation}{gone}", log.thread, render::format_bytes(log.bytes));
        block.field("log", &text);
    }
    one.snapshots.iter().for_each(|one| block.field("snapshot", &snapshot::words(one)));
    block
}

fn of_all(context: &mut Context) -> Outcome<()> {
    let (_, settings) = settings::read(context);
    let found = Roots::from_env().logs();
    let home = context.store.home.clone();
    let status = kept::status(&home, &found)?;
    status.failed.iter().for_each(|text| cli::defer(&Error::corrupt(&home.kept_dir(), text.clone())));
    let shown = Shown {
        enabled: settings.enabled,
        conversations: status.conversations,
        bytes: status.bytes,
        vanished: status.vanished,
        forgotten: status.forgotten,
        live_logs: status.live_logs,
        unkept_logs: status.unkept_logs,
        unkept_bytes: status.unkept_bytes,
        max_gb: settings.max_gb,
        excess_bytes: settings.excess(status.bytes),
    };
    if context.out.quiet {
        return Ok(());
    }
    match context.out.form {
        Form::Json => context.out.json(&shown)?,
        Form::Table => {
            let mut block = Block::default();
            fill(&mut block, &shown);
            block.print(&mut context.out)?;
        }
    }
    context.out.flush()
}

fn fill(block: &mut Block, shown: &Shown) {
    let on = if shown.enabled { "every hour, if the jobs are installed" } else { "only with cs-keep run" };
    block.field("copies", on);
    let mut kept =
        vec![render::format_quantity(shown.conversations, "conversation"), render::format_bytes(shown.bytes)];
    if shown.vanished > 0 {
        kept.push(format!("{} of them gone from the client", render::format_number(shown.vanished)));
    }
    block.field("kept", &kept.join(", "));
    if shown.forgotten > 0 {
        block.field("forgotten", &render::format_quantity(shown.forgotten, "conversation"));
    }
    let unkept = match shown.unkept_logs {
        0 => "nothing".to_string(),
        count => format!(
            "{} of {}, {}",
            render::format_number(count),
            render::format_quantity(shown.live_logs, "log"),
            render::format_bytes(shown.unkept_bytes)
        ),
    };
    block.field("not kept", &unkept);
    if let Some(excess) = shown.excess_bytes {
        block.field("too much", &format!("{} more than keep.max_gb", render::format_bytes(excess)));
    }
}
