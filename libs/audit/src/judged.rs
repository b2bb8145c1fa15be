//! Owns what the rules say about a call, in a form that may be stored. Must stay true: what a verdict is about shows no
//! more of the command than the masked command does. The words of a program have lost their quotes, by which a secret is
//! recognised (`--password='two words'`), so they are taken from the masked command.

use cs_core::shell;
use redact::MASK;
use rules::{Call, Rules, Verdict};
use std::borrow::Cow;

/// How much of a long command is looked at first: most verdicts are about its beginning.
const FIRST: usize = 1024;

/// What the rules say about a call.
pub fn judge(call: &Call, rules: &Rules) -> Vec<Verdict> {
    let mut verdicts = rules::judge(call, rules).verdicts;
    let Some(command) = call.command.filter(|_| !verdicts.is_empty()) else { return verdicts };
    let part = part(command, &verdicts, call, rules);
    let is_part = part.len() < command.len();
    let masked = redact::mask_command(part);
    if is_part || matches!(masked, Cow::Owned(_)) {
        let call = Call { command: Some(&masked), is_cut: call.is_cut || is_part, ..call.clone() };
        let mut shown = rules::judge(&call, rules).verdicts;
        for verdict in &mut verdicts {
            let same = shown.iter().position(|other| other.rule == verdict.rule);
            verdict.target = same.map_or_else(|| MASK.to_string(), |at| shown.remove(at).target);
        }
    }
    verdicts
}

/// As much of the command as the verdicts are about: if its beginning has the same ones, that and as much again, in which
/// a secret may end that begins in what they show.
fn part<'c>(command: &'c str, verdicts: &[Verdict], call: &Call, rules: &Rules) -> &'c str {
    if command.len() > 4 * FIRST {
        let first = Call { command: Some(beginning(command, FIRST)), ..call.clone() };
        let of_first = rules::judge(&first, rules).verdicts;
        // That a command was not read to its end is not about a part of it.
        let is_about_part = |verdict: &&Verdict| verdict.rule != rules::LONG.id;
        if of_first.iter().filter(is_about_part).eq(verdicts.iter().filter(is_about_part)) {
            return beginning(command, 2 * FIRST);
        }
    }
    beginning(command, shell::LONGEST)
}

fn beginning(command: &str, most: usize) -> &str {
    let end = (0..=command.len().min(most)).rev().find(|at| command.is_char_boundary(*at));
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
        // In a long command, at its beginning, at its end, and in both.
        for (first, last) in [(3, 0), (0, 3), (3, 3)] {
            let secret = "mysql --password='open sesame now' -e 'drop table a'; ";
            let line = format!("{}{}{}", secret.repeat(first), "ls -l src; ".repeat(900), secret.repeat(last));
            let all = targets(&line);
            assert!(all.iter().any(|target| target.contains("drop table a")), "{all:?}");
            assert!(!all.join("\n").contains("sesame"), "{all:?}");
        }
        let piped = targets("echo tigerpaw | sudo -S rm -rf x; DB_PASSWORD=$'tigerpaw' rm -rf y");
        assert!(piped.len() > 2 && !piped.join("\n").contains("tigerpaw"), "{piped:?}");
        // Nothing is left of what the rule is about.
        let hidden = format!("cat https://ada:{key}@x/.env");
        assert!(targets(&hidden).iter().all(|target| !target.contains("a1B2")), "{:?}", targets(&hidden));
    }
}
