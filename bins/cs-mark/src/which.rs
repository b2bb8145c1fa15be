//! Owns which conversation a word means. One whose logs are gone can still have marks.

use agents::logs::Roots;
use cli::{Context, Failure, Failures, Outcome};
use conversations::{Catalog, Conversation};
use cs_core::Error;
use cs_core::file;
use cs_core::id::Uuid;

/// The fields of a line of JSON that name a conversation: what cs-search and cs-transcript print, and a session's record.
const NAMED: [&str; 2] = ["conversation", "session_id"];

/// A conversation that a word means.
pub struct Chosen {
    /// Its id.
    pub uuid: String,
    /// Where its logs are; `None` if they are gone.
    pub conversation: Option<Conversation>,
}

/// All conversations.
pub fn catalog(context: &Context) -> Catalog {
    let catalog = Catalog::of(&context.store, &Roots::from_env());
    for (path, error) in &catalog.unseen {
        let error = std::io::Error::new(error.kind(), error.to_string());
        cli::defer(&Error::io(path, "read", error));
    }
    catalog
}

/// The conversation that a word means, which has logs.
pub fn with_log(context: &Context, word: &str) -> Outcome<Conversation> {
    let mut catalog = catalog(context);
    if conversations::find(&catalog, &context.store, word).is_err() {
        catalog.add_remembered(&Roots::from_env());
    }
    let found = conversations::find(&catalog, &context.store, word)?;
    // Marks are stored by this id.
    Uuid::parse(&found.uuid)?;
    Ok(found.clone())
}

/// The conversation that a word means: one that has logs, or marks.
pub fn any(context: &Context, word: &str) -> Outcome<Chosen> {
    match with_log(context, word) {
        Ok(found) => Ok(Chosen { uuid: found.uuid.clone(), conversation: Some(found) }),
        // Only if there is none: a word that means several conversations does not mean the one with marks.
        Err(failure @ Failure::Core(Error::Missing(_))) => {
            let word = word.to_ascii_lowercase();
            let mut marked = marked(context)?;
            marked.retain(|uuid| !word.is_empty() && (uuid.starts_with(&word) || uuid.ends_with(&word)));
            match (marked.pop(), marked.is_empty()) {
                (Some(uuid), true) => Ok(Chosen { uuid, conversation: None }),
                _ => Err(failure),
            }
        }
        Err(failure) => Err(failure),
    }
}

/// The ids of all conversations that have marks, in order.
pub fn marked(context: &Context) -> Outcome<Vec<String>> {
    let mut marked = file::stems(&context.store.home.marks_dir(), ".jsonl")?;
    marked.retain(|uuid| Uuid::parse(uuid).is_ok_and(|parsed| parsed.as_str() == uuid));
    marked.sort();
    Ok(marked)
}

/// Does `work` for the conversation that a word means, or for each one on standard input.
pub fn each(
    context: &mut Context,
    word: &str,
    mut work: impl FnMut(&mut Context, &Chosen) -> Outcome<()>,
) -> Outcome<()> {
    let words = cli::selectors_of(&NAMED, &[word.to_string()])?;
    let is_alone = words.len() == 1;
    let mut seen = std::collections::HashSet::new();
    let mut failures = Failures::default();
    for word in words {
        let done = any(context, &word).and_then(|chosen| match seen.insert(chosen.uuid.clone()) {
            true => work(context, &chosen),
            false => Ok(()),
        });
        match done {
            Err(failure) if is_alone => return Err(failure),
            Err(failure) => failures.report(failure)?,
            Ok(()) => {}
        }
    }
    context.out.flush()?;
    failures.end()
}
