//! `docs/REDACTION.md` has the built-in rules, by how sure they are. `RULES=renew` writes the table.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use redaction::{Rules, Tier};
use std::path::Path;

const BEGIN: &str = "| Group | Rules | Tier |\n|---|---|---|\n";

fn table() -> String {
    let groups = [
        ("Keys and tokens with the shape of their maker, private keys", Tier::Definite),
        ("Values whose name, header or place says what they are", Tier::Candidate),
        ("What identifies a person", Tier::Personal),
    ];
    let rules = Rules::builtin();
    let row = |(group, tier): (&str, Tier)| {
        let mut names: Vec<String> =
            rules.all().iter().filter(|rule| rule.tier == tier).map(|rule| format!("`{}`", rule.id)).collect();
        names.sort();
        assert!(!names.is_empty(), "{group}");
        format!("| {group} | {} | {} |\n", names.join(" "), tier.word())
    };
    groups.map(row).concat()
}

#[test]
fn the_page_has_all_built_in_rules() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/REDACTION.md");
    let page = std::fs::read_to_string(&path).expect("there is a page");
    let (before, rest) = page.split_once(BEGIN).expect("it has the table");
    let end = rest.find("\n\n").map_or(rest.len(), |at| at + 1);
    let (shown, after) = rest.split_at(if rest.starts_with('\n') { 0 } else { end });
    if std::env::var_os("RULES").is_some_and(|word| word == "renew") {
        std::fs::write(&path, format!("{before}{BEGIN}{}{after}", table())).expect("it can be written");
    } else {
        assert!(shown == table(), "RULES=renew cargo test -p redaction --test documented writes it:\n{}", table());
    }
}
