//! `verify`: whether the copies are as they were written. Writes nothing.

use crate::which;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome, Progress};
use kept::Verified;
use serde::Serialize;

/// read all copies, or those of one conversation, and compare them with their checksums, and the ledger with its chain:
/// 0 if all are as they were written, 1 if one is not
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "verify", example = "{command_name}", example = "{command_name} ca5d")]
pub struct Verify {
    /// the conversation: an id, its start or end, or that of a session
    #[argh(positional)]
    id: Option<String>,
}

#[derive(Serialize)]
struct Shown {
    conversations: u64,
    files: u64,
    bytes: u64,
    ledger_lines: u64,
    findings: Vec<Wrong>,
}

#[derive(Serialize)]
struct Wrong {
    path: String,
    reason: String,
}

impl Verify {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let only = match &self.id {
            Some(word) => which::kept(context, word)?.iter().map(which::uuid).collect::<Outcome<Vec<_>>>()?,
            None => Vec::new(),
        };
        let mut progress = Progress::new(0);
        let verified = kept::verify(&context.store.home, &only, &mut |bytes| {
            progress.show(|| render::format_bytes(bytes));
        });
        progress.clear();
        let verified = verified?;
        print(context, &verified)?;
        context.out.flush()?;
        match verified.findings.len() {
            0 => Ok(()),
            1 => Err(Failure::Nothing("one thing is not as it was written".into())),
            count => Err(Failure::Nothing(format!("{count} things are not as they were written"))),
        }
    }
}

fn print(context: &mut Context, verified: &Verified) -> Outcome<()> {
    let wrong =
        |finding: &kept::Finding| Wrong { path: finding.path.display().to_string(), reason: finding.reason.clone() };
    let findings: Vec<Wrong> = verified.findings.iter().map(wrong).collect();
    let Verified { conversations, files, bytes, lines, .. } = *verified;
    match context.out.form {
        _ if context.out.quiet => findings.iter().try_for_each(|wrong| context.out.line(&cli::sanitize(&wrong.path))),
        Form::Json => context.out.json(&Shown { conversations, files, bytes, ledger_lines: lines, findings }),
        Form::Table => {
            for wrong in &findings {
                context.out.line(&cli::sanitize(&format!("{}: {}", wrong.path, wrong.reason)))?;
            }
            let counts = [
                render::format_quantity(conversations, "conversation"),
                render::format_quantity(files, "file"),
                render::format_bytes(bytes),
            ];
            let state = if findings.is_empty() { ": all as it was written" } else { "" };
            context.out.line(&format!("{}{state}", counts.join(", ")))
        }
    }
}
