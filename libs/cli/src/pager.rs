//! Owns the program through which long output is read on a terminal: `PAGER`, else `less`. Must stay true: without it the
//! output is printed as it is; Ctrl-C is the pager's while it runs, and the pager's end is ours.

use crate::quote::quote_word;
use std::io::{BufWriter, IsTerminal, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

/// A pager that runs.
#[derive(Debug)]
pub struct Pager {
    child: Child,
    writer: Option<BufWriter<ChildStdin>>,
}

/// Options of `less`, unless its user has set some: colours, and nothing to close if the text fits the screen.
const LESS: &str = "FRX";

impl Pager {
    /// Starts the pager; `None` if the output is no terminal, the user wants none, or there is none.
    pub fn start() -> Option<Pager> {
        let named = std::env::var("PAGER").ok();
        let is_unwanted = named.as_deref().is_some_and(|name| matches!(name.trim(), "" | "cat"));
        if is_unwanted || !std::io::stdout().is_terminal() {
            return None;
        }
        let command = named.unwrap_or_else(|| "less".into());
        let first = command.split_whitespace().next().map(quote_word)?;
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(&command);
        if std::env::var_os("LESS").is_none() {
            shell.env("LESS", LESS);
        }
        let exists = Command::new("sh").arg("-c").arg(format!("command -v {first}")).stdout(Stdio::null()).status();
        exists.ok().filter(|status| status.success())?;
        let mut child = shell.stdin(Stdio::piped()).spawn().ok()?;
        let writer = child.stdin.take().map(BufWriter::new);
        cs_core::signal::leave_interrupts();
        Some(Pager { child, writer })
    }

    /// What is shown is written here.
    pub fn writer(&mut self) -> Option<&mut impl Write> {
        self.writer.as_mut()
    }
}

impl Drop for Pager {
    /// Waits until its user has read.
    fn drop(&mut self) {
        if let Some(mut writer) = self.writer.take() {
            let _ = writer.flush();
        }
        let _ = self.child.wait();
        cs_core::signal::accept_interrupts();
    }
}
