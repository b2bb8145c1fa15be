//! Command lines, and rules of a configuration, that are judged.

use cs_core::config::Config;
use rules::{Call, Rules, explain, judge, programs};
use std::path::Path;

use super::{parts, text};
use crate::Target;

/// An input is a command line, and after the byte 255 the group `audit` of a configuration.
pub const TARGET: Target = Target { name: "rules", check, words: WORDS, seeds, most: 96 << 10, runs: 20_000 };

const WORDS: &[&str] = &[
    "rm -rf ",
    "sudo ",
    "git push --force ",
    "env -S '",
    "sh -c '",
    "xargs ",
    "find . -exec ",
    " \\; ",
    "ssh host ",
    "<<'EOF'\n",
    "\nEOF\n",
    "<<< ",
    "$(",
    "`",
    "[[ ",
    " ]]",
    "printf '%s' ",
    " | sh",
    "psql -c 'drop table ",
    "delete from ",
    "--dry-run ",
    "--help",
    "{\"rules\":[{\"id\":\"a\",\"verdict\":\"install\",",
    "\"program\":[\"*a*\"],",
    "\"arg_glob\":[\"*a*b*\"],",
    "\"flags_any\":[\"-*\"]}]}",
    "/../",
    "/./",
    "/*",
    ".env",
    "~/.ssh/",
];

fn seeds() -> Vec<Vec<u8>> {
    let table = include_str!("../../../../libs/rules/src/table.txt");
    let rows = table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| Some(line.split_once(" | ")?.1));
    let rows: Vec<&str> = rows.step_by(40).collect();
    let rule: &[u8] =
        b"ls a\xff{\"rules\":[{\"id\":\"a\",\"verdict\":\"install\",\"program\":[\"l*\"],\"arg_not\":[\"?\"]}]}";
    let long = [
        "rm -rf x/y\n".repeat(6000),
        "a ".repeat(32 << 10),
        "$(".repeat(1000),
        "bash <<E\n".repeat(500),
        format!("ssh h '{}' <<E\n{}\nE", "bash; ".repeat(500), "ls;".repeat(10_000)),
        format!("cat {}.env", "*".repeat(4000)),
    ];
    let of_rows = rows.into_iter().map(|row| row.as_bytes().to_vec());
    of_rows.chain(long.map(String::into_bytes)).chain([rule.to_vec()]).collect()
}

fn check(bytes: &[u8]) {
    let parts = parts(bytes);
    let part = |n: usize| text(parts.get(n).copied().unwrap_or_default());
    let (line, group) = (part(0), part(1));
    let config = Config::read(Path::new("/x"), format!("{{\"audit\":{group}}}").as_bytes());
    let (settings, _) = audit::Settings::read(&config, Path::new("/x"));
    for rules in [Rules::with(Vec::new()), settings.all_rules()] {
        let verdicts = judge(&Call::shell(&line), &rules).verdicts;
        assert!(verdicts.len() <= 50, "{} verdicts", verdicts.len());
        for verdict in &verdicts {
            assert!((1..=3).contains(&verdict.severity) && verdict.target.chars().count() <= 200, "{verdict:?}");
        }
        judge(&Call::file(&line), &rules);
        // What is explained is what was judged.
        let (explained, is_cut) = explain(&line, &rules);
        let reasons = explained.iter().flat_map(|program| &program.reasons);
        let judged: std::collections::BTreeSet<&str> = verdicts.iter().map(|verdict| verdict.rule.as_ref()).collect();
        if verdicts.len() + usize::from(is_cut) < 50 {
            let mut missed = reasons.filter(|reason| !judged.contains(reason.rule.as_ref()));
            assert_eq!(missed.next(), None);
        }
        assert_eq!(judged.contains("opaque-long"), is_cut);
        if let Some(first) = verdicts.first().filter(|first| first.rule != "opaque-long") {
            assert!(!programs(&line, &first.rule, &rules).runs.is_empty(), "{first:?}");
        }
    }
}
