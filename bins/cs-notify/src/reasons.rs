//! Owns the reasons for notices: the only table of them, with their defaults (`notify.reasons` in `config.json` changes
//! them). No program has a switch of its own for a notice.

use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Maximum number of characters in the name of a sound.
const SOUND: usize = 50;

/// The reason for a notice, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It waits for a permission or an answer.
    Waiting,
    /// Its turn failed.
    Failed,
    /// The turn of an agent in a seat failed, or its process ended without reporting it.
    AgentFailed,
    /// Its process ended without reporting it, or it ended after a turn that failed.
    Error,
    /// It made a destructive call, by the log of what tools did.
    Destructive,
    /// So much of a limit is used.
    Limit,
    /// A limit is used up before its reset, at the present pace.
    Pace,
    /// A planned start is near.
    Plan,
    /// So much of a budget is spent.
    Budget,
    /// A limit that was used up was reset.
    Reset,
    /// A long turn ended, and no prompt came.
    Done,
    /// Its context is nearly full.
    Context,
    /// A client deletes conversations soon that are not kept.
    Sweep,
    /// A turn of an agent that another one spawned ended, and nothing came since.
    AgentDone,
    /// An agent in a seat ended, and the user did not end it.
    AgentEnded,
    /// No sign of life for longer than stale_threshold_hours.
    Stale,
    /// Parked for longer than parked_notify_hours.
    Parked,
    /// An agent spawned another one.
    AgentSpawned,
}

/// All reasons, the most urgent first.
pub const ALL: [Reason; 18] = [
    Reason::Waiting,
    Reason::Failed,
    Reason::AgentFailed,
    Reason::Error,
    Reason::Destructive,
    Reason::Limit,
    Reason::Pace,
    Reason::Plan,
    Reason::Budget,
    Reason::Reset,
    Reason::Done,
    Reason::Context,
    Reason::Sweep,
    Reason::AgentDone,
    Reason::AgentEnded,
    Reason::Stale,
    Reason::Parked,
    Reason::AgentSpawned,
];

/// From this percentage of a limit on, a notice is sent in quiet hours.
const GRAVE: u8 = 90;

/// What happens in quiet hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtRest {
    /// The notice is held until they end.
    Hold,
    /// It is held, unless it is about at least [`GRAVE`] percent. Only a default: the settings say one of the others.
    HoldUnlessGrave,
    /// The notice is sent.
    Through,
}

/// How notices for a reason are sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub on: bool,
    pub quiet: AtRest,
    /// The name of a sound that the desktop knows.
    pub sound: Option<String>,
}

impl Rule {
    /// Whether a notice is held in quiet hours; `level` is the percentage that it is about.
    pub fn holds(&self, level: Option<u8>) -> bool {
        match self.quiet {
            AtRest::Hold => true,
            AtRest::HoldUnlessGrave => level.is_none_or(|level| level < GRAVE),
            AtRest::Through => false,
        }
    }
}

/// The rules of all reasons.
pub type Rules = BTreeMap<Reason, Rule>;

impl Reason {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Waiting => "waiting",
            Reason::Failed => "failed",
            Reason::AgentFailed => "agent_failed",
            Reason::Error => "error",
            Reason::Destructive => "destructive",
            Reason::Limit => "limit",
            Reason::Pace => "pace",
            Reason::Plan => "plan",
            Reason::Budget => "budget",
            Reason::Reset => "reset",
            Reason::Done => "done",
            Reason::Context => "context",
            Reason::Sweep => "sweep",
            Reason::AgentDone => "agent_done",
            Reason::AgentEnded => "agent_ended",
            Reason::Stale => "stale",
            Reason::Parked => "parked",
            Reason::AgentSpawned => "agent_spawned",
        }
    }

    /// The reason of this name.
    pub fn parse(word: &str) -> Option<Reason> {
        ALL.into_iter().find(|reason| reason.as_str() == word)
    }

    /// All names.
    pub fn words() -> String {
        ALL.map(Reason::as_str).join(", ")
    }

    /// Whether it is looked for soon after an event. The others take hours or days, or are no event of a conversation,
    /// and only the timer looks for them.
    pub fn is_soon(self) -> bool {
        use Reason::{AgentDone, AgentEnded, AgentSpawned, Parked, Plan, Reset, Stale, Sweep};
        !matches!(self, Stale | Parked | Sweep | AgentDone | AgentEnded | AgentSpawned | Plan | Reset)
    }

    /// Its rule unless the settings say otherwise: all are silent and held in quiet hours, except what would keep a
    /// person from working soon; and all are on except those for which more must be read (the log of what tools did, the
    /// clients' folders), and the turns of agents that other agents lead.
    fn rule(self) -> Rule {
        let quiet = match self {
            Reason::Limit => AtRest::HoldUnlessGrave,
            Reason::Pace => AtRest::Through,
            _ => AtRest::Hold,
        };
        Rule { on: !matches!(self, Reason::Destructive | Reason::Sweep | Reason::AgentDone), quiet, sound: None }
    }
}

/// The rules, from `notify.reasons`. Reasons of later versions are ignored.
pub fn read(group: &Map<String, Value>) -> Result<Rules, String> {
    let given = match group.get("reasons") {
        None | Some(Value::Null) => &Map::new(),
        Some(Value::Object(given)) => given,
        Some(other) => return Err(format!("notify.reasons is {other}, not an object")),
    };
    let rule = |reason: Reason| match given.get(reason.as_str()) {
        None | Some(Value::Null) => Ok((reason, reason.rule())),
        Some(Value::Object(keys)) => Ok((reason, read_rule(reason, keys)?)),
        Some(other) => {
            let example = "{\"on\": false}";
            Err(format!("notify.reasons.{} is {other}; write an object such as {example}", reason.as_str()))
        }
    };
    ALL.into_iter().map(rule).collect()
}

fn read_rule(reason: Reason, keys: &Map<String, Value>) -> Result<Rule, String> {
    let mut rule = reason.rule();
    let wrong = |key: &str, value: &Value, wanted: &str| {
        Err(format!("notify.reasons.{}.{key} is {value}; write {wanted}", reason.as_str()))
    };
    match keys.get("on") {
        None | Some(Value::Null) => {}
        Some(Value::Bool(on)) => rule.on = *on,
        Some(other) => return wrong("on", other, "true or false"),
    }
    match keys.get("quiet").map(|value| (value, value.as_str())) {
        None | Some((Value::Null, _)) => {}
        Some((_, Some("hold"))) => rule.quiet = AtRest::Hold,
        Some((_, Some("through"))) => rule.quiet = AtRest::Through,
        Some((other, _)) => return wrong("quiet", other, "\"hold\" or \"through\""),
    }
    match keys.get("sound").map(|value| (value, value.as_str())) {
        None | Some((Value::Null, _)) => {}
        Some((_, Some(name))) if is_sound(name) => rule.sound = Some(name.to_string()),
        Some((other, _)) => return wrong("sound", other, "the name of a sound, such as \"message-new-instant\""),
    }
    Ok(rule)
}

/// Whether a text can be the name of a sound. It becomes an argument, so it must not look like an option.
fn is_sound(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " ._-".contains(c);
    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.len() <= SOUND && name.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rules(reasons: Value) -> Result<Rules, String> {
        read(json!({"reasons": reasons}).as_object().unwrap())
    }

    #[test]
    fn each_reason_has_a_rule_and_the_settings_change_only_what_they_name() {
        let rules = rules(json!({"done": {"on": false}, "waiting": {"quiet": "through", "sound": "Ping"}, "later": 7}));
        let rules = rules.unwrap();
        assert_eq!(rules.len(), ALL.len());
        assert!(!rules[&Reason::Done].on && rules[&Reason::Failed] == Reason::Failed.rule());
        let sound = Some("Ping".to_string());
        assert_eq!(rules[&Reason::Waiting], Rule { on: true, quiet: AtRest::Through, sound });
        assert!(ALL.is_sorted());
    }

    #[test]
    fn only_what_is_grave_comes_through_quiet_hours() {
        let limit = Reason::Limit.rule();
        assert!(limit.holds(Some(89)) && !limit.holds(Some(90)) && !Reason::Pace.rule().holds(None));
        assert!(Reason::Budget.rule().holds(Some(100)) && Reason::Waiting.rule().holds(None));
        let held = rules(json!({"limit": {"quiet": "hold"}, "pace": {"quiet": "hold"}})).unwrap();
        assert!(held[&Reason::Limit].holds(Some(100)) && held[&Reason::Pace].holds(None));
        let all = rules(json!({"limit": {"quiet": "through"}})).unwrap();
        assert!(!all[&Reason::Limit].holds(Some(50)));
    }

    #[test]
    fn the_table_is_that_of_the_documentation() {
        let text = include_str!("../../../core/FORMAT.md");
        let (_, table) = text.split_once("\n| `reasons` | Default | When |\n|---|---|---|\n").unwrap();
        let rows = table.lines().take_while(|line| line.starts_with('|'));
        let names: Vec<&str> = rows.filter_map(|row| row.split('`').nth(1)).collect();
        assert_eq!(names, ALL.map(Reason::as_str));
        assert_eq!(Reason::Waiting.rule(), Rule { on: true, quiet: AtRest::Hold, sound: None });
        let off: Vec<Reason> = ALL.into_iter().filter(|reason| !reason.rule().on).collect();
        assert_eq!(off, [Reason::Destructive, Reason::Sweep, Reason::AgentDone], "as the table says");
        assert!(
            ["destructive", "sweep", "agent_done"]
                .iter()
                .all(|name| table.contains(&format!("\n| `{name}` | `{{\"on\": false, ")))
        );
    }

    #[test]
    fn a_wrong_value_is_named_with_its_key() {
        for (reasons, key) in [
            (json!([]), "notify.reasons is []"),
            (json!({"done": false}), "notify.reasons.done is false"),
            (json!({"done": {"on": "no"}}), "notify.reasons.done.on"),
            (json!({"done": {"quiet": "loud"}}), "notify.reasons.done.quiet"),
            (json!({"done": {"sound": "-execute"}}), "notify.reasons.done.sound"),
            (json!({"done": {"sound": "a/b"}}), "notify.reasons.done.sound"),
            (json!({"done": {"sound": 1}}), "notify.reasons.done.sound"),
        ] {
            let told = rules(reasons).unwrap_err();
            assert!(told.starts_with(key), "{told}");
        }
    }
}
