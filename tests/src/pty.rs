//! Runs a program on a terminal of its own, as a terminal emulator does: a pseudo terminal that controls it.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
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
        let (screen, terminal) = open(80, 24);
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

/// Runs the command with a terminal of this size as its standard output only. Returns what the terminal got, with plain
/// line ends.
pub fn run_on_terminal(mut command: Command, columns: u16, rows: u16) -> String {
    let (mut screen, terminal) = open(columns, rows);
    command.stdin(Stdio::null()).stdout(terminal).stderr(Stdio::null());
    let mut child = command.spawn().expect("it can be started");
    // The command holds the other end, too; the terminal ends when nobody does.
    drop(command);
    let mut shown = Vec::new();
    let mut part = [0; 4096];
    // Linux ends with an error (EIO), other systems with nothing.
    while let Ok(length @ 1..) = screen.read(&mut part) {
        shown.extend_from_slice(&part[..length]);
    }
    child.wait().expect("it ends");
    String::from_utf8(shown).expect("UTF-8").replace("\r\n", "\n")
}

/// Both ends of a new terminal.
fn open(columns: u16, rows: u16) -> (File, File) {
    let mut size = libc::winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let (mut screen, mut terminal) = (-1, -1);
    let null = std::ptr::null_mut();
    // SAFETY: openpty(3) writes the two descriptors, and the pointers to a name and settings may be null.
    let made = unsafe { libc::openpty(&raw mut screen, &raw mut terminal, null, null.cast(), &raw mut size) };
    assert_eq!(made, 0, "a terminal can be created");
    // SAFETY: both descriptors are open, and nobody else has them.
    unsafe { (File::from_raw_fd(screen), File::from_raw_fd(terminal)) }
}

fn name(terminal: &File) -> String {
    let mut name = [0u8; 128];
    // SAFETY: the call writes at most that many bytes into the buffer.
    let failed = unsafe { libc::ttyname_r(terminal.as_raw_fd(), name.as_mut_ptr().cast(), name.len()) };
    assert_eq!(failed, 0, "a terminal has a name");
    String::from_utf8_lossy(name.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
}
