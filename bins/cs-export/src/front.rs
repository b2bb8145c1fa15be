//! Owns the file of one ended session: YAML frontmatter, the session in Markdown, highlights of its
//! conversation. Must stay true: a file says in its second line who wrote it, and in its
//! frontmatter of which session and from which state of things, so that it is known again.

use crate::highlights::Highlights;
use cs_core::visible::visible;
use redact::personal::Counts;
use render::{Document, MARK};

/// The file's text. `source` names what it was made from.
pub fn text(document: &Document, highlights: Option<&Highlights>, counts: Counts, source: &str) -> String {
    let session = document.session;
    let ended_at = session.ended_at.as_deref().map_or_else(|| "null".into(), quoted);
    let Counts { secrets, emails, phones, users } = counts;
    format!(
        "---\n# {MARK}\nschema_version: {}\nsession_id: {}\nproject_slug: {}\nstarted_at: {}\nended_at: {ended_at}\n\
         intent: {}\nstatus: {}\nmasked: {{secrets: {secrets}, emails: {emails}, phones: {phones}, users: {users}}}\n\
         source: {}\n---\n\n{}{}",
        session.schema_version,
        quoted(&session.session_id),
        quoted(&session.project_slug),
        quoted(&session.started_at),
        quoted(&session.intent),
        quoted(session.status.as_str()),
        quoted(source),
        render::render_markdown_body(document),
        highlights.map(Highlights::markdown).unwrap_or_default()
    )
}

/// A text in double quotes. JSON's strings are YAML's, once nothing unprintable is left in them.
fn quoted(text: &str) -> String {
    serde_json::to_string(&visible(text)).unwrap_or_default()
}

/// Whether a file that begins so is the export of this session.
pub fn is_of(head: &str, session_id: &str) -> bool {
    head.starts_with(&format!("---\n# {MARK}\n"))
        && front_lines(head).any(|line| line == format!("session_id: {}", quoted(session_id)))
}

/// Whether such a file was made from this state of things.
pub fn is_from(head: &str, source: &str) -> bool {
    front_lines(head).any(|line| line == format!("source: {}", quoted(source)))
}

fn front_lines(head: &str) -> impl Iterator<Item = &str> {
    head.lines().skip(1).take_while(|line| *line != "---")
}
