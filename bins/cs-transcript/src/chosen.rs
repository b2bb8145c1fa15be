//! Owns which conversations the arguments mean.

use agents::Agent;
use agents::logs::Roots;
use cli::{Context, Failure, Failures, Outcome};
use conversations::{Catalog, Conversation, Left, find};
use cs_core::Error;
use std::collections::BTreeMap;
use std::path::Path;

/// The fields of a line of JSON that name a conversation: what cs-search and `list` print, and a session's record.
const NAMED: [&str; 2] = ["conversation", "session_id"];

/// The value of `--agent`.
pub fn parse_agent(text: &str) -> Result<Agent, String> {
    Agent::of_person(text).ok_or_else(|| format!("{text:?} is not an agent; use {}", Agent::shorts()))
}

/// All conversations that have a log. What cannot be read is told, and the program goes on.
pub fn catalog(context: &Context) -> Catalog {
    let catalog = Catalog::of(&context.store, &Roots::from_env());
    catalog.unseen.iter().for_each(|(path, error)| tell(path, error));
    catalog
}

/// Those of which only prompts are left, too.
pub fn catalog_with_remembered(context: &Context) -> (Catalog, BTreeMap<(Agent, String), Left>) {
    let roots = Roots::from_env();
    let mut catalog = Catalog::of(&context.store, &roots);
    let left = catalog.add_remembered(&roots);
    catalog.unseen.iter().for_each(|(path, error)| tell(path, error));
    (catalog, left)
}

/// Says that there are logs that are not read.
pub fn tell_compressed(catalog: &Catalog) {
    if catalog.compressed > 0 {
        let logs = render::format_quantity(catalog.compressed as u64, "compressed log");
        cli::note(crate::PROGRAM, &format!("without {logs}; zstd -d decompresses them"));
    }
}

/// Says that something could not be read; the program ends with the code of that.
pub fn tell(path: &Path, error: &std::io::Error) {
    let error = std::io::Error::new(error.kind(), error.to_string());
    cli::defer(&Error::io(path, "read", error));
}

/// Does `work` for each conversation that these words mean, once; without a word for the one that runs this program. Of several
/// words those that mean none are told, the others are worked on, and the program ends with the code of the first failure.
pub fn each(
    context: &mut Context,
    words: &[String],
    work: impl FnOnce(&mut Context, &[Conversation]) -> Outcome<()>,
) -> Outcome<()> {
    let (all, mut failures) = conversations(context, words)?;
    if !all.is_empty()
        && let Err(failure) = work(context, &all)
    {
        failures.report(failure)?;
    }
    failures.end()
}

/// The conversations that these words mean, and the words that mean none. A single such word is a failure.
fn conversations(context: &Context, words: &[String]) -> Outcome<(Vec<Conversation>, Failures)> {
    let words = cli::selectors_of(&NAMED, words)?;
    let mut catalog = catalog(context);
    let is_missing = |catalog: &Catalog| words.iter().any(|word| find(catalog, &context.store, word).is_err());
    if is_missing(&catalog) {
        catalog.add_remembered(&Roots::from_env());
    }
    let mut found: Vec<Conversation> = Vec::new();
    let mut failures = Failures::default();
    for word in &words {
        let one = match find(&catalog, &context.store, word) {
            Ok(one) => one,
            Err(error) if words.len() == 1 => return Err(error.into()),
            Err(error) => {
                failures.report(error)?;
                continue;
            }
        };
        if found.iter().all(|known| known.uuid != one.uuid || known.agent != one.agent) {
            found.push(one.clone());
        }
    }
    Ok((found, failures))
}

/// The conversation that a word means.
pub fn one(context: &Context, word: &str) -> Outcome<Conversation> {
    let (mut found, _) = conversations(context, &[word.to_string()])?;
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        _ => Err(Failure::Usage("name one conversation".into(), None)),
    }
}
