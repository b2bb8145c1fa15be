//! Owns how days of the week and times of the day are written in a plan: `mon-fri`, `sat,sun`, `daily`; `07:00`.

/// Every day.
pub const DAILY: [bool; 7] = [true; 7];

/// The days of a week as settings name them, Monday first.
pub const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The days that a text names, Monday first: days and spans of days, between commas; a span may go over Sunday.
pub fn parse(text: &str) -> Option<[bool; 7]> {
    if text.trim() == "daily" {
        return Some(DAILY);
    }
    let mut days = [false; 7];
    for span in text.split(',') {
        let (first, last) = span.split_once('-').unwrap_or((span, span));
        let (first, last) = (day(first)?, day(last)?);
        let count = (last + 7 - first) % 7;
        for (at, is_chosen) in days.iter_mut().enumerate() {
            *is_chosen |= (at + 7 - first) % 7 <= count;
        }
    }
    Some(days)
}

fn day(name: &str) -> Option<usize> {
    WEEKDAYS.iter().position(|known| *known == name.trim())
}

/// The minutes since midnight that a text such as `07:00` says.
pub fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str| -> Option<u16> {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_names_and_spans() {
        let chosen = |text: &str| {
            parse(text).map(|days| days.map(|is_chosen| if is_chosen { 'x' } else { '.' }).iter().collect::<String>())
        };
        for (text, days) in [
            ("mon-fri", "xxxxx.."),
            ("sat,sun", ".....xx"),
            ("fri-mon", "x...xxx"),
            ("mon, wed-thu", "x.xx..."),
            ("sun", "......x"),
            ("tue-tue", ".x....."),
            ("daily", "xxxxxxx"),
        ] {
            assert_eq!(chosen(text).as_deref(), Some(days), "{text}");
        }
        for text in ["", "Mon", "monday", "mon-", "-fri", "mon--fri", "mon,,tue", "mon fri", "1-5"] {
            assert_eq!(chosen(text), None, "{text}");
        }
    }

    #[test]
    fn times_have_two_digits_each() {
        assert_eq!(["07:00", "23:59", "00:00"].map(minute), [Some(420), Some(1439), Some(0)]);
        for text in ["7:00", "24:00", "07:60", "07", "07:00:00", "+7:00", "aa:bb"] {
            assert_eq!(minute(text), None, "{text}");
        }
    }
}
