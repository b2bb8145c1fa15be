//! Owns asking for a secret at the terminal without showing it. Must stay true: the terminal is as it was afterwards, also
//! if a signal ends the program meanwhile.

use cli::Outcome;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use std::io::Write;
use std::thread;

/// Prints a question and reads a line from the terminal that is not shown.
pub fn ask(question: &str) -> Outcome<String> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    let before = Echo::off();
    let own = before.0;
    // It stays: signal-hook never gives a signal its usual effect back.
    thread::spawn(move || {
        for signal in signals.forever() {
            drop(Echo(own));
            let _ = emulate_default_handler(signal);
        }
    });
    let answer = cli::ask_for(question);
    drop(before);
    // The line end that the person typed was not shown either.
    std::io::stderr().write_all(b"\n")?;
    answer
}

/// The terminal's settings before the echo was switched off; dropping it restores them.
struct Echo(Option<libc::termios>);

impl Echo {
    #[allow(unsafe_code, reason = "tcgetattr(3), tcsetattr(3)")]
    fn off() -> Echo {
        let mut settings = std::mem::MaybeUninit::<libc::termios>::uninit();
        // SAFETY: the pointer is to room for the structure, which a successful call fills.
        if unsafe { libc::tcgetattr(libc::STDIN_FILENO, settings.as_mut_ptr()) } != 0 {
            return Echo(None);
        }
        // SAFETY: the call above succeeded.
        let before = unsafe { settings.assume_init() };
        let mut silent = before;
        silent.c_lflag &= !libc::ECHO;
        // SAFETY: the pointer is to a whole structure that outlives the call.
        unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSAFLUSH, &raw const silent) };
        Echo(Some(before))
    }
}

impl Drop for Echo {
    #[allow(unsafe_code, reason = "tcsetattr(3)")]
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            // SAFETY: the pointer is to a whole structure that outlives the call.
            unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, std::ptr::from_ref(before)) };
        }
    }
}
