//! Owns how one value of a group of settings is read: what may stand there, and how a wrong one is reported. Must stay
//! true: what is wrong is reported once, with its key and what to write instead.

use cs_core::clock::TimeDelta;
use cs_core::error::Error;
use serde_json::{Map, Value};
use std::path::Path;

/// Maximum number of entries in a list, and of keys in a group.
pub const MOST: usize = 50;

pub type Group = Map<String, Value>;

/// Maximum number of characters of a value, or of a key, in an error.
const SHOWN: usize = 80;

/// The beginning of a text, as one line.
fn short(text: &str) -> String {
    let is_long = text.chars().nth(SHOWN).is_some();
    let shown = text.chars().take(if is_long { SHOWN - 1 } else { SHOWN });
    let plain = shown.map(|c| if c.is_control() { ' ' } else { c });
    plain.chain(is_long.then_some('…')).collect()
}

/// Collects what is wrong.
#[derive(Default)]
pub struct Reader {
    wrong: Vec<Wrong>,
}

/// A value that cannot be used: what it is and what to write, and what is used instead.
struct Wrong {
    what: String,
    instead: String,
}

impl Reader {
    /// What was wrong, in the file with this path.
    pub fn errors(self, path: &Path) -> Vec<Error> {
        let error = |Wrong { what, instead }| Error::corrupt(path, format!("{what}; {instead}"));
        self.wrong.into_iter().map(error).collect()
    }

    /// How much was wrong until now.
    pub fn count(&self) -> usize {
        self.wrong.len()
    }

    /// Reports a value, what to write, and what is used instead.
    pub fn report(&mut self, key: &str, value: &Value, wanted: &str, instead: &str) {
        let what = format!("{} is {}; {wanted}", short(key), short(&value.to_string()));
        self.wrong.push(Wrong { what, instead: instead.to_string() });
    }

    /// Makes one error of all since the first `count`: they are about the same entry, which is left out once.
    fn join(&mut self, count: usize) {
        let mut same = self.wrong.split_off(count).into_iter();
        if let Some(mut first) = same.next() {
            same.for_each(|Wrong { what, .. }| first.what = format!("{}; {what}", first.what));
            self.wrong.push(first);
        }
    }

    /// The value of the last part of `key`; `None` if there is none, or if it is wrong, which is reported.
    pub fn one<T>(
        &mut self,
        group: &Group,
        key: &str,
        wanted: &str,
        instead: &str,
        parse: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = group.get(key.rsplit('.').next()?).filter(|value| !value.is_null())?;
        let parsed = parse(value);
        if parsed.is_none() {
            self.report(key, value, wanted, instead);
        }
        parsed
    }

    /// The same, for a key without which the rest means nothing.
    pub fn needed<T>(
        &mut self,
        group: &Group,
        key: &str,
        wanted: &str,
        instead: &str,
        parse: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let name = key.rsplit('.').next()?;
        if group.get(name).is_none_or(Value::is_null) {
            self.report(key, &Value::Null, wanted, instead);
        }
        self.one(group, key, wanted, instead, parse)
    }

    pub fn minutes(&mut self, group: &Group, key: &str, most: u64, instead: &str) -> Option<TimeDelta> {
        let wanted = format!("write a whole number of minutes from 0 to {most}");
        self.one(group, key, &wanted, instead, |value| {
            let minutes = value.as_u64().filter(|minutes| *minutes <= most)?;
            TimeDelta::try_minutes(i64::try_from(minutes).ok()?)
        })
    }

    /// A program and its arguments.
    pub fn command(&mut self, group: &Group, key: &str, instead: &str) -> Option<Vec<String>> {
        let wanted = "write the program and its arguments, such as [\"/home/you/bin/tell\", \"--short\"]";
        self.one(group, key, wanted, instead, |value| {
            let words: Option<Vec<String>> = value.as_array()?.iter().map(|word| Some(word.as_str()?.into())).collect();
            let is_fit = |words: &Vec<String>| {
                words.first().is_none_or(|first| !first.is_empty()) && words.iter().all(|word| !word.contains('\0'))
            };
            words.filter(is_fit)
        })
    }

    /// Percentages, ascending.
    pub fn percentages(&mut self, group: &Group, key: &str, most: u8, instead: &str) -> Option<Vec<u8>> {
        let wanted = format!("write whole numbers from 1 to {most}, such as [75, 90, 100]");
        self.one(group, key, &wanted, instead, |value| {
            let is_fit = |number: &u8| (1..=most).contains(number);
            let number = |value: &Value| u8::try_from(value.as_u64()?).ok().filter(is_fit);
            let list = value.as_array().filter(|list| list.len() <= MOST)?;
            let mut numbers = list.iter().map(number).collect::<Option<Vec<u8>>>()?;
            numbers.sort_unstable();
            numbers.dedup();
            Some(numbers)
        })
    }

    /// The entries of a list that are right.
    pub fn each<T>(
        &mut self,
        group: &Group,
        key: &str,
        instead: &str,
        parse: fn(&mut Self, &Group, &str) -> Option<T>,
    ) -> Vec<T> {
        let wanted = format!("write a list of at most {MOST} objects");
        let list = self.one(group, key, &wanted, "it is left out", |value| {
            value.as_array().filter(|list| list.len() <= MOST).cloned()
        });
        let mut all = Vec::new();
        for (at, value) in list.unwrap_or_default().iter().enumerate() {
            let key = format!("{key}[{at}]");
            match value.as_object() {
                Some(entry) => {
                    let before = self.count();
                    all.extend(parse(self, entry, &key));
                    self.join(before);
                }
                None => self.report(&key, value, "write an object", instead),
            }
        }
        all
    }
}
