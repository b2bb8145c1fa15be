//! Owns what the rules say about a call, in a form that may be stored. Must stay true: what a verdict is about shows no
//! more of the command than the masked command does. The words of a program have lost their quotes, by which a secret is
//! recognised (`--password='two words'`), so they are taken from the masked command.

use cs_core::shell;
use redact::MASK;
use rules::{Call, Rules, Verdict};
use std::borrow::Cow;

/// What the rules say about a call.
pub fn judge(call: &Call, rules: &Rules) -> Vec<Verdict> {
    let mut verdicts = rules::judge(call, rules).verdicts;
    let command = call.command.filter(|_| !verdicts.is_empty()).map(beginning);
    if let Some(Cow::Owned(masked)) = command.map(redact::mask) {
        let mut shown = rules::judge(&Call { command: Some(&masked), ..call.clone() }, rules).verdicts;
        for verdict in &mut verdicts {
            let same = shown.iter().position(|other| other.rule == verdict.rule);
            verdict.target = same.map_or_else(|| MASK.to_string(), |at| shown.remove(at).target);
        }
    }
    verdicts
}

/// As much of a command as is judged.
fn beginning(command: &str) -> &str {
    let end = (0..=command.len().min(shell::LONGEST)).rev().find(|at| command.is_char_boundary(*at));
    command.get(..end.unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(command: &str) -> Vec<String> {
        let verdicts = judge(&Call::shell(command), &Rules::with(Vec::new()));
        verdicts.into_iter().map(|verdict| verdict.target).collect()
    }

    #[test]
    fn a_target_shows_no_more_than_the_masked_command() {
        let key = ["ghp", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].join("_");
        for secret in ["--password='open sesame now'", "--password=\"open sesame now\"", "--password 'open sesame now'"]
        {
            let all = targets(&format!("mysql {secret} -e 'DROP DATABASE shop' && rm -rf {key}/x; rm -rf b"));
            assert_eq!(all.len(), 3, "{all:?}");
            let text = all.join("\n");
            assert!(!text.contains("sesame") && !text.contains("a1B2") && text.contains("rm -rf b"), "{text}");
        }
        // Nothing is left of what the rule is about.
        let hidden = format!("cat https://ada:{key}@x/.env");
        assert!(targets(&hidden).iter().all(|target| !target.contains("a1B2")), "{:?}", targets(&hidden));
    }
}
