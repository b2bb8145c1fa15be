//! Owns `--output-dir`: a masked Markdown file for each session that has ended. Must stay true: a file that is not the
//! export of the same session is never changed; an unchanged session is not written again without `--force`; the mode of
//! a new folder is 0700, that of files 0600.

use crate::PROGRAM;
use crate::args::{Plan, Which};
use crate::chosen::{Chosen, Loaded, Loader};
use crate::front;
use crate::highlights;
use crate::masking::Masking;
use crate::progress::Progress;
use agents::Agent;
use agents::logs::Roots;
use cli::{Context, Failures, Form, Out, Outcome, note};
use cs_core::file::{self, Durability};
use cs_core::id::{SessionId, Uuid, fnv1a};
use cs_core::live::Live;
use cs_core::record::Status;
use cs_core::store::Store;
use cs_core::{Error, Result};
use render::MARK;
use reports::{Counts, Records};
use serde::Serialize;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// One file that was written.
#[derive(Serialize)]
struct WrittenFile<'a> {
    session_id: &'a str,
    file: String,
    masked: &'a Counts,
    highlights: usize,
    skipped_lines: usize,
}

/// The results of all sessions.
#[derive(Default, Serialize)]
struct Total {
    written: usize,
    unchanged: usize,
    failed: usize,
    masked: Counts,
}

/// The result of one session.
enum ExportResult {
    Written {
        counts: Counts,
        highlights: usize,
        skipped: usize,
    },
    Unchanged,
    /// It has not ended.
    Active,
    NotAsked,
}

/// The state that the exports of all sessions share.
struct Exporter<'a> {
    store: &'a Store,
    loader: Loader<'a>,
    folder: &'a Path,
    words: usize,
    force: bool,
    transcripts: OnceCell<HashMap<String, PathBuf>>,
}

/// Writes the files and reports them.
pub fn write(context: &mut Context, plan: &Plan, folder: &Path, words: usize) -> Outcome<()> {
    let chosen = Chosen::of(context, plan)?;
    cli::output::check_outside(&context.store.home, folder)?;
    file::make_dir(folder)?;
    let mut masking = Masking::new(context, chosen.ids.is_empty())?;
    let mut records = masking.records();
    let mut replaced = Vec::new();
    let Context { store, out, now } = context;
    let exporter = Exporter {
        loader: Loader::new(store, *now)?,
        folder,
        words: if cli::config_of(store).hooks.capture_prompts { words } else { 0 },
        force: plan.force,
        transcripts: OnceCell::new(),
        store,
    };
    let mut reporter = Reporter {
        out,
        named: matches!(plan.which, Which::Named(_)) && chosen.project.is_none(),
        total: Total::default(),
        failures: chosen.failures,
    };
    let mut progress = Progress::of(chosen.ids.len());
    for id in &chosen.ids {
        let done = exporter.export(id, plan, &mut records);
        replaced.extend(records.ledger());
        reporter.report(id, &exporter.file(id), done)?;
        progress.step();
    }
    drop(progress);
    masking.note(&store.home, *now, &replaced);
    reporter.finish(folder)
}

/// Reports each session, and the totals at the end.
struct Reporter<'a> {
    out: &'a mut Out,
    /// Whether sessions were requested by name.
    named: bool,
    total: Total,
    failures: Failures,
}

impl Reporter<'_> {
    fn report(&mut self, id: &SessionId, file: &Path, done: Result<ExportResult>) -> Outcome<()> {
        match done {
            Ok(ExportResult::Written { counts, highlights, skipped }) => {
                self.total.written += 1;
                for (rule, count) in &counts {
                    *self.total.masked.entry(rule.clone()).or_default() += count;
                }
                let file = file.display().to_string();
                let line =
                    WrittenFile { session_id: id.as_str(), file, masked: &counts, highlights, skipped_lines: skipped };
                match (self.out.quiet, self.out.form) {
                    (true, _) => self.out.line(id.as_str())?,
                    (false, Form::Json) => self.out.json(&line)?,
                    (false, Form::Table) => {}
                }
            }
            Ok(ExportResult::Unchanged) => self.total.unchanged += 1,
            Ok(ExportResult::Active) if self.named => {
                note(PROGRAM, &format!("{id} is active; it is exported once it has ended"))
            }
            // A missing session was removed since the index was read.
            Ok(ExportResult::Active | ExportResult::NotAsked) | Err(Error::Missing(_)) => {}
            Err(error) => {
                self.total.failed += 1;
                self.failures.report(error)?;
            }
        }
        Ok(())
    }

    fn finish(self, folder: &Path) -> Outcome<()> {
        match (self.out.quiet, self.out.form) {
            (true, _) => {}
            (false, Form::Json) => self.out.json(&self.total)?,
            (false, Form::Table) => self.out.line(&self.total.describe(folder))?,
        }
        self.out.flush()?;
        self.failures.end()
    }
}

impl Total {
    fn describe(&self, folder: &Path) -> String {
        let masked: u64 = self.masked.values().sum();
        let by_rule: Vec<String> = self.masked.iter().map(|(rule, count)| format!("{rule} {count}")).collect();
        let by_rule = if by_rule.is_empty() { String::new() } else { format!(" ({})", by_rule.join(", ")) };
        format!(
            "{} written, {} unchanged, {} failed in {}; masked: {}{by_rule}",
            self.written,
            self.unchanged,
            self.failed,
            cli::sanitize(&folder.display().to_string()),
            render::format_quantity(masked, "text"),
        )
    }
}

impl Exporter<'_> {
    fn file(&self, id: &SessionId) -> PathBuf {
        self.folder.join(format!("{id}.md"))
    }

    fn export(&self, id: &SessionId, plan: &Plan, records: &mut Records) -> Result<ExportResult> {
        let mut loaded = self.loader.load(id)?;
        if !plan.range.contains_text(&loaded.session.started_at) {
            return Ok(ExportResult::NotAsked);
        }
        if loaded.session.status == Status::Active {
            return Ok(ExportResult::Active);
        }
        let transcript = if self.words == 0 { None } else { self.transcript(&loaded) };
        let source = self.source(&loaded, transcript.as_deref(), records);
        let path = self.file(id);
        let before = cli::output::head(&path)?;
        if let Some(head) = &before {
            if !front::is_of(head, id.as_str()) {
                let text =
                    format!("{} exists and is not the export of this session; it was not changed", path.display());
                return Err(Error::Refused(text));
            }
            if !self.force && front::is_from(head, &source) {
                return Ok(ExportResult::Unchanged);
            }
        }
        loaded.mask(self.store, records)?;
        // A transcript that cannot be read does not prevent the export.
        let highlights =
            transcript.and_then(|path| highlights::choose(&path, Agent::Claude, self.words, records).ok()).flatten();
        let counts = records.counts();
        let text = front::text(&loaded.document(), highlights.as_ref(), &counts, &source);
        let staged = file::stage_elsewhere(&path, text.as_bytes(), Durability::Synced)?;
        if before.is_some() {
            staged.replace()?;
        } else if !staged.create()? {
            return Err(Error::Refused(format!("{} was just created by another program", path.display())));
        }
        let skipped = highlights.as_ref().map_or(0, |found| found.summary.skipped);
        Ok(ExportResult::Written { counts, highlights: highlights.map_or(0, |found| found.len()), skipped })
    }

    /// A fingerprint of the file's sources: if it is the same, the file would be the same.
    fn source(&self, loaded: &Loaded, transcript: Option<&Path>, records: &Records) -> String {
        let of =
            |path: &Path| std::fs::symlink_metadata(path).map(|meta| (meta.len(), meta.mtime(), meta.mtime_nsec()));
        let uuid = loaded.session.claude_session_id.as_deref().and_then(|uuid| Uuid::parse(uuid).ok());
        let marks = uuid.map(|uuid| self.store.home.marks(&uuid));
        let parts = format!(
            "{MARK} {} {} {} {:?} {} {:?} ",
            env!("CARGO_PKG_VERSION"),
            self.words,
            loaded.archived,
            transcript.and_then(|path| of(path).ok()),
            records.fingerprint(),
            marks.and_then(|path| of(&path).ok()),
        );
        let usage = loaded.usage.as_ref().and_then(|usage| serde_json::to_vec(usage).ok()).unwrap_or_default();
        let hash = fnv1a(parts.as_bytes().iter().chain(&loaded.session.to_bytes()).chain(&usage));
        format!("{hash:016x}")
    }

    /// Finds the conversation's transcript: by its live or ended file, else in Claude Code's folder. The file must have
    /// the conversation's id as its name. There is none for a conversation whose texts must not be stored.
    fn transcript(&self, loaded: &Loaded) -> Option<PathBuf> {
        let uuid = Uuid::parse(loaded.session.claude_session_id.as_deref()?).ok()?;
        let name = format!("{uuid}.jsonl");
        let known: Vec<Live> =
            [self.store.live(&uuid), self.store.ended(&uuid)].into_iter().flatten().flatten().collect();
        if known.iter().any(|live| !live.capture) {
            return None;
        }
        let named = known.into_iter().filter_map(|live| live.transcript_path).map(PathBuf::from);
        let fits = |path: &PathBuf| path.file_name().is_some_and(|file| *file == *name) && path.is_file();
        named.into_iter().find(fits).or_else(|| self.transcripts.get_or_init(all_transcripts).get(&name).cloned())
    }
}

/// Finds all transcripts of Claude Code, by file name.
fn all_transcripts() -> HashMap<String, PathBuf> {
    let mut all = HashMap::new();
    let entries = |dir: &Path| std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let projects = Roots::from_env().dirs().filter(|(agent, _)| *agent == Agent::Claude).collect::<Vec<_>>();
    let projects = projects.into_iter().flat_map(|(_, dir)| entries(&dir));
    for path in projects.flat_map(|project| entries(&project)) {
        let name = path.file_name().and_then(|name| name.to_str()).filter(|name| name.ends_with(".jsonl"));
        if let Some(name) = name.map(str::to_string) {
            all.insert(name, path);
        }
    }
    all
}
