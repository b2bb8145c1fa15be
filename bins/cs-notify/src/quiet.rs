//! Owns quiet hours: a span of the day, in local time, in which no notice is sent. It may cross
//! midnight; it includes its start, but not its end.

use cs_core::clock::Instant;
use cs_core::zone::Zone;
use render::format_time_of_day;

/// A span of the day, in minutes since midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    from: u16,
    to: u16,
}

impl Quiet {
    /// Parses the span between two times such as `22:00`; the error says what is wrong with them.
    pub fn parse(from: &str, to: &str) -> Result<Self, String> {
        let time =
            |text: &str| minutes(text).ok_or_else(|| format!("{text:?} is not a time; write one such as \"22:00\""));
        let (from, to) = (time(from)?, time(to)?);
        if from == to {
            return Err("from and to are the same; remove quiet_hours to have none".into());
        }
        Ok(Quiet { from, to })
    }

    /// Whether the instant is in the span, in the zone of this machine (`TZ`).
    pub fn holds_at(&self, now: Instant) -> bool {
        self.covers(local_minute(now))
    }

    /// The start of the span, such as `22:00`.
    pub fn start(&self) -> String {
        format_time_of_day(self.from)
    }

    /// The end of the span, such as `07:30`.
    pub fn end(&self) -> String {
        format_time_of_day(self.to)
    }

    fn covers(&self, minute: u16) -> bool {
        if self.from < self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        }
    }
}

fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str| -> Option<u16> {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// Minutes since midnight on the local clock.
fn local_minute(now: Instant) -> u16 {
    let seconds = Zone::system().local(now).and_utc().timestamp().rem_euclid(86_400);
    u16::try_from(seconds / 60).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(from: &str, to: &str, at: &str) -> bool {
        Quiet::parse(from, to).unwrap().covers(minutes(at).unwrap())
    }

    #[test]
    fn a_span_has_its_start_and_not_its_end_and_may_cross_midnight() {
        for at in ["22:00", "23:59", "00:00", "07:59"] {
            assert!(covered("22:00", "08:00", at), "{at}");
        }
        for at in ["21:59", "08:00", "12:00"] {
            assert!(!covered("22:00", "08:00", at), "{at}");
        }
        assert!(covered("12:00", "13:30", "12:00") && covered("12:00", "13:30", "13:29"));
        assert!(!covered("12:00", "13:30", "13:30") && !covered("12:00", "13:30", "00:00"));
    }

    #[test]
    fn invalid_times_are_refused() {
        for bad in ["", "8", "8:00", "08:60", "24:00", "08:00:00", "-1:00", "+1:00", "ab:cd", "é:00", "22.00"] {
            assert!(Quiet::parse(bad, "08:00").is_err(), "{bad}");
        }
        assert!(Quiet::parse("08:00", "08:00").is_err());
    }
}
