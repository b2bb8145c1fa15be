//! Owns what the arguments ask for.

use crate::args::Args;
use agents::Agent;
use agents::logs::Roots;
use cli::{Context, Failure, Outcome};
use conversations::Catalog;
use conversations::search::{FEW, Form, Query, Terms};
use cs_core::Error;
use cs_core::refs::Links;
use marks::Tags;
use std::collections::HashSet;

impl Args {
    pub fn query(&self, context: &Context) -> Outcome<Query> {
        let words: Vec<String> = self.words.iter().map(|word| typed(word)).collect();
        let terms = Terms::new(&words, &self.regex).map_err(|wrong| Error::Invalid(format!("-e {}", wrong.0)))?;
        if terms.is_empty() && self.files.is_none() {
            return Err(Failure::Usage(
                "no words given".into(),
                Some("name what to find: cs-search \"rate limit\"; or --files PATH".into()),
            ));
        }
        let is_for_people = context.out.form == cli::Form::Table && self.limit.is_none();
        let form = Form { context: self.context, is_raw: self.raw };
        Ok(Query {
            terms,
            scope: self.r#in.clone().unwrap_or_default(),
            agent: self.agent,
            project: self.project.clone(),
            range: context.range(self.since.as_deref(), self.until.as_deref())?,
            touched: self.files.clone(),
            except: if self.exclude_current { Agent::conversation_from_env() } else { None },
            only: None,
            // -q and -c are about all of them.
            most_each: (is_for_people && !self.count && !context.out.quiet).then_some(FEW),
            is_bare: self.count || context.out.quiet,
            form: (!self.count && !context.out.quiet).then_some(form),
        })
    }
}

impl Args {
    /// The conversations that have the tags and name the issue that are asked for; `None`: all.
    pub fn only(&self, context: &Context, catalog: &Catalog) -> Outcome<Option<HashSet<String>>> {
        let mut only = None;
        if !self.tag.is_empty() || !self.disposition.is_empty() {
            let tags = Tags::read(&context.store)?;
            let fitting = tags.ids().filter(|uuid| tags.fit(uuid, &self.tag, &self.disposition));
            only = Some(fitting.map(str::to_string).collect::<HashSet<String>>());
        }
        if let Some(issue) = &self.issue {
            let naming = catalog.naming(&context.store, &Links::of(&context.config()), issue)?;
            only = Some(match only {
                Some(tagged) => tagged.intersection(&naming).cloned().collect(),
                None => naming,
            });
        }
        Ok(only)
    }
}

/// A lone dash is no standard input here.
fn typed(word: &str) -> String {
    if word == cli::STDIN { "-".into() } else { word.to_string() }
}

/// All conversations. What cannot be read is told, and the program goes on.
pub fn catalog(context: &Context, query: &Query) -> Catalog {
    let roots = Roots::from_env();
    let mut catalog = Catalog::of(&context.store, &roots);
    if !query.scope.kinds.is_empty() {
        catalog.add_remembered(&roots);
    }
    for (path, error) in &catalog.unseen {
        let error = std::io::Error::new(error.kind(), error.to_string());
        cli::defer(&Error::io(path, "read", error));
    }
    catalog
}
