//! Owns the files `limits/*.jsonl`: a reading is appended, without a lock and without waiting for the disk; readings are
//! read from the end.

use crate::key::Key;
use crate::reading::Reading;
use cs_core::error::Result;
use cs_core::paths::Home;

/// Appends a reading if it says more than the last line. Whether it did.
pub fn record(home: &Home, key: &Key, reading: &Reading) -> Result<bool> {
    let _ = (home, key, reading);
    Ok(false)
}

/// All limits that were ever reported, in order.
pub fn keys(home: &Home) -> Result<Vec<Key>> {
    let _ = home;
    Ok(Vec::new())
}

/// The last readings of a limit, the oldest first: enough for the present window, whatever the history.
pub fn latest(home: &Home, key: &Key) -> Result<Vec<Reading>> {
    all(home, key)
}

/// All readings of a limit, the oldest first. Lines that cannot be understood are left out.
pub fn all(home: &Home, key: &Key) -> Result<Vec<Reading>> {
    let _ = (home, key);
    Ok(Vec::new())
}
