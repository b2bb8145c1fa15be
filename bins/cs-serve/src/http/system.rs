//! Owns the calls to the operating system: waiting for many sockets at once, waking that up, signals, and the limits
//! of this process.

use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;

pub const READABLE: i16 = libc::POLLIN;
pub const WRITABLE: i16 = libc::POLLOUT;

/// An entry for poll(2).
pub type PollEntry = libc::pollfd;

/// Creates an entry for poll(2); hang-ups and errors are always reported.
pub fn poll_entry(fd: RawFd, events: i16) -> PollEntry {
    PollEntry { fd, events, revents: 0 }
}

/// Waits until one entry is ready, or for this long; `None` means for ever.
#[allow(unsafe_code, reason = "poll(2)")]
pub fn wait(all: &mut [PollEntry], most: Option<Duration>) -> io::Result<()> {
    // Rounded up, so that a deadline less than a millisecond away does not make the loop spin.
    let millis = most.map_or(-1, |most| i32::try_from(most.as_millis().saturating_add(1)).unwrap_or(i32::MAX));
    // SAFETY: the pointer and the length are those of one slice.
    let count = unsafe { libc::poll(all.as_mut_ptr(), all.len() as libc::nfds_t, millis) };
    match count {
        0.. => Ok(()),
        _ => match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::Interrupted => {
                all.iter_mut().for_each(|one| one.revents = 0);
                Ok(())
            }
            error => Err(error),
        },
    }
}

/// Wakes up the waiting thread through a pair of sockets: each byte is a call.
#[derive(Debug)]
pub struct Waker {
    calling: UnixStream,
    called: UnixStream,
}

impl Waker {
    pub fn new() -> io::Result<Self> {
        let (calling, called) = UnixStream::pair()?;
        calling.set_nonblocking(true)?;
        called.set_nonblocking(true)?;
        Ok(Waker { calling, called })
    }

    /// Creates an end for another thread.
    pub fn caller(&self) -> io::Result<Caller> {
        Ok(Caller(self.calling.try_clone()?))
    }

    pub fn poll_entry(&self) -> PollEntry {
        poll_entry(self.called.as_raw_fd(), READABLE)
    }

    /// Discards the calls so far.
    pub fn clear(&self) {
        let mut bytes = [0; 64];
        while matches!((&self.called).read(&mut bytes), Ok(1..)) {}
    }
}

/// The end of a [`Waker`] for other threads.
#[derive(Debug)]
pub struct Caller(UnixStream);

impl Caller {
    pub fn call(&self) {
        // If the socket is full, the other side is about to wake up anyway.
        let _ = (&self.0).write(&[1]);
    }
}

static STOPPED: AtomicBool = AtomicBool::new(false);
static STOP_CALL: AtomicI32 = AtomicI32::new(-1);

#[allow(unsafe_code, reason = "write(2) in a signal handler")]
extern "C" fn stop(_signal: libc::c_int) {
    STOPPED.store(true, Ordering::SeqCst);
    let fd = STOP_CALL.load(Ordering::SeqCst);
    // SAFETY: write(2) may be called in a signal handler, and the byte outlives the call.
    unsafe { libc::write(fd, [1u8].as_ptr().cast(), 1) };
}

/// Makes SIGTERM and SIGINT wake up the server instead of ending the process at once.
#[allow(unsafe_code, reason = "signal(2)")]
pub fn stop_on_signals(waker: &Waker) {
    STOP_CALL.store(waker.calling.as_raw_fd(), Ordering::SeqCst);
    for signal in [libc::SIGTERM, libc::SIGINT] {
        let handler: extern "C" fn(libc::c_int) = stop;
        // SAFETY: the handler does only what a signal handler may do.
        unsafe { libc::signal(signal, handler as libc::sighandler_t) };
    }
}

/// Whether one of those signals came.
pub fn is_stopped() -> bool {
    STOPPED.load(Ordering::SeqCst)
}

/// Raises the limit of open files to what connections need, if the system allows it, and returns the limit.
#[allow(unsafe_code, reason = "setrlimit(2)")]
pub fn raise_file_limit(wanted: u64) -> u64 {
    // SAFETY: rlimit is plain old data, and both calls access only this struct.
    unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) != 0 {
            return 256;
        }
        if limit.rlim_cur < wanted {
            let before = limit.rlim_cur;
            limit.rlim_cur = limit.rlim_max.min(wanted);
            if libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) != 0 {
                return before;
            }
        }
        limit.rlim_cur
    }
}

/// Makes the kernel's buffer for a client that waits for events small, so that a client that does not read is noticed.
#[allow(unsafe_code, reason = "setsockopt(2)")]
pub fn shrink_send_buffer(socket: &impl AsRawFd) {
    let bytes: libc::c_int = 4096;
    let size = std::mem::size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the pointer is to an int and the size is that of an int. Failing changes nothing that matters.
    unsafe { libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_SNDBUF, (&raw const bytes).cast(), size) };
}

/// Makes the allocator return memory: one arena for all threads, and large blocks directly from the system. Must be called
/// before any thread is started.
#[allow(unsafe_code, reason = "mallopt(3)")]
pub fn save_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: mallopt only sets numbers.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
        libc::mallopt(libc::M_MMAP_THRESHOLD, 128 * 1024);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 256 * 1024);
    }
}

/// Returns free memory to the system.
#[allow(unsafe_code, reason = "malloc_trim(3)")]
pub fn trim_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: malloc_trim only returns unused memory.
    unsafe {
        libc::malloc_trim(0);
    }
}
