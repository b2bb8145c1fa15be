//! Usage in exports: model names come from logs and may therefore contain anything.

use crate::{export, hostile, id, parse, record, store};
use cs_tests::{Sandbox, status, stderr, stdout};
use serde_json::{Value, json};
use std::fs;

/// The conversation of every [`record`].
const UUID: &str = "1efc27bb-f68f-47d0-bb52-fc872cee82d8";

/// Writes a summary as `cs-usage keep` would, with one model of this name.
fn keep(sandbox: &Sandbox, model: &str) {
    let tokens = json!({
        "input_tokens": 1, "output_tokens": 20, "cache_creation_input_tokens": 300,
        "cache_read_input_tokens": 4000, "total_tokens": 4321, "cost_usd": 0.25,
    });
    let mut usage = tokens.clone();
    usage["models"] = json!({ model: tokens });
    (usage["turns"], usage["messages"]) = (2.into(), 5.into());
    let folder = sandbox.data().join("usage");
    fs::create_dir_all(&folder).expect("a fresh home can be written");
    fs::write(folder.join(format!("{UUID}.json")), usage.to_string()).expect("it can be written");
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    store(&sandbox, &[record(0)]);
    sandbox
}

#[test]
fn every_format_shows_the_usage() {
    let sandbox = sandbox();
    let without =
        ["json", "jsonl", "csv", "markdown", "html"].map(|format| export(&sandbox, &[&id(0), "--format", format]));
    keep(&sandbox, "claude-opus-5-5");
    let [json, jsonl, csv, markdown, html] =
        ["json", "jsonl", "csv", "markdown", "html"].map(|format| export(&sandbox, &[&id(0), "--format", format]));
    for text in [&json, &jsonl] {
        let row: Value = serde_json::from_str(text).expect("JSON");
        let usage = &row["usage"];
        assert_eq!(
            (&usage["total_tokens"], &usage["cost_usd"], &usage["turns"]),
            (&4321.into(), &0.25.into(), &2.into())
        );
        assert_eq!(usage["models"]["claude-opus-5-5"]["cache_read_input_tokens"], 4000);
    }
    let rows = parse::csv(&csv);
    let of = |name: &str| rows[0].iter().position(|title| title == name).map(|at| rows[1][at].as_str());
    let columns = [
        "input_tokens",
        "output_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
        "total_tokens",
        "cost_usd",
    ];
    assert_eq!(columns.map(of), ["1", "20", "300", "4000", "4321", "0.25"].map(Some));
    for text in [&parse::markdown(&markdown)[1].text, &parse::html(&html).text] {
        let cells: Vec<&str> = text.split('\u{1}').map(str::trim).collect();
        for words in [
            ["claude-opus-5-5", "1", "20", "300", "4,000", "4,321", "$0.25"],
            ["All models", "1", "20", "300", "4,000", "4,321", "$0.25"],
        ] {
            assert!(cells.windows(7).any(|found| found == words), "{words:?} is not in {cells:?}");
        }
    }
    assert!(without.iter().all(|text| !text.contains("Usage") && !text.contains("Turns")), "{without:?}");
    assert!(without[1].contains("\"usage\":null"), "{}", without[1]);
}

#[test]
fn a_model_name_cannot_break_an_export() {
    let sandbox = sandbox();
    let exported = |model: &str| {
        keep(&sandbox, model);
        ["markdown", "html", "csv", "json"].map(|format| export(&sandbox, &[&id(0), "--format", format]))
    };
    let [markdown, html, csv, _] = exported("harmless");
    for (raw, shown) in hostile::all() {
        let found = exported(raw);
        let line = shown.replace(['\n', '\t'], " ");
        for (found, expected) in parse::markdown(&found[0]).iter().zip(parse::markdown(&markdown)) {
            assert_eq!(found.structure, expected.structure, "{raw:?}");
            assert!(found.text.contains(line.trim()), "{raw:?}: {}", found.text);
        }
        let page = parse::html(&found[1]);
        assert_eq!(page.structure, parse::html(&html).structure, "{raw:?}");
        assert!(page.text.contains(shown), "{raw:?}: {}", page.text);
        assert_eq!(found[2], csv, "CSV does not contain model names");
        let row: Value = serde_json::from_str(&found[3]).expect("JSON");
        assert!(row["usage"]["models"].get(raw).is_some(), "{raw:?}: {row}");
    }
}

#[test]
fn folder_exports_mask_model_names() {
    let sandbox = Sandbox::new().with("USER", "jdoe");
    store(&sandbox, &[record(0)]);
    keep(&sandbox, "proxy/anna@example.com");
    let output = sandbox.cs("cs-export", &["--all", "--output-dir", "out"]);
    assert_eq!((status(&output), stderr(&output)), (0, String::new()));
    let text = fs::read_to_string(sandbox.work().join(format!("out/{}.md", id(0)))).expect("it was written");
    assert!(!text.contains("anna") && text.contains("4,321"), "{text}");
    let total: Value = serde_json::from_str(stdout(&output).lines().last().expect("a sum")).expect("JSON");
    assert_eq!(total["masked"]["email"], 1);
}

#[test]
fn tables_of_the_first_version_can_be_replaced() {
    let sandbox = sandbox();
    let table = export(&sandbox, &[&id(0), "--format", "csv"]);
    let old: Vec<&str> = table.lines().next().expect("a header").split(',').take(33).collect();
    fs::write(sandbox.work().join("old.csv"), old.join(",") + "\r\n").expect("it can be written");
    assert_eq!(status(&sandbox.cs("cs-export", &[&id(0), "-o", "old.csv"])), 0);
}
