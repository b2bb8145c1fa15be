//! Owns the file of one ended session: YAML frontmatter, the session in Markdown, highlights of its conversation. Must
//! stay true: the second line says which program wrote the file, and the frontmatter names the session and a fingerprint
//! of the sources, so that the file can be recognized.

use crate::highlights::Highlights;
use cs_core::visible::visible;
use render::{Document, MARK};
use reports::Counts;

/// The file's text. `source` is the fingerprint of its sources.
pub fn text(document: &Document, highlights: Option<&Highlights>, counts: &Counts, source: &str) -> String {
    let session = document.session;
    let ended_at = session.ended_at.as_deref().map_or_else(|| "null".into(), quoted);
    let counts: Vec<String> = counts.iter().map(|(rule, count)| format!("{}: {count}", quoted(rule))).collect();
    format!(
        "---\n# {MARK}\nschema_version: {}\nsession_id: {}\nproject_slug: {}\nstarted_at: {}\nended_at: {ended_at}\n\
         intent: {}\nstatus: {}\nmasked: {{{}}}\n\
         source: {}\n---\n\n{}{}",
        session.schema_version,
        quoted(&session.session_id),
        quoted(&session.project_slug),
        quoted(&session.started_at),
        quoted(&session.intent),
        quoted(session.status.as_str()),
        counts.join(", "),
        quoted(source),
        render::render_markdown_body(document),
        highlights.map(Highlights::markdown).unwrap_or_default()
    )
}

/// A text in double quotes. A JSON string without unprintable characters is also a YAML string.
fn quoted(text: &str) -> String {
    serde_json::to_string(&visible(text)).unwrap_or_default()
}

/// Whether a file that begins with `head` is the export of this session.
pub fn is_of(head: &str, session_id: &str) -> bool {
    head.starts_with(&format!("---\n# {MARK}\n"))
        && front_lines(head).any(|line| line == format!("session_id: {}", quoted(session_id)))
}

/// Whether a file that begins with `head` was made from these sources.
pub fn is_from(head: &str, source: &str) -> bool {
    front_lines(head).any(|line| line == format!("source: {}", quoted(source)))
}

fn front_lines(head: &str) -> impl Iterator<Item = &str> {
    head.lines().skip(1).take_while(|line| *line != "---")
}
