//! Owns running work that may take any amount of memory or time, or crash, in a process of its own with limits.
//! Must stay true: whatever happens there, the caller gets its output or one line that says why there is none.
//! Memory is not limited on systems that do not report the sizes of processes (macOS).

use std::fs::File;
use std::io::{self, BufWriter, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsRawFd;

/// The limits of the work.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of memory, in addition to those of this process.
    pub memory: u64,
    /// Seconds of processor time.
    pub seconds: u64,
    /// Bytes of output.
    pub output: usize,
}

/// The longest reason, in characters.
const REASON: usize = 1000;

/// Returns the output of `work`, or the reason why there is none. It runs in a copy of this process, so its changes are
/// lost; it must not wait for another thread.
#[allow(unsafe_code, reason = "fork(2)")]
pub fn run(
    limits: &Limits,
    work: impl FnOnce(&mut dyn Write) -> Result<(), String>,
) -> io::Result<Result<Vec<u8>, String>> {
    let (mut ours, theirs) = io::pipe()?;
    let size = size();
    // SAFETY: the child process only calls `child`, which never returns; no other thread holds anything that it needs.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => child(limits, size, ours, theirs, work),
        pid => {
            drop(theirs);
            let bytes = collect(&mut ours, limits);
            drop(ours);
            Ok(parse_result(limits, wait(pid)?, bytes?))
        }
    }
}

/// The bytes of this process's address space, if the system reports them.
#[allow(unsafe_code, reason = "sysconf(3)")]
fn size() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').next()?.parse().ok()?;
    // SAFETY: sysconf only reads.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    pages.checked_mul(u64::try_from(page).ok()?)
}

/// Does the work, in the new process.
#[allow(unsafe_code, reason = "owns a descriptor that fork(2) left")]
fn child(
    limits: &Limits,
    size: Option<u64>,
    ours: PipeReader,
    theirs: PipeWriter,
    work: impl FnOnce(&mut dyn Write) -> Result<(), String>,
) -> ! {
    drop(ours);
    confine(limits, size);
    let raw = theirs.as_raw_fd();
    std::panic::set_hook(Box::new(move |info| {
        let payload = info.payload();
        let what = payload.downcast_ref::<String>().map(String::as_str).or(payload.downcast_ref::<&str>().copied());
        let what = what.unwrap_or("it crashed");
        // SAFETY: the descriptor is open as long as this process lives.
        let mut pipe = std::mem::ManuallyDrop::new(unsafe { <File as std::os::fd::FromRawFd>::from_raw_fd(raw) });
        end(&mut *pipe, &format!("the template engine failed: {what}"));
    }));
    let mut out = BufWriter::with_capacity(64 * 1024, Bounded { to: theirs, room: limits.output, most: limits.output });
    let done = work(&mut out).and_then(|()| out.flush().map_err(|error| error.to_string()));
    // This drops buffered output, which would otherwise be written after the reason.
    let (mut to, _) = out.into_parts();
    end(&mut to.to, done.err().as_deref().unwrap_or_default())
}

/// Ends the output with the reason, which is empty on success, and its length; then ends the process.
#[allow(unsafe_code, reason = "_exit(2)")]
fn end(to: &mut impl Write, reason: &str) -> ! {
    let reason = cs_core::validate::cut(reason, REASON);
    let written = to.write_all(reason.as_bytes()).and_then(|()| to.write_all(&(reason.len() as u64).to_le_bytes()));
    // SAFETY: ends this process without running the exit handlers, which are for the parent.
    unsafe { libc::_exit(i32::from(written.is_err())) }
}

/// Limits memory and time, forbids core dumps, and disconnects the standard streams.
#[allow(unsafe_code, reason = "setrlimit(2), close(2)")]
fn confine(limits: &Limits, size: Option<u64>) {
    let limit = |resource, most: u64| {
        let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
        // SAFETY: the pointer is to one initialised rlimit.
        unsafe { libc::setrlimit(resource, &raw const limit) };
    };
    limit(libc::RLIMIT_CORE, 0);
    limit(libc::RLIMIT_CPU, limits.seconds);
    size.into_iter().for_each(|size| limit(libc::RLIMIT_AS, size.saturating_add(limits.memory)));
    if let Ok(null) = File::options().read(true).write(true).open("/dev/null") {
        // SAFETY: both descriptors are open, and no object owns the standard ones.
        (0..3).for_each(|standard| unsafe {
            libc::dup2(null.as_raw_fd(), standard);
        });
    }
}

/// Reads everything that the work writes, up to its limit and the reason.
fn collect(from: &mut PipeReader, limits: &Limits) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take((limits.output + 4 * REASON + 8) as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Waits for the end of a child process.
#[allow(unsafe_code, reason = "waitpid(2)")]
fn wait(pid: libc::pid_t) -> io::Result<i32> {
    let mut status = 0;
    loop {
        // SAFETY: the pointer is to one integer, which the call writes.
        match unsafe { libc::waitpid(pid, &raw mut status, 0) } {
            -1 if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
            -1 => return Err(io::Error::last_os_error()),
            _ => return Ok(status),
        }
    }
}

/// Separates the output from the reason.
fn parse_result(limits: &Limits, status: i32, mut bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    if libc::WIFSIGNALED(status) {
        return Err(match libc::WTERMSIG(status) {
            libc::SIGXCPU | libc::SIGKILL => format!("it took more than {} s", limits.seconds),
            // A failed allocation and a full stack both end with a signal.
            _ => format!("it needs more than {} MiB of memory", limits.memory >> 20),
        });
    }
    let ends = bytes.len().checked_sub(8).map(|at| (at, bytes.split_off(at)));
    let reason = ends.and_then(|(at, length)| {
        let length = usize::try_from(u64::from_le_bytes(length.try_into().ok()?)).ok()?;
        Some(bytes.split_off(at.checked_sub(length)?))
    });
    match reason {
        Some(reason) if reason.is_empty() => Ok(bytes),
        Some(reason) => Err(String::from_utf8_lossy(&reason).into_owned()),
        None => Err("it ended without output".into()),
    }
}

/// Accepts output up to a limit.
struct Bounded<W> {
    to: W,
    room: usize,
    most: usize,
}

impl<W: Write> Write for Bounded<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let too_much = || io::Error::other(format!("its output has more than {} bytes", self.most));
        self.room = self.room.checked_sub(bytes.len()).ok_or_else(too_much)?;
        self.to.write_all(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { memory: 64 << 20, seconds: 1, output: 1 << 20 };

    fn run(work: impl FnOnce(&mut dyn Write) -> Result<(), String>) -> Result<Vec<u8>, String> {
        super::run(&LIMITS, work).unwrap()
    }

    #[test]
    fn the_output_or_a_reason_is_returned() {
        assert_eq!(run(|out| out.write_all(b"text").map_err(|e| e.to_string())), Ok(b"text".to_vec()));
        assert_eq!(run(|_| Ok(())), Ok(Vec::new()));
        assert_eq!(run(|out| Err(out.write_all(b"half").map_or("cannot", |()| "no").into())), Err("no".into()));
    }

    #[test]
    fn every_failure_has_a_reason() {
        let big = |_: &mut dyn Write| Err(std::hint::black_box(vec![1u8; 256 << 20]).len().to_string());
        if size().is_some() {
            assert_eq!(run(big), Err("it needs more than 64 MiB of memory".into()));
        }
        assert_eq!(run(|_| panic!("on purpose")), Err("the template engine failed: on purpose".into()));
        let endless = run(|_| {
            loop {
                std::hint::black_box(1);
            }
        });
        assert_eq!(endless, Err("it took more than 1 s".into()));
        let flood = run(|out| {
            loop {
                out.write_all(&[b'x'; 4096]).map_err(|e| e.to_string())?;
            }
        });
        assert_eq!(flood, Err("its output has more than 1048576 bytes".into()));
    }
}
