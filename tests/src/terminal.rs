//! Owns a terminal of a given size, on which a program runs as it does when a person starts it.

use std::fs::File;
use std::io::Read;
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::{Command, Stdio};
use std::ptr;

/// Runs the command with a terminal as its standard output. Returns what the terminal got, with plain line ends.
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
fn open(columns: u16, rows: u16) -> (File, OwnedFd) {
    let mut size = libc::winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let (mut screen, mut terminal) = (-1, -1);
    // SAFETY: openpty(3) writes the two descriptors, and the pointers to a name and settings may be null.
    let opened =
        unsafe { libc::openpty(&raw mut screen, &raw mut terminal, ptr::null_mut(), ptr::null_mut(), &raw mut size) };
    assert_eq!(opened, 0, "there is a terminal");
    // SAFETY: both descriptors are open, and nobody else has them.
    unsafe { (File::from_raw_fd(screen), OwnedFd::from_raw_fd(terminal)) }
}
