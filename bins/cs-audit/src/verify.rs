//! `verify`: whether the log is as it was written. Writes nothing.

use argh::{ArgsInfo, FromArgs};
use audit::{Finding, Verified};
use cli::{Context, Failure, Form, Outcome, Progress};
use serde::Serialize;

/// read the whole log and name each place that is not as it was written: 0 if there is none, 1 if
/// there is one. The last line is compared with head.json, each line that the record of a session
/// names with the record, and the index of each day with its log
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "verify",
    note = "This is evidence against changes to parts of the log. Who can write the files can also write a new log: \
            store what cs-audit head prints where others cannot write.",
    example = "{command_name}",
    example = "{command_name} --json"
)]
pub struct Verify {}

/// The result as JSON.
#[derive(Serialize)]
struct Shown {
    lines: u64,
    bytes: u64,
    seq: u64,
    hash: String,
    vouched: u64,
    findings: Vec<String>,
    #[serde(skip_serializing_if = "is_zero")]
    more_findings: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Verify {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let (named, unreadable) = audit::named_by_records(&context.store)?;
        let records = named.len();
        if unreadable > 0 {
            let count = render::format_quantity(unreadable as u64, "record");
            cli::note(
                crate::PROGRAM,
                &format!("{count} of sessions cannot be read, so what they name is not compared"),
            );
        }
        let mut progress = Progress::new(0);
        let report = audit::verify_with(&context.store.home, named, &mut |read, all| {
            progress.show(|| format!("{} of {}", render::format_bytes(read), render::format_bytes(all)));
        });
        progress.clear();
        let report = report?;
        print(context, &report, records)?;
        context.out.flush()?;
        match report.findings.len() as u64 + report.more {
            0 => Ok(()),
            1 => Err(Failure::Nothing("one place is not as it was written".into())),
            count => Err(Failure::Nothing(format!("{count} places are not as they were written"))),
        }
    }
}

fn print(context: &mut Context, report: &Verified, records: usize) -> Outcome<()> {
    let findings: Vec<String> = report.findings.iter().map(words).collect();
    if context.out.form == Form::Json && !context.out.quiet {
        let (hash, more_findings) = (report.hash.clone(), report.more);
        let Verified { lines, bytes, seq, vouched, .. } = *report;
        return context.out.json(&Shown { lines, bytes, seq, hash, vouched, findings, more_findings });
    }
    findings.iter().try_for_each(|finding| context.out.line(&cli::sanitize(finding)))?;
    if report.more > 0 {
        context.out.line(&format!("… and {} more", render::format_number(report.more)))?;
    }
    if context.out.quiet {
        return Ok(());
    }
    if report.lines == 0 {
        return context.out.line("nothing was logged yet");
    }
    let (lines, size) = (render::format_quantity(report.lines, "line"), render::format_bytes(report.bytes));
    let is_whole = findings.is_empty();
    let state = if is_whole { ": all as it was written" } else { "" };
    context.out.line(&format!("{lines}, {size}{state}"))?;
    context.out.line(&format!("last line: number {}, hash {}", report.seq, report.hash))?;
    match named_by(report, records) {
        Some(names) if is_whole && names.contains(" and ") => {
            context.out.line(&format!("the lines that {names} name are in it"))
        }
        Some(names) if is_whole => context.out.line(&format!("the line that {names} names is in it")),
        Some(names) => context.out.line(&format!("compared with {names}")),
        None => Ok(()),
    }
}

/// What else names lines of the log, and could be read.
fn named_by(report: &Verified, records: usize) -> Option<String> {
    let has_head = !report.findings.iter().any(|finding| matches!(finding, Finding::NoHead(_)));
    let records = match records {
        0 => None,
        1 => Some("the record of one session".to_string()),
        count => Some(format!("the records of {} sessions", render::format_number(count as u64))),
    };
    let names: Vec<String> = has_head.then(|| "head.json".to_string()).into_iter().chain(records).collect();
    (!names.is_empty()).then(|| names.join(" and "))
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
        Finding::NoHead(why) => format!("head.json does not name the last line: {why}"),
        Finding::Behind { seq, last } => format!("head.json names line {seq}, but the last one is {last}"),
        Finding::Elsewhere { file, named } => format!("head.json names {named}, but its line is in {file}"),
        Finding::Headless { file, line, why } => {
            let why = match why.as_str() {
                "missing" => "head.json was missing",
                "behind" => "head.json named an earlier line",
                _ => "head.json could not be read",
            };
            format!("{file}:{line}: {why} when the line was appended, so lines before it may have been cut off")
        }
        Finding::WrongDay { file, line } => {
            format!("{file}:{line}: the line is of a later day, so questions about its day miss it")
        }
        Finding::Index(file) => {
            format!("{file} does not say what is in its log, so questions may miss calls: remove it")
        }
        Finding::Damaged(file) => format!("{file}: a line that waited could not be understood and is not in the log"),
    }
}
