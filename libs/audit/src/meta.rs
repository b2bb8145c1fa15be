//! Owns the file beside the transcript of a subagent, which says what it was called for.

use cs_core::{open, repair, validate};
use serde_json::Value;
use std::path::Path;

/// Maximum number of bytes of the file.
const META: usize = 64 * 1024;
/// Maximum number of characters of a purpose.
const PURPOSE: usize = 200;

/// The purpose and the type in the file beside a subagent's transcript (Claude Code 2.1.197 and newer).
pub fn described(path: &Path) -> Option<(Option<String>, Option<String>)> {
    let bytes = open::foreign_bytes(&path.with_extension("meta.json"), META).ok()?;
    let meta: Value = repair::decode(&bytes, &mut Vec::new()).ok()?;
    let text = |name: &str| Some(validate::cut(meta.get(name)?.as_str()?, PURPOSE));
    Some((text("description"), text("agentType")))
}
