//! Owns how long a command may wait, as a value of its options. Must stay true: all programs read it alike.

use cs_core::range;
use std::time::Duration;

/// The value of options such as `--timeout` and `--wait`: `30s`, `5m`, `1h`; a number alone is in seconds.
pub fn patience(text: &str) -> Result<Duration, String> {
    let span = range::span(text).map_err(|error| error.to_string())?;
    span.to_std().map_err(|error| error.to_string())
}
