//! Owns `--template FILE`: the user's own minijinja template over a documented context (see
//! `docs/TEMPLATE.md`). Must stay true: text is escaped by the template's extension, a template can
//! read nothing but its context, and one that never ends is stopped.

use cs_core::clock::{self, Instant};
use cs_core::export::{self, Document, MARK, Project, Row};
use cs_core::{Error, Result, validate};
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, ErrorKind, Output, State, UndefinedBehavior, default_auto_escape_callback};
use serde::Serialize;
use std::io::{Read, Write};
use std::path::Path;

/// The context's version: grows when a field changes its meaning or goes away.
const CONTEXT_VERSION: u32 = 1;
/// What a template may do: instructions, and more for each session; bytes of output.
const FUEL: u64 = 2_000_000;
const FUEL_PER_SESSION: u64 = 500_000;
const OUTPUT_BYTES: usize = 256 * 1024 * 1024;

const MARKDOWN: &str = "markdown";
const CSV: &str = "csv";

#[derive(Serialize)]
struct Context<'a> {
    context_version: u32,
    generated_at: String,
    marker: &'static str,
    project: Option<&'a Project<'a>>,
    sessions: Vec<Row<'a>>,
}

/// The template's text over these sessions.
pub fn render(file: &Path, project: Option<&Project>, documents: &[Document], now: Instant) -> Result<String> {
    let source = source(file)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let fuel = FUEL.saturating_add(FUEL_PER_SESSION.saturating_mul(documents.len() as u64));
    let environment = environment(fuel);
    let context = Context {
        context_version: CONTEXT_VERSION,
        generated_at: clock::stamp(now),
        marker: MARK,
        project,
        sessions: documents.iter().map(Row::of).collect(),
    };
    let mut bounded = Bounded(Vec::new());
    let template = environment.template_from_named_str(&name, &source).map_err(|error| trouble(&name, &error))?;
    let rendered = template.render_captured_to(Value::from(Serde(&context)), &mut bounded);
    rendered.map(drop).map_err(|error| trouble(&name, &error))?;
    // The language drops the line end at the end of a template; a file needs it.
    if source.ends_with('\n') && !bounded.0.ends_with(b"\n") {
        bounded.0.push(b'\n');
    }
    String::from_utf8(bounded.0).map_err(|_| Error::Invalid(format!("{name}: the output is no text")))
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
    environment.add_filter("when", |at: &str| export::when(at));
    environment.add_filter("duration", export::duration);
    environment.add_filter("one_line", |text: &str| export::one_line(text));
    environment.add_filter("paragraph", |text: &str| Value::from_safe_string(export::text(text, "")));
    environment.add_filter("item", |text: &str| Value::from_safe_string(export::text(text, "  ")));
    environment
}

/// By the extension, `.j2`, `.jinja` and `.jinja2` left aside.
fn escape_of(name: &str) -> AutoEscape {
    let inner = [".j2", ".jinja2", ".jinja"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    match inner.rsplit('.').next() {
        Some("md" | "markdown") => AutoEscape::Custom(MARKDOWN.into()),
        Some("csv") => AutoEscape::Custom(CSV.into()),
        _ => default_auto_escape_callback(name),
    }
}

/// Nothing prints as nothing; text is escaped unless the template says it is safe.
fn format(out: &mut Output, state: &mut State, value: &Value) -> std::result::Result<(), minijinja::Error> {
    if *state.auto_escape() == AutoEscape::Json && !value.is_safe() {
        return minijinja::escape_formatter(out, state, value);
    }
    if value.is_none() {
        return Ok(());
    }
    let text = value.to_string();
    let shown = match state.auto_escape() {
        _ if value.is_safe() => text,
        AutoEscape::Html => export::html_escape(&text),
        AutoEscape::Custom(name) if name == MARKDOWN => export::cell(&text),
        AutoEscape::Custom(name) if name == CSV => export::csv_cell(&text),
        _ => export::visible(&text),
    };
    out.write_str(&shown).map_err(minijinja::Error::from)
}

/// What went wrong, and in which line.
fn trouble(name: &str, error: &minijinja::Error) -> Error {
    let at = error.line().map(|line| format!(":{line}")).unwrap_or_default();
    let what = match error.kind() {
        ErrorKind::OutOfFuel => "it does not end: the template ran too many steps".to_string(),
        ErrorKind::WriteFailure => format!("its output has more than {OUTPUT_BYTES} bytes"),
        kind => error.detail().map_or_else(|| kind.to_string(), |detail| format!("{kind}: {detail}")),
    };
    Error::Invalid(format!("{name}{at}: {what}"))
}

/// Takes output up to a limit.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > OUTPUT_BYTES {
            return Err(std::io::Error::other("too much output"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
