//! Owns opening a path that may be anything: a file, a pipe, a device, a directory. Must stay true: opening never
//! blocks, and the result is a regular file. A pipe without a writer would block its reader for ever.
//! Deliberately absent: further rules for our own files (see `file`).

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::IntoRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The reason why anything but a regular file is refused.
pub const IRREGULAR: &str = "it is not a regular file";
/// Without these flags opening may block (a pipe, a modem), or make a terminal our controlling one.
const NEVER_WAIT: i32 = libc::O_NONBLOCK | libc::O_NOCTTY;

/// Opens a regular file of another program; a symbolic link is followed.
pub fn foreign(path: &Path) -> io::Result<File> {
    regular(OpenOptions::new().read(true).custom_flags(NEVER_WAIT).open(path)?)
}

/// The first `most` bytes of a regular file of another program; a symbolic link is followed.
pub fn foreign_bytes(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    foreign(path)?.take(most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens a regular file; a symbolic link is refused.
pub fn unlinked(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    regular(options.custom_flags(NEVER_WAIT | libc::O_NOFOLLOW).open(path)?)
}

/// Opens `/dev/null` for standard streams that are closed: otherwise a file that is opened next would be one of them, and
/// what is printed would be written into it. Rust's runtime does this; it is for programs without that.
#[allow(unsafe_code, reason = "poll(2)")]
pub fn occupy_standard_streams() {
    let mut streams = [0, 1, 2].map(|fd| libc::pollfd { fd, events: 0, revents: 0 });
    // SAFETY: the pointer is to three initialised entries, which outlive the call.
    unsafe { libc::poll(streams.as_mut_ptr(), 3, 0) };
    for _ in streams.iter().filter(|stream| stream.revents & libc::POLLNVAL != 0) {
        let null = OpenOptions::new().read(true).write(true).open("/dev/null");
        // It stays open until the process ends.
        let _ = null.map(IntoRawFd::into_raw_fd);
    }
}

fn regular(file: File) -> io::Result<File> {
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, IRREGULAR)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CString;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    #[allow(unsafe_code, reason = "mkfifo(3)")]
    fn only_regular_files_are_opened_and_opening_never_blocks() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        let name = CString::new(pipe.as_os_str().as_bytes()).unwrap();
        // SAFETY: the pointer is to a text that ends in NUL and outlives the call.
        assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
        for path in [pipe.as_path(), dir.path(), Path::new("/dev/null"), Path::new("/dev/zero")] {
            assert!(foreign(path).is_err(), "{}", path.display());
            for options in [OpenOptions::new().read(true), OpenOptions::new().append(true)] {
                assert!(unlinked(path, options).is_err(), "{}", path.display());
            }
        }
        std::fs::write(dir.path().join("file"), "text").unwrap();
        std::os::unix::fs::symlink("file", dir.path().join("link")).unwrap();
        assert_eq!(foreign_bytes(&dir.path().join("link"), 3).unwrap(), b"tex");
        assert!(unlinked(&dir.path().join("link"), OpenOptions::new().read(true)).is_err());
    }

    #[test]
    fn no_file_takes_the_place_of_a_standard_stream() {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        let status = child.args(["--ignored", "--exact", "open::tests::in_a_process_of_its_own"]).status().unwrap();
        assert!(status.success());
    }

    #[test]
    #[ignore = "it closes its standard streams"]
    #[allow(unsafe_code, reason = "close(2)")]
    fn in_a_process_of_its_own() {
        // SAFETY: nobody else uses them here.
        unsafe { (libc::close(0), libc::close(1)) };
        occupy_standard_streams();
        assert!(std::os::fd::AsRawFd::as_raw_fd(&File::open("/dev/null").unwrap()) > 2);
    }
}
