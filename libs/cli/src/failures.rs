//! Owns continuing after failures: each is printed once, the work goes on, and the exit code is that of the first one.
//! Must stay true: if output cannot be written or nobody reads it, the work ends at once.

use crate::deferred;
use crate::failure::{Failure, Outcome};
use crate::messages::print;
use std::collections::BTreeSet;

/// The failures of work that continues after them.
#[derive(Debug, Default)]
pub struct Failures {
    reported: BTreeSet<String>,
    code: Option<u8>,
}

impl Failures {
    /// Prints a failure on standard error, unless this program has printed the same one before.
    pub fn report(&mut self, failure: impl Into<Failure>) -> Outcome<()> {
        let failure = failure.into();
        if matches!(failure, Failure::ClosedPipe | Failure::Output(_)) {
            return Err(failure);
        }
        if let Some((text, hint)) = failure.message()
            && !deferred::is_reported(&text)
            && self.reported.insert(text.clone())
        {
            print(deferred::program(), &text, hint.as_deref());
        }
        self.set_exit_code(failure.code());
        Ok(())
    }

    /// Sets the exit code, unless something failed before.
    pub fn set_exit_code(&mut self, code: u8) {
        self.code = self.code.or(Some(code));
    }

    /// Whether nothing has failed.
    pub fn is_empty(&self) -> bool {
        self.code.is_none()
    }

    /// The result of the work: the code of the first failure. All failures were printed already.
    pub fn end(&self) -> Outcome<()> {
        self.code.map_or(Ok(()), |code| Err(Failure::Reported(code)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cs_core::Error;

    #[test]
    fn the_first_code_counts_and_output_errors_end_the_work() {
        let mut failures = Failures::default();
        assert!(failures.is_empty() && failures.end().is_ok());
        for text in ["one", "one", "two"] {
            failures.report(Error::Invalid(text.into())).unwrap();
        }
        failures.report(Error::Missing("three".into())).unwrap();
        assert_eq!((failures.reported.len(), failures.end().unwrap_err().code()), (3, 65));
        assert!(failures.report(Failure::ClosedPipe).is_err());
        assert!(failures.report(std::io::Error::other("no room")).is_err());
    }
}
