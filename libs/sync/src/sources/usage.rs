//! Owns the sources `usage/<day>` and `usage/before`: a row for each model and project of a day in `usage/days.json`, with
//! the names that `cs-usage daily --json` has. Must stay true: the sum of all rows is the sum of the file, also after the
//! oldest days became a part of `before`.

use super::{Each, Found, Halt, Listed, Origin, Request, Shared, outgoing};
use crate::digest::Digest;
use crate::packed::Packed;
use crate::row::{Row, Table};
use crate::source::{Kind, Source};
use cs_core::clock::{Date, TimeDelta};
use cs_core::days::{Amount, DayRow, Days};
use cs_core::error::{Error, Result};
use cs_core::file;
use redaction::Entry;
use serde::Serialize;
use std::collections::BTreeMap;

/// The name of what has no day of its own.
const BEFORE: &str = "before";
/// A target that cannot be asked may have so many days that are part of `before` now: as many as have rows of their own.
const MAYBE: i64 = 53 * 7;

/// What was used, by the day.
#[derive(Default)]
pub struct UsageDays {
    days: BTreeMap<String, Vec<DayRow>>,
    /// The first day with rows of its own.
    from: Option<String>,
    /// Whether the target cannot be asked.
    is_blind: bool,
}

/// The body of a row.
#[derive(Serialize)]
struct Body<'b> {
    /// Absent for what was used before the first day with rows of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<&'b str>,
    /// For that: this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'b str>,
    project: &'b str,
    model: &'b str,
    #[serde(flatten)]
    amount: Amount,
}

impl Origin for UsageDays {
    fn list(&mut self, shared: &mut Shared, request: &Request, found: &mut Found<'_>) -> Result<()> {
        *self = UsageDays { is_blind: request.is_blind, ..UsageDays::default() };
        if !request.wants(None) {
            return Ok(());
        }
        let path = shared.store.home.usage_days();
        let Some(bytes) = file::read(&path)? else { return Ok(()) };
        let days: Days = serde_json::from_slice(&bytes).map_err(|error| Error::corrupt(&path, error.to_string()))?;
        self.from = days.from;
        for row in days.rows {
            self.days.entry(row.date.clone().unwrap_or_else(|| BEFORE.to_string())).or_default().push(row);
        }
        let from = self.from.clone().unwrap_or_default();
        let listed = self.days.iter().filter_map(|(day, rows)| {
            let from = if day == BEFORE { from.as_str() } else { "" };
            Some(Listed::new(Source::new(Kind::Usage, day)?, stamp(rows, from)))
        });
        listed.for_each(found);
        Ok(())
    }

    fn render(&mut self, shared: &mut Shared, listed: &Listed, each: &mut Each<'_>) -> std::result::Result<(), Halt> {
        let rows = self.days.get(listed.source.name()).map(Vec::as_slice).unwrap_or_default();
        rows.iter().try_for_each(|of| {
            let (row, replaced) = row(shared, of, self.from.as_deref())?;
            each(row, replaced)
        })
    }

    /// Days that became a part of `before`.
    fn outdated(&self, _: &Shared, known: &Packed) -> Vec<Source> {
        let Some(from) = self.from.as_deref().filter(|_| self.days.contains_key(BEFORE)) else { return Vec::new() };
        let is_over =
            |source: &&Source| source.kind() == Kind::Usage && source.name() != BEFORE && source.name() < from;
        if !self.is_blind {
            return known.filled().filter(is_over).cloned().collect();
        }
        let Ok(first) = from.parse::<Date>() else { return Vec::new() };
        let days = (1..=MAYBE).filter_map(|n| first.checked_sub_signed(TimeDelta::days(n)));
        days.filter_map(|day| Source::new(Kind::Usage, &day.to_string())).collect()
    }
}

/// A text that is another one if any of the rows is.
fn stamp(rows: &[DayRow], from: &str) -> String {
    let mut digest = Digest::default();
    rows.iter().for_each(|row| digest.add(&serde_json::to_vec(row).unwrap_or_default()));
    format!("{} {from}", digest.text())
}

fn row(shared: &mut Shared, of: &DayRow, from: Option<&str>) -> std::result::Result<(Row, Vec<Entry>), Halt> {
    let DayRow { date, project, model, amount } = of;
    let (mut project, mut model) = (project.clone(), model.clone());
    // A project without a short name is a folder, and a model's name is from a log.
    let mut records = reports::Records::new(&mut shared.engine);
    records.text("project", &mut project);
    records.text("model", &mut model);
    let replaced = records.ledger();
    let before = from.filter(|_| date.is_none());
    let body = Body { date: date.as_deref(), before, project: &project, model: &model, amount: *amount };
    let row = Row {
        table: Table::UsageDay,
        kind: None,
        at: date.as_ref().map(|date| format!("{date}T00:00:00.000000+00:00")),
        agent: None,
        conversation: None,
        body: outgoing::plain(&body)?,
        id: model.clone(),
        project: Some(project.clone()),
    };
    Ok((row, replaced))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
