//! Owns asking for a secret at the terminal without showing it. Must stay true: the terminal is as it was afterwards, also
//! if a signal ends the program meanwhile, since only the echo is switched off while one line is read.

use cli::Outcome;
use std::io::{IsTerminal, stdin};

/// Prints a question and reads a line that is not shown. Without a terminal it reads the line as it is.
pub fn ask(question: &str) -> Outcome<String> {
    if !stdin().is_terminal() {
        return cli::ask_for(question);
    }
    let before = Echo::off();
    let answer = cli::ask_for(question);
    drop(before);
    eprintln!();
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
            unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSAFLUSH, std::ptr::from_ref(before)) };
        }
    }
}
