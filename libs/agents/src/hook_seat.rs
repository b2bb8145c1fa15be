//! Owns the seat of the client that calls a hook. Must stay true: `CS_AGENT` is a claim, which counts only if the client
//! that calls is the seat's; a client that the agent starts in its own shell inherits the variable and is not.

use crate::hook_call::HookCall;
use cs_core::id::SeatId;
use cs_core::store::Seated;

/// The variable in which the client of a seat finds the seat's id.
const CLAIM: &str = "CS_AGENT";

/// The seat that the environment claims.
pub fn claimed() -> Option<SeatId> {
    std::env::var(CLAIM).ok().and_then(|id| SeatId::parse(&id).ok())
}

impl HookCall {
    /// What this seat's file says, if the client that calls is the seat's. A seat that cannot be read is nobody's.
    pub fn seated(&self, seat: &SeatId) -> Option<Seated> {
        let seated = self.store.seated(seat).ok().flatten()?;
        self.caller().filter(|caller| seated.is_client(caller)).map(|_| seated)
    }
}
