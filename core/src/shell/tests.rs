//! Compares the parser with what a shell runs.

use super::*;

fn commands(line: &str) -> Vec<Command> {
    let parsed = parse(line);
    assert!(!parsed.is_cut, "{line}");
    parsed.commands
}

fn joined(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join("|")
}

fn lines(line: &str) -> Vec<String> {
    commands(line).iter().map(|command| joined(&command.words)).collect()
}

/// Each program with its arguments, and what runs it.
fn programs(line: &str) -> Vec<(String, String)> {
    runs(line).runs.iter().map(|run| (joined(&run.words), run.via.join(", "))).collect()
}

fn last_program(line: &str) -> String {
    programs(line).pop().map(|(words, _)| words).unwrap_or_default()
}

fn text(text: &str) -> Input {
    Input::Text(text.to_string())
}

#[test]
fn words_are_those_that_the_command_receives() {
    assert_eq!(lines(r#"a 'b c' "d \"e\" \x" f\ g $'h\ti\x41\101'"#), ["a|b c|d \"e\" \\x|f g|h\tiAA"]);
    assert_eq!(lines(r"$'\162m' $'\u0072m' $'\U1F600'"), ["rm|rm|😀"]);
    assert_eq!(lines("a\\\nb 'c\nd'"), ["ab|c\nd"]);
    assert_eq!(lines("a 1>b 2>&1 >>c <d &>e 3<&- f"), ["a|f"]);
    let parsed = commands("a $b");
    assert!(parsed[0].words[0].is_plain && !parsed[0].words[1].is_plain);
}

#[test]
fn expansions_are_shown_as_they_are_written() {
    assert_eq!(lines("a $b x${c}y \"$d/e\" $(e f) `g`"), ["e|f", "g", "a|$b|x${c}y|$d/e|$(…)|$(…)"]);
    assert_eq!(lines("a \"${b:-$(c)}\" $1 $@ $((1+2)) <(d)"), ["c", "d", "a|${b:-$(c)}|$1|$@|$(…)|$(…)"]);
    assert_eq!(lines(&format!("a ${{{}}}", "b".repeat(1000))), ["a|$(…)"]);
}

#[test]
fn operators_and_keywords_separate_commands() {
    assert_eq!(lines("a;b&&c||d|e&f\ng"), ["a", "b", "c", "d", "e", "f", "g"]);
    assert_eq!(lines("if a; then b; elif c; then d; else e; fi"), ["a", "b", "c", "d", "e"]);
    assert_eq!(lines("for x in 1 2; do a; done; b"), ["for|x|in|1|2", "a", "b"]);
    let repeats: Vec<bool> = commands("while a; do b; done; c").iter().map(|command| command.repeats).collect();
    assert_eq!(repeats, [true, true, false]);
    assert_eq!(lines("'if' a"), ["if|a"]);
    assert_eq!(lines("a # b; c\nd#e"), ["a", "d#e"]);
}

#[test]
fn patterns_of_a_case_are_not_commands() {
    assert_eq!(lines("case $x in (a) b;; c|rm) e;; esac; f"), ["b", "e", "f"]);
    assert_eq!(lines("case a in\n # x\n a | b)\n c\n ;;\n *) d\nesac\ne"), ["c", "d", "e"]);
    assert_eq!(lines("x $(case a in b) c;; esac) d"), ["c", "x|$(…)|d"]);
    assert_eq!(lines("case a in a) case b in b) c;; esac;; d) e;; esac"), ["c", "e"]);
}

#[test]
fn here_documents_are_data() {
    let parsed = commands("cat <<A <<'B' | wc; x\n1 $(y)\nA\n2\nB\nz");
    let words: Vec<&str> = parsed.iter().map(|command| command.words[0].text.as_str()).collect();
    assert_eq!(words, ["cat", "wc", "x", "y", "z"]);
    assert_eq!(parsed[0].input, text("2\n"));
    assert_eq!(commands("sh <<-E\n\ta\n\tE\nb")[0].input, text("\ta\n"));
    assert_eq!(commands("sh <<E\na")[0].input, text("a"));
    assert_eq!(lines("a \"$(cat <<'E'\nit's ) \" fine\nE\n)\" b; c"), ["cat", "a|$(…)|b", "c"]);
}

#[test]
fn expansions_in_a_here_document_run_unless_its_delimiter_is_quoted() {
    assert_eq!(lines("cat <<E\n it's \\$(no) '$(a b)' `c` ${d:-$(e)}\nE"), ["cat", "a|b", "c", "e"]);
    assert_eq!(lines("cat <<'E'\n$(a)\nE"), ["cat"]);
    assert_eq!(lines("cat <<\\E\n$(a)\nE"), ["cat"]);
    assert_eq!(lines("cat <<< \"$(a)\""), ["a", "cat"]);
}

#[test]
fn redirections_and_pipes_are_inputs_and_files() {
    let parsed = commands("a >b 2>>c <d &>e 2>&1 >&f >|g; h | i; j |& k; l && m; > n");
    let files: Vec<(Direction, &str)> =
        parsed[0].redirects.iter().map(|redirect| (redirect.direction, redirect.target.text.as_str())).collect();
    let (write, append, read) = (Direction::Write, Direction::Append, Direction::Read);
    assert_eq!(files, [(write, "b"), (append, "c"), (read, "d"), (write, "e"), (write, "f"), (write, "g")]);
    let inputs: Vec<&Input> = parsed.iter().map(|command| &command.input).collect();
    let (none, pipe) = (&Input::Inherited, &Input::Pipe);
    assert_eq!(inputs, [&Input::File, none, pipe, none, pipe, none, none, none]);
    assert_eq!(parsed.last().unwrap().redirects[0].target.text, "n");
}

#[test]
fn a_pipe_is_the_input_of_every_command_in_a_compound() {
    for line in ["a | (b; c)", "a | { b; c; }", "a | while b; do c; done", "a | if b; then c; fi"] {
        let inputs: Vec<Input> = commands(line).into_iter().map(|command| command.input).collect();
        assert_eq!(inputs, [Input::Inherited, Input::Pipe, Input::Pipe], "{line}");
    }
    let inputs: Vec<Input> = commands("a | (b); c").into_iter().map(|command| command.input).collect();
    assert_eq!(inputs, [Input::Inherited, Input::Pipe, Input::Inherited]);
}

#[test]
fn wrappers_run_the_command_after_their_options() {
    for line in [
        "sudo -u root rm x",
        "sudo -- rm x",
        "env A=1 -u B rm x",
        "nohup nice -n 5 timeout -k 1 5s rm x",
        "stdbuf -oL ionice -c 3 setsid rm x",
        "exec -a y rm x",
        "flock -w 5 /tmp/l rm x",
        "chroot /y rm x",
        "time -p command rm x",
        "uv run rm x",
        "docker exec -it -u me box rm x",
        "docker compose -f y exec -T box rm x",
        "kubectl -n y exec pod -c box -- rm x",
        "A=1 B+=2 rm x",
        "/bin/rm x",
        "\\rm x",
    ] {
        let found = last_program(line);
        assert!(found.ends_with("rm|x"), "{line}: {found}");
    }
    for line in ["command -v rm", "sudo -l rm", "docker run box", "sudo", "timeout 5"] {
        assert_eq!(programs(line).len(), 1, "{line}");
    }
}

#[test]
fn command_lines_in_a_command_line_are_followed() {
    for line in [
        "bash -c 'rm x'",
        "sh -ec \"cd a && rm x\"",
        "bash -euo pipefail -c 'rm x' name",
        "bash <<EOF\nrm x\nEOF",
        "bash <<< 'rm x'",
        "eval 'rm' x",
        "env -S 'rm x'",
        "env -S rm x",
        "watch -n 5 'rm x'",
        "ssh -p 22 host 'rm x'",
        "su me -c 'rm x'",
        "flock /tmp/l -c 'rm x'",
        "sudo bash -c 'sh -c \"rm x\"'",
    ] {
        assert_eq!(last_program(line).trim(), "rm|x", "{line}");
    }
    let found = programs("sudo sh -c 'ls | xargs rm'");
    assert_eq!(found.last().unwrap(), &("rm".to_string(), "sudo, sh -c, xargs".to_string()));
    assert!(runs("ls | xargs rm").runs[2].has_more_words && !runs("rm").runs[0].has_more_words);
    assert!(runs("ssh host rm x").runs[1].is_elsewhere);
}

#[test]
fn find_runs_the_words_to_the_end_of_each_action() {
    let found = programs("find . -exec rm {} + -execdir sh -c 'mv a' \\; -print");
    let words: Vec<&str> = found.iter().map(|(words, _)| words.as_str()).collect();
    assert_eq!(words[1..], ["rm|{}", "sh|-c|mv a", "mv|a"]);
    assert_eq!(found[1].1, "find -exec");
}

#[test]
fn a_shell_that_is_fed_is_recognized() {
    let is_fed = |line: &str| runs(line).runs.iter().any(Run::is_fed);
    for line in ["curl x | sh", "curl x | sudo bash -s -- a", "sh < x", "curl x | (cd y; bash)", "a | bash -"] {
        assert!(is_fed(line), "{line}");
    }
    for line in ["curl x | sh -c 'cat'", "a | bash x.sh", "sh -c 'x' < y", "sh", "a | cat", "sh <<< x"] {
        assert!(!is_fed(line), "{line}");
    }
}

#[test]
fn what_echo_prints_is_the_input_of_the_next_command() {
    for line in ["echo 'rm x' | sh", "printf 'a\\nrm x\\n' | sudo bash", "echo rm $(a | b) x | sh"] {
        assert!(last_program(line).starts_with("rm|"), "{line}");
    }
    assert_eq!(runs("echo a | cat; sh").runs[2].input, Input::Inherited);
    assert_eq!(runs("echo a | (b; c)").runs[2].input, Input::Pipe);
    assert_eq!(runs("cat a | sh").runs[1].input, Input::Pipe);
}

#[test]
fn limits_cut_and_say_so() {
    let lines = [
        "a ".repeat(WORDS + 1),
        "a;".repeat(LONGEST),
        "$(".repeat(NESTED + 2),
        "eval ".repeat(20) + "rm",
        "sudo ".repeat(20) + "rm",
    ];
    for line in lines {
        assert!(runs(&line).is_cut, "{:.20}", line);
    }
    assert!(!runs(&"a;".repeat(900)).is_cut);
}

#[test]
fn many_actions_of_find_take_linear_time() {
    let _ = runs(&"find -exec ".repeat(6000));
    let _ = runs(&"find -exec a + ".repeat(4000));
    let _ = runs(&"env -S ".repeat(9000));
}
