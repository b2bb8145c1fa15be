//! Owns reports in the dashboard: the bytes that `cs-report` writes, as a download, never in a file of this machine.

use crate::http::{Refusal, Reply};
use crate::view::Caches;
use conversations::Catalog;
use cs_core::clock::Instant;
use cs_core::id::Uuid;
use redaction::{Engine, Key, Ledger, Rules, Run};
use reports::{Format, Mode, Request, Scope, Sources, With};
use serde::Deserialize;

/// `report.make`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Make {
    conversation: String,
    mode: String,
    format: String,
    #[serde(default)]
    with: Vec<String>,
}

impl Make {
    pub fn make(&self, caches: &Caches, now: Instant) -> Result<Reply, Refusal> {
        let request = self.request()?;
        let store = caches.store();
        let catalog = Catalog::of(store, caches.conversations.roots());
        let mut engine = Engine::new(Rules::load(&store.home, &[])?, Key::of_store(&store.home)?);
        let actor = marks::actor();
        let rules_digest = engine.rules().digest().to_string();
        let run = Run { tool: "cs-serve".into(), actor: actor.clone(), rules_digest };
        let mut ledger = Ledger::of_store(&store.home, now, run)?;
        let mut sources = Sources {
            store,
            catalog: &catalog,
            engine: &mut engine,
            ledger: Some(&mut ledger),
            actor: &actor,
            now,
            tool: concat!("cs-report ", env!("CARGO_PKG_VERSION")),
            commits: None,
            progress: &mut |_, _| {},
        };
        let mut bytes = Vec::new();
        let mut made = reports::make(&request, &mut sources)?;
        // Writing into memory cannot fail.
        drop(made.write(&mut bytes));
        let name = format!("{}-{}.{}", self.conversation, request.mode.word(), request.format.extension());
        Ok(Reply::new(request.format.media_type(), bytes).saved_as(&name))
    }

    fn request(&self) -> Result<Request, Refusal> {
        Uuid::parse(&self.conversation)?;
        let mode = Mode::of_word(&self.mode).ok_or_else(|| bad("mode"))?;
        let format = Format::named(&self.format).ok_or_else(|| bad("format"))?;
        let mut with = With::default();
        for word in &self.with {
            match word.as_str() {
                "reasoning" => with.reasoning = true,
                "results" => with.results = true,
                _ => return Err(bad("with")),
            }
        }
        let scope = Scope { ids: vec![self.conversation.clone()], ..Scope::default() };
        Ok(Request { mode, with, format, scope, raw: false })
    }
}

fn bad(field: &str) -> Refusal {
    Refusal::new(400, "BAD_REQUEST", &format!("{field} has a value that is not known here"))
}
