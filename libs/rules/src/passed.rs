//! Owns which texts in a command line are only passed on: here-documents that no program runs. They may be the contents
//! of a file, so the log leaves them out. Must stay true: of a text whose place in the line is not certain, nothing stays.

use crate::builtin::SQL_CLIENTS;
use crate::opaque;
use cs_core::shell::{self, Input, Run};
use std::borrow::Cow;

/// What stands for a text.
const OMITTED: &str = "…";
/// The operator of a here-document.
const HERE: &str = "<<";
/// The operator of a here-string, whose text is a word of the command.
const STRING: &str = "<<<";

/// The command line with `…` for each here-document that is no program: neither commands, nor code of another language,
/// nor SQL. Only as much of it as is parsed.
pub fn without_passed(command: &str) -> Cow<'_, str> {
    if !command.contains('\n') || !command.replace(STRING, "").contains(HERE) {
        return Cow::Borrowed(command);
    }
    let found = shell::runs(command);
    if found.is_cut {
        return Cow::Owned(before_texts(command));
    }
    let is_run = |text: &str| found.runs.iter().any(|run| self::text(run) == Some(text) && runs_it(run));
    let mut passed: Vec<&str> = found.runs.iter().filter_map(text).collect();
    passed.sort_unstable();
    passed.dedup();
    let mut line = command.to_string();
    for text in passed.into_iter().filter(|text| !is_run(text)) {
        match omit(&line, text) {
            Some(rest) => line = rest,
            // One line that is not closed is the end; any other one is a word.
            None if !text.contains('\n') => {}
            None => return Cow::Owned(before_texts(command)),
        }
    }
    Cow::Owned(line)
}

fn text(run: &Run) -> Option<&str> {
    match &run.input {
        Input::Text(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// Whether the program runs what it reads.
fn runs_it(run: &Run) -> bool {
    let is_sql = run.program().is_some_and(|name| SQL_CLIENTS.split(' ').any(|client| client == name));
    is_sql || run.reads_commands() || opaque::reason(run) == Some(&opaque::CODE)
}

/// The line with `…` instead of a text that begins a line.
fn omit(line: &str, text: &str) -> Option<String> {
    let from = line.find(HERE)?;
    let at = from + line.get(from..)?.find(&format!("\n{text}"))? + 1;
    let rest = line.get(at + text.len()..)?;
    let is_whole = text.ends_with('\n') || rest.is_empty();
    is_whole.then(|| format!("{}{OMITTED}\n{rest}", line.get(..at).unwrap_or_default()))
}

/// The line up to its first here-document.
fn before_texts(command: &str) -> String {
    let end = command.find(HERE).unwrap_or(command.len());
    format!("{}{HERE}{OMITTED}", command.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_only_passed_on_is_left_out() {
        for (command, kept) in [
            ("cat <<EOF > notes.txt\nmy diary\nmore\nEOF\nrm -rf b", "cat <<EOF > notes.txt\n…\nEOF\nrm -rf b"),
            ("cat > a <<'X' && cat > b <<Y\none\nX\ntwo\nY", "cat > a <<'X' && cat > b <<Y\n…\nX\n…\nY"),
            ("apply_patch <<'EOF'\n*** Begin Patch\n+x\nEOF\n", "apply_patch <<'EOF'\n…\nEOF\n"),
            ("git commit -m \"$(cat <<'EOF'\nfix it\nEOF\n)\"", "git commit -m \"$(cat <<'EOF'\n…\nEOF\n)\""),
            ("cat <<-EOF | tee x\n\tone\n\tEOF", "cat <<-EOF | tee x\n…\n\tEOF"),
            ("ssh host 'cat > f' <<EOF\nmine\nEOF", "ssh host 'cat > f' <<EOF\n…\nEOF"),
            ("cat <<EOF\nnot closed", "cat <<EOF\n…\n"),
            ("cat <<EOF\nnot closed\n", "cat <<EOF\n…\n"),
        ] {
            assert_eq!(without_passed(command), kept, "{command}");
        }
    }

    #[test]
    fn a_text_that_runs_stays() {
        for command in [
            "sh <<EOF\nrm -rf a\nEOF",
            "sudo bash -s <<EOF\nrm -rf a\nEOF",
            "ssh host <<EOF\nrm -rf a\nEOF",
            "python3 - <<EOF\nprint(1)\nEOF",
            "psql shop <<EOF\nDROP TABLE users;\nEOF",
            "cat <<EOF | sh\nrm -rf a\nEOF",
            "cat <<< rm\nrm -rf x",
            "cat <<< 'a\nrm -rf x'\nrm -rf y",
            "echo 1 << 2",
            "echo $((1 << 2))\nls",
        ] {
            assert_eq!(without_passed(command), command);
        }
    }

    #[test]
    fn nothing_of_a_text_stays_whose_place_is_not_certain() {
        for command in [
            "sh -c \"cat <<EOF > f\nsay \\\"secret words\\\"\nEOF\n\"",
            &format!("{}cat <<EOF\nsecret words\nEOF", "true;".repeat(1_000)),
            &format!("cat <<EOF\n{}\nsecret words\nEOF", "x".repeat(70_000)),
        ] {
            assert!(!without_passed(command).contains("secret words"), "{command}");
        }
    }
}
