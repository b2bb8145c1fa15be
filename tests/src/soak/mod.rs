//! Tries to make the programs lose something: kills them between any two system calls, lets calls fail, runs
//! thousands of random operations at once, and looks at what is left.

#[cfg(target_os = "linux")]
pub mod call;
pub mod random;
#[cfg(target_os = "linux")]
pub mod trace;
