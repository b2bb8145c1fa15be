//! Tries to make the programs lose data: kills them between any two system calls, makes calls fail, runs thousands of
//! random operations at once, and checks the result.

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

/// The result of `work`, or its panic message, so that one panic does not end hours of work.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|said| {
        let said = said.downcast_ref::<String>().map(String::as_str).or(said.downcast_ref::<&str>().copied());
        format!("stopped: {}", said.unwrap_or("a thread panicked, see above"))
    })
}
