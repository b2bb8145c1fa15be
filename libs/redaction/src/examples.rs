//! Owns trying the examples of rules.

use crate::engine::{Engine, Place};
use crate::key::Key;
use crate::rules::{Rule, Rules};
use cs_core::error::Result;

/// An example of a rule, after it was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tested {
    /// The rule's id.
    pub rule: String,
    /// The number of the example, from 1.
    pub number: usize,
    /// The rules that found something in it.
    pub found_by: Vec<String>,
}

impl Tested {
    /// Whether the rule found something in its example.
    pub fn is_found(&self) -> bool {
        self.found_by.contains(&self.rule)
    }
}

impl Rules {
    /// Tries the examples of all rules that are used, each where its rule applies, with no other rule of files.
    pub fn test(&self) -> Result<Vec<Tested>> {
        let mut all = Vec::new();
        for rule in self.all().iter().filter(|rule| rule.enabled && !rule.examples.is_empty()) {
            let mut engine = Engine::new(self.alone(rule), Key::fresh()?);
            let place = Place { kind: first(&rule.kinds), field: first(&rule.fields), path: None };
            for (at, example) in rule.examples.iter().enumerate() {
                let mut found_by: Vec<String> = engine.find(example, place).into_iter().map(|one| one.rule).collect();
                found_by.dedup();
                all.push(Tested { rule: rule.id.clone(), number: at + 1, found_by });
            }
        }
        Ok(all)
    }
}

fn first(all: &[String]) -> Option<&str> {
    all.first().map(String::as_str)
}

impl Rules {
    /// Only this rule.
    fn alone(&self, rule: &Rule) -> Rules {
        let mut rule = rule.clone();
        // An example has no path.
        rule.path = None;
        Rules::default().with_rules(vec![rule])
    }
}
