//! Owns asking a person before something is removed. Must stay true: without a terminal nobody can answer, so nothing
//! is done unless the arguments say so.

use crate::failure::{Failure, Outcome};
use crate::out::sanitize;
use std::io::{BufRead, IsTerminal, Write};

/// Shows what is concerned and asks the question, such as "delete it?". Fails unless the answer is yes; `is_given` is
/// whether the arguments contain `--yes`, and then nothing is asked.
pub fn confirm(concerned: &[String], question: &str, is_given: bool) -> Outcome<()> {
    if is_given {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        let what = "nothing was changed: there is no terminal on which to ask";
        return Err(Failure::Usage(what.into(), Some("--yes does it without asking".into())));
    }
    let shown: String = concerned.iter().map(|line| format!("{}\n", sanitize(line))).collect();
    ask(&shown, question)
}

/// Prints these lines and the question on standard error. Fails unless the answer is yes.
pub fn ask(lines: &str, question: &str) -> Outcome<()> {
    match ask_for(&format!("{lines}{question} [y/N] "))?.to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::Nothing("cancelled, nothing was changed".into())),
    }
}

/// Prints a text on standard error, and returns the line that the person answers.
pub fn ask_for(text: &str) -> Outcome<String> {
    let mut stderr = std::io::stderr();
    stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush())?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().to_string())
}
