//! Owns the rules as a table of `docs/AUDIT.md`, which a test compares with the page.

use crate::judge::Rules;
use crate::opaque;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The rules as lines of Markdown, a row for each id; conditions of the same rule are separated by `or`.
pub fn table(rules: &Rules) -> String {
    let mut lines = String::from("| Rule | Verdict | Severity | Applies to |\n|---|---|---|---|\n");
    let mut ids: Vec<&str> = Vec::new();
    let mut by_id: BTreeMap<&str, Vec<&crate::Rule>> = BTreeMap::new();
    for rule in rules.iter() {
        if !by_id.contains_key(rule.id.as_ref()) {
            ids.push(&rule.id);
        }
        by_id.entry(&rule.id).or_default().push(rule);
    }
    for (id, entries) in ids.iter().filter_map(|id| Some((id, by_id.get(id)?))) {
        let kind = entries.first().map(|rule| rule.kind.word()).unwrap_or_default();
        let severities = entries.iter().map(|rule| rule.severity);
        let (least, most) = (severities.clone().min().unwrap_or_default(), severities.max().unwrap_or_default());
        let severity = if least == most { least.to_string() } else { format!("{least}–{most}") };
        let conditions: Vec<String> = entries.iter().map(|rule| code(&rule.describe())).collect();
        let _ = writeln!(lines, "| `{id}` | {kind} | {severity} | {} |", conditions.join(" or "));
    }
    for reason in opaque::ALL {
        let _ = writeln!(lines, "| `{}` | opaque | 1 | {} |", reason.id, reason.about.replace('|', "\\|"));
    }
    lines
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}
