//! Owns what verdicts and settings come to.

use super::allow::{self, Place};
use super::settings::{Action, Settings};
use rules::{Kind, Verdict};

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
/// `mode` is for destructive verdicts. Other calls are asked about or denied only if `rules` names the rule.
pub fn decide(verdicts: &[Verdict], command: Option<&str>, settings: &Settings, place: &Place) -> Vec<Ground> {
    let ground = |verdict: &Verdict| {
        let usual = if verdict.kind == Kind::Destructive { settings.mode } else { Action::Log };
        let action = settings.rules.get(&*verdict.rule).copied().unwrap_or(usual);
        let is_stopped = action > Action::Log && !is_allowed(verdict, command, settings, place);
        is_stopped.then(|| Ground { action, verdict: verdict.clone() })
    };
    verdicts.iter().filter_map(ground).collect()
}

/// Whether the settings let the verdict pass, because it is only about folders where it does not count.
fn is_allowed(verdict: &Verdict, command: Option<&str>, settings: &Settings, place: &Place) -> bool {
    let folders = settings.allow.iter().filter(|allow| allow.rule == *verdict.rule).flat_map(|allow| &allow.under);
    let folders: Vec<&str> = folders.map(String::as_str).collect();
    !folders.is_empty() && command.is_some_and(|command| allow::is_within(command, &verdict.target, &folders, place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::{Call, Rules, judge};
    use std::path::Path;

    fn of(line: &str, settings: &Settings) -> Vec<(String, Action)> {
        let verdicts = judge(&Call::shell(line), &Rules::with(Vec::new())).verdicts;
        let place = Place { cwd: Path::new("/p"), top: Path::new("/p"), real: &|path| Some(path.to_path_buf()) };
        let grounds = decide(&verdicts, Some(line), settings, &place);
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
}
