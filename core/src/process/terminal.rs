//! Owns the names of terminals and of this machine. A system reports the terminal of a process as the number of a device;
//! a number of another kind than those below is not guessed.

/// The terminal that controls a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Terminal {
    /// Its file, such as `/dev/pts/6`.
    Named(String),
    /// The process has none.
    None,
    /// The system does not report it.
    Unknown,
}

impl Terminal {
    /// The terminal with this device number; 0 means none.
    pub(super) fn of(device: u32) -> Self {
        match device {
            0 => Terminal::None,
            _ => name(device).map_or(Terminal::Unknown, Terminal::Named),
        }
    }
}

/// The terminal of a process.
pub fn terminal(pid: u32) -> Terminal {
    super::running(pid).map_or(Terminal::Unknown, |(_, _, device)| Terminal::of(device))
}

/// The name of this machine.
#[allow(unsafe_code, reason = "gethostname(2)")]
pub fn host_name() -> Option<String> {
    let mut name = [0u8; 256];
    // SAFETY: the call writes at most that many bytes into the buffer.
    let failed = unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len()) != 0 };
    let name = name.split(|byte| *byte == 0).next().filter(|name| !failed && !name.is_empty())?;
    Some(String::from_utf8_lossy(name).into_owned())
}

/// Linux (the kernel's `admin-guide/devices.txt`): pseudo terminals have the major numbers 136 to 143, consoles and serial
/// lines 4. The minor number is in bits 0 to 7 and 20 to 31 (proc_pid_stat(5)).
#[cfg(target_os = "linux")]
fn name(device: u32) -> Option<String> {
    let (major, minor) = ((device >> 8) & 0xfff, (device & 0xff) | ((device >> 12) & 0xf_ff00));
    match (major, minor) {
        (136..=143, _) => Some(format!("/dev/pts/{}", (major - 136) * 256 + minor)),
        (4, 0..=63) => Some(format!("/dev/tty{minor}")),
        (4, 64..) => Some(format!("/dev/ttyS{}", minor - 64)),
        _ => None,
    }
}

/// macOS: pseudo terminals have the major number 16, in bits 24 to 31 (bsd/kern/tty_ptmx.c, <sys/types.h>).
#[cfg(not(target_os = "linux"))]
fn name(device: u32) -> Option<String> {
    (cfg!(target_os = "macos") && device >> 24 == 16).then(|| format!("/dev/ttys{:03}", device & 0xff_ffff))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_named_by_its_number() {
        let named = [0x8806, 0x8800 | 0xff, 0x8900, 0x0010_8800, 0x0401, 0x0440].map(name);
        let wanted = ["pts/6", "pts/255", "pts/256", "pts/256", "tty1", "ttyS0"];
        assert_eq!(named, wanted.map(|name| Some(format!("/dev/{name}"))));
        assert_eq!(name(0x0500), None, "/dev/tty is not a name of a terminal");
        assert_eq!(terminal(0), Terminal::Unknown);
        assert!(host_name().is_some());
    }
}
