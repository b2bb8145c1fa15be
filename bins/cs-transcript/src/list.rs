//! `list`: the conversations that fit, newest first. Writes nothing.

mod row;
mod table;

use crate::chosen;
use agents::Agent;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome, Progress, terminal};
use conversations::{Conversation, Filter};
use cs_core::refs::Links;
use marks::Tags;
use row::{Row, Rows};

/// list conversations, newest first: on a terminal as many as it has lines, in a pipe all
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "list",
    example = "{command_name} --project api --since 7d",
    example = "{command_name} --kept -q"
)]
pub struct List {
    /// only this project, by its short name
    #[argh(option)]
    project: Option<String>,
    /// only this agent: claude or codex
    #[argh(option, from_str_fn(chosen::parse_agent))]
    agent: Option<Agent>,
    /// only conversations that went on at or after TIME: a day such as 2026-11-21, yesterday, monday or last week, a time
    /// such as 09:30 or 2026-11-21T09:30, or an age such as 90m, 12h, 7d, 3mo or 1y
    #[argh(option)]
    since: Option<String>,
    /// only conversations that began before TIME; if TIME is a day, up to the end of that day
    #[argh(option)]
    until: Option<String>,
    /// only conversations with copies that cs-keep made
    #[argh(switch)]
    kept: bool,
    /// only conversations with this tag, on them or on an entry; may be repeated, then with all of them
    #[argh(option)]
    tag: Vec<String>,
    /// only conversations with an entry of this disposition, such as followed or needs-review; may be repeated
    #[argh(option)]
    disposition: Vec<String>,
    /// only conversations that name this issue, such as ABC-12 or #12, in prompts, the branch or commits
    #[argh(option, long = "ref")]
    issue: Option<String>,
    /// at most this many conversations; 0: all
    #[argh(option, from_str_fn(parse_limit))]
    limit: Option<usize>,
}

/// Lines of the terminal that are no rows: the titles, and the prompt.
const OTHER_LINES: usize = 3;
/// Conversations that are looked at together.
const BATCH: usize = 256;

fn parse_limit(text: &str) -> Result<usize, String> {
    let wrong = || format!("{text:?} is not a number of conversations");
    text.parse().map(|limit| if limit == 0 { usize::MAX } else { limit }).map_err(|_| wrong())
}

impl List {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let filter = Filter {
            agent: self.agent,
            project: self.project.clone(),
            range: context.range(self.since.as_deref(), self.until.as_deref())?,
            kept: self.kept,
        };
        let (catalog, left) = chosen::catalog_with_remembered(context);
        let config = context.config();
        let store = context.store.clone();
        let tags = Tags::read(&store).unwrap_or_else(|error| {
            cli::defer(&error);
            Tags::default()
        });
        let issues = row::Issues { links: Links::of(&config), only: self.issue.clone() };
        let rows = Rows::of(&store, &config, &left, &filter, &tags, &issues)?;
        let may_fit = |one: &&Conversation| filter.may_fit(one) && tags.fit(&one.uuid, &self.tag, &self.disposition);
        let candidates: Vec<&Conversation> = catalog.conversations.iter().filter(may_fit).collect();
        let count = match context.out.form == Form::Table && !context.out.quiet {
            true => self.print_table(context, &catalog.conversations, &rows, &candidates)?,
            false => self.print_lines(context, &rows, &candidates)?,
        };
        context.out.flush()?;
        chosen::tell_compressed(&catalog);
        if count == 0 { Err(self.nothing(&catalog.conversations)) } else { Ok(()) }
    }

    /// One line a conversation, as they are found.
    fn print_lines(&self, context: &mut Context, rows: &Rows, all: &[&Conversation]) -> Outcome<usize> {
        let most = self.limit.unwrap_or(usize::MAX);
        let mut count = 0;
        rows.each(all, BATCH.min(most), &mut || {}, &mut |row| {
            count += 1;
            if context.out.quiet {
                context.out.line(&row.conversation)?
            } else {
                context.out.json(&row)?
            }
            Ok(count < most)
        })?;
        Ok(count)
    }

    fn print_table(
        &self,
        context: &mut Context,
        known: &[Conversation],
        rows: &Rows,
        all: &[&Conversation],
    ) -> Outcome<usize> {
        let room = terminal::height().map(|height| height.saturating_sub(OTHER_LINES).max(1));
        let most = self.limit.or(room).unwrap_or(usize::MAX);
        let mut progress = Progress::new(all.len());
        let mut found: Vec<Row> = Vec::new();
        rows.each(all, BATCH.min(most.saturating_add(1)), &mut || progress.step(), &mut |row| {
            found.push(row);
            Ok(found.len() <= most)
        })?;
        progress.clear();
        let is_more = found.len() > most;
        found.truncate(most);
        if !found.is_empty() {
            context.out.show(&table::table(&found, known, context.now))?;
        }
        if is_more && self.limit.is_none() {
            let text = context.out.styled("… and more: --limit N, or a pipe, shows them", render::Style::Dim);
            context.out.line(&text)?;
        }
        Ok(found.len())
    }

    fn nothing(&self, known: &[Conversation]) -> Failure {
        match known.is_empty() {
            true => Failure::Advised(
                "no conversation was found".into(),
                "cs-setup doctor says which folders of clients are read".into(),
            ),
            false => Failure::Nothing("no conversation fits".into()),
        }
    }
}
