//! Owns `--template FILE`: the user's own minijinja template over a documented context (see `docs/TEMPLATE.md`). Must
//! stay true: text is escaped according to the template's extension; a template can read only its context; one that never
//! ends or takes all memory is stopped.

use super::sandbox::{self, Limits};
use cs_core::clock::{self, Instant};
use cs_core::visible;
use cs_core::{Error, Result, validate};
use minijinja::value::{Serde, Value, ValueKind};
use minijinja::{AutoEscape, Environment, ErrorKind, Output, State, UndefinedBehavior, default_auto_escape_callback};
use render::{Document, MARK, Project, SessionRow};
use serde::Serialize;
use std::io::{Read, Write};
use std::path::Path;

/// The context's version; it increases when a field changes its meaning or is removed.
const CONTEXT_VERSION: u32 = 1;
/// Maximum number of instructions that a template executes, and how many more each session adds.
const FUEL: u64 = 2_000_000;
const FUEL_PER_SESSION: u64 = 500_000;
/// The limits of a template with no sessions; every `SESSIONS_PER_SECOND` sessions add one second.
const LIMITS: Limits = Limits { memory: 64 << 20, seconds: 60, output: 256 << 20 };
const SESSIONS_PER_SECOND: u64 = 20;
/// The longest error message about a template, in bytes; it may quote a value.
const TROUBLE: usize = 300;

const MARKDOWN: &str = "markdown";
const CSV: &str = "csv";

#[derive(Serialize)]
struct Context<'a> {
    context_version: u32,
    generated_at: String,
    marker: &'static str,
    project: Option<&'a Project<'a>>,
    sessions: Vec<SessionRow<'a>>,
}

/// Renders the template with these sessions.
pub fn render(file: &Path, project: Option<&Project>, documents: &[Document], now: Instant) -> Result<String> {
    let source = source(file)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let count = documents.len() as u64;
    let fuel = FUEL.saturating_add(FUEL_PER_SESSION.saturating_mul(count));
    let limits = Limits { seconds: LIMITS.seconds + count / SESSIONS_PER_SECOND, ..LIMITS };
    let context = context(project, documents, now);
    // The engine limits steps and depth, but neither memory nor the time of one step, and may crash.
    let written = sandbox::run(&limits, |out| write(&name, &source, context, fuel, out));
    let written = written.map_err(|error| Error::io(file, "render the template", error))?;
    let mut text = String::from_utf8(written.map_err(|what| Error::Invalid(format_error(&name, &what)))?)
        .map_err(|_| Error::Invalid(format!("{name}: the output is not text")))?;
    text.push_str(missing_end(&source, &text));
    Ok(text)
}

/// The context of a template.
pub fn context(project: Option<&Project>, documents: &[Document], now: Instant) -> Value {
    Value::from(Serde(&Context {
        context_version: CONTEXT_VERSION,
        generated_at: clock::stamp(now),
        marker: MARK,
        project,
        sessions: documents.iter().map(SessionRow::of).collect(),
    }))
}

/// Renders a template; the error says what is wrong with it and where.
pub fn write(
    name: &str,
    source: &str,
    context: Value,
    fuel: u64,
    out: &mut dyn Write,
) -> std::result::Result<(), String> {
    let environment = environment(fuel);
    let template = environment.template_from_named_str(name, source).map_err(|error| trouble(&error))?;
    template.render_captured_to(context, out).map(drop).map_err(|error| trouble(&error))
}

/// The line end to append: the engine drops the one at the end of a template, but a file needs it.
pub fn missing_end(source: &str, text: &str) -> &'static str {
    let end = ["\r\n", "\n"].into_iter().find(|end| source.ends_with(end)).unwrap_or_default();
    if text.ends_with('\n') { "" } else { end }
}

/// Formats an error about a template: its name, perhaps `:` and the line, and what is wrong.
pub fn format_error(name: &str, what: &str) -> String {
    visible::one_line(&format!("{name}{}{what}", if what.starts_with(':') { "" } else { ": " }))
}

fn source(file: &Path) -> Result<String> {
    let mut text = Vec::new();
    let opened = std::fs::File::open(file).map_err(|error| Error::io(file, "open the template", error))?;
    let limit = validate::FILE_BYTES as u64 + 1;
    opened.take(limit).read_to_end(&mut text).map_err(|error| Error::io(file, "read the template", error))?;
    if text.len() as u64 == limit {
        return Err(Error::Invalid(format!("{}: more than {} bytes", file.display(), validate::FILE_BYTES)));
    }
    String::from_utf8(text).map_err(|_| Error::Invalid(format!("{}: not UTF-8", file.display())))
}

fn environment<'a>(fuel: u64) -> Environment<'a> {
    let mut environment = Environment::new();
    // So that errors name what is undefined.
    environment.set_debug(true);
    environment.set_fuel(Some(fuel));
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_auto_escape_callback(escape_of);
    environment.set_formatter(format);
    environment.add_filter("when", |at: &str| render::format_time(at));
    environment.add_filter("duration", render::format_duration);
    environment.add_filter("one_line", |text: &str| visible::one_line(text));
    environment.add_filter("paragraph", |text: &str| Value::from_safe_string(render::escape_markdown_text(text, "")));
    environment.add_filter("item", |text: &str| Value::from_safe_string(render::escape_markdown_text(text, "  ")));
    environment
}

/// The escaping for a file name's extension, ignoring `.j2`, `.jinja` and `.jinja2`.
fn escape_of(name: &str) -> AutoEscape {
    let inner = [".j2", ".jinja2", ".jinja"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    match inner.rsplit('.').next() {
        Some("md" | "markdown") => AutoEscape::Custom(MARKDOWN.into()),
        Some("csv") => AutoEscape::Custom(CSV.into()),
        _ => default_auto_escape_callback(name),
    }
}

/// Prints a value: an undefined one and `none` as nothing, text escaped unless the template marks it as safe.
fn format(out: &mut Output, state: &mut State, value: &Value) -> std::result::Result<(), minijinja::Error> {
    if *state.auto_escape() == AutoEscape::Json && !value.is_safe() {
        return minijinja::escape_formatter(out, state, value);
    }
    if value.is_none() {
        return Ok(());
    }
    let text = value.to_string();
    let is_number = value.kind() == ValueKind::Number;
    let shown = match state.auto_escape() {
        _ if value.is_safe() => text,
        AutoEscape::Html => render::escape_html(&text),
        AutoEscape::Custom(name) if name == MARKDOWN => render::escape_markdown_cell(&text),
        AutoEscape::Custom(name) if name == CSV && !is_number => render::format_text_cell(&text),
        _ => visible::visible(&text),
    };
    out.write_str(&shown).map_err(minijinja::Error::from)
}

/// Describes an error, after the line where it happened.
fn trouble(error: &minijinja::Error) -> String {
    let at = error.line().map(|line| format!(":{line}: ")).unwrap_or_default();
    let what = match error.kind() {
        ErrorKind::OutOfFuel => "the template ran too many steps".to_string(),
        ErrorKind::WriteFailure => format!("its output has more than {} bytes", LIMITS.output),
        kind => error.detail().map_or_else(|| kind.to_string(), |detail| format!("{kind}: {detail}")),
    };
    validate::cut(&format!("{at}{what}"), TROUBLE)
}
