//! Owns what this process does about signals that a failing write sends. Must stay true: a write that fails is an
//! error where it happens, never the end of the process: unfinished work is cleaned up, and the failure is reported.
//! Deliberately absent: SIGPIPE, which Rust's runtime ignores; signals with which somebody ends a program.

/// From now on, a write beyond the limit on a file's size (`ulimit -f`, or what the file system can hold) fails with
/// EFBIG. Otherwise SIGXFSZ ends the process, leaving a temporary file. Source: setrlimit(2), write(2).
///
/// With a handler and not by ignoring the signal: what is ignored stays so in the programs that we start (execve(2)).
#[allow(unsafe_code, reason = "signal(2)")]
pub fn outlive_file_size_limits() {
    extern "C" fn nothing(_signal: libc::c_int) {}
    let handler: extern "C" fn(libc::c_int) = nothing;
    // SAFETY: the handler does nothing, and so nothing that a signal handler may not do.
    unsafe { libc::signal(libc::SIGXFSZ, handler as libc::sighandler_t) };
}
