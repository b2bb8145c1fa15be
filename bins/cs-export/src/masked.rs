//! Owns masking a whole record: every text that people see is masked.

use cs_core::masked;
use cs_core::record::Session;
use cs_core::usage::{ModelUsage, Usage};
use redact::personal::{Counts, Personal};
use std::collections::BTreeMap;

/// Masks texts and counts what it masked.
pub struct Masker<'a> {
    personal: &'a Personal,
    pub counts: Counts,
}

impl<'a> Masker<'a> {
    /// Starts with all counts at zero.
    pub fn new(personal: &'a Personal) -> Self {
        Masker { personal, counts: Counts::default() }
    }

    /// Masks one text in place.
    pub fn mask_text(&mut self, text: &mut String) {
        let (masked, counts) = self.personal.mask(text);
        self.counts += counts;
        *text = masked;
    }

    fn mask_all<'t>(&mut self, texts: impl IntoIterator<Item = &'t mut String>) {
        texts.into_iter().for_each(|text| self.mask_text(text));
    }

    /// Masks a record. Ids, times and commit hashes stay, so that the file can be found by them.
    pub fn mask_session(&mut self, session: &Session) -> Session {
        let mut session = session.clone();
        self.mask_all(masked::texts(&mut session));
        self.mask_all(session.files_changed.iter_mut().chain(&mut session.worktree_root));
        session
    }

    /// Masks the names of models, which come from logs. Models with the same masked name are merged.
    pub fn mask_usage(&mut self, usage: &Usage) -> Usage {
        let mut models: BTreeMap<String, ModelUsage> = BTreeMap::new();
        for (name, of) in &usage.models {
            let mut name = name.clone();
            self.mask_text(&mut name);
            models.entry(name).and_modify(|sum| sum.add(of)).or_insert_with(|| of.clone());
        }
        Usage { models, ..usage.clone() }
    }
}
