//! Owns what is shown of limits: each limit now, its windows, budgets and planned starts. The last readings of a limit,
//! which every page shows, and its windows are cached while its file does not change.
//! Must stay true: what a limit is now is decided by `limits::card` alone; of a file that cannot be read, everything else
//! is shown.

use cs_core::Error;
use cs_core::clock::{Instant, TimeDelta};
use cs_core::config::Config;
use cs_core::stamp::{Stamp, unchanged};
use cs_core::store::Store;
use cs_core::zone::Zone;
use limit_words::PASSED;
use limits::budget::{self, Spent};
use limits::card::{self, Card};
use limits::history::{History, Window};
use limits::key::Key;
use limits::reading::Reading;
use limits::settings::{Settings, Start};
use limits::{file, plan, timeline};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How long each reading is kept in memory: enough for the picture of seven days.
const LATELY: TimeDelta = TimeDelta::days(8);
/// Only limits whose windows are not longer than this have a use by hour of the day.
const DAY: TimeDelta = TimeDelta::days(1);

/// All that is known about limits at an instant.
pub struct Known {
    pub now: Instant,
    pub limits: Vec<Limit>,
    pub budgets: Vec<Spent>,
    pub plan: Vec<Start>,
    /// What could not be read, or not be used of the settings.
    pub troubles: Vec<Error>,
}

/// A limit.
pub struct Limit {
    pub card: Card,
    pub past: Arc<Past>,
}

/// The windows of a limit.
#[derive(Debug)]
pub struct Past {
    /// The oldest first. Of the readings, those of the last days are there, and those that reached one of `PASSED`.
    pub windows: Vec<Window>,
    /// Percentage points by local hour; `None` if a window is longer than a day, or nothing was used lately.
    pub by_hour: Option<[f64; 24]>,
    /// When a window is best begun, in minutes since midnight.
    pub suggested: Option<u16>,
}

/// The last readings and the windows of all limits, as they were read.
#[derive(Debug, Default)]
pub struct Pasts {
    latest: Mutex<HashMap<Key, Latest>>,
    known: Mutex<HashMap<Key, Read>>,
}

#[derive(Debug)]
struct Latest {
    stamp: Stamp,
    readings: Vec<Reading>,
}

#[derive(Debug)]
struct Read {
    stamp: Stamp,
    /// The hour in which that was read: the use by hour is about the last weeks.
    hour: i64,
    past: Arc<Past>,
}

impl Pasts {
    /// Everything about limits at an instant.
    pub fn all(&self, store: &Store, now: Instant) -> Known {
        let config = store.config();
        let (settings, mut troubles) = Settings::read(&config, &store.home.config());
        let (cards, failed) = self.cards(store, &config, now);
        troubles.extend(failed);
        let mut limits = Vec::new();
        for card in cards {
            match self.past(store, &card.key, now) {
                Ok(past) => limits.push(Limit { card, past }),
                Err(error) => troubles.push(error),
            }
        }
        let budgets = budget::all(store, &settings.budgets, now);
        Known { now, limits, budgets, plan: settings.plan, troubles }
    }

    /// The limits now, and what could not be read.
    pub fn cards(&self, store: &Store, config: &Config, now: Instant) -> (Vec<Card>, Vec<Error>) {
        card::each(&store.home, |key| Ok(Card::of_readings(self.latest(store, key)?, key, config, now)))
    }

    fn latest(&self, store: &Store, key: &Key) -> cs_core::Result<Vec<Reading>> {
        let mut known = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = Stamp::of(&store.home.limit(&key.stem()));
        if let Some(latest) = known.get(key).filter(|latest| unchanged(Some(&latest.stamp), stamp.as_ref())) {
            return Ok(latest.readings.clone());
        }
        let readings = file::latest(&store.home, key)?;
        if let Some(stamp) = stamp {
            known.insert(key.clone(), Latest { stamp, readings: readings.clone() });
        }
        Ok(readings)
    }

    fn past(&self, store: &Store, key: &Key, now: Instant) -> cs_core::Result<Arc<Past>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = Stamp::of(&store.home.limit(&key.stem()));
        let hour = now.timestamp().div_euclid(3600);
        if let Some(read) =
            known.get(key).filter(|read| read.hour == hour && unchanged(Some(&read.stamp), stamp.as_ref()))
        {
            return Ok(read.past.clone());
        }
        let past = Arc::new(Past::of(card::all_windows(&store.home, key, now)?, key, now));
        if let Some(stamp) = stamp {
            known.insert(key.clone(), Read { stamp, hour, past: past.clone() });
        }
        Ok(past)
    }
}

impl Past {
    fn of(history: History, key: &Key, now: Instant) -> Past {
        let length = key.length().filter(|length| *length <= DAY && !history.two_accounts);
        let by_hour = length.map(|_| timeline::by_hour(&history, now, Zone::system()));
        let by_hour = by_hour.filter(|hours| hours.iter().any(|points| *points > 0.0));
        let hours = length.and_then(|length| u16::try_from(length.num_hours()).ok());
        let days = timeline::days(&history, now, Zone::system());
        let suggested = by_hour.as_ref().zip(hours).and_then(|(by_hour, hours)| plan::suggest(by_hour, days, hours));
        let suggested = suggested.map(|suggested| suggested.start);
        let mut windows = history.windows;
        windows.iter_mut().for_each(|window| thin_out(window, now));
        Past { windows, by_hour, suggested }
    }
}

/// Leaves out the readings that nothing shows.
fn thin_out(window: &mut Window, now: Instant) {
    let reached = PASSED.map(|percent| window.passed(percent.into()));
    window.readings.retain(|reading| now - reading.at <= LATELY || reached.contains(&Some(reading.at)));
    window.readings.shrink_to_fit();
}

#[cfg(test)]
mod tests {
    use super::*;
    use cs_core::clock;
    use cs_core::paths::Home;
    use std::fs::{self, File};
    use std::time::{Duration, SystemTime};

    #[test]
    fn an_old_window_still_says_when_it_passed_what() {
        let at = |text: &str| clock::parse(text).unwrap();
        let resets_at = at("2026-11-01T15:00:00Z");
        let readings = [10.0, 40.0, 52.0, 60.0, 91.0, 95.0].into_iter().enumerate();
        let readings =
            readings.map(|(n, used)| Reading { at: resets_at - TimeDelta::minutes(200 - n as i64), used, resets_at });
        let mut window = Window {
            resets_at,
            began_at: None,
            used: 95.0,
            highest: 95.0,
            corrected_at: None,
            ended_at: resets_at,
            readings: readings.collect(),
            seen_at: resets_at,
        };
        let before = PASSED.map(|percent| window.passed(percent.into()));
        let whole = window.clone();
        thin_out(&mut window, at("2026-11-05T00:00:00Z"));
        assert_eq!(window, whole, "those of the last days are all there");
        thin_out(&mut window, at("2026-11-21T00:00:00Z"));
        assert_eq!(window.readings.len(), 2);
        assert_eq!(PASSED.map(|percent| window.passed(percent.into())), before);
    }
    #[test]
    fn the_file_of_a_limit_is_read_again_only_if_it_changed() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_people(Home::at(dir.path()), agents::WITNESS);
        let key = Key::parse("claude-five_hour").unwrap();
        let path = store.home.limit("claude-five_hour");
        fs::create_dir_all(store.home.limits_dir()).unwrap();
        let (pasts, config) = (Pasts::default(), store.config());
        let line = |minute: u32, used: u32| {
            format!(
                "{{\"at\":\"2026-11-21T09:{minute:02}:00Z\",\"used\":{used},\"resets_at\":\"2026-11-21T13:00:00Z\"}}\n"
            )
        };
        let now = clock::parse("2026-11-21T10:00:00Z").unwrap();
        let used = || pasts.cards(&store, &config, now).0.first().map(|card| card.window.used);
        assert_eq!(used(), None);
        fs::write(&path, line(10, 30)).unwrap();
        let long_ago = SystemTime::now() - Duration::from_secs(60);
        File::options().append(true).open(&path).unwrap().set_modified(long_ago).unwrap();
        assert_eq!(used(), Some(30.0));
        // A reading that only the cache has.
        pasts.latest.lock().unwrap().get_mut(&key).unwrap().readings.last_mut().unwrap().used = 31.0;
        assert_eq!(used(), Some(31.0), "it was read again");
        fs::write(&path, line(10, 30) + &line(20, 40)).unwrap();
        assert_eq!(used(), Some(40.0));
        fs::remove_file(&path).unwrap();
        assert_eq!(used(), None);
    }
}
