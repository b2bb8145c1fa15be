//! Compares the parser with what a shell runs.

use super::*;

fn lines(line: &str) -> Vec<String> {
    let text = |command: Command| {
        let words: Vec<String> = command.words.into_iter().map(|word| word.text).collect();
        words.join("|")
    };
    parse(line).into_iter().map(text).collect()
}

#[test]
fn words_are_those_that_the_command_receives() {
    assert_eq!(lines(r#"a 'b c' "d \"e\" \x" f\ g $'h\ti\x41\101'"#), ["a|b c|d \"e\" \\x|f g|h\tiAA"]);
    assert_eq!(lines("a\\\nb 'c\nd'"), ["ab|c\nd"]);
    assert_eq!(lines("a 1>b 2>&1 >>c <d &>e 3<&- f"), ["a|f"]);
    assert_eq!(lines("a $b x${c}y \"$d\" $(e f) `g`"), ["e|f", "g", "a||xy|||"]);
    assert!(parse("a $b")[0].words[0].is_plain && !parse("a $b")[0].words[1].is_plain);
}

#[test]
fn operators_and_keywords_separate_commands() {
    assert_eq!(lines("a;b&&c||d|e&f\ng"), ["a", "b", "c", "d", "e", "f", "g"]);
    assert_eq!(lines("if a; then b; elif c; then d; else e; fi"), ["a", "b", "c", "d", "e"]);
    assert_eq!(lines("for x in 1 2; do a; done; b"), ["for|x|in|1|2", "a", "b"]);
    let repeats: Vec<bool> = parse("while a; do b; done; c").iter().map(|command| command.repeats).collect();
    assert_eq!(repeats, [true, true, false]);
    assert_eq!(lines("case $x in (a) b;; c|d) e;; esac; f"), ["case||in", "a", "b", "c", "d", "e", "f"]);
    assert_eq!(lines("'if' a"), ["if|a"]);
    assert_eq!(lines("a # b; c\nd#e"), ["a", "d#e"]);
}

#[test]
fn here_documents_are_data() {
    let commands = parse("cat <<A <<'B' | wc; x\n1 $(y)\nA\n2\nB\nz");
    let words: Vec<&str> = commands.iter().map(|command| command.words[0].text.as_str()).collect();
    assert_eq!(words, ["cat", "wc", "x", "z"]);
    assert_eq!(commands[0].input.as_deref(), Some("2\n"));
    assert_eq!(parse("sh <<-E\n\ta\n\tE\nb")[0].input.as_deref(), Some("\ta\n"));
    assert_eq!(parse("sh <<E\na")[0].input.as_deref(), Some("a"));
    assert_eq!(lines("a \"$(cat <<'E'\nit's ) \" fine\nE\n)\" b; c"), ["cat", "a||b", "c"]);
}
