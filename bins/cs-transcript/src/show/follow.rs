//! Owns `--follow`: what a running conversation says is shown as it comes, and after `/clear` what the next one of the same
//! client says. Must stay true: between looks the program sleeps, and a look costs one system call for each log.

use super::{Lines, Page, Show, tell_unread};
use crate::chosen;
use agents::Agent;
use agents::logs;
use agents::part::{Part, PartKind};
use cli::{Context, Form, Outcome};
use conversations::{Conversation, Cursor, Ends, Step, Wish};
use cs_core::clock::{self, TimeDelta};
use cs_core::id::Uuid;
use cs_core::live::Live;
use cs_core::process::Process;
use cs_core::stamp::{Stamp, unchanged};
use cs_core::store::Store;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

/// How often logs are looked at.
const STEP: Duration = Duration::from_millis(100);
/// How often it is asked whether the conversation runs, and whether there are new logs.
const SLOWLY: Duration = Duration::from_millis(500);
/// How long the next conversation of the client may take to begin after `/clear`.
const NEXT: Duration = Duration::from_secs(3);
/// How much earlier the next one may have begun than this one ended: two hooks write these times.
const TOGETHER: TimeDelta = TimeDelta::seconds(5);
/// Running conversations that are looked at for the next one.
const LIVES: usize = 64;

/// Follows a conversation until it ends.
pub fn run(context: &mut Context, show: &Show, one: &Conversation) -> Outcome<()> {
    let mut one = one.clone();
    let mut is_silent = show.since_now;
    loop {
        let mut talk = Talk::begin(context, show, &one)?;
        talk.follow(context, is_silent)?;
        is_silent = false;
        match talk.next(context) {
            Some(next) => one = next,
            None => return talk.end(context),
        }
    }
}

/// A conversation that is followed.
struct Talk<'a> {
    show: &'a Show,
    one: &'a Conversation,
    cursor: Cursor,
    /// How many logs were told that cannot be read.
    told: usize,
    wish: Wish,
    page: Option<Page>,
    /// The folders in which new logs appear, as they were.
    folders: Vec<(PathBuf, Option<Stamp>)>,
    /// The process of its client.
    process: Option<Process>,
}

impl<'a> Talk<'a> {
    fn begin(context: &mut Context, show: &'a Show, one: &'a Conversation) -> Outcome<Self> {
        let is_page = context.out.form == Form::Table && !context.out.quiet;
        let mut page = is_page.then(|| Page::new(show));
        match &mut page {
            Some(page) => page.head(context, one)?,
            None => show.print_head(context, one)?,
        }
        context.out.flush()?;
        let wish = page.as_ref().map_or_else(|| show.wish(None), |page| page.wish.clone());
        let own = one.main().map(|log| log.path.clone()).unwrap_or_default();
        let folders = logs::folders_beside(&own).map(|folder| (folder, None)).into();
        Ok(Talk { show, one, cursor: Cursor::new(one), told: 0, wish, page, folders, process: None })
    }

    /// Shows what comes, until the conversation ends.
    fn follow(&mut self, context: &mut Context, mut is_silent: bool) -> Outcome<()> {
        let mut is_told = false;
        loop {
            let ends = Ends::of(&context.store, &self.one.uuid);
            self.process = live(&context.store, &self.one.uuid).and_then(|live| live.process()).or(self.process.take());
            self.look_for_logs(context);
            let looked = Instant::now();
            self.read(context, is_silent)?;
            is_silent = false;
            match ends {
                Ends::Exit | Ends::Killed => return Ok(()),
                Ends::Unknown if !std::mem::replace(&mut is_told, true) => {
                    cli::note(
                        crate::PROGRAM,
                        "no hook reported this conversation, so its end is not noticed; Ctrl-C ends this",
                    );
                }
                Ends::Unknown | Ends::Running => {}
            }
            while looked.elapsed() < SLOWLY {
                thread::sleep(STEP);
                self.read(context, false)?;
            }
        }
    }

    /// Shows what is new.
    fn read(&mut self, context: &mut Context, is_silent: bool) -> Outcome<()> {
        let nothing = Wish { kinds: vec![PartKind::Head], ..Wish::default() };
        let wish = if is_silent { &nothing } else { &self.wish };
        let mut lines = Lines { one: self.one, is_raw: self.show.raw, buffer: Vec::new(), last: String::new() };
        let mut read = Ok(Step::More);
        while let Ok(Step::More) = read {
            read = self.cursor.step(wish, &mut |part| match &mut self.page {
                Some(page) => page.add(part),
                None => lines.add(&context.out, part),
            });
            match &mut self.page {
                Some(page) => page.print(context)?,
                None => lines.print(&mut context.out)?,
            }
        }
        context.out.flush()?;
        self.told = tell_unread(&self.cursor, self.told);
        Ok(())
    }

    /// Adds logs of new subagents. All logs are searched only if a folder changed.
    fn look_for_logs(&mut self, context: &Context) {
        let mut has_changed = false;
        for (folder, before) in &mut self.folders {
            let now = Stamp::of(folder);
            has_changed |= !unchanged(before.as_ref(), now.as_ref());
            *before = now;
        }
        if has_changed {
            let catalog = chosen::catalog(context);
            let found =
                catalog.conversations.iter().find(|one| one.uuid == self.one.uuid && one.agent == self.one.agent);
            found.into_iter().for_each(|one| self.cursor.add_logs(one));
        }
    }

    /// The conversation with which the client goes on after `/clear`.
    fn next(&self, context: &Context) -> Option<Conversation> {
        let ended = Uuid::parse(&self.one.uuid).ok().and_then(|uuid| context.store.ended(&uuid).ok()?)?;
        let ended_at = clock::parse(ended.ended_at.as_deref()?)?;
        let process = self.process.clone().or_else(|| ended.process())?;
        let is_next = |live: &Live| {
            Agent::of(live) == self.one.agent
                && live.claude_session_id != self.one.uuid
                && live.source.as_deref() == Some("clear")
                && live.process().is_some_and(|other| other.is(&process))
                && clock::parse(&live.started_at).is_some_and(|at| at + TOGETHER >= ended_at)
        };
        let since = Instant::now();
        while since.elapsed() < NEXT {
            let lives = context.store.newest_live(LIVES).unwrap_or_default();
            if let Some(live) = lives.iter().find(|live| is_next(live)) {
                return begun(context, live);
            }
            thread::sleep(STEP);
        }
        None
    }

    /// Prints the last line.
    fn end(mut self, context: &mut Context) -> Outcome<()> {
        let mut lines = Lines { one: self.one, is_raw: self.show.raw, buffer: Vec::new(), last: String::new() };
        self.cursor.close(&self.wish, &mut |part: &Part| match &mut self.page {
            Some(page) => page.add(part),
            None => lines.add(&context.out, part),
        });
        match &mut self.page {
            Some(page) => page.end(context),
            None => {
                lines.print(&mut context.out)?;
                self.show.print_end(context, self.one, &self.cursor)
            }
        }
    }
}

/// The conversation of a client once it has a log, which the client may write only with the first prompt; `None` if the
/// client ends before.
fn begun(context: &Context, live: &Live) -> Option<Conversation> {
    let mut seen: Option<Stamp> = None;
    loop {
        let folder = live.transcript_path.as_deref().map(PathBuf::from);
        let now = folder.as_deref().and_then(Stamp::of);
        if now.is_some() && !unchanged(seen.as_ref(), now.as_ref()) {
            let found =
                chosen::catalog(context).conversations.into_iter().find(|one| one.uuid == live.claude_session_id);
            if found.is_some() {
                return found;
            }
        }
        seen = now;
        if Ends::of(&context.store, &live.claude_session_id) != Ends::Running {
            return None;
        }
        thread::sleep(SLOWLY);
    }
}

fn live(store: &Store, uuid: &str) -> Option<Live> {
    store.live(&Uuid::parse(uuid).ok()?).ok()?
}
