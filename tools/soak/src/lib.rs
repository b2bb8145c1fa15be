//! Tries to make the programs lose something: kills them between any two system calls, lets calls fail, runs
//! thousands of random operations at once, and looks at what is left.

#[cfg(target_os = "linux")]
pub mod call;
pub mod crew;
#[cfg(target_os = "linux")]
pub mod disk;
#[cfg(target_os = "linux")]
pub mod fault;
#[cfg(target_os = "linux")]
pub mod kill;
pub mod operation;
#[cfg(target_os = "linux")]
pub mod power;
pub mod random;
pub mod report;
pub mod rival;
pub mod scene;
pub mod storm;
#[cfg(target_os = "linux")]
pub mod trace;
pub mod verdict;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What `work` came to, or what it said when it panicked: hours of trying do not end with one surprise.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|said| {
        let said = said.downcast_ref::<String>().map(String::as_str).or(said.downcast_ref::<&str>().copied());
        format!("stopped: {}", said.unwrap_or("a thread panicked, see above"))
    })
}
