//! Owns which conversations a report is about. Must stay true: the oldest comes first; a conversation that is named and not
//! there is an error, never left out.

use crate::request::{Request, Scope};
use crate::sources::Sources;
use conversations::{About, Conversation, Filter, Heading, Sessions, find};
use cs_core::error::Result;
use cs_core::record::Session;
use cs_core::refs::Links;
use marks::Tags;
use std::collections::HashSet;

/// A conversation that was chosen.
pub struct Chosen<'c> {
    /// It.
    pub conversation: &'c Conversation,
    /// What its log says about it.
    pub heading: Heading,
    /// Its records, the oldest first.
    pub records: Vec<Session>,
}

/// The conversations that a report is about.
pub fn select<'c>(request: &Request, sources: &Sources<'c>) -> Result<Vec<Chosen<'c>>> {
    let scope = &request.scope;
    let filter = Filter { project: scope.project.clone(), range: scope.range, ..Filter::default() };
    let (tags, config) = (Tags::read(sources.store)?, sources.store.config());
    let sessions = Sessions::of(sources.store)?;
    let links = Links::of(&config);
    let naming = |issue: &String| sources.catalog.naming(sources.store, &links, issue);
    let naming: Vec<HashSet<String>> = scope.refs.iter().map(naming).collect::<Result<_>>()?;
    let is_of_commits =
        |one: &Conversation| sources.commits.is_none_or(|commits| commits.of(&one.uuid).next().is_some());
    let mut chosen = Vec::new();
    for one in named(scope, sources)? {
        if !is_of_commits(one)
            || !filter.may_fit(one)
            || !tags.fit(&one.uuid, &scope.tags, &scope.dispositions)
            || naming.iter().any(|naming| !naming.contains(&one.uuid))
        {
            continue;
        }
        let records = sessions.records(&one.uuid);
        let about = About::outline(one).unwrap_or_default();
        let heading = Heading::of(about, &records, &config);
        if filter.fits(&heading.about, heading.project.as_deref()) {
            chosen.push(Chosen { conversation: one, heading, records });
        }
    }
    chosen.sort_by(|a, b| {
        let key = |one: &Chosen| (one.heading.about.first_at, one.conversation.uuid.clone());
        key(a).cmp(&key(b))
    });
    Ok(chosen)
}

/// The conversations that are named, each once; all if none is named.
fn named<'c>(scope: &Scope, sources: &Sources<'c>) -> Result<Vec<&'c Conversation>> {
    if scope.ids.is_empty() {
        return Ok(sources.catalog.conversations.iter().collect());
    }
    let mut all: Vec<&Conversation> = Vec::new();
    for word in &scope.ids {
        let one = find(sources.catalog, sources.store, word)?;
        if all.iter().all(|known| !std::ptr::eq(*known, one)) {
            all.push(one);
        }
    }
    Ok(all)
}

/// What a report is about, in words.
pub fn scope_words(request: &Request, sources: &Sources, chosen: &[Chosen]) -> Vec<String> {
    let scope = &request.scope;
    let mut words = Vec::new();
    if !scope.ids.is_empty() {
        words.extend(chosen.iter().map(|one| format!("conversation {}", one.conversation.uuid)));
    }
    words.extend(sources.commits.map(|commits| format!("commits {}", commits.range)));
    words.extend(scope.project.as_ref().map(|project| format!("project {project}")));
    let at = |at| cs_core::clock::stamp(at);
    words.extend(scope.range.since.map(|since| format!("since {}", at(since))));
    // A range that nobody ended ends after now.
    let until = scope.range.until.filter(|until| *until <= sources.now);
    words.extend(until.map(|until| format!("before {}", at(until))));
    words.extend(scope.tags.iter().map(|tag| format!("tag {tag}")));
    words.extend(scope.dispositions.iter().map(|word| format!("disposition {word}")));
    words.extend(scope.refs.iter().map(|word| format!("issue {word}")));
    if words.is_empty() {
        words.push("all conversations".into());
    }
    words
}
