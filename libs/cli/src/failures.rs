//! Owns going on after failures: each is told once, the work goes on, and the first failure's code is the exit code.
//! Must stay true: output that nobody reads or that cannot be written ends the work at once.

use crate::deferred;
use crate::failure::{Failure, Outcome};
use crate::messages::print;
use std::collections::BTreeSet;

/// The failures of a piece of work that goes on after them.
#[derive(Debug, Default)]
pub struct Failures {
    reported: BTreeSet<String>,
    code: Option<u8>,
}

impl Failures {
    /// Tells a failure on standard error, unless this program has told the same before.
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
        self.ends_with(failure.code());
        Ok(())
    }

    /// Ends the work with this code, unless something failed before.
    pub fn ends_with(&mut self, code: u8) {
        self.code = self.code.or(Some(code));
    }

    /// Whether nothing has failed.
    pub fn is_empty(&self) -> bool {
        self.code.is_none()
    }

    /// What the work ends with: the code of the first failure, all of which were reported.
    pub fn end(&self) -> Outcome<()> {
        self.code.map_or(Ok(()), |code| Err(Failure::Reported(code)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cs_core::Error;

    #[test]
    fn the_first_code_counts_and_output_ends_the_work() {
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
