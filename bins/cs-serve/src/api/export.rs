//! Owns exports: sessions as files to save. The formats are those of `render`.

use crate::asked::Asked;
use crate::http::{Refusal, Reply};
use crate::query::MAX_LIMIT;
use crate::view::project::find;
use audit::Work;
use cs_core::clock;
use cs_core::id::{SessionId, Slug};
use cs_core::record::Session;
use cs_core::state::Verdict;
use cs_core::store::Store;
use cs_core::usage::Usage;
use cs_core::{Error, Result};
use redaction::Engine;
use render::{Document, Format, Project};
use reports::{Known, Records};
use std::path::Path;
use std::sync::Arc;

/// Maximum number of bytes of records in one export, which is in memory as a whole.
const BYTES: usize = 16 * 1024 * 1024;

/// A session as it was read.
struct ReadSession {
    session: Session,
    verdict: Verdict,
    archived: bool,
    usage: Option<Usage>,
    work: Option<Work>,
    bytes: usize,
}

/// `/api/export/session/<id>`
pub fn session(asked: &Asked, id: &SessionId) -> std::result::Result<Reply, Refusal> {
    let mut read = asked.read(id)?;
    // A damaged log must not prevent the export.
    read.work = Work::read(asked.store(), &read.session, clock::now()).unwrap_or_default();
    let folder = read.session.worktree_root.clone().unwrap_or_else(|| asked.folder(&read.session.project_slug));
    read.mask(asked.store(), &mut Records::new(&mut asked.engine(&folder)?))?;
    let text = render::render_session(asked.format(), &read.document());
    Ok(asked.saved(id.as_str(), text))
}

/// `/api/export/project/<slug>`
pub fn project(asked: &Asked, slug: &Slug) -> std::result::Result<Reply, Refusal> {
    let shown = find(asked.caches, &asked.snapshot, slug)?;
    let mut all: Vec<ReadSession> = Vec::new();
    let mut bytes = 0;
    for id in asked.ids_of(slug)? {
        match asked.read(&id) {
            Ok(read) => {
                bytes += read.bytes;
                all.push(read);
            }
            // A damaged record must not prevent the export of the others; the page lists it.
            Err(Error::Missing(_) | Error::Corrupt { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        if bytes > BYTES {
            let text = format!("the sessions have more than {BYTES} bytes in all; select fewer with limit");
            return Err(Refusal::new(413, "TOO_MUCH", &text));
        }
    }
    let sessions: Vec<&Session> = all.iter().map(|read| &read.session).collect();
    let works = Work::read_all(asked.store(), &sessions, clock::now()).unwrap_or_default();
    all.iter_mut().zip(works).for_each(|(read, work)| read.work = work);
    let (mut engine, mut name) = (asked.engine(&asked.folder(slug.as_str()))?, shown.name.clone());
    let mut records = Records::new(&mut engine);
    // A damaged file of the project must not prevent the export of its sessions.
    let mut state = asked.store().project(slug).unwrap_or_default();
    records.project(&mut name, &mut state);
    for read in &mut all {
        read.mask(asked.store(), &mut records)?;
    }
    let head = Project {
        slug: &shown.slug,
        name: &name,
        current_phase: &state.current_phase,
        roadmap_summary: &state.roadmap_summary,
    };
    let documents: Vec<Document> = all.iter().map(ReadSession::document).collect();
    Ok(asked.saved(slug.as_str(), render::render_sessions(asked.format(), Some(&head), &documents)))
}

impl Asked<'_> {
    /// The rules that `cs-export` uses in a folder; the server's own folder does not matter.
    fn engine(&self, folder: &str) -> Result<Engine> {
        reports::engine_for(&self.store().home, Some(Path::new(folder)))
    }

    /// The folder of a project; empty if it is not registered.
    fn folder(&self, slug: &str) -> String {
        self.store().config().projects.get(slug).map(|project| project.path.clone()).unwrap_or_default()
    }

    fn format(&self) -> Format {
        self.query.format.unwrap_or(Format::Json)
    }

    fn saved(&self, stem: &str, text: String) -> Reply {
        let format = self.format();
        let kind = format.media_type();
        // JSON is UTF-8 by definition; the other types name the charset.
        Reply::new(kind, text.into_bytes()).saved_as(&format!("{stem}.{}", format.extension()))
    }

    fn read(&self, id: &SessionId) -> Result<ReadSession> {
        let store = self.store();
        let (mut session, path) = store.located(id)?;
        let verdict = self.snapshot.verdicts.settle(store, &mut session);
        // A damaged usage summary must not prevent the export.
        let usage = store.usage_of(&session).unwrap_or_default();
        Ok(ReadSession {
            verdict,
            archived: path == store.home.archived(id),
            usage,
            work: None,
            bytes: session.to_bytes().len(),
            session,
        })
    }

    /// The newest sessions of a project.
    fn ids_of(&self, slug: &Slug) -> std::result::Result<Vec<SessionId>, Refusal> {
        let rows = &self.snapshot.rows;
        let of_project = |row: &crate::view::IndexRow| row.project_slug == slug.as_str();
        let mut ids: Vec<&str> = rows.iter().filter(of_project).map(|row| row.id).collect();
        let archived = if self.query.include_archived { self.caches.archived()? } else { Arc::default() };
        let only = archived.iter().filter(|row| of_project(row) && rows.find(row.id).is_none());
        ids.extend(only.map(|row| row.id));
        let horizon = SessionId::horizon(clock::now());
        ids.sort_unstable_by(|a, b| clock::sort_key(b, &horizon).cmp(&clock::sort_key(a, &horizon)));
        ids.truncate(self.query.limit.unwrap_or(MAX_LIMIT));
        Ok(ids.into_iter().filter_map(|id| SessionId::parse(id).ok()).collect())
    }
}

impl ReadSession {
    /// Replaces what may not be shown.
    fn mask(&mut self, store: &Store, records: &mut Records) -> Result<()> {
        let ReadSession { session, verdict, usage, work, .. } = self;
        records.show(store, Known { session, verdict, usage, work })
    }

    fn document(&self) -> Document<'_> {
        Document::new(&self.session, Some(&self.verdict), self.archived, self.usage.as_ref())
            .with_work(self.work.as_ref())
    }
}
