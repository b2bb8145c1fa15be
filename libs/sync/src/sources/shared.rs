//! Owns what all kinds of sources need: the rules and the key, what people redacted, what was forgotten, and which
//! conversations there are, as soon as somebody asks.

use super::Sources;
use crate::digest::Digest;
use crate::forgotten::Forgotten;
use crate::ruled;
use agents::Agent;
use agents::logs::Roots;
use conversations::{Catalog, Conversation, Left};
use cs_core::error::{Error, Result};
use cs_core::store::Store;
use marks::Others;
use redaction::Engine;
use reports::Spoken;
use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

/// What all kinds of sources need.
pub struct Shared<'s> {
    /// What was recorded.
    pub store: &'s Store,
    /// Where clients store their logs.
    pub roots: &'s Roots,
    /// The rules and the key.
    pub engine: Engine,
    /// What people redacted and kept in all conversations.
    pub others: Others,
    /// What is not sent.
    pub forgotten: Forgotten,
    /// What went wrong while sources were listed.
    pub failures: Vec<Error>,
    all: OnceCell<All>,
    /// What was redacted in conversations that were asked about.
    spoken: HashMap<String, Spoken>,
}

/// All conversations.
struct All {
    catalog: Catalog,
    /// Those of which only prompts are left, by agent and UUID.
    left: BTreeMap<(Agent, String), Left>,
}

/// Of so many conversations it is remembered what was redacted in them.
const REMEMBERED: usize = 500;

impl<'s> Shared<'s> {
    /// Reads them. The rules are those of the user and of all projects, wherever the program is; fails if some are missing
    /// that there were.
    pub fn read(sources: &Sources<'s>, forgotten: Forgotten) -> Result<Shared<'s>> {
        let Sources { store, roots, .. } = *sources;
        let folders = ruled::folders(store)?;
        let engine = reports::engine_of_all(&store.home, &folders)?;
        ruled::check(&store.home, engine.rules().files_read())?;
        let others = Others::read(store)?;
        let (failures, all, spoken) = (Vec::new(), OnceCell::new(), HashMap::new());
        Ok(Shared { store, roots, engine, others, forgotten, failures, all, spoken })
    }

    /// All conversations, also those of which only prompts are left.
    pub fn catalog(&self) -> &Catalog {
        &self.all().catalog
    }

    /// What is known of a conversation of which only prompts are left; `None` for any other one.
    pub fn left(&self, of: &Conversation) -> Option<&Left> {
        self.all().left.get(&(of.agent, of.uuid.clone()))
    }

    fn all(&self) -> &All {
        self.all.get_or_init(|| {
            let mut catalog = Catalog::of(self.store, self.roots);
            let left = catalog.add_remembered(self.roots);
            All { catalog, left }
        })
    }

    /// The rules and the key, as a text for stamps.
    pub fn rules(&self) -> String {
        let mut digest = Digest::default();
        digest.add(self.engine.rules().digest().as_bytes());
        digest.add(self.engine.key().digest("").as_bytes());
        digest.text()
    }

    /// What people redacted, as a text for stamps.
    pub fn redacted(&self) -> String {
        self.others.stamp()
    }

    /// What a person redacted in a conversation, for texts that may repeat it.
    pub fn spoken(&mut self, conversation: Option<&str>) -> Result<Spoken> {
        let Some(uuid) = conversation.filter(|_| !self.others.is_empty()) else { return Ok(Spoken::default()) };
        if let Some(known) = self.spoken.get(uuid) {
            return Ok(known.clone());
        }
        let spoken = Spoken::among(self.store, self.catalog(), &self.others, self.engine.key(), uuid)?;
        if self.spoken.len() >= REMEMBERED {
            self.spoken.clear();
        }
        self.spoken.insert(uuid.to_string(), spoken.clone());
        Ok(spoken)
    }
}
