//! Templates: escaped by extension, restricted to their context, stopped when they do not end.

use crate::{export, hostile, id, parse, record, store};
use cs_tests::{Sandbox, status, stderr, stdout};
use std::fs;

fn with_template(name: &str, text: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let mut records = vec![record(0)];
    for (n, (raw, _)) in hostile::all().enumerate() {
        let mut record = record(n + 1);
        record["intent"] = raw.into();
        records.push(record);
    }
    store(&sandbox, &records);
    fs::write(sandbox.work().join(name), text).expect("it can be written");
    sandbox
}

#[test]
fn text_is_escaped_by_the_extension() {
    for name in ["t.html", "t.htm.j2", "t.md", "t.markdown.jinja", "t.csv.jinja2"] {
        let template = match name.split('.').nth(1) {
            Some("html" | "htm") => "<p title='{{ sessions[0].intent }}'>{{ sessions[0].intent }}</p>",
            Some("csv") => "a,{{ sessions[0].intent }}\r\n",
            _ => {
                "# {{ sessions[0].intent }}\n\n| a |\n|---|\n| {{ sessions[0].intent }} |\n\n- {{ sessions[0].intent }}\n"
            }
        };
        let sandbox = with_template(name, template);
        let rendered = |n| export(&sandbox, &[&id(n), "--template", name]);
        let structure = |text: &str| match name.split('.').nth(1) {
            Some("html" | "htm") => {
                let parsed = parse::html(text).structure;
                parsed.iter().map(|line| line.split(" title=").next().unwrap_or(line).to_owned()).collect()
            }
            Some("csv") => parse::csv(text).iter().map(|row| row.len().to_string()).collect(),
            _ => parse::markdown(text).map(|parsed| parsed.structure).concat(),
        };
        let harmless: Vec<String> = structure(&rendered(0));
        for (n, (raw, _)) in hostile::all().enumerate() {
            assert_eq!(structure(&rendered(n + 1)), harmless, "{name} with {raw:?}: {}", rendered(n + 1));
        }
    }
}

#[test]
fn json_templates_preserve_text_and_plain_ones_hide_nothing() {
    let sandbox = with_template("t.json", "{\"intent\": {{ sessions[0].intent }}, \"none\": {{ project }}}");
    fs::write(sandbox.work().join("t.txt"), "{{ sessions[0].intent }}").expect("it can be written");
    for (n, (raw, shown)) in hostile::all().enumerate() {
        let text = export(&sandbox, &[&id(n + 1), "--template", "t.json"]);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
        assert_eq!((value["intent"].as_str(), value["none"].is_null()), (Some(raw), true));
        assert_eq!(export(&sandbox, &[&id(n + 1), "--template", "t.txt"]), shown);
    }
}

#[test]
fn template_errors_name_the_line() {
    let cases = [
        ("a\n{% if %}", "t.md:2: "),
        ("\n\n{{ sessions[0].nothing }}", "t.md:3: undefined value"),
        ("{{ nobody.knows }}", "t.md:1: undefined value"),
        ("{% include '/etc/passwd' %}", "t.md:1: template not found"),
        ("{% import 't.md' as t %}", "t.md:1: template not found"),
        ("{% extends 'other.md' %}", "t.md:1: template not found"),
        ("{{ sessions | nofilter }}", "t.md:1: unknown filter"),
        (
            "{% for a in range(9999) %}{% for b in range(9999) %}{{ b }}{% endfor %}{% endfor %}",
            "the template ran too many steps",
        ),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "recursion limit exceeded"),
        ("{{ ''[::-1] }}", "t.md: the template engine failed"),
        (
            "{% set n = namespace(x='xx') %}{% for a in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
            "more than 64 MiB of memory",
        ),
        ("{% set x = 'x' * 1000000 %}{% for a in range(999) %}{{ x | safe }}{% endfor %}", "more than 268435456 bytes"),
    ];
    for (text, word) in cases {
        let sandbox = with_template("t.md", text);
        let output = sandbox.cs("cs-export", &[&id(0), "--template", "t.md", "-o", "out.md"]);
        assert_eq!((status(&output), stdout(&output)), (65, String::new()), "{text}: {}", stderr(&output));
        assert!(stderr(&output).contains(word), "{text}: {}", stderr(&output));
        assert!(!sandbox.work().join("out.md").exists(), "{text}");
    }
    let sandbox = with_template("t.md", "x");
    let output = sandbox.cs("cs-export", &[&id(0), "--template", "missing.md"]);
    assert_eq!(status(&output), 74, "{}", stderr(&output));
    fs::write(sandbox.work().join("t.md"), b"\xff").expect("it can be written");
    assert_eq!(status(&sandbox.cs("cs-export", &[&id(0), "--template", "t.md"])), 65);
}
