//! Owns how this process handles signals that a failing write sends. Must stay true: a failed write is an error where
//! it happens, never the end of the process: unfinished work is cleaned up, and the failure is reported. Deliberately
//! absent: signals that are meant to end a program, but for a deadline of its own.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

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

/// From now on, a write to a pipe that nobody reads fails with EPIPE, instead of SIGPIPE ending the process. Rust's runtime
/// does this; it is for programs without that.
///
/// Uses a handler for the same reason.
#[allow(unsafe_code, reason = "signal(2)")]
pub fn outlive_closed_pipes() {
    extern "C" fn nothing(_signal: libc::c_int) {}
    let handler: extern "C" fn(libc::c_int) = nothing;
    // SAFETY: an empty handler is async-signal-safe.
    unsafe { libc::signal(libc::SIGPIPE, handler as libc::sighandler_t) };
}

/// From now on, SIGINT ends this process and the programs that it starts, unless they handle it, even if the program that
/// started this one ignores it: an ignored signal stays ignored (execve(2)), as for programs that a shell starts with `&`.
#[allow(unsafe_code, reason = "signal(2)")]
pub fn accept_interrupts() {
    // SAFETY: no handler is installed.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_DFL) };
}

/// From now on, SIGINT does nothing here, until [`accept_interrupts`]: a program that was started before handles it.
#[allow(unsafe_code, reason = "signal(2)")]
pub fn leave_interrupts() {
    extern "C" fn nothing(_signal: libc::c_int) {}
    let handler: extern "C" fn(libc::c_int) = nothing;
    // SAFETY: an empty handler is async-signal-safe.
    unsafe { libc::signal(libc::SIGINT, handler as libc::sighandler_t) };
}

/// What the handler of the deadline writes, and where: a folder, a file in it, a line.
static NOTE: OnceLock<[CString; 3]> = OnceLock::new();

/// After this time the process ends with code 0, whatever it waits for. The note, a line, is added to the file at `path`;
/// its folder, but not one above that, is made. For a program whose caller waits, and must go on without it.
#[allow(unsafe_code, reason = "signal(2), setitimer(2), and what a handler may do")]
pub fn give_up_after(time: Duration, path: &Path, note: String) {
    extern "C" fn give_up(_signal: libc::c_int) {
        const HOW: libc::c_int = libc::O_WRONLY | libc::O_APPEND | libc::O_CREAT | libc::O_NONBLOCK | libc::O_NOFOLLOW;
        // SAFETY: mkdir, open, write and _exit are async-signal-safe, and the texts, which were set before, never change.
        unsafe {
            if let Some([folder, path, note]) = NOTE.get() {
                libc::mkdir(folder.as_ptr(), 0o700);
                let file = libc::open(path.as_ptr(), HOW, 0o600);
                if file >= 0 {
                    libc::write(file, note.as_ptr().cast(), note.as_bytes().len());
                }
            }
            libc::_exit(0);
        }
    }
    let text = |path: &Path| CString::new(path.as_os_str().as_bytes());
    if let (Ok(folder), Ok(path), Ok(note)) = (text(path.parent().unwrap_or(path)), text(path), CString::new(note)) {
        let _ = NOTE.set([folder, path, note]);
    }
    // The types of the fields differ between C libraries.
    let mut whole = libc::timeval { tv_sec: 0, tv_usec: 0 };
    let never = whole;
    whole.tv_sec = time.as_secs().try_into().unwrap_or(i32::MAX.into());
    whole.tv_usec = i32::try_from(time.subsec_micros()).unwrap_or_default().into();
    let timer = libc::itimerval { it_interval: never, it_value: whole };
    let handler: extern "C" fn(libc::c_int) = give_up;
    // SAFETY: the handler does only what a handler may do; the timer outlives the call.
    unsafe {
        libc::signal(libc::SIGALRM, handler as libc::sighandler_t);
        libc::setitimer(libc::ITIMER_REAL, &raw const timer, std::ptr::null_mut());
    }
}
