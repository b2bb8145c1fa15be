//! `verify`: whether the log is as it was written. Writes nothing.

use argh::{ArgsInfo, FromArgs};
use audit::{Finding, Report};
use cli::{Context, Failure, Form, Outcome};
use serde::Serialize;

/// read the whole log and name each place that is not as it was written: 0 if there is none, 1 if
/// there is one
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "verify", example = "{command_name}", example = "{command_name} --json")]
pub struct Verify {}

/// The result as JSON.
#[derive(Serialize)]
struct Shown {
    lines: u64,
    bytes: u64,
    seq: u64,
    hash: String,
    findings: Vec<String>,
}

impl Verify {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let report = audit::verify(&context.store.home, Vec::new())?;
        let findings: Vec<String> = report.findings.iter().map(words).collect();
        print(context, &report, &findings)?;
        context.out.flush()?;
        match findings.len() {
            0 => Ok(()),
            count => Err(Failure::Nothing(format!("{count} places are not as they were written"))),
        }
    }
}

fn print(context: &mut Context, report: &Report, findings: &[String]) -> Outcome<()> {
    if context.out.form == Form::Json {
        let (hash, findings) = (report.hash.clone(), findings.to_vec());
        let shown = Shown { lines: report.lines, bytes: report.bytes, seq: report.seq, hash, findings };
        return context.out.json(&shown);
    }
    findings.iter().try_for_each(|finding| context.out.line(finding))?;
    let count = render::format_quantity(report.lines, "line");
    context.out.line(&format!("{count}, the last one is {} {}", report.seq, report.hash))
}

/// A finding in words.
fn words(finding: &Finding) -> String {
    match finding {
        Finding::Changed { file, line } => format!("{file}:{line}: the line was changed"),
        Finding::Torn { file, line } => format!("{file}:{line}: the line is torn, or is no line of the log"),
        Finding::Break { file, line, seq, expected } if seq > expected => {
            format!("{file}:{line}: lines {expected} to {} are missing before it", seq - 1)
        }
        Finding::Break { file, line, seq, expected } => {
            format!("{file}:{line}: the line before it was changed, or it is in the wrong place ({seq} for {expected})")
        }
        Finding::NoStart { seq } => {
            format!("the log begins with line {seq}, and no line says that the ones before were removed")
        }
        Finding::Missing { named_by, seq } => format!("{named_by} names line {seq}, which is not in the log"),
        Finding::NoHead(why) => format!("head.json: {why}"),
    }
}
