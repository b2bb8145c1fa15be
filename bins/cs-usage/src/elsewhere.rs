//! Owns what other machines used (`--also`): rows of their own, each with its machine. Must stay true: nothing of this
//! machine is counted twice; without `--also` nothing changes.

use crate::options::Options;
use crate::output::print_remark;
use crate::part::Part;
use crate::row::{Field, Shown, Sides, Subject, UsageRow};
use cli::{Context, Failures, Form, Out, Outcome, note};
use cs_core::clock::Date;
use cs_core::days::DayRow;
use cs_core::range::Range;
use cs_core::zone::{Zone, monday};
use render::{Column, format_quantity};
use serde_json::json;
use std::collections::BTreeMap;
use sync::Machine;
use sync::also::Also;
use usage::report::By;
use usage::sum::Sum;

/// The name of what a machine used before the days that it sends.
const EARLIER: &str = "earlier";

/// A part of what was used, and where.
pub struct Placed {
    part: Part,
    /// `None`: other machines were not asked for.
    machine: Option<Place>,
}

/// A machine.
#[derive(Clone)]
struct Place {
    name: String,
    owner: Option<String>,
}

impl Subject for Placed {
    fn fields(&self, sum: &Sum) -> Sides<Field> {
        let mut sides = self.part.fields(sum);
        if let Some(Place { name, owner }) = &self.machine {
            sides.before.extend([("machine", json!(name)), ("owner", json!(owner))]);
        }
        sides
    }

    fn columns(&self, sum: &Sum) -> Sides<Shown> {
        let mut sides = self.part.columns(sum);
        if let Some(Place { name, owner }) = &self.machine {
            let owner = owner.clone().unwrap_or_default();
            let columns = [Column::text("machine").worth(65).shrinks(8), Column::text("owner").worth(10).shrinks(8)];
            sides.before.extend(columns.into_iter().zip([name.clone(), owner]));
        }
        sides
    }

    fn has_share(&self) -> bool {
        self.part.has_share()
    }
}

/// The rows of all machines.
pub struct Joined {
    pub rows: Vec<UsageRow<Placed>>,
    /// How many other machines have some.
    pub machines: usize,
}

/// Joins the rows of this machine with those of others: rows of one name follow each other, those of this machine first.
pub fn join(
    own: Vec<UsageRow<Part>>,
    by: By,
    options: &Options,
    zone: &Zone,
    context: &Context,
    failures: &mut Failures,
) -> Outcome<Joined> {
    if options.also.is_empty() {
        let place = |row: UsageRow<Part>| placed(row, None);
        return Ok(Joined { rows: own.into_iter().map(place).collect(), machines: 0 });
    }
    let home = &context.store.home;
    let here = Some(Place { name: Machine::name_here(home)?, owner: None });
    let range = Range::parse(options.since.as_deref(), options.until.as_deref(), zone, context.now)?;
    let days = range.days(zone);
    let also = Also::beside(home, &options.also)?;
    let (mut others, mut machines) = (BTreeMap::<String, Vec<UsageRow<Placed>>>::new(), 0);
    let is_local = options.repo.is_some() || options.agent.is_some() || options.account.is_some();
    if is_local {
        note(crate::PROGRAM, "repositories, agents and accounts are known only of this machine; others are left out");
    }
    for machine in also.machines.iter().filter(|_| !is_local) {
        let rows = match machine.usage() {
            Ok(rows) => rows,
            Err(error) => {
                failures.report(error)?;
                continue;
            }
        };
        let place = Place { name: machine.name().to_string(), owner: machine.owner().map(str::to_string) };
        let wanted = rows.iter().filter(|row| is_wanted(row, days, options.project.as_deref()));
        let groups = groups(wanted, by);
        machines += usize::from(!groups.is_empty());
        for (name, row) in groups {
            others.entry(name).or_default().push(placed(row, Some(place.clone())));
        }
    }
    also.failures.into_iter().try_for_each(|error| failures.report(error))?;
    Ok(Joined { rows: merge(own, others, by, &here), machines })
}

fn placed(row: UsageRow<Part>, machine: Option<Place>) -> UsageRow<Placed> {
    UsageRow { subject: Placed { part: row.subject, machine }, sum: row.sum, models: row.models }
}

fn is_wanted(row: &DayRow, (from, until): (Option<Date>, Option<Date>), project: Option<&str>) -> bool {
    let day = row.date.as_deref().and_then(|day| day.parse::<Date>().ok());
    let is_in = match day {
        Some(day) => from.is_none_or(|from| from <= day) && until.is_none_or(|until| day <= until),
        None => from.is_none() && until.is_none(),
    };
    is_in && project.is_none_or(|project| row.project == project)
}

/// The rows of one machine, by name.
fn groups<'r>(rows: impl Iterator<Item = &'r DayRow>, by: By) -> BTreeMap<String, UsageRow<Part>> {
    let mut groups: BTreeMap<String, UsageRow<Part>> = BTreeMap::new();
    for row in rows {
        let name = name(row, by);
        let new = || UsageRow { subject: part(&name, by), sum: Sum::default(), models: BTreeMap::new() };
        let group = groups.entry(name.clone()).or_insert_with(new);
        let sum = Sum::from(&row.amount);
        group.sum.merge(&sum);
        group.models.entry(row.model.clone()).or_default().merge(&sum);
    }
    groups
}

fn name(row: &DayRow, by: By) -> String {
    let day = row.date.as_deref().and_then(|day| day.parse::<Date>().ok());
    match (by, day) {
        (By::Project, _) => row.project.clone(),
        (By::Model, _) => row.model.clone(),
        (_, None) => EARLIER.to_string(),
        (By::Week, Some(day)) => monday(day).to_string(),
        (By::Month, Some(day)) => day.to_string().chars().take(7).collect(),
        (_, Some(day)) => day.to_string(),
    }
}

fn part(name: &str, by: By) -> Part {
    let kind = match by {
        By::Model => return Part::Model { model: name.to_string(), agent: None },
        By::Project => "project",
        By::Week => "week",
        By::Month => "month",
        By::Day | By::Session | By::Repo => "date",
    };
    Part::Named { kind, name: name.to_string() }
}

/// Days, weeks and months in their order; projects and models in that of this machine, then those that it has not.
fn merge(
    own: Vec<UsageRow<Part>>,
    mut others: BTreeMap<String, Vec<UsageRow<Placed>>>,
    by: By,
    here: &Option<Place>,
) -> Vec<UsageRow<Placed>> {
    let is_of_days = matches!(by, By::Day | By::Week | By::Month);
    let earlier = if is_of_days { others.remove(EARLIER) } else { None };
    let mut rows: Vec<UsageRow<Placed>> = earlier.unwrap_or_default();
    for row in own {
        let name = match &row.subject {
            Part::Named { name, .. } => name.clone(),
            Part::Model { model, .. } => model.clone(),
            Part::Conversation(_) => String::new(),
        };
        while let Some(first) = others.first_entry().filter(|first| is_of_days && *first.key() < name) {
            rows.extend(first.remove());
        }
        rows.push(placed(row, here.clone()));
        rows.extend(others.remove(&name).unwrap_or_default());
    }
    rows.extend(others.into_values().flatten());
    rows
}

/// Says below a table what is in it of others.
pub fn print_source(out: &mut Out, options: &Options, machines: usize) -> Outcome<()> {
    if machines == 0 || out.quiet || options.csv || out.form == Form::Json {
        return Ok(());
    }
    let others = format_quantity(machines as u64, "other machine");
    print_remark(out, &format!("with {others}, as each counted it; days are those of each machine"))?;
    out.flush()
}
