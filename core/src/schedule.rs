//! Owns how a schedule of crontab(5) is described: common ones in words, all others as written. Deliberately absent:
//! when it is next due, which depends on the client's own clock and jitter.

use crate::validate;

/// Maximum number of characters of a schedule.
const LENGTH: usize = 60;

/// `every minute`, `every 5 minutes`, `every day at 09:30`, `at "0 9 * * 1-5"`.
pub fn words(schedule: &str) -> String {
    let fields: Vec<&str> = schedule.split_ascii_whitespace().collect();
    let number = |text: &str, least: u8| text.parse::<u8>().ok().filter(|number| (least..60).contains(number));
    match fields.as_slice() {
        ["*", "*", "*", "*", "*"] => "every minute".to_string(),
        [minutes, "*", "*", "*", "*"] => match (minutes.strip_prefix("*/"), number(minutes, 0)) {
            (Some(step), _) if number(step, 1).is_some() => format!("every {step} minutes"),
            (_, Some(minute)) => format!("every hour at :{minute:02}"),
            _ => spelled(schedule),
        },
        [minute, hour, "*", "*", "*"] => match (number(minute, 0), number(hour, 0)) {
            (Some(minute), Some(hour)) => format!("every day at {hour:02}:{minute:02}"),
            _ => spelled(schedule),
        },
        _ => spelled(schedule),
    }
}

fn spelled(schedule: &str) -> String {
    format!("at {:?}", validate::cut(schedule.trim(), LENGTH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_schedules_are_described_in_words() {
        for (schedule, told) in [
            ("* * * * *", "every minute"),
            ("*/5 * * * *", "every 5 minutes"),
            ("7 * * * *", "every hour at :07"),
            ("30 9 * * *", "every day at 09:30"),
            ("0 9 * * 1-5", "at \"0 9 * * 1-5\""),
            ("*/0 * * * *", "at \"*/0 * * * *\""),
            ("", "at \"\""),
            ("soon", "at \"soon\""),
        ] {
            assert_eq!(words(schedule), told);
        }
    }
}
