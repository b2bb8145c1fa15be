//! Registers the hooks with Codex, in its `hooks.json`, and removes them. The user must approve the hooks once in Codex,
//! whose file of approvals is not ours to write.

use crate::claude::write_hooks;
use crate::document::Document;
use crate::entries;
use crate::places::Places;
use crate::plan::{Consent, Plan};
use cli::{Out, Outcome};

/// What the user must do after a change.
pub const APPROVE: &str = "Codex runs new hooks only after you approve them: in Codex, type /hooks, then t";

/// Registers with Codex.
pub fn install(places: &Places, consent: Consent, out: &mut Out) -> Outcome<()> {
    let document = Document::read(&places.codex_hooks())?;
    let hooks = entries::for_codex(&places.share)?;
    let mut plan = Plan::default();
    if !entries::has_exactly(&document.value, &hooks) {
        plan.note(APPROVE);
    }
    write_hooks(&document, hooks, "registers the hooks with Codex", plan, consent, out)
}

/// Undoes `install`.
pub fn uninstall(places: &Places, consent: Consent, out: &mut Out) -> Outcome<()> {
    let mut plan = Plan::default();
    let document = Document::read_ours(&places.codex_hooks())?;
    let Some(document) = document else { return plan.carry_out(out, consent, |_| Ok(())) };
    if !document.has_ours()? {
        return plan.carry_out(out, consent, |_| Ok(()));
    }
    plan.take_out("hooks", &document.seen, document.original()?.as_deref())?;
    plan.carry_out(out, consent, |_| Ok(document.persist(Document::restore)?))
}
