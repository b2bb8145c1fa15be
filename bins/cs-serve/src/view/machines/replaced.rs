//! Owns what was replaced in conversations before they left their machines: secrets, and what is no secret. Must stay true:
//! only what a rule about secrets found counts as one.

use redaction::Tier;
use reports::MANUAL;
use serde::Serialize;
use std::collections::BTreeMap;
use sync::also::Head;

/// Maximum number of rules that are counted.
const RULES: usize = 500;

/// How often a rule found something.
#[derive(Clone, Debug, Serialize)]
pub struct ReplacedRow {
    pub rule: String,
    /// What it is, for people.
    pub name: String,
    pub found: u64,
    pub conversations: usize,
}

/// What was replaced, the most first.
#[derive(Clone, Debug, Default)]
pub struct Replaced {
    pub secrets: Vec<ReplacedRow>,
    /// Personal data, what people redacted by hand, and what rules of their own found.
    pub others: Vec<ReplacedRow>,
}

/// How often each rule found something, and in how many conversations.
#[derive(Debug, Default)]
pub struct Counting(BTreeMap<String, (u64, usize)>);

impl Counting {
    /// Counts a conversation.
    pub fn add(&mut self, head: &Head) {
        for (rule, found) in &head.secrets {
            if self.0.len() >= RULES && !self.0.contains_key(rule) {
                continue;
            }
            let sum = self.0.entry(rule.clone()).or_default();
            *sum = (sum.0.saturating_add(*found), sum.1 + 1);
        }
    }

    /// The counts of secrets, and of the rest.
    pub fn finish(self) -> Replaced {
        let row = |(rule, (found, conversations)): (String, (u64, usize))| {
            let is_secret = matches!(Tier::of_built_in(&rule), Some(Tier::Definite | Tier::Candidate));
            let name = if is_secret { rule.clone() } else { name(&rule) };
            (is_secret, ReplacedRow { name, rule, found, conversations })
        };
        let mut rows: Vec<(bool, ReplacedRow)> = self.0.into_iter().map(row).collect();
        rows.sort_by(|(_, a), (_, b)| b.found.cmp(&a.found).then_with(|| a.rule.cmp(&b.rule)));
        let (secrets, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(is_secret, _)| *is_secret);
        let rows = |all: Vec<(bool, ReplacedRow)>| all.into_iter().map(|(_, row)| row).collect();
        Replaced { secrets: rows(secrets), others: rows(others) }
    }
}

/// What is counted under this name, if it is not a secret.
fn name(rule: &str) -> String {
    match rule {
        "email" => "e-mail addresses".into(),
        "phone" => "phone numbers".into(),
        "user" => "names of accounts".into(),
        MANUAL => "redacted by hand".into(),
        "withheld" => "whole texts withheld".into(),
        _ => format!("rule {rule}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_secrets_are_counted_as_secrets() {
        let mut counting = Counting::default();
        let rules = [("jwt", 2), ("user", 7), ("manual", 3), ("withheld", 1), ("email", 1), ("own-rule", 5)];
        let secrets: BTreeMap<String, u64> = rules.map(|(rule, count)| (rule.to_string(), count)).into();
        for _ in 0..2 {
            counting.add(&Head { secrets: secrets.clone(), ..Head::default() });
        }
        let Replaced { secrets, others } = counting.finish();
        let rows = |rows: Vec<ReplacedRow>| rows.into_iter().map(|row| (row.name, row.found)).collect::<Vec<_>>();
        assert_eq!(rows(secrets), [("jwt".to_string(), 4)]);
        let named =
            ["names of accounts", "rule own-rule", "redacted by hand", "e-mail addresses", "whole texts withheld"];
        assert_eq!(rows(others), named.map(str::to_string).into_iter().zip([14, 10, 6, 2, 2]).collect::<Vec<_>>());
    }

    #[test]
    fn the_rules_that_are_named_are_those_that_are() {
        for rule in ["email", "phone", "user"] {
            assert_eq!(Tier::of_built_in(rule), Some(Tier::Personal), "{rule}");
        }
    }
}
