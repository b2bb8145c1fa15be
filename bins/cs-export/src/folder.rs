//! Owns `--output-dir`: a masked Markdown file for each session that has ended. Must stay true: a file that is not the
//! export of the same session is never changed; an unchanged session is not written again without `--force`; the mode of
//! a new folder is 0700, that of files 0600.

use crate::PROGRAM;
use crate::args::{Plan, Which};
use crate::chosen::{Chosen, Loaded, Loader};
use crate::highlights::{self, Highlights};
use crate::masked::Masker;
use crate::progress::Progress;
use crate::{front, output};
use agents::Agent;
use agents::logs::Roots;
use cli::{Context, Failures, Form, Out, Outcome, note};
use cs_core::file::{self, Durability};
use cs_core::id::{SessionId, Uuid, fnv1a};
use cs_core::live::Live;
use cs_core::record::Status;
use cs_core::store::Store;
use cs_core::{Error, Result};
use redact::personal::{Counts, Personal};
use render::{Document, MARK};
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
    masked: Counts,
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
    personal: Personal,
    transcripts: OnceCell<HashMap<String, PathBuf>>,
}

/// Writes the files and reports them.
pub fn write(context: &mut Context, plan: &Plan, folder: &Path, words: usize) -> Outcome<()> {
    let chosen = Chosen::of(context, plan)?;
    output::check_outside(&context.store.home, folder)?;
    file::make_dir(folder)?;
    let Context { store, out, now } = context;
    let exporter = Exporter {
        loader: Loader::new(store, *now)?,
        folder,
        words: if cli::config_of(store).hooks.capture_prompts { words } else { 0 },
        force: plan.force,
        personal: Personal::new(own_names()),
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
        reporter.report(id, &exporter.file(id), exporter.export(id, plan))?;
        progress.step();
    }
    drop(progress);
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
                self.total.masked += counts;
                let file = file.display().to_string();
                let line =
                    WrittenFile { session_id: id.as_str(), file, masked: counts, highlights, skipped_lines: skipped };
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
        let Counts { secrets, emails, phones, users } = self.masked;
        let quantity = |count: usize, noun| render::format_quantity(count as u64, noun);
        format!(
            "{} written, {} unchanged, {} failed in {}; masked: {}, {emails} e-mail address{}, {}, {}",
            self.written,
            self.unchanged,
            self.failed,
            cli::sanitize(&folder.display().to_string()),
            quantity(secrets, "secret"),
            if emails == 1 { "" } else { "es" },
            quantity(phones, "phone number"),
            quantity(users, "user name")
        )
    }
}

/// The user names that may appear in this person's paths.
fn own_names() -> Vec<String> {
    let set = |name: &str| std::env::var(name).ok();
    let home = set("HOME").and_then(|home| Some(Path::new(&home).file_name()?.to_str()?.to_string()));
    [home, set("USER"), set("LOGNAME")].into_iter().flatten().collect()
}

impl Exporter<'_> {
    fn file(&self, id: &SessionId) -> PathBuf {
        self.folder.join(format!("{id}.md"))
    }

    fn export(&self, id: &SessionId, plan: &Plan) -> Result<ExportResult> {
        let loaded = self.loader.load(id)?;
        if !plan.range.contains_text(&loaded.session.started_at) {
            return Ok(ExportResult::NotAsked);
        }
        if loaded.session.status == Status::Active {
            return Ok(ExportResult::Active);
        }
        let transcript = if self.words == 0 { None } else { self.transcript(&loaded) };
        let source = self.source(&loaded, transcript.as_deref());
        let path = self.file(id);
        let before = output::head(&path)?;
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
        // A transcript that cannot be read does not prevent the export.
        let highlights = transcript
            .and_then(|path| highlights::choose(&path, Agent::Claude, self.words, &self.personal).ok())
            .flatten();
        let (text, counts) = self.text(&loaded, highlights.as_ref(), &source);
        let staged = file::stage_elsewhere(&path, text.as_bytes(), Durability::Synced)?;
        if before.is_some() {
            staged.replace()?;
        } else if !staged.create()? {
            return Err(Error::Refused(format!("{} was just created by another program", path.display())));
        }
        let skipped = highlights.as_ref().map_or(0, |found| found.summary.skipped);
        Ok(ExportResult::Written { counts, highlights: highlights.map_or(0, |found| found.len()), skipped })
    }

    fn text(&self, loaded: &Loaded, highlights: Option<&Highlights>, source: &str) -> (String, Counts) {
        let mut masker = Masker::new(&self.personal);
        let session = masker.mask_session(&loaded.session);
        let usage = loaded.usage.as_ref().map(|usage| masker.mask_usage(usage));
        let mut counts = masker.counts;
        counts += highlights.map(|found| found.counts).unwrap_or_default();
        let document = Document::new(&session, Some(&loaded.verdict), loaded.archived, usage.as_ref());
        (front::text(&document, highlights, counts, source), counts)
    }

    /// A fingerprint of the file's sources: if it is the same, the file would be the same.
    fn source(&self, loaded: &Loaded, transcript: Option<&Path>) -> String {
        let of =
            |path: &Path| std::fs::symlink_metadata(path).map(|meta| (meta.len(), meta.mtime(), meta.mtime_nsec()));
        let parts = format!(
            "{MARK} {} {} {} {:?} {:?} ",
            env!("CARGO_PKG_VERSION"),
            self.words,
            loaded.archived,
            transcript.and_then(|path| of(path).ok()),
            own_names()
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
