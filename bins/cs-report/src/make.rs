//! Owns making reports, and where they go.

use crate::args::{Options, Target};
use crate::{PROGRAM, commits, output, tables};
use agents::logs::Roots;
use cli::{Context, Failure, Form, Out, Outcome, Progress, rawness};
use conversations::Catalog;
use cs_core::Error;
use cs_core::who;
use marks::actor;
use redaction::{Engine, Key, Ledger, Rules, Run};
use render::Format;
use reports::{Commits, Made, Mode, Request, Scope, Sources, Unmatched, make, make_of, nothing, select, unmatched};
use serde::Serialize;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// A file that was written.
#[derive(Serialize)]
struct Written<'a> {
    file: String,
    format: &'a str,
    conversations: u64,
    entries: u64,
    bytes: u64,
}

/// A commit that is no conversation's.
#[derive(Serialize)]
struct NoOnes<'a> {
    row: &'a str,
    sha: &'a str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a str>,
}

/// Makes the report, or one for each conversation.
pub fn run(context: &mut Context, mode: Mode, options: Options) -> Outcome<()> {
    options.check()?;
    let (mut request, target) = (options.request(context, mode)?, options.target());
    let is_table = options.is_table(context, mode);
    if is_table {
        request.format = Format::Jsonl;
    }
    if options.raw {
        match &target {
            Target::Stdout => rawness::check_stdout()?,
            Target::File(path) | Target::Folder(path) => rawness::check(path)?,
        }
    }
    let store = context.store.clone();
    let mut engine = Engine::new(Rules::load(&store.home, &options.rules)?, Key::of_store(&store.home)?);
    let here = || std::env::current_dir().map_err(|error| Error::io(Path::new("."), "find", error));
    let commits = options.commits.as_deref().map(|range| commits::read(&store, &here()?, range)).transpose()?;
    let roots = Roots::from_env();
    let mut catalog = Catalog::of(&store, &roots);
    if mode.is_talk() {
        // What was typed may be known longer than the log.
        catalog.add_remembered(&roots);
    }
    catalog.unseen.iter().for_each(|(path, error)| tell(path, error));
    let (tool, actor) = (format!("{PROGRAM} {}", env!("CARGO_PKG_VERSION")), actor());
    let run = Run { tool: PROGRAM.into(), actor: actor.clone(), rules_digest: engine.rules().digest().into() };
    let mut ledger = if options.raw { None } else { Some(Ledger::of_store(&store.home, context.now, run)?) };
    let mut progress = Progress::new(0);
    let mut sources = Sources {
        store: &store,
        catalog: &catalog,
        engine: &mut engine,
        ledger: ledger.as_mut(),
        actor: &actor,
        now: context.now,
        tool: &tool,
        commits: commits.as_ref(),
        progress: &mut |done, all| progress.show(|| format!("{done} of {all}")),
    };
    let no_ones = unmatched(commits.as_ref(), &catalog);
    match target {
        Target::Stdout if context.out.quiet => print_ids(context, &request, &sources),
        Target::Stdout => {
            let mut made = make(&request, &mut sources)?;
            progress.clear();
            tell_unread(&made);
            tell_unmatched(&made);
            match is_table {
                true => tables::show(&mut context.out, mode, &mut made)?,
                false => made.write(&mut ToOut { out: &mut context.out })?,
            }
            context.out.flush()?;
            some(&made, commits.as_ref())
        }
        Target::File(path) => {
            let mut made = make(&request, &mut sources)?;
            progress.clear();
            if made.head.conversations == 0 {
                list_unmatched(&mut context.out, &no_ones)?;
                return some(&made, commits.as_ref());
            }
            write(context, &request, &path, &mut made, options.force)
        }
        Target::Folder(folder) => each(context, &request, &mut sources, &folder, options.force),
    }
}

/// Fails if the report has no conversation.
fn some(made: &Made, commits: Option<&Commits>) -> Outcome<()> {
    if made.head.conversations > 0 { Ok(()) } else { Err(Failure::Nothing(nothing(commits))) }
}

/// Prints the commits, where no file is written because none of them is a conversation's.
fn list_unmatched(out: &mut Out, all: &[Unmatched]) -> Outcome<()> {
    match (out.quiet, out.form) {
        (true, _) => {}
        (_, Form::Table) => tables::show_unmatched(out, all)?,
        (_, Form::Json) => all.iter().try_for_each(|one| {
            let Unmatched { sha, subject, session_id, .. } = *one;
            out.json(&NoOnes { row: "unmatched", sha, text: subject, session_id })
        })?,
    }
    out.flush()
}

/// Prints which conversations the report would be about.
fn print_ids(context: &mut Context, request: &Request, sources: &Sources) -> Outcome<()> {
    let chosen = select(request, sources)?;
    chosen.iter().try_for_each(|one| context.out.line(&one.conversation.uuid))?;
    context.out.flush()?;
    if chosen.is_empty() { Err(Failure::Nothing(nothing(sources.commits))) } else { Ok(()) }
}

/// Writes a report for each conversation.
fn each(context: &mut Context, request: &Request, sources: &mut Sources, folder: &Path, force: bool) -> Outcome<()> {
    let chosen = select(request, sources)?;
    if chosen.is_empty() {
        list_unmatched(&mut context.out, &unmatched(sources.commits, sources.catalog))?;
        return Err(Failure::Nothing(nothing(sources.commits)));
    }
    output::make_folder(&context.store.home, folder)?;
    for one in chosen {
        let uuid = one.conversation.uuid.clone();
        let path = folder.join(format!("{uuid}.{}", request.format.extension()));
        let scope = Scope { ids: vec![who::word_of(&uuid)], ..request.scope.clone() };
        let mut made = make_of(&Request { scope, ..request.clone() }, &[one], sources)?;
        write(context, request, &path, &mut made, force)?;
    }
    Ok(())
}

fn write(context: &mut Context, request: &Request, path: &Path, made: &mut Made, force: bool) -> Outcome<()> {
    tell_unread(made);
    tell_unmatched(made);
    output::write(&context.store.home, path, made, force)?;
    if context.out.form == Form::Table && made.head.actor != actor() {
        let (shown, set) = (&made.head.actor, "set CS_ACTOR to a name that may be published");
        cli::note(PROGRAM, &format!("its head names you as {shown}; {set}"));
    }
    let file = path.display().to_string();
    let format = request.format.name();
    let (conversations, entries) = (made.head.conversations, made.head.entries);
    match (context.out.quiet, context.out.form) {
        (true, _) => context.out.line(&file)?,
        (_, Form::Json) => {
            context.out.json(&Written { file, format, conversations, entries, bytes: made.bytes() })?;
        }
        (_, Form::Table) => {
            let row = vec![conversations.to_string(), entries.to_string(), format.into(), file];
            context.out.table(&["conversations", "entries", "format", "file"], &[row])?;
        }
    }
    context.out.flush()
}

/// Standard output as a writer.
struct ToOut<'o> {
    out: &'o mut Out,
}

impl Write for ToOut<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.out.bytes(bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(Failure::Output(error)) => Err(error),
            Err(_) => Err(ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Says that redactions fit no text.
fn tell_unmatched(made: &Made) {
    if made.head.unmatched > 0 {
        let many = render::format_quantity(made.head.unmatched, "redaction");
        let text =
            format!("{many} of entries that are not there any more: look at what is shown; cs-mark verify names them");
        cli::note(PROGRAM, &text);
    }
}

/// Says that parts of logs are missing; the program ends with the code of a disk error.
fn tell_unread(made: &Made) {
    made.unread.iter().for_each(|(path, error)| tell(path, error));
}

fn tell(path: &Path, error: &io::Error) {
    cli::defer(&Error::io(path, "read", io::Error::new(error.kind(), error.to_string())));
}
