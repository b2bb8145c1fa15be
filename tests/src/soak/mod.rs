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
pub mod random;
pub mod report;
pub mod rival;
pub mod scene;
pub mod storm;
#[cfg(target_os = "linux")]
pub mod trace;
pub mod verdict;
