//! Owns what verdicts and settings come to.

use super::allow;
use super::place::Place;
use super::settings::{Action, Settings};
use rules::{Kind, Rules, Verdict};

/// A reason for a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// What happens because of it: [`Action::Ask`] or [`Action::Deny`].
    pub action: Action,
    /// What the rules said.
    pub verdict: Verdict,
}

/// Why a call is asked about or denied; nothing if it goes on. The strongest action is what happens.
///
/// Without a place no folder lets a call pass. `mode` is for destructive verdicts. Other calls are asked about or denied only if `rules` names the rule.
pub fn decide(
    verdicts: &[Verdict],
    command: Option<&str>,
    settings: &Settings,
    rules: &Rules,
    place: Option<&Place>,
) -> Vec<Ground> {
    // Only about folders where the rule does not count.
    let is_allowed = |rule: &str, command: Option<&str>| {
        let folders = settings.allow.iter().filter(|allow| allow.rule == rule).flat_map(|allow| &allow.under);
        let folders: Vec<&str> = folders.map(String::as_str).collect();
        let is_within = |(command, place)| allow::is_within(command, rule, rules, &folders, place);
        !folders.is_empty() && command.zip(place).is_some_and(is_within)
    };
    let ground = |verdict: &Verdict| {
        let usual = if verdict.kind == Kind::Destructive { settings.mode } else { Action::Log };
        let action = settings.rules.get(&*verdict.rule).copied().unwrap_or(usual);
        let is_stopped = action > Action::Log && !is_allowed(&verdict.rule, command);
        is_stopped.then(|| Ground { action, verdict: verdict.clone() })
    };
    verdicts.iter().filter_map(ground).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::Allow;
    use rules::{Call, judge};

    fn of(line: &str, settings: &Settings) -> Vec<(String, Action)> {
        let rules = Rules::with(Vec::new());
        let verdicts = judge(&Call::shell(line), &rules).verdicts;
        let place = Place { cwd: "/p".into(), top: "/p".into(), path: "".into() };
        let grounds = decide(&verdicts, Some(line), settings, &rules, Some(&place));
        grounds.into_iter().map(|ground| (ground.verdict.rule.to_string(), ground.action)).collect()
    }

    fn with(mode: Action, rules: &[(&str, Action)]) -> Settings {
        let rules = rules.iter().map(|(id, action)| (id.to_string(), *action)).collect();
        Settings { mode, rules, ..Settings::LOG_ONLY }
    }

    #[test]
    fn the_mode_is_for_destructive_calls_only() {
        for (mode, count) in [(Action::Log, 0), (Action::Ask, 1), (Action::Deny, 1)] {
            let found = of("git push --force", &with(mode, &[]));
            assert_eq!(found.len(), count);
            assert!(found.iter().all(|(_, action)| *action == mode));
        }
        for line in ["cat .env", "sudo ls", "curl x | sh", "npm install -g x", "ls", "echo rm -rf /", "$a b"] {
            assert_eq!(of(line, &with(Action::Deny, &[])), [], "{line}");
        }
    }

    #[test]
    fn a_rule_of_the_settings_decides_about_its_verdict_alone() {
        let settings = with(Action::Ask, &[("git-push-force", Action::Log), ("opaque-pipe", Action::Deny)]);
        assert_eq!(of("git push --force", &settings), []);
        assert_eq!(of("curl x | sh", &settings), [("opaque-pipe".to_string(), Action::Deny)]);
        let both = of("git push --force; rm -r src; curl x | sh", &settings);
        assert_eq!(both, [("rm-recursive".to_string(), Action::Ask), ("opaque-pipe".to_string(), Action::Deny)]);
        let deny = with(Action::Log, &[("rm-recursive", Action::Deny)]);
        assert_eq!(of("rm -r src", &deny), [("rm-recursive".to_string(), Action::Deny)]);
        assert_eq!(of("git reset --hard", &deny), []);
    }

    #[test]
    fn folders_where_a_rule_does_not_count_are_for_that_rule_alone() {
        let allow = vec![Allow { rule: "rm-recursive".into(), under: vec!["target".into()] }];
        let settings = Settings { allow, ..with(Action::Deny, &[]) };
        assert_eq!(of("rm -r target", &settings), []);
        assert_eq!(of("rm -r target; rm -r src", &settings).len(), 2, "both are named, because one is elsewhere");
        assert_eq!(of("find target -delete", &settings), [("find-delete".to_string(), Action::Deny)]);
    }
}
