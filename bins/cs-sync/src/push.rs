//! `push`: sends what is new.

use crate::choice::{self, Named};
use crate::look::scan;
use crate::noted::Noted;
use crate::seers::{Readers, Seers};
use crate::target::{self, Dialect, Nowhere, Sender, Target};
use crate::twice::{self, Twice};
use crate::{PROGRAM, restored, settings, summary};
use argh::{ArgsInfo, FromArgs};
use cli::terminal::Color;
use cli::{Context, Failure, Out, Outcome};
use cs_core::clock;
use cs_core::error::Error;
use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use sync::{Known, Last, Request, Scanned, Settings, Visibility};

/// send what is new to a database or a folder: conversations of all clients, session records, marks, usage, limits and the
/// log of tools, with secrets and personal data replaced. Exits with 1 if something was left out because a rule still
/// finds a secret in it
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "push",
    note = "Without a target, that of the group sync in config.json. What has been sent is never sent again unless it has \
            changed. Only you and reviewers see it, unless its project is shared with the team: sync.team in config.json \
            says which are, --visibility is for what this run sends.",
    example = "{command_name} --sql sqlite | sqlite3 all.db",
    example = "{command_name} --psql service=team --dry-run"
)]
pub struct Push {
    /// print SQL for this database, and send nothing: postgres or sqlite
    #[argh(option, from_str_fn(Dialect::parse))]
    sql: Option<Dialect>,
    /// start psql with these arguments
    #[argh(option, arg_name = "arguments")]
    psql: Option<String>,
    /// start sqlite3 with this file
    #[argh(option)]
    sqlite: Option<PathBuf>,
    /// write into this folder, which other programs carry
    #[argh(option)]
    into: Option<PathBuf>,
    /// only this project; may be repeated
    #[argh(option)]
    project: Vec<String>,
    /// who else sees what is sent from now on: private or team
    #[argh(option, from_str_fn(parse_visibility))]
    visibility: Option<Visibility>,
    /// read and send everything again
    #[argh(switch)]
    full: bool,
    /// also send this: results (the texts of tools' results)
    #[argh(option, from_str_fn(parse_with))]
    with: Vec<()>,
    /// go on without the rules of this file, or of all files below this folder, that are gone for good; may be repeated
    #[argh(option, arg_name = "path")]
    without_rules: Vec<PathBuf>,
    /// send, although sync/ was lost on this machine: what keeps something back is as it should be
    #[argh(switch)]
    restored: bool,
    /// only say what would be sent
    #[argh(switch)]
    dry_run: bool,
    /// do nothing unless sync.enabled is set, as the job does
    #[argh(switch)]
    if_enabled: bool,
}

fn parse_visibility(word: &str) -> std::result::Result<Visibility, String> {
    Visibility::of_word(word).ok_or_else(|| format!("{word:?} is not a visibility; use private or team"))
}

fn parse_with(word: &str) -> std::result::Result<(), String> {
    if word == "results" { Ok(()) } else { Err(format!("{word:?} cannot be sent; use results")) }
}

impl Push {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let settings = settings::usable(context)?;
        if self.if_enabled && !settings.enabled {
            return Ok(());
        }
        let request = self.request(context, &settings)?;
        if self.dry_run && !self.without_rules.is_empty() {
            let hint = "leave one of them out".to_string();
            return Err(Failure::Usage(
                "--without-rules is remembered, and --dry-run changes nothing".into(),
                Some(hint),
            ));
        }
        sync::go_without(&context.store.home, &self.without_rules)?;
        let Push { sql, psql, sqlite, into, dry_run, restored, .. } = self;
        let named = Named { psql, sqlite, into };
        let Some(dialect) = sql else {
            let target = named.or_set(&settings)?.ok_or_else(choice::none)?;
            let sender = sender(context, &settings, dry_run)?;
            let is_sure = dry_run || restored;
            let noted = if is_sure { Ok(true) } else { restored::check(context, &sender, &target, &request) };
            let how = |is_noted| if dry_run { How::Dry } else { How::Sent { is_noted } };
            let sent = noted.and_then(|is_noted| send(context, &sender, &target, &request, how(is_noted)));
            if let Some(told) = target.exposed() {
                cli::note(PROGRAM, &format!("{target}: {told}"));
            }
            if !dry_run {
                note_end(context, &target, &sent);
            }
            return sent.map(drop);
        };
        if named.target()?.is_some() {
            let hint = "without --sql, cs-sync starts psql or sqlite3 itself".to_string();
            return Err(Failure::Usage("--sql only prints, so no other target can be named".into(), Some(hint)));
        }
        if !dry_run && std::io::stdout().is_terminal() {
            let hint = format!("send it to a program: {}", dialect.reader());
            return Err(Failure::Usage("nobody wants to read SQL on a terminal".into(), Some(hint)));
        }
        if !dry_run && !restored {
            restored::check_unasked(context)?;
        }
        let sender = sender(context, &settings, dry_run)?;
        print(context, &sender, dialect, &request, dry_run)
    }

    fn request(&self, context: &Context, settings: &Settings) -> Outcome<Request> {
        Ok(Request {
            projects: projects(context, settings, &self.project)?,
            visibility: self.visibility,
            team: settings.team.clone(),
            is_full: self.full,
            results: settings.results || !self.with.is_empty(),
            prompts: settings.prompts,
            is_blind: self.sql.is_some(),
        })
    }
}

/// The projects that are sent; `None`: all, and what belongs to none.
pub fn projects(context: &Context, settings: &Settings, named: &[String]) -> Outcome<Option<BTreeSet<String>>> {
    if named.is_empty() && !settings.chooses() {
        return Ok(None);
    }
    let slugs = cli::found::slugs(&context.store);
    if let Some(unknown) = named.iter().find(|slug| !slugs.contains(*slug)) {
        return Err(cli::found::no_project(&context.store, unknown));
    }
    if let Some(slug) = named.iter().find(|slug| !settings.allows(Some(slug))) {
        return Err(Error::Refused(format!("by the group sync of config.json, nothing of {slug} is sent")).into());
    }
    let wanted = if named.is_empty() { slugs } else { named.iter().cloned().collect() };
    Ok(Some(wanted.into_iter().filter(|slug| settings.allows(Some(slug))).collect()))
}

/// Who sends; a dry run gives nobody an id.
fn sender(context: &Context, settings: &Settings, dry_run: bool) -> cs_core::error::Result<Sender> {
    if dry_run { settings::present(context, settings) } else { settings::sender(context, settings) }
}

/// What a run does with what is new.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// It is only told.
    Dry,
    /// It is sent; and noted in `sync/`, unless that is lost.
    Sent { is_noted: bool },
}

/// Sends to a target that can be asked. Returns how many changes it made.
fn send(context: &mut Context, sender: &Sender, target: &Target, request: &Request, how: How) -> Outcome<Option<u64>> {
    let dry_run = how == How::Dry;
    let (scanned, changes, is_first, again);
    if dry_run {
        let known = target.peek(sender)?;
        target.may_push()?;
        twice::check_name(target, sender, &known)?;
        is_first = known.sources.is_empty();
        let mut nowhere = Nowhere;
        let mut twice = Twice::new(&mut nowhere, twice::elsewhere(target, sender, &known));
        scanned = scan(context, sender, request, known, &mut twice)?;
        (changes, again) = (None, twice.end());
    } else {
        let mut open = target.open(sender)?;
        let known = open.known(&sender.machine)?;
        twice::check_name(target, sender, &known)?;
        if request.is_full {
            open.write_anew();
        }
        is_first = known.sources.is_empty();
        let mut noted = Noted::new(context, &mut open);
        let mut twice = Twice::new(&mut noted, twice::elsewhere(target, sender, &known));
        let done = scan(context, sender, request, known, &mut twice);
        again = twice.end();
        noted.end();
        scanned = done?;
        changes = Some(open.commit()?);
        if how == (How::Sent { is_noted: true }) {
            note_marks(context, &scanned);
        }
    }
    let readers = if target.has_roles() { Readers::Roles } else { Readers::Everybody };
    let run = summary::Run { target: target.to_string(), readers, machine: &sender.machine, dry_run };
    let summary = summary::of(run, &scanned, changes);
    summary::print(context, &summary, &scanned)?;
    twice::tell(target, sender, &again);
    twice::tell_owners(target, sender, is_first);
    tell_later(request, &scanned, readers);
    summary::report(scanned, dry_run)?;
    Ok(changes)
}

/// Says what becomes of a choice that is only for this run: of projects that are shared once, and of those that are taken
/// back although `sync.team` names them.
fn tell_later(request: &Request, scanned: &Scanned, readers: Readers) {
    let seers = Seers::of(&scanned.exposure, readers);
    let is_kept = |slug: &&str| request.team.as_ref().is_some_and(|team| team.contains(*slug));
    let once: Vec<&str> = seers.opened_projects().filter(|slug| !is_kept(slug)).collect();
    if request.visibility == Some(Visibility::Team) && !once.is_empty() {
        let projects = once.join(", ");
        let are = if readers == Readers::Everybody { "are not marked for the team" } else { "are private" };
        cli::note(
            PROGRAM,
            &format!(
                "that is what there is now; later conversations of {projects} {are}, unless sync.team in config.json names it"
            ),
        );
    }
    let kept: Vec<&str> = seers.closed_projects().filter(is_kept).collect();
    if request.visibility == Some(Visibility::Private) && !kept.is_empty() {
        let projects = kept.join(", ");
        cli::note(
            PROGRAM,
            &format!(
                "sync.team in config.json names {projects}, so the next push without --visibility shares it again; take it out \
                 there"
            ),
        );
    }
}

/// Prints the text of a push. What is said about it goes to standard error.
fn print(context: &mut Context, sender: &Sender, dialect: Dialect, request: &Request, dry_run: bool) -> Outcome<()> {
    let scanned = if dry_run {
        scan(context, sender, request, Known::default(), &mut Nowhere)?
    } else {
        // Standard output is lent to the text, while the rest of the context is read.
        let mut out = Out::new(context.out.asked, context.out.quiet, Color::Never);
        let mut writer = Text { out: &mut out, failure: None };
        let printed = target::print(dialect, sender, &mut writer, |sink| {
            let mut noted = Noted::new(context, sink);
            let scanned = scan(context, sender, request, Known::default(), &mut noted);
            noted.end();
            scanned
        });
        if let Some(failure) = writer.failure {
            return Err(failure);
        }
        out.flush()?;
        let scanned = printed?;
        note_marks(context, &scanned);
        scanned
    };
    let readers = match dialect {
        Dialect::Sqlite => Readers::Everybody,
        Dialect::Postgres => Readers::Unasked { is_said: request.visibility.is_some() || request.team.is_some() },
    };
    let run = summary::Run { target: dialect.to_string(), readers, machine: &sender.machine, dry_run };
    let summary = summary::of(run, &scanned, None);
    if !context.out.quiet {
        summary::lines(&summary, &scanned).iter().for_each(|line| cli::note(PROGRAM, line));
    }
    tell_later(request, &scanned, readers);
    summary::report(scanned, dry_run)
}

/// Standard output as the place of a text; it keeps the failure, so that a closed pipe is told from a full disk.
struct Text<'o> {
    out: &'o mut Out,
    failure: Option<Failure>,
}

impl Write for Text<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.out.bytes(bytes).map(|()| bytes.len()).map_err(|failure| self.failed(failure))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush().map_err(|failure| self.failed(failure))
    }
}

impl Text<'_> {
    fn failed(&mut self, failure: Failure) -> std::io::Error {
        self.failure = Some(failure);
        std::io::ErrorKind::BrokenPipe.into()
    }
}

/// Remembers which conversations have marks, so that the next run misses them if they are gone.
fn note_marks(context: &Context, scanned: &Scanned) {
    if let Err(error) = scanned.marked.write(&context.store.home) {
        cli::defer(&error);
    }
}

/// Notes how the run ended, for `status` and `cs-setup doctor`. Nothing depends on that note.
fn note_end(context: &Context, target: &Target, sent: &Outcome<Option<u64>>) {
    let failure = sent.as_ref().err();
    let text = |failure: &Failure| match failure.message() {
        Some((text, _)) => redact::mask(&text).into_owned(),
        None => "something was left out, or could not be read".into(),
    };
    let last = Last {
        at: clock::stamp(context.now),
        target: target.to_string(),
        code: failure.map_or(0, Failure::code),
        error: failure.map(text),
        changes: sent.as_ref().ok().copied().flatten(),
        done_at: None,
    };
    if let Err(error) = last.write(&context.store.home) {
        cli::note(PROGRAM, &format!("the end of this run could not be noted: {error}"));
    }
}
