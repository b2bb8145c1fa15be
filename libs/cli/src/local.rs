//! Owns local time: the person's day, and how an instant is said. Asks the C library, which knows the
//! zone from `TZ` or `/etc/localtime`.

use cs_core::clock::{self, Date, Instant};

/// A local day and its first instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    pub date: Date,
    pub began: Instant,
}

impl Day {
    /// The local day of an instant.
    pub fn of(now: Instant) -> Self {
        let parts = parts(now);
        let mut midnight = libc::tm { tm_hour: 0, tm_min: 0, tm_sec: 0, tm_isdst: -1, ..parts };
        // SAFETY: the argument is a whole `tm` that the call may normalise.
        let seconds = unsafe { libc::mktime(&raw mut midnight) };
        Day { date: date(&parts), began: clock::from_millis(seconds.saturating_mul(1000)).unwrap_or(now) }
    }
}

/// `15:00` on the same local day, else `Mon 15:00`.
pub fn say(at: Instant, today: &Day) -> String {
    const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    let parts = parts(at);
    let time = format!("{:02}:{:02}", parts.tm_hour, parts.tm_min);
    if date(&parts) == today.date {
        return time;
    }
    let weekday = usize::try_from(parts.tm_wday).ok().and_then(|day| WEEKDAYS.get(day)).unwrap_or(&"");
    format!("{weekday} {time}")
}

fn date(parts: &libc::tm) -> Date {
    let ordinal = u32::try_from(parts.tm_yday + 1).unwrap_or(1);
    Date::from_yo_opt(parts.tm_year + 1900, ordinal).unwrap_or_default()
}

fn parts(at: Instant) -> libc::tm {
    let seconds = at.timestamp();
    // SAFETY: `tm` is plain old data for which all zeros is a value; both pointers are valid for the call.
    unsafe {
        let mut parts: libc::tm = std::mem::zeroed();
        libc::localtime_r(&raw const seconds, &raw mut parts);
        parts
    }
}
