//! Owns the files of the status line: the last figures of each conversation, and the costs of each day. Both are caches
//! of what the client reports. Must stay true: nothing here waits for a lock; figures that cannot be stored now are
//! stored the next time.

use super::Store;
use crate::clock::{self, Date};
use crate::error::Result;
use crate::file::{self, Durability};
use crate::id::Uuid;
use crate::lock;
use crate::paths::Home;
use crate::statusline::{Day, Reading};
use crate::validate;
use serde::de::DeserializeOwned;
use std::path::Path;
use std::time::Duration;

impl Store {
    /// The last figures of a conversation; `None` if its status line never ran.
    pub fn reading(&self, uuid: &Uuid) -> Option<Reading> {
        let now = clock::now();
        let reading: Reading = cached(&self.home.reading(uuid))?;
        // The newest figures win, so figures dated to a future day would win for ever.
        let is_to_come = clock::parse(&reading.at).is_some_and(|at| (at - now).num_days() >= 1);
        (!is_to_come).then(|| reading.bounded(now))
    }

    /// The cost of each conversation on a local day; empty if nothing is known.
    pub fn spent_on(&self, day: &Date) -> Day {
        let mut spent: Day = cached(&self.home.spent_on(day)).unwrap_or_default();
        spent.retain(|_, cost| validate::dollars(*cost).is_some());
        spent
    }

    /// Stores figures, unless another status line is just storing its own for the same day.
    pub fn keep_reading(&self, uuid: &Uuid, reading: &Reading, day: &Date) -> Result<()> {
        let path = self.home.spent_on(day);
        let _lock = lock::acquire(&Home::lock_of(&path), Duration::ZERO)?;
        if let Some(cost) = reading.cost_today_usd() {
            let mut spent = self.spent_on(day);
            spent.insert(uuid.to_string(), cost);
            replace(&path, &spent)?;
        }
        replace(&self.home.reading(uuid), reading)
    }
}

fn cached<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&file::read(path).ok()??).ok()
}

fn replace(path: &Path, value: &impl serde::Serialize) -> Result<()> {
    let mut bytes = serde_json::to_vec(value).unwrap_or_default();
    bytes.push(b'\n');
    file::replace(path, &bytes, Durability::Disposable)
}
