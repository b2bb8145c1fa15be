//! Owns how an instant of about now is said in local time.

use cs_core::clock::Instant;
use cs_core::zone::{Day, Zone};

/// `15:00` on the same local day, else `Mon 15:00`.
pub fn say(at: Instant, today: &Day) -> String {
    let local = Zone::system().local(at);
    let form = if local.date() == today.date { "%H:%M" } else { "%a %H:%M" };
    local.format(form).to_string()
}
