//! Owns how this process handles signals that a failing write sends. Must stay true: a failed write is an error where
//! it happens, never the end of the process: unfinished work is cleaned up, and the failure is reported. Deliberately
//! absent: SIGPIPE, which Rust's runtime ignores; signals that are meant to end a program.

/// From now on, a write beyond the limit on a file's size (`ulimit -f`, or what the file system can hold) fails with
/// EFBIG. Otherwise SIGXFSZ ends the process, leaving a temporary file. Source: setrlimit(2), write(2).
///
/// Uses a handler because an ignored signal would stay ignored in the programs that we start (execve(2)).
#[allow(unsafe_code, reason = "signal(2)")]
pub fn outlive_file_size_limits() {
    extern "C" fn nothing(_signal: libc::c_int) {}
    let handler: extern "C" fn(libc::c_int) = nothing;
    // SAFETY: an empty handler is async-signal-safe.
    unsafe { libc::signal(libc::SIGXFSZ, handler as libc::sighandler_t) };
}

/// From now on, SIGINT ends this process and the programs that it starts, unless they handle it, even if the program that
/// started this one ignores it: an ignored signal stays ignored (execve(2)), as for programs that a shell starts with `&`.
#[allow(unsafe_code, reason = "signal(2)")]
pub fn accept_interrupts() {
    // SAFETY: no handler is installed.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_DFL) };
}
