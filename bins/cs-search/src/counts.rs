//! Owns `-c`: how many entries of each conversation fit.

use crate::found::VERSION;
use crate::{Printed, each_hit};
use cli::{Context, Form, Outcome};
use conversations::search::{Hit, Known, Query};
use conversations::{Catalog, Conversation};
use cs_core::clock;
use serde::Serialize;
use std::collections::HashMap;

/// A conversation with its number of hits.
struct Count {
    hit: Hit,
    count: u64,
}

#[derive(Serialize)]
struct Line<'c> {
    v: u32,
    conversation: Option<&'c str>,
    session_id: Option<&'c str>,
    agent: &'static str,
    project: Option<&'c str>,
    title: Option<&'c str>,
    at: Option<String>,
    count: u64,
}

pub fn print(context: &mut Context, catalog: &Catalog, query: &Query, limit: usize) -> Outcome<Printed> {
    let mut counts: Vec<Count> = Vec::new();
    let mut places: HashMap<Option<String>, usize> = HashMap::new();
    each_hit(context, catalog, query, &mut |_, hit| {
        let id = hit.conversation.clone().or_else(|| hit.session_id.clone());
        let place = *places.entry(id).or_insert(counts.len());
        match counts.get_mut(place) {
            Some(known) => known.count += 1,
            None => counts.push(Count { hit, count: 1 }),
        }
        Ok(true)
    })?;
    let is_more = limit > 0 && counts.len() > limit;
    if limit > 0 {
        counts.truncate(limit);
    }
    let store = context.store.clone();
    let known = Known::new(&store);
    for Count { hit, .. } in &mut counts {
        let is_it = |one: &&Conversation| hit.conversation.as_ref() == Some(&one.uuid) && one.agent == hit.agent;
        if let Some(one) = catalog.conversations.iter().find(is_it).filter(|_| hit.place.is_some()) {
            let facts = known.facts(one);
            (hit.session_id, hit.project, hit.title) = (facts.session_id, facts.project, facts.title);
        }
    }
    match context.out.form {
        Form::Table => print_table(context, &counts)?,
        Form::Json => counts.iter().try_for_each(|one| context.out.json(&one.line()))?,
    }
    Ok(Printed { count: counts.len(), is_more })
}

fn print_table(context: &mut Context, counts: &[Count]) -> Outcome<()> {
    let rows: Vec<Vec<String>> = counts.iter().map(Count::cells).collect();
    context.out.table(&["found", "conversation", "project", "title"], &rows)
}

impl Count {
    fn line(&self) -> Line<'_> {
        let hit = &self.hit;
        Line {
            v: VERSION,
            conversation: hit.conversation.as_deref(),
            session_id: hit.session_id.as_deref(),
            agent: hit.agent.word(),
            project: hit.project.as_deref(),
            title: hit.title.as_deref(),
            at: hit.at.map(clock::stamp),
            count: self.count,
        }
    }

    fn cells(&self) -> Vec<String> {
        let hit = &self.hit;
        let id = hit.conversation.as_ref().or(hit.session_id.as_ref()).cloned().unwrap_or_default();
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        vec![render::format_count(self.count), id, text(&hit.project), text(&hit.title)]
    }
}
