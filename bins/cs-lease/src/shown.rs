//! Owns how leases are shown, and the message about those that are in the way.

use crate::asker::Asker;
use cli::{Block, Context, Form, Outcome};
use cs_core::clock::Instant;
use cs_core::zone::Zone;
use render::{Column, Style, Table, TableCell, format_local_minute, format_quantity, format_until};
use seats::Lease;
use serde::Serialize;

/// A lease with its project, as JSON.
#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    lease: &'a Lease,
    project_slug: &'a str,
}

/// Prints a lease that was granted, renewed or released.
pub fn print(context: &mut Context, asker: &Asker, project_slug: &str, lease: &Lease) -> Outcome<()> {
    if context.out.form == Form::Json || context.out.quiet {
        return print_row(context, project_slug, lease);
    }
    let mut block = Block::new(&lease.paths.join(", "));
    block.field("id", &lease.id);
    block.field("token", &lease.token.to_string());
    block.field("project", project_slug);
    block.field("work tree", lease.worktree_root.as_deref().unwrap_or("all"));
    block.field("owner", &asker.name(lease));
    block.field("until", &until(lease, context.now));
    block.field("shared", if lease.shared { "yes" } else { "" });
    block.field("reason", lease.reason.as_deref().unwrap_or_default());
    block.print(&mut context.out)
}

/// Prints the leases that a command has changed.
pub fn print_changed(context: &mut Context, asker: &Asker, project_slug: &str, leases: &[Lease]) -> Outcome<()> {
    leases.iter().try_for_each(|lease| print(context, asker, project_slug, lease))?;
    context.out.flush()
}

/// Prints leases with the names of their projects.
pub fn print_all(context: &mut Context, asker: &Asker, leases: &[(String, Lease)]) -> Outcome<()> {
    match context.out.form {
        Form::Table if !context.out.quiet => context.out.show(&table(asker, leases, context.now)).map(drop),
        _ => leases.iter().try_for_each(|(slug, lease)| print_row(context, slug, lease)),
    }
}

fn print_row(context: &mut Context, project_slug: &str, lease: &Lease) -> Outcome<()> {
    match context.out.quiet {
        true => context.out.line(&lease.id),
        false => context.out.json(&Row { lease, project_slug }),
    }
}

fn table(asker: &Asker, leases: &[(String, Lease)], now: Instant) -> Table {
    let mut table = Table::new(vec![
        Column::text("id"),
        Column::text("project").worth(4),
        Column::main("paths"),
        Column::text("owner").shrinks(10).worth(5),
        Column::text("left").worth(3),
        Column::text("shared").worth(2),
        Column::text("reason").shrinks(10).worth(1),
    ]);
    for (slug, lease) in leases {
        let style = if asker.is_own(lease) { Style::Good } else { Style::Plain };
        let left = lease.ends().map(|end| format_until(end, now)).unwrap_or_default();
        table.push(vec![
            TableCell::styled(&lease.id, Style::Dim),
            TableCell::from(&**slug),
            TableCell::from(lease.paths.join(", ")),
            TableCell::styled(asker.name(lease), style),
            TableCell::from(left),
            TableCell::from(if lease.shared { "yes" } else { "" }),
            TableCell::from(lease.reason.as_deref().unwrap_or_default()),
        ]);
    }
    table
}

fn until(lease: &Lease, now: Instant) -> String {
    let end = |end| format!("{} (in {})", format_local_minute(end, Zone::system()), format_until(end, now));
    lease.ends().map(end).unwrap_or_default()
}

/// How many leases a message names.
const SHOWN: usize = 3;

/// The message about leases that are in the way:
/// `src is taken by builder (agent_…) until 2026-11-21 11:00 (in 1 h), for "login"`.
pub fn taken(asker: &Asker, leases: &[Lease], now: Instant) -> String {
    let one = |lease: &Lease| {
        let verb = if lease.paths.len() == 1 { "is" } else { "are" };
        let how = if lease.shared { "shared" } else { "taken" };
        let reason = lease.reason.as_ref().map(|reason| format!(", for {reason:?}")).unwrap_or_default();
        let (paths, owner) = (lease.paths.join(", "), asker.name(lease));
        format!("{paths} {verb} {how} by {owner} until {}{reason}", until(lease, now))
    };
    let mut all: Vec<String> = leases.iter().take(SHOWN).map(one).collect();
    let more = leases.len().saturating_sub(SHOWN);
    if more > 0 {
        all.push(format!("{} in the way", format_quantity(more as u64, "more lease")));
    }
    all.join("; ")
}
