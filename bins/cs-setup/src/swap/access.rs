//! Owns whether files can be made in a folder and moved out of it. Nothing is made to find out, so that a dry run leaves no
//! trace. Deliberately absent: a promise; a disk may be full.

use cs_core::error::{Error, Result};
use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Fails if this process may not make files in a folder.
#[allow(unsafe_code, reason = "faccessat(2)")]
pub fn check_writable(dir: &Path) -> Result<()> {
    let failed = |error| Error::io(dir, "write in", error);
    let path = CString::new(dir.as_os_str().as_bytes()).map_err(|error| failed(error.into()))?;
    // SAFETY: the path is a string that ends with NUL and lives until the call ends.
    let answer = unsafe { libc::faccessat(libc::AT_FDCWD, path.as_ptr(), libc::W_OK | libc::X_OK, libc::AT_EACCESS) };
    if answer == 0 { Ok(()) } else { Err(failed(io::Error::last_os_error())) }
}
