//! Runs a program on a terminal of its own, as a terminal emulator does: a pseudo terminal that controls it.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::process::{LIMIT, within};

/// Makes the terminal the controlling one (<sys/ttycom.h>; the libc crate does not have it for macOS).
#[cfg(target_os = "macos")]
const TAKE_CONTROL: libc::c_ulong = 0x2000_7461;
#[cfg(not(target_os = "macos"))]
use libc::TIOCSCTTY as TAKE_CONTROL;

/// A program on a terminal; killed when dropped, even if the test panics.
pub struct OnTerminal {
    child: Child,
    screen: File,
    shown: Arc<Mutex<Vec<u8>>>,
    /// The terminal's file, such as `/dev/pts/6`.
    pub tty: String,
}

impl OnTerminal {
    /// Starts a program with the terminal as its standard input and outputs.
    pub fn start(mut command: Command) -> OnTerminal {
        let (mut screen, mut terminal) = (-1, -1);
        let null = std::ptr::null_mut();
        // SAFETY: both pointers are valid for the call.
        let made = unsafe { libc::openpty(&raw mut screen, &raw mut terminal, null, null.cast(), null.cast()) };
        assert_eq!(made, 0, "a terminal can be created");
        // SAFETY: the call just opened both.
        let (screen, terminal) = unsafe { (File::from_raw_fd(screen), File::from_raw_fd(terminal)) };
        let tty = name(&terminal);
        let same = || terminal.try_clone().expect("there are file descriptors left");
        command.stdin(same()).stdout(same()).stderr(same());
        // SAFETY: both calls may be made between fork and exec.
        unsafe {
            command.pre_exec(|| {
                let controls = libc::setsid() != -1 && libc::ioctl(0, TAKE_CONTROL as _, 0) != -1;
                if controls { Ok(()) } else { Err(std::io::Error::last_os_error()) }
            });
        }
        let child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
        let shown = Arc::new(Mutex::new(Vec::new()));
        let (mut from, to) = (screen.try_clone().expect("there are file descriptors left"), Arc::clone(&shown));
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // Reading at the end of a terminal is an error.
            while let Ok(length @ 1..) = from.read(&mut bytes) {
                to.lock().expect("nobody panics with it").extend_from_slice(&bytes[..length]);
            }
        });
        OnTerminal { child, screen, shown, tty }
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Types a text.
    pub fn type_in(&mut self, text: &str) {
        self.screen.write_all(text.as_bytes()).expect("the terminal is open");
    }

    /// Everything that was shown so far.
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().expect("nobody panics with it")).into_owned()
    }

    /// Waits for the program's end, however long that takes.
    pub fn wait_long(&mut self) -> ExitStatus {
        self.child.wait().expect("it is our child")
    }

    /// Waits for the program's end, which must come soon.
    pub fn wait(&mut self) -> ExitStatus {
        let group = self.child.id();
        within(LIMIT, group, || self.child.wait().expect("it is our child")).expect("it ends")
    }
}

impl Drop for OnTerminal {
    fn drop(&mut self) {
        // Fails only when the program has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn name(terminal: &File) -> String {
    let mut name = [0u8; 128];
    // SAFETY: the call writes at most that many bytes into the buffer.
    let failed = unsafe { libc::ttyname_r(terminal.as_raw_fd(), name.as_mut_ptr().cast(), name.len()) };
    assert_eq!(failed, 0, "a terminal has a name");
    String::from_utf8_lossy(name.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
}
