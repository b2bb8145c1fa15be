//! Owns errors that do not stop a program: each text is printed at once, only once, and decides the exit code if the
//! program otherwise succeeds.

use crate::failure::code_of;
use crate::messages::print;
use cs_core::Error;
use std::sync::{Mutex, PoisonError};

struct Deferred {
    program: &'static str,
    reported: Vec<String>,
    code: u8,
}

static DEFERRED: Mutex<Deferred> = Mutex::new(Deferred { program: "", reported: Vec::new(), code: 0 });

/// Sets the name of this program.
pub fn begin(program: &'static str) {
    DEFERRED.lock().unwrap_or_else(PoisonError::into_inner).program = program;
}

/// The name of this program.
pub fn program() -> &'static str {
    DEFERRED.lock().unwrap_or_else(PoisonError::into_inner).program
}

/// The code of the first error; 0 if there was none.
pub fn code() -> u8 {
    DEFERRED.lock().unwrap_or_else(PoisonError::into_inner).code
}

/// Prints an error and returns; the program will end with the code of the first one.
pub fn defer(error: &Error) {
    let text = error.to_string();
    let mut deferred = DEFERRED.lock().unwrap_or_else(PoisonError::into_inner);
    if deferred.reported.contains(&text) {
        return;
    }
    print(deferred.program, &text, error.hint().as_deref());
    deferred.reported.push(text);
    deferred.code = if deferred.code == 0 { code_of(error) } else { deferred.code };
}

/// Whether this text was printed already.
pub fn is_reported(text: &str) -> bool {
    DEFERRED.lock().unwrap_or_else(PoisonError::into_inner).reported.iter().any(|told| told == text)
}
