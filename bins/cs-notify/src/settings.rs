//! Owns the settings: the group `notify` of `config.json`, and those that are shared with the Python tool. The group is
//! parsed only here, so that a wrong value in it stops no other program. Unknown keys are ignored.

mod handlers;

use crate::channel::Channel;
use crate::notice::Notice;
use crate::quiet::Quiet;
use crate::reasons::{self, Reason, Rule, Rules};
use crate::subject::Subject;
use cs_core::Error;
use cs_core::clock::{Instant, TimeDelta};
use cs_core::config::Config;
use cs_core::trust;
use serde_json::{Map, Value};
use std::path::Path;
use std::time::Duration;

/// The settings of this run.
#[derive(Clone, Debug)]
pub struct Settings {
    pub enabled: bool,
    /// How long a session is parked before there is a notice.
    pub parked_after: TimeDelta,
    /// How long after a notice the same notice may be sent again.
    pub cooldown: TimeDelta,
    /// How long a session waits, or stays with an error, before there is a notice.
    pub waiting_after: TimeDelta,
    /// How long a turn must have taken before its end is reported.
    pub done_after: TimeDelta,
    pub quiet: Option<Quiet>,
    pub reasons: Rules,
    /// Maximum number of notices at once; if there are more, a single one reports them all.
    pub at_once: usize,
    pub channel: Channel,
    /// The user's own program and its arguments; empty for none.
    pub command: Vec<String>,
    /// The handlers besides.
    pub handlers: Vec<handlers::Written>,
    /// How long a program may take to deliver one notice.
    pub timeout: Duration,
    /// The group `limits`.
    pub limits: limits::settings::Settings,
}

impl Settings {
    /// Parses the settings of the file at `path`, and says what could not be used of them: what is wrong in the group
    /// `limits`, and programs that anybody else could have put there. An error names the file.
    pub fn read_all(config: &Config, path: &Path) -> Result<(Self, Vec<Error>), Error> {
        let mut settings = Settings::read_notify(config, path)?;
        let (limits, mut errors) = limits::settings::Settings::read(config, path);
        settings.limits = limits;
        if let Some(reason) = trust::reason_against(path).filter(|_| settings.starts_programs()) {
            settings.start_nothing();
            let text = format!("no program that {} names is started: {reason}", path.display());
            errors.push(Error::Invalid(text));
        }
        Ok((settings, errors))
    }

    /// The same, if somebody else reports the errors.
    pub fn read(config: &Config, path: &Path) -> Result<Self, Error> {
        Settings::read_all(config, path).map(|(settings, _)| settings)
    }

    /// Whether it names programs.
    fn starts_programs(&self) -> bool {
        let limits = &self.limits;
        let is_set = !self.command.is_empty() || !self.handlers.is_empty() || !limits.quip_command.is_empty();
        is_set || limits.plan.iter().any(|start| !start.command.is_empty())
    }

    /// Leaves out the programs that it names; notices are sent on the desktop.
    fn start_nothing(&mut self) {
        self.command.clear();
        self.handlers.clear();
        if matches!(self.channel, Channel::Command | Channel::None) {
            self.channel = Channel::Auto;
        }
        self.limits.quip_command.clear();
        self.limits.plan.iter_mut().for_each(|start| start.command.clear());
    }

    fn read_notify(config: &Config, path: &Path) -> Result<Self, Error> {
        let wrong = |reason: String| Error::corrupt(path, reason);
        let group = &match config.group("notify") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(group)) => group,
            Some(other) => return Err(wrong(format!("notify is {other}, not an object"))),
        };
        let number = |key, default, range| number(group, key, default, range).map_err(wrong);
        let command = command(group, "notify.command").map_err(wrong)?;
        Ok(Settings {
            enabled: config.settings.notifications_enabled,
            parked_after: hours(config.settings.parked_notify_hours),
            cooldown: hours(config.settings.notify_cooldown_hours),
            waiting_after: TimeDelta::seconds(number("waiting_after_seconds", 15, (0, 86_400))?.into()),
            done_after: TimeDelta::seconds(number("done_after_seconds", 60, (0, 86_400))?.into()),
            quiet: quiet(group).map_err(wrong)?,
            reasons: reasons::read(group).map_err(wrong)?,
            at_once: number("at_once", 5, (1, 100))? as usize,
            channel: channel(group, &command).map_err(wrong)?,
            command,
            handlers: handlers::read(group).map_err(wrong)?,
            timeout: Duration::from_secs(number("timeout_seconds", 10, (1, 300))?.into()),
            limits: limits::settings::Settings::default(),
        })
    }

    /// How notices for this reason are sent; `None` if they are not.
    pub fn rule(&self, reason: Reason) -> Option<&Rule> {
        self.reasons.get(&reason).filter(|rule| rule.on)
    }

    /// The sound of a notice: that of its most urgent reason.
    pub fn sound(&self, notice: &Notice) -> Option<&str> {
        let reason = notice.subjects().iter().map(|subject| subject.reason).min()?;
        self.rule(reason)?.sound.as_deref()
    }

    /// Why this notice is not sent now; the first run afterwards sends it, if it still applies.
    pub fn reason_to_hold(&self, subject: &Subject, now: Instant) -> Option<String> {
        let holds = self.rule(subject.reason).is_none_or(|rule| rule.holds(subject.level));
        let quiet = self.quiet.filter(|quiet| holds && quiet.holds_at(now))?;
        Some(format!("quiet until {}", quiet.end()))
    }
}

/// Converts hours, which may be fractions in the Python tool's settings.
fn hours(hours: f64) -> TimeDelta {
    TimeDelta::seconds((hours * 3600.0) as i64)
}

fn number(group: &Map<String, Value>, key: &str, default: u32, (least, most): (u32, u32)) -> Result<u32, String> {
    let Some(value) = group.get(key) else { return Ok(default) };
    let whole =
        value.as_u64().and_then(|number| u32::try_from(number).ok()).filter(|number| (least..=most).contains(number));
    whole.ok_or_else(|| format!("notify.{key} is {value}; write a whole number from {least} to {most}"))
}

/// A program and its arguments; empty for none. `path` is the key for people.
fn command(group: &Map<String, Value>, path: &str) -> Result<Vec<String>, String> {
    let words = match group.get("command") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(words)) => words.iter().map(|word| word.as_str().map(str::to_string)).collect(),
        Some(_) => None,
    };
    let fits = |words: &Vec<String>| {
        words.first().is_none_or(|first| !first.is_empty()) && words.iter().all(|word| !word.contains('\0'))
    };
    words.filter(fits).ok_or_else(|| {
        let example = "[\"/home/you/bin/tell\", \"--urgent\"]";
        format!("{path} is not a list of texts; write the program and its arguments, such as {example}")
    })
}

fn quiet(group: &Map<String, Value>) -> Result<Option<Quiet>, String> {
    let Some(value) = group.get("quiet_hours").filter(|value| !value.is_null()) else { return Ok(None) };
    let text = |key| value.get(key).and_then(Value::as_str);
    let (Some(from), Some(to)) = (text("from"), text("to")) else {
        let example = "{\"from\": \"22:00\", \"to\": \"08:00\"}";
        return Err(format!("notify.quiet_hours is {value}; write {example}"));
    };
    Quiet::parse(from, to).map(Some).map_err(|reason| format!("notify.quiet_hours: {reason}"))
}

fn channel(group: &Map<String, Value>, command: &[String]) -> Result<Channel, String> {
    let channel = match group.get("via") {
        None | Some(Value::Null) => Channel::Auto,
        Some(value) => {
            let known = value.as_str().and_then(Channel::parse);
            known.ok_or_else(|| format!("notify.via is {value}; write one of {}", Channel::words()))?
        }
    };
    match channel {
        Channel::Command if command.is_empty() => {
            Err("notify.via is \"command\", but notify.command is not set".into())
        }
        _ => Ok(channel),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(notify: Value) -> Result<Settings, Error> {
        let path = Path::new("/x/config.json");
        Settings::read(&Config::read(path, json!({"notify": notify}).to_string().as_bytes()), path)
    }

    #[test]
    fn without_a_group_the_defaults_hold() {
        for group in [Value::Null, json!({}), json!({"later": 1, "command": null, "quiet_hours": null})] {
            let settings = read(group).unwrap();
            assert_eq!((settings.waiting_after, settings.at_once), (TimeDelta::seconds(15), 5));
            assert!(!settings.enabled && settings.quiet.is_none() && settings.command.is_empty());
            assert_eq!((settings.channel, settings.timeout), (Channel::Auto, Duration::from_secs(10)));
        }
    }

    #[test]
    fn a_wrong_value_is_named_with_its_key_and_file() {
        for (group, key) in [
            (json!(7), "notify is 7"),
            (json!({"command": "tell"}), "notify.command"),
            (json!({"command": ["tell", 7]}), "notify.command"),
            (json!({"command": [""]}), "notify.command"),
            (json!({"command": ["a\u{0}b"]}), "notify.command"),
            (json!({"via": "mail"}), "notify.via"),
            (json!({"via": "command"}), "notify.command is not set"),
            (json!({"quiet_hours": "22:00-08:00"}), "notify.quiet_hours"),
            (json!({"quiet_hours": {"from": "22:00"}}), "notify.quiet_hours"),
            (json!({"quiet_hours": {"from": "22:00", "to": "25:00"}}), "notify.quiet_hours"),
            (json!({"waiting_after_seconds": -1}), "notify.waiting_after_seconds"),
            (json!({"waiting_after_seconds": 1.5}), "notify.waiting_after_seconds"),
            (json!({"done_after_seconds": "1"}), "notify.done_after_seconds"),
            (json!({"reasons": {"waiting": {"quiet": "loud"}}}), "notify.reasons.waiting.quiet"),
            (json!({"at_once": 0}), "notify.at_once"),
            (json!({"handlers": {}}), "notify.handlers is {}"),
            (json!({"handlers": [7]}), "notify.handlers[0] is 7"),
            (json!({"handlers": [{"name": "x"}]}), "notify.handlers[0].command"),
            (json!({"handlers": [{"command": []}]}), "notify.handlers[0].command"),
            (json!({"handlers": [{"command": ["a"]}, {"command": ["b"], "input": "xml"}]}), "notify.handlers[1].input"),
            (json!({"handlers": [{"command": ["a"], "input": "template"}]}), "notify.handlers[0].template"),
            (json!({"handlers": [{"command": ["a"], "template": "{tilte}"}]}), "{tilte} is not a field"),
            (json!({"handlers": [{"command": ["a"], "reasons": ["later"]}]}), "notify.handlers[0].reasons"),
            (json!({"handlers": [{"command": ["a"], "name": 7}]}), "notify.handlers[0].name"),
            (
                json!({"handlers": [{"command": ["a"], "name": "x"}, {"command": ["b"], "name": "x"}]}),
                "notify.handlers[1].name",
            ),
            (json!({"timeout_seconds": "10"}), "notify.timeout_seconds"),
        ] {
            let told = read(group.clone()).unwrap_err().to_string();
            assert!(told.contains(key) && told.contains("/x/config.json"), "{group}: {told}");
        }
    }
}
