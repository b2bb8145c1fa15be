//! Finds what was said in conversations of all agents.
//!
//! Reads: the clients' logs and `history.jsonl`, `kept/`, session records, `live/`, `config.json`. Writes: nothing.
//! Exits: 0 found, 1 nothing found, 64 usage, 65 invalid, 74 disk.

mod args;
mod counts;
mod found;
mod people;
mod wanted;

use args::Args;
use cli::{Context, Failure, Form, Out, Outcome};
use conversations::search::{Hit, Query, search};
use conversations::{Catalog, Conversation};
use cs_core::Error;
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::process::ExitCode;

const PROGRAM: &str = "cs-search";
/// How much is printed unless `--limit` says otherwise.
const LIMIT: usize = 50;

fn main() -> ExitCode {
    cli::run(PROGRAM, work)
}

fn work(args: Args, out: Out) -> Outcome<()> {
    let mut context = Context::new(out)?;
    let query = args.query(&context)?;
    let limit = args.limit.unwrap_or(LIMIT);
    let catalog = wanted::catalog(&context, &query);
    let query = Query { only: args.only(&context, &catalog)?, ..query };
    let found = match (args.count, context.out.quiet) {
        (true, false) => counts::print(&mut context, &catalog, &query, limit)?,
        (_, true) => print_ids(&mut context, &catalog, &query, limit)?,
        (false, false) => print_hits(&mut context, &catalog, &query, limit)?,
    };
    context.out.flush()?;
    if found.count == 0 {
        return Err(args.nothing(&catalog));
    }
    if found.is_more && context.out.form == Form::Table {
        cli::note(PROGRAM, &format!("there is more; --limit 0 shows all, --limit N the first N (now {limit})"));
    }
    Ok(())
}

/// What was printed.
#[derive(Default)]
struct Printed {
    count: usize,
    /// Whether there was more than the limit.
    is_more: bool,
}

/// Passes every hit to `print`, which returns whether it takes more.
fn each_hit(
    context: &mut Context,
    catalog: &Catalog,
    query: &Query,
    print: &mut (dyn FnMut(&mut Out, Hit) -> Outcome<bool> + Send),
) -> Outcome<()> {
    let mut done = Ok(());
    let Context { store, out, .. } = context;
    let mut each = |hit| match print(out, hit) {
        Ok(true) => ControlFlow::Continue(()),
        Ok(false) => ControlFlow::Break(()),
        Err(failure) => {
            done = Err(failure);
            ControlFlow::Break(())
        }
    };
    let searched = search(catalog, store, query, None, &mut each);
    for (path, error) in searched.unread {
        cli::defer(&Error::io(&path, "read", error));
    }
    done
}

fn print_hits(context: &mut Context, catalog: &Catalog, query: &Query, limit: usize) -> Outcome<Printed> {
    let mut printed = Printed::default();
    let is_table = context.out.form == Form::Table;
    let mut group = people::Group::new(catalog);
    let mut before = None;
    each_hit(context, catalog, query, &mut |out, hit| {
        if printed.count == limit && limit > 0 {
            printed.is_more = true;
            return Ok(false);
        }
        printed.count += 1;
        // What is found is seen at once, although not every line by itself.
        let place = Some((hit.conversation.clone(), hit.session_id.clone()));
        let is_new = std::mem::replace(&mut before, place.clone()) != place;
        if is_new {
            out.flush()?;
        }
        if is_table {
            group.print(out, &hit)?
        } else {
            out.json(&found::Found::of(&hit))?
        }
        Ok(true)
    })?;
    if is_table {
        group.end(&mut context.out)?;
    }
    Ok(printed)
}

/// The ids of the conversations, each once.
fn print_ids(context: &mut Context, catalog: &Catalog, query: &Query, limit: usize) -> Outcome<Printed> {
    let mut printed = Printed::default();
    let mut known = HashSet::new();
    each_hit(context, catalog, query, &mut |out, hit| {
        let Some(id) = hit.conversation.or(hit.session_id).filter(|id| !known.contains(id)) else { return Ok(true) };
        if printed.count == limit && limit > 0 {
            printed.is_more = true;
            return Ok(false);
        }
        printed.count += 1;
        out.line(&cli::sanitize(&id))?;
        out.flush()?;
        known.insert(id);
        Ok(true)
    })?;
    Ok(printed)
}

impl Args {
    fn nothing(&self, catalog: &Catalog) -> Failure {
        if catalog.conversations.iter().all(|one: &Conversation| one.logs.is_empty()) {
            let hint = "cs-setup doctor says where the clients' logs are looked for".to_string();
            return Failure::Advised("there is no conversation yet".into(), hint);
        }
        if let (Some(path), true) = (&self.files, self.words.is_empty() && self.regex.is_empty()) {
            return Failure::Nothing(format!("no call for a file {path} was found"));
        }
        let project = self.project.as_ref().map(|project| format!(" in project {project}"));
        let text = format!("nothing was found{}", project.unwrap_or_default());
        let limits = [&self.files, &self.project, &self.since, &self.until, &self.issue];
        let has_words = !self.tag.is_empty() || !self.disposition.is_empty();
        match self.r#in.is_none() && !has_words && limits.iter().all(|limit| limit.is_none()) {
            true => Failure::Advised(text, "--in all also looks at commands, results and what clients put in".into()),
            false => Failure::Nothing(text),
        }
    }
}
