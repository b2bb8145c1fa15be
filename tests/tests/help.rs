//! The help texts of all programs and commands fit the terminal, and no word is divided.

use cs_tests::pty::run_on_terminal;
use cs_tests::{Sandbox, can_run, has, program_names, run, status, stderr, stdout};
use serde_json::Value;

/// Programs that link nothing that knows a terminal: their texts are fixed.
const OF_HOOKS: [&str; 5] = ["cs-hook", "cs-heartbeat", "cs-deliver", "cs-wake", "cs-guard"];

/// The words that lead to each command of a program, and its description.
fn commands(sandbox: &Sandbox, program: &str) -> Vec<(Vec<String>, Value)> {
    let mut found = vec![(Vec::new(), Value::Null)];
    if program != "cs" && !OF_HOOKS.contains(&program) {
        let described = stdout(&sandbox.cs(program, &["--describe"]));
        found = vec![(Vec::new(), serde_json::from_str(&described).expect("JSON"))];
    }
    let mut at = 0;
    while let Some((path, described)) = found.get(at).cloned() {
        for command in described["commands"].as_array().into_iter().flatten() {
            let name = command["name"].as_str().expect("a name").to_string();
            found.push(([path.clone(), vec![name]].concat(), command.clone()));
        }
        at += 1;
    }
    found
}

fn help(sandbox: &Sandbox, program: &str, path: &[String], columns: Option<usize>) -> String {
    let mut command = sandbox.command(program);
    command.args(path).arg("--help");
    columns.inspect(|columns| {
        command.env("COLUMNS", columns.to_string());
    });
    let output = run(command, "");
    assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{program} {path:?}");
    stdout(&output)
}

/// The words of a text, without the marks of lines that go on.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().filter(|word| *word != "\\").collect()
}

#[track_caller]
fn assert_fits(text: &str, columns: usize, name: &str) {
    let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > columns).collect();
    assert!(wide.is_empty(), "{name}: the terminal has {columns} columns and breaks inside words: {wide:#?}");
}

#[test]
fn no_line_of_a_help_text_is_broken_by_a_terminal_of_80_columns() {
    let sandbox = Sandbox::new();
    let mut count = 0;
    for program in program_names() {
        for (path, described) in commands(&sandbox, &program) {
            let name = format!("{program} {}", path.join(" "));
            let text = help(&sandbox, &program, &path, None);
            assert_fits(&text, 80, &name);
            count += 1;
            if OF_HOOKS.contains(&program.as_str()) {
                continue;
            }
            for columns in [60, 100] {
                let other = help(&sandbox, &program, &path, Some(columns));
                assert_fits(&other, columns, &name);
                assert_eq!(words(&other), words(&text), "{name}: a word was divided or lost");
            }
            let about = words(described["about"].as_str().unwrap_or_default()).join(" ");
            assert!(words(&text).join(" ").contains(&about), "{name}: {about:?} is not in {text}");
        }
    }
    assert!(count > 80, "only {count} help texts were found");
}

#[test]
fn help_has_the_width_of_the_terminal_up_to_a_readable_one() {
    let sandbox = Sandbox::new();
    let widest = |columns| {
        let mut command = sandbox.command("cs-session");
        command.args(["list", "--help"]);
        let text = run_on_terminal(command, columns, 40);
        text.lines().map(|line| line.chars().count()).max().expect("there is a text")
    };
    assert!((50..=60).contains(&widest(60)), "{}", widest(60));
    assert!((90..=100).contains(&widest(100)), "{}", widest(100));
    assert!((90..=100).contains(&widest(300)), "{}", widest(300));
}

#[test]
fn no_line_of_a_manual_page_is_broken_by_a_terminal_of_80_columns() {
    if !has(can_run("sh", &["-c", "command -v mandoc"], "mandoc")) {
        return;
    }
    let sandbox = Sandbox::new();
    for name in program_names() {
        let page = stdout(&sandbox.cs("cs", &["man", &name]));
        let shown = stdout(&sandbox.feed("sh", &["-c", "mandoc -Tascii | col -b"], &page));
        assert_fits(&shown, 80, &name);
    }
}
