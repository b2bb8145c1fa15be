//! Owns reports in the dashboard: the bytes that `cs-report` writes in the conversation's folder, as a download, never in a
//! file of this machine with a name.
//! Must stay true: one report is made at a time, and never in memory as a whole; it has the marks and rules that its
//! person saw, however long making it takes.

use super::stale;
use crate::http::{Refusal, Reply, Rest};
use crate::view::Caches;
use crate::view::reviewed::{engine, seen_all};
use conversations::{About, Catalog};
use cs_core::clock::Instant;
use cs_core::id::Uuid;
use marks::Marks;
use redaction::{Ledger, Run};
use reports::{Format, Mode, Request, Scope, Sources, With};
use serde::Deserialize;

/// `report.make`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Make {
    conversation: String,
    r#if: String,
    mode: String,
    format: String,
    #[serde(default)]
    with: Vec<String>,
}

impl Make {
    pub fn make(&self, caches: &Caches, now: Instant) -> Result<Reply, Refusal> {
        let request = self.request()?;
        let Ok(_one) = caches.conversations.reporting.try_lock() else { return Err(busy()) };
        let store = caches.store();
        let of = caches.conversations.find(store, &Uuid::parse(&self.conversation)?)?;
        let mut engine = engine(store, &About::outline(&of).unwrap_or_default())?;
        let rules_digest = engine.rules().digest().to_string();
        let is_seen = || Ok::<_, Refusal>(seen_all(&Marks::read(store, &of.uuid)?, &rules_digest) == self.r#if);
        if !is_seen()? {
            return Err(stale().into());
        }
        let catalog = Catalog::of(store, caches.conversations.roots());
        let actor = marks::actor();
        let run = Run { tool: "cs-serve".into(), actor: actor.clone(), rules_digest: rules_digest.clone() };
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
        let made = reports::make(&request, &mut sources)?;
        if !is_seen()? {
            return Err(stale().into());
        }
        let failed = |error| cs_core::Error::io(&std::env::temp_dir(), "read in", error);
        let mut pieces = made.into_pieces().map_err(failed)?;
        let first = pieces.next().transpose().map_err(failed)?.unwrap_or_default();
        let name = format!("{}-{}.{}", of.uuid, request.mode.word(), request.format.extension());
        Ok(Reply::begun(request.format.media_type(), first, Rest::that_can_fail(move || pieces.next().transpose()))
            .saved_as(&name))
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

fn busy() -> Refusal {
    Refusal::new(503, "BUSY", "another report is being made; try again in a moment").with("Retry-After", "2")
}

fn bad(field: &str) -> Refusal {
    Refusal::new(400, "BAD_REQUEST", &format!("{field} has a value that is not known here"))
}
