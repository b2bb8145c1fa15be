//! Owns the sources `limit/<stem>/<month>`: the readings of a limit in a month (UTC), in the order of the file. Its stem says
//! the client, a hash of the account's folder if that is not the default one, and the window: nothing else of the account
//! leaves. Must stay true: readings that are removed here because they are old stay where they were sent.

use super::{Each, Found, Halt, Listed, Origin, Request, Shared, outgoing};
use crate::digest::Digest;
use crate::row::{Row, Table};
use crate::source::{Kind, Source};
use cs_core::clock::{self, TimeDelta};
use cs_core::error::Result;
use limits::file::KEPT_DAYS;
use limits::key::Key;
use limits::reading::Reading;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// Number of characters of a month.
const MONTH: usize = "2026-11".len();
/// So many days before readings are removed, those of the same month may be gone.
const FADING_DAYS: i64 = 32;

/// Readings of limits, as the clients reported them.
#[derive(Default)]
pub struct Limits {
    months: HashMap<Source, (Key, Vec<Reading>)>,
}

/// The body of a row.
#[derive(Serialize)]
struct Body<'b> {
    agent: &'b str,
    /// A hash of the account's folder; absent for the default one.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'b str>,
    window: &'b str,
    at: &'b str,
    used: f64,
    resets_at: String,
}

impl Origin for Limits {
    fn list(&mut self, shared: &mut Shared, request: &Request, found: &mut Found<'_>) -> Result<()> {
        self.months.clear();
        if !request.wants(None) {
            return Ok(());
        }
        let home = &shared.store.home;
        for key in limits::file::keys(home)? {
            match limits::file::all(home, &key) {
                Ok(readings) => self.months_of(&key, readings).into_iter().for_each(&mut *found),
                Err(error) => shared.failures.push(error),
            }
        }
        Ok(())
    }

    fn render(&mut self, _shared: &mut Shared, listed: &Listed, each: &mut Each<'_>) -> std::result::Result<(), Halt> {
        let Some((key, readings)) = self.months.get(&listed.source) else { return Err(Halt::Unwanted) };
        readings.iter().try_for_each(|reading| each(row(key, reading)?, Vec::new()))
    }
}

impl Limits {
    fn months_of(&mut self, key: &Key, readings: Vec<Reading>) -> Vec<Listed> {
        let fading = clock::now() - TimeDelta::days(KEPT_DAYS - FADING_DAYS);
        let mut months: BTreeMap<String, Vec<Reading>> = BTreeMap::new();
        for reading in readings {
            let month = clock::stamp(reading.at).chars().take(MONTH).collect();
            months.entry(month).or_default().push(reading);
        }
        let mut listed = Vec::new();
        for (month, readings) in months {
            let Some(source) = Source::new(Kind::Limit, &format!("{}/{month}", key.stem())) else { continue };
            let mut digest = Digest::default();
            readings.iter().for_each(|reading| digest.add(reading.line().as_bytes()));
            let is_fading = readings.iter().any(|reading| reading.at < fading);
            listed.push(Listed { is_fading, ..Listed::new(source.clone(), digest.text()) });
            self.months.insert(source, (key.clone(), readings));
        }
        listed
    }
}

fn row(key: &Key, reading: &Reading) -> std::result::Result<Row, Halt> {
    let Reading { at, used, resets_at } = *reading;
    let at = clock::stamp(at);
    let (agent, account, window) = (key.agent.word(), key.account.as_deref(), key.window.as_str());
    let body = Body { agent, account, window, at: &at, used, resets_at: clock::stamp(resets_at) };
    Ok(Row {
        table: Table::LimitReading,
        id: key.stem(),
        kind: None,
        project: None,
        agent: Some(agent.to_string()),
        conversation: None,
        body: outgoing::plain(&body)?,
        at: Some(at),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
