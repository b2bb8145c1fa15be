//! What a program shows on a terminal: its size and its colours count.

use cs_tests::Sandbox;
use cs_tests::pty::run_on_terminal;

/// A store with this many parked sessions, the last one the latest.
fn stored(count: usize) -> Sandbox {
    let sandbox = Sandbox::new();
    for n in 1..=count {
        let intent = format!("{n} アップロードのための場所を作る 👩‍💻🎉 and tell all those who have been waiting for it");
        let made = sandbox.cs("cs-session", &["create", "--project", "shop", "--intent", &intent, "-q"]);
        let id = cs_tests::stdout(&made);
        sandbox.cs("cs-session", &["park", id.trim(), "--reason", "later", "-q"]);
    }
    sandbox
}

/// What `cs-session` with these arguments shows, with variables.
fn shown(sandbox: &Sandbox, args: &[&str], (columns, rows): (u16, u16), variables: &[(&str, &str)]) -> String {
    let mut command = sandbox.command("cs-session");
    command.args(args).env("TERM", "xterm").envs(variables.iter().copied());
    run_on_terminal(command, columns, rows)
}

#[test]
fn a_list_fits_the_terminal() {
    let sandbox = stored(6);
    for (columns, rows) in [(80, 24), (80, 6), (50, 9), (20, 5), (200, 4)] {
        let text = shown(&sandbox, &["list"], (columns, rows), &[("NO_COLOR", "1")]);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() < rows.into(), "{columns} x {rows}: {text}");
        assert!(lines.iter().all(|line| render::width_of(line) <= columns.into()), "{columns} x {rows}: {text}");
        assert!(lines.len() > 2 && lines[1].contains("parked"), "{text}");
        let listed = lines.iter().filter(|line| line.contains("parked")).count();
        let rest = if listed < 6 { format!("… and {} more: --all", 6 - listed) } else { String::new() };
        assert!(text.contains(&rest) && text.contains("more: --all") != rest.is_empty(), "{listed}: {text}");
    }
    let all = shown(&sandbox, &["list", "--all"], (80, 4), &[]);
    assert_eq!(all.lines().count(), 7, "{all}");
    let parked = shown(&sandbox, &["list", "--status", "parked"], (80, 4), &[]);
    assert_eq!(parked.lines().count(), 7, "{parked}");
}

#[test]
fn colours_are_for_terminals_that_have_them() {
    let sandbox = stored(1);
    let id = cs_tests::stdout(&sandbox.cs("cs-session", &["list", "-q"]));
    let coloured = |args: &[&str], variables: &[(&str, &str)]| {
        let commands = [vec!["list"], vec!["show", id.trim()]];
        commands.map(|command| shown(&sandbox, &[&command, args].concat(), (80, 24), variables).contains('\u{1b}'))
    };
    assert_eq!(coloured(&[], &[]), [true; 2]);
    assert_eq!(coloured(&[], &[("NO_COLOR", "")]), [true; 2], "no-color.org: an empty value does not count");
    assert_eq!(coloured(&[], &[("NO_COLOR", "1")]), [false; 2]);
    assert_eq!(coloured(&[], &[("TERM", "dumb")]), [false; 2]);
    assert_eq!(coloured(&["--color", "never"], &[]), [false; 2]);
    assert_eq!(coloured(&["--color=always"], &[("NO_COLOR", "1"), ("TERM", "dumb")]), [true; 2]);
    assert_eq!(coloured(&["-q"], &[]), [false; 2]);
    assert_eq!(coloured(&["--json"], &[]), [false; 2]);
}
