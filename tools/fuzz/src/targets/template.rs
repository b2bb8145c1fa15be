//! Templates that people write for cs-export, in a language that is not ours.

use std::sync::LazyLock;

use cs_core::clock;
use cs_core::record::Session;
use render::Document;

use super::{parts, text};
use crate::Target;
use crate::cover::Carry;
use program::sandbox::{self, Limits};
use program::template;

/// The program's own source files, because a program cannot be linked.
#[allow(dead_code, reason = "the program uses more of them")]
#[path = "../../../../bins/cs-export/src"]
mod program {
    pub mod sandbox;
    pub mod template;
}

pub const TARGET: Target = Target { name: "template", check, words: WORDS, seeds, most: 2 << 10, runs: 20_000 };

const WORDS: &[&str] = &[
    "{{ ",
    " }}",
    "{% ",
    " %}",
    "{%- ",
    "{# ",
    "#}",
    "sessions",
    "sessions[0].intent",
    "{% for a in range(99) %}",
    "{% endfor %}",
    "{% if ",
    "{% else %}",
    "{% endif %}",
    "{% set x = ",
    "{% set ns = namespace(x=1) %}",
    "{% set ns.x = ns.x ~ ns.x %}",
    "{% set y %}",
    "{% endset %}",
    "{% macro m(a) %}",
    "{{ m(",
    "{% endmacro %}",
    "{% call m() %}",
    "{% filter upper %}",
    "{% block b %}",
    "{% raw %}",
    "{% include 'x' %}",
    "{% autoescape false %}",
    "loop.index",
    "recursive",
    " | ",
    "| replace('a', 'bb')",
    "| join(',')",
    "| indent(9999)",
    "| batch(3)",
    "| tojson",
    "| paragraph",
    "| when",
    "| duration",
    "| format(",
    "'%s'",
    "[::-1]",
    "[0:2:-1]",
    " ** ",
    " // ",
    " % ",
    " * 99999999",
    " ~ ",
    " is defined",
    "not ",
    "(((((((((",
    "[[[[[[[[[",
    "-9223372036854775808",
    "debug()",
    "dict(a=1)",
    "lipsum",
    "'x'",
];

fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "# {{ sessions[0].intent }}\n\n{% for task in sessions[0].tasks %}- {{ task.subject }}\n{% endfor %}",
        "a\r\n",
        "",
        "{% for a in range(99999) %}{% for b in range(99999) %}{{ b }}{% endfor %}{% endfor %}",
        "{% set ns = namespace(x='xx') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
        "{{ ''[::-1] }}{{ 'abc'[0:2:-1] }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ 'x' * 99999999 }}",
        "{{ sessions[0] | tojson }}{{ 9 | duration }}{{ sessions[0].started_at | when }}{{ 'a\nb' | paragraph }}",
        "{% include '/etc/passwd' %}",
        "{{ debug() }}{% if a.b.c %}{% endif %}",
        "{% set x %}a{{ 1 // 0 }}{% endset %}",
        "{% raw %}{{ x }}{% endraw %}{# no #}{{ \"%s %d\" | format(1, 2) }}",
    ];
    let mut all: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    all.push("(".repeat(1500).into_bytes());
    all.push(format!("{{{{ {}1 }}}}", "-".repeat(1900)).into_bytes());
    all.push(format!("{{{{ {}1{} }}}}", "[".repeat(900), "]".repeat(900)).into_bytes());
    all
}

const LIMITS: Limits = Limits { memory: 32 << 20, seconds: 1, output: 1 << 20 };
const FUEL: u64 = 20_000;
static CARRY: LazyLock<Option<Carry>> = LazyLock::new(Carry::new);
const RECORD: &str = r#"{"session_id":"sess_20261121T0800_ca5d","project_slug":"api","status":"completed",
    "intent":"fix <b> | \"it\" `now`","started_at":"2026-11-21T08:00:00+00:00","last_heartbeat":"",
    "tasks":[{"id":"t1","subject":"one","status":"pending","added_at":"","updated_at":""}],"later":[1.5,null]}"#;

fn check(bytes: &[u8]) {
    let parts = parts(bytes);
    let source = text(parts[0]);
    let chance = cs_core::id::fnv1a(bytes) as usize;
    let name = ["t.md", "t.html", "t.csv.j2", "t.json", "t.txt"][chance % 5];
    let rendered = rendered(name, &source);
    if !source.contains("{{") && !source.contains("{%") && !source.contains("{#") {
        // Trailing line breaks may become one.
        let inner = |text: &str| text.trim_end_matches(['\r', '\n']).to_string();
        assert_eq!(rendered.as_deref().map(inner), Ok(inner(&source)), "nothing but text");
        assert!(!source.ends_with('\n') || rendered.as_ref().is_ok_and(|text| text.ends_with('\n')), "no line end");
    }
    if let (Ok(rendered), true) = (&rendered, chance.is_multiple_of(4)) {
        // The text before it cannot exhaust a limit.
        let longer = self::rendered(name, &format!("before:{source}"));
        assert_eq!(longer.as_deref(), Ok(format!("before:{rendered}").as_str()), "with text before it");
    }
}

/// The output of the template for a session, or a one-line error.
fn rendered(name: &str, source: &str) -> Result<String, String> {
    let session = Session::read(RECORD.as_bytes()).expect("a record");
    let documents = [Document::new(&session, None, false, None)];
    let now = clock::parse("2026-11-21T10:00:00Z").expect("an instant");
    let context = template::context(None, &documents, now);
    let written = sandbox::run(&LIMITS, |out| {
        let done = template::write(name, source, context, FUEL, out);
        CARRY.iter().for_each(Carry::leave);
        done
    });
    CARRY.iter().for_each(Carry::fetch);
    let written = written.expect("a process can be started");
    let written = written.map_err(|what| {
        assert!(!what.is_empty() && what.chars().count() <= 1000, "{what:?}");
        let reported = template::format_error(name, &what);
        assert!(reported.starts_with(&format!("{name}:")) && !reported.contains(char::is_control), "{reported:?}");
        assert!(!reported.contains("without a word"), "{reported:?}");
        reported
    })?;
    assert!(written.len() <= LIMITS.output, "{} bytes", written.len());
    let mut text = String::from_utf8(written).expect("the output is text");
    text.push_str(template::missing_end(source, &text));
    Ok(text)
}
