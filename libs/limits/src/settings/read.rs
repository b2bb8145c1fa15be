//! Owns how the group `limits` is parsed: one key after the other, and what is wrong with each.

use super::days::{self, DAILY};
use super::reader::{Group, MOST, Reader};
use super::{Budget, OnReset, Period, Settings, Start};
use crate::key::Key;
use agents::Agent;
use cs_core::clock::TimeDelta;
use cs_core::config::Config;
use cs_core::error::Error;
use serde_json::Value;
use std::ops::RangeInclusive;
use std::path::Path;

/// The highest percentage of a limit, and of a budget, at which there can be a notice.
const FULL: u8 = 100;
const TWICE: u8 = 200;
/// Maximum number of minutes before the end of a window: those of a week.
const WEEK_MINUTES: u64 = 7 * 24 * 60;
/// Maximum number of minutes before a start. A day has one start each, so that a reminder comes on its day or the day
/// before.
const REMIND_MINUTES: u64 = 12 * 60;
/// US dollars of the smallest budget and of the largest one.
const USD: RangeInclusive<f64> = 0.01..=1e9;
/// Maximum number of characters in the name of a project or model.
const NAME: usize = 4096;

const DEFAULT: &str = "the default is used";
const BUDGET: &str = "this budget is left out";
const START: &str = "this start is left out";

/// The settings of a configuration, and what could not be used.
pub fn read(config: &Config, path: &Path) -> (Settings, Vec<Error>) {
    let mut reader = Reader::default();
    let settings = match config.group("limits") {
        None | Some(Value::Null) => Settings::default(),
        Some(Value::Object(group)) => reader.settings(&group),
        Some(other) => {
            reader.report("limits", &other, "write an object, such as {\"pace\": false}", "the defaults are used");
            Settings::default()
        }
    };
    (settings, reader.errors(path))
}

impl Reader {
    fn settings(&mut self, group: &Group) -> Settings {
        let mut settings = Settings::default();
        self.alerts(group, &mut settings);
        let is = |word: &'static str| move |value: &Value| value.as_str() == Some(word);
        let pace = self.one(group, "limits.pace", "write true or false", DEFAULT, Value::as_bool);
        settings.pace = pace.unwrap_or(settings.pace);
        let before = self.minutes(group, "limits.pace_before_minutes", WEEK_MINUTES, DEFAULT);
        settings.pace_before = before.unwrap_or(settings.pace_before);
        let reset = self.one(group, "limits.reset", "write \"after_full\" or \"never\"", DEFAULT, |value| {
            let never = is("never")(value).then_some(OnReset::Never);
            never.or_else(|| is("after_full")(value).then_some(OnReset::AfterFull))
        });
        settings.reset = reset.unwrap_or(settings.reset);
        let quips = self.one(group, "limits.quips", "write \"on\" or \"off\"", DEFAULT, |value| {
            is("on")(value).then_some(true).or_else(|| is("off")(value).then_some(false))
        });
        settings.quips = quips.unwrap_or(settings.quips);
        let command = self.command(group, "limits.quip_command", "our own lines are used");
        settings.quip_command = command.unwrap_or_default();
        settings.budgets = self.each(group, "limits.budgets", BUDGET, Self::budget);
        settings.plan = self.each(group, "limits.plan", START, Self::start);
        settings
    }

    fn alerts(&mut self, group: &Group, settings: &mut Settings) {
        let wanted = "write an object, such as {\"five_hour\": [75, 90, 100]}";
        let given = self.one(group, "limits.alerts", wanted, DEFAULT, |value| {
            value.as_object().filter(|given| given.len() <= MOST).cloned()
        });
        let given = given.unwrap_or_default();
        for (window, value) in &given {
            let key = format!("limits.alerts.{window}");
            if Key::new(Agent::Claude, None, window).is_none() {
                let wanted = "write the name of a window, such as five_hour: lower-case letters, digits and _";
                self.report(&key, value, wanted, "it is left out");
                continue;
            }
            if let Some(at) = self.percentages(&given, &key, FULL, DEFAULT) {
                settings.alerts.insert(window.clone(), at);
            }
        }
    }

    fn budget(&mut self, entry: &Group, key: &str) -> Option<Budget> {
        let before = self.count();
        let usd = self.needed(entry, &format!("{key}.usd"), "write dollars, such as 20", BUDGET, |value| {
            value.as_f64().filter(|usd| USD.contains(usd))
        });
        let wanted = "write \"day\", \"week\" or \"month\"";
        let per = self.needed(entry, &format!("{key}.per"), wanted, BUDGET, |value| Period::parse(value.as_str()?));
        let mut name = |of: &str, wanted: &str| {
            self.one(entry, &format!("{key}.{of}"), wanted, BUDGET, |value| {
                let is_fit = |name: &&str| !name.trim().is_empty() && name.len() <= NAME;
                value.as_str().filter(is_fit).map(str::to_string)
            })
        };
        let project = name("project", "write the name of a project in config.json, or its directory");
        let model = name("model", "write the name of a model, or its beginning, such as \"claude-opus\"");
        let at = self.percentages(entry, &format!("{key}.at"), TWICE, BUDGET).unwrap_or_else(|| vec![80, FULL]);
        // A budget of all projects instead of one would say something else.
        let is_right = self.count() == before;
        Some(Budget { usd: usd?, per: per?, project, model, at }).filter(|_| is_right)
    }

    fn start(&mut self, entry: &Group, key: &str) -> Option<Start> {
        let before = self.count();
        let minute = self.needed(entry, &format!("{key}.at"), "write a time, such as \"07:00\"", START, |value| {
            days::minute(value.as_str()?)
        });
        let wanted = "write days, such as \"mon-fri\", \"sat,sun\" or \"daily\"";
        let days = self.one(entry, &format!("{key}.days"), wanted, START, |value| days::parse(value.as_str()?));
        let remind = self.minutes(entry, &format!("{key}.remind_minutes"), REMIND_MINUTES, START);
        let command = self.command(entry, &format!("{key}.command"), START);
        let is_right = self.count() == before;
        let remind = remind.unwrap_or(TimeDelta::minutes(15));
        Some(Start { minute: minute?, days: days.unwrap_or(DAILY), remind, command: command.unwrap_or_default() })
            .filter(|_| is_right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings(limits: Value) -> (Settings, Vec<String>) {
        let path = Path::new("/x/config.json");
        let config = Config::read(path, json!({"limits": limits}).to_string().as_bytes());
        let (settings, errors) = Settings::read(&config, path);
        (settings, errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn without_a_group_the_defaults_hold() {
        for group in [Value::Null, json!({}), json!({"later": 7, "alerts": null, "budgets": null, "quips": "off"})] {
            assert_eq!(settings(group), (Settings::default(), Vec::new()));
        }
    }

    #[test]
    fn every_key_is_read() {
        let (read, errors) = settings(json!({
            "alerts": {"five_hour": [90, 50, 90], "seven_day_opus": [80], "seven_day": []},
            "pace": false, "pace_before_minutes": 30, "reset": "never",
            "budgets": [{"usd": 20, "per": "day", "project": "api"}, {"usd": 1.5, "per": "month", "at": [150]}],
            "plan": [{"at": "07:00", "days": "mon-fri", "remind_minutes": 5, "command": ["true"]}, {"at": "12:30"}],
            "quips": "on", "quip_command": ["quip", "-s"]
        }));
        assert_eq!(errors, Vec::<String>::new());
        let of = |window| read.alerts_of(window).to_vec();
        assert_eq!(
            [of("five_hour"), of("seven_day_opus"), of("seven_day"), of("x")],
            [vec![50, 90], vec![80], vec![], vec![]]
        );
        assert_eq!((read.pace, read.pace_before.num_minutes(), read.reset), (false, 30, OnReset::Never));
        let [day, month] = read.budgets.as_slice() else { panic!("{read:?}") };
        assert_eq!(
            (day.usd, day.per, day.project.as_deref(), &day.at),
            (20.0, Period::Day, Some("api"), &vec![80, 100])
        );
        assert_eq!((month.usd, month.per, month.project.as_deref(), &month.at), (1.5, Period::Month, None, &vec![150]));
        let [early, noon] = read.plan.as_slice() else { panic!("{read:?}") };
        assert_eq!(
            (early.minute, early.days, early.remind.num_minutes()),
            (420, [true, true, true, true, true, false, false], 5)
        );
        assert_eq!(
            (&early.command, noon.minute, noon.days, noon.remind.num_minutes()),
            (&vec!["true".to_string()], 750, DAILY, 15)
        );
        assert_eq!((read.quips, read.quip_command), (true, vec!["quip".to_string(), "-s".into()]));
    }

    #[test]
    fn a_wrong_value_is_reported_with_its_key_and_changes_nothing_else() {
        for (group, key) in [
            (json!(7), "limits is 7; write an object"),
            (json!({"alerts": [75]}), "limits.alerts is [75]"),
            (json!({"alerts": {"five_hour": 75}}), "limits.alerts.five_hour is 75; write whole numbers from 1 to 100"),
            (json!({"alerts": {"five_hour": [0]}}), "limits.alerts.five_hour is [0]"),
            (json!({"alerts": {"five_hour": [101]}}), "limits.alerts.five_hour"),
            (json!({"alerts": {"five_hour": [75.5]}}), "limits.alerts.five_hour"),
            (json!({"alerts": {"../x": [75]}}), "limits.alerts.../x is [75]; write the name of a window"),
            (json!({"pace": "yes"}), "limits.pace is \"yes\"; write true or false"),
            (json!({"pace_before_minutes": -1}), "limits.pace_before_minutes"),
            (json!({"pace_before_minutes": 20_000}), "limits.pace_before_minutes is 20000; write a whole number"),
            (json!({"reset": true}), "limits.reset is true; write \"after_full\" or \"never\""),
            (json!({"quips": true}), "limits.quips is true; write \"on\" or \"off\""),
            (json!({"quip_command": "quip"}), "limits.quip_command is \"quip\"; write the program"),
            (json!({"quip_command": [""]}), "limits.quip_command"),
            (json!({"budgets": {}}), "limits.budgets is {}"),
            (json!({"budgets": [7]}), "limits.budgets[0] is 7; write an object; this budget is left out"),
            (json!({"budgets": [{"per": "day"}]}), "limits.budgets[0].usd is null; write dollars"),
            (json!({"budgets": [{"usd": 0, "per": "day"}]}), "limits.budgets[0].usd is 0"),
            (json!({"budgets": [{"usd": 5e-324, "per": "day"}]}), "limits.budgets[0].usd is 5e-324"),
            (json!({"budgets": [{"usd": 1}]}), "limits.budgets[0].per is null"),
            (
                json!({"budgets": [{"usd": -1}]}),
                "limits.budgets[0].usd is -1; write dollars, such as 20; limits.budgets[0].per is null; write \"day\", \
                 \"week\" or \"month\"; this budget is left out",
            ),
            (
                json!({"plan": [{"days": 7}]}),
                "limits.plan[0].at is null; write a time, such as \"07:00\"; limits.plan[0].days is 7",
            ),
            (json!({"budgets": [{"usd": 1, "per": "year"}]}), "limits.budgets[0].per is \"year\""),
            (json!({"budgets": [{"usd": 1, "per": "day", "project": 7}]}), "limits.budgets[0].project is 7"),
            (json!({"budgets": [{"usd": 1, "per": "day", "model": " "}]}), "limits.budgets[0].model"),
            (json!({"budgets": [{"usd": 1, "per": "day", "at": [201]}]}), "limits.budgets[0].at is [201]"),
            (json!({"plan": [{"days": "mon"}]}), "limits.plan[0].at is null; write a time"),
            (json!({"plan": [{"at": "25:00"}]}), "limits.plan[0].at is \"25:00\""),
            (json!({"plan": [{"at": "07:00", "days": "weekdays"}]}), "limits.plan[0].days is \"weekdays\""),
            (json!({"plan": [{"at": "07:00", "remind_minutes": 721}]}), "limits.plan[0].remind_minutes is 721"),
            (json!({"plan": [{"at": "07:00", "command": "x"}]}), "limits.plan[0].command is \"x\""),
        ] {
            let (read, errors) = settings(group.clone());
            let [told] = errors.as_slice() else { panic!("{group}: {errors:?}") };
            assert!(told.contains(key) && told.contains("/x/config.json"), "{group}: {told}");
            assert_eq!(read, Settings::default(), "{group}");
        }
        let long = "x".repeat(1_000_000);
        for group in [json!({"pace": &long}), json!({"alerts": {&long: 7}}), json!({"pace": [&long, "a\nb"]})] {
            let (_, errors) = settings(group);
            assert!(errors[0].chars().count() < 300 && errors[0].contains("xx…"), "{}", errors[0].len());
        }
        let (read, errors) = settings(json!({"pace": 1, "quips": "on", "plan": [{"at": "x"}, {"at": "08:00"}]}));
        assert_eq!((errors.len(), read.quips, read.pace, read.plan.len()), (2, true, true, 1));
    }
}
