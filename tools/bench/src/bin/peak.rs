//! Runs a program without its output, prints its peak memory in bytes, and exits with its exit code, or 128 and more if
//! a signal ended it.
//!
//! The benchmark compiles this file separately and statically: the memory that `wait4` reports is never less than that
//! of the process that started the program, which therefore has to be small. For the same reason it uses no crate.

use std::env;
use std::process::{Command, ExitCode, Stdio};

unsafe extern "C" {
    fn wait4(pid: i32, status: *mut i32, options: i32, usage: *mut [i64; 32]) -> i32;
}

/// The index of `ru_maxrss` in `struct rusage`, after two `timeval`s of two words each; see getrusage(2).
const MAXRSS: usize = 4;
/// Its unit in bytes.
const UNIT: i64 = if cfg!(target_os = "macos") { 1 } else { 1024 };

#[allow(clippy::zombie_processes)] // wait4 waits for it
fn main() -> ExitCode {
    let mut words = env::args_os().skip(1);
    let mut command = Command::new(words.next().expect("peak PROGRAM ARGUMENT..."));
    let child = command.args(words).stdout(Stdio::null()).spawn().expect("the program can be run");
    let (mut status, mut usage) = (0, [0; 32]);
    // SAFETY: both pointers are valid, and the buffer is longer than any system's `struct rusage`.
    let pid = unsafe { wait4(child.id() as i32, &raw mut status, 0, &raw mut usage) };
    assert!(pid == child.id() as i32, "the program can be waited for");
    println!("{}", usage[MAXRSS] * UNIT);
    // The low seven bits are the signal, the next byte the exit code; see wait(2).
    ExitCode::from(if status & 0x7f == 0 { (status >> 8) as u8 } else { 128 + (status & 0x7f) as u8 })
}
