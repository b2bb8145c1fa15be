//! Owns whether a person had all copies of a conversation removed. Then what people said about it may be gone as well, so
//! nothing that only its redactions would hide may be sent from what else is left of it.

use agents::Agent;
use cs_core::error::Result;
use cs_core::id::Uuid;
use cs_core::paths::Home;

/// Whether the copies of a conversation were forgotten. Fails if that cannot be known.
pub fn is_forgotten(home: &Home, id: &str) -> Result<bool> {
    let Ok(uuid) = Uuid::parse(id) else { return Ok(false) };
    for agent in Agent::ALL {
        let manifest = kept::Manifest::read(home, agent, &uuid)?;
        if manifest.is_some_and(|manifest| manifest.forgotten_at.is_some()) {
            return Ok(true);
        }
    }
    Ok(false)
}
