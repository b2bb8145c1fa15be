//! The figures of `tests/budgets.json`, and what has become worse since it was written.
//!
//! Only stable figures: system calls, opened directories, sizes, dependencies and, with the same C library,
//! instructions. `BUDGETS=renew cargo test -p cs-tests --test budgets` rewrites the file: after an improvement, or
//! after a regression whose reason the commit states.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

/// The allowed increase over the recorded figure, in percent.
const SLACK: u64 = 10;

/// Figures by what they count (`system calls at 10 sessions` …) and then by call or program.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gate(BTreeMap<String, BTreeMap<String, u64>>);

fn file() -> PathBuf {
    cs_tests::workspace().join("tests/budgets.json")
}

/// The C library, on which instruction counts depend; empty if unknown.
fn library() -> String {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: the result is a static text.
        let version = unsafe { std::ffi::CStr::from_ptr(libc::gnu_get_libc_version()) };
        return format!("{} {}", std::env::consts::ARCH, version.to_string_lossy());
    }
    #[allow(unreachable_code)]
    String::new()
}

impl Gate {
    /// Records a figure.
    pub fn note(&mut self, what: &str, of: &str, figure: u64) {
        self.0.entry(what.to_owned()).or_default().insert(of.to_owned(), figure);
    }

    /// Whether the file is to be rewritten.
    pub fn is_renewed() -> bool {
        std::env::var("BUDGETS").is_ok_and(|word| word == "renew")
    }

    /// Writes the figures to the file; others in it stay.
    pub fn renew(&self) {
        let mut all = recorded();
        let figures = self.0.iter().map(|(what, of)| (what.clone(), json!(of)));
        all.extend(figures);
        all.insert("C library".into(), json!(library()));
        let text = serde_json::to_string_pretty(&all).expect("figures can be serialised");
        fs::write(file(), text + "\n").expect("the workspace can be written");
    }

    /// The figures that are worse than recorded, one line each; an unrecorded figure counts as worse.
    pub fn worse(&self) -> Vec<String> {
        let recorded = recorded();
        let same_library = recorded.get("C library").and_then(Value::as_str) == Some(library().as_str());
        let compared = self.0.iter().filter(|(what, _)| same_library || !what.starts_with("instructions"));
        let each = compared.flat_map(|(what, of)| of.iter().map(move |(of, figure)| (what, of, *figure)));
        let judge =
            |(what, of, figure): (&String, &String, u64)| match recorded.get(what).and_then(|all| all[of].as_u64()) {
                Some(was) if figure <= was + was * SLACK / 100 => None,
                Some(was) => Some(format!("{what}: {of}: {figure}, recorded {was}")),
                None => Some(format!("{what}: {of}: {figure}, not recorded")),
            };
        each.filter_map(judge).collect()
    }
}

fn recorded() -> Map<String, Value> {
    let text = fs::read_to_string(file()).unwrap_or_else(|_| "{}".into());
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file().display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_increase_above_a_tenth_is_worse() {
        let recorded = recorded();
        let (what, all) = recorded.iter().find(|(what, _)| what.starts_with("bytes")).expect("sizes are recorded");
        let (of, was) = all.as_object().and_then(|all| all.iter().next()).expect("of programs");
        let was = was.as_u64().expect("a number");
        for (figure, worse) in [(was, 0), (was + was / 11, 0), (was + was / 9, 1)] {
            let mut gate = Gate::default();
            gate.note(what, of, figure);
            assert_eq!(gate.worse().len(), worse, "{figure} after {was}");
        }
        let mut gate = Gate::default();
        gate.note(what, "cs-unheard-of", 1);
        assert_eq!(gate.worse().len(), 1);
    }
}
