//! Owns why a round with the chat did not end well: the job goes on after what the server did, and ends after the rest.

use crate::bot::Fault;
use cli::Failure;
use cs_core::error::Error;

/// Why a fetch did not end well.
#[derive(Debug)]
pub enum Failed {
    /// The Bot API did not do what it was to.
    Fault(Fault),
    /// Something else.
    Other(Failure),
}

impl From<Failed> for Failure {
    fn from(failed: Failed) -> Failure {
        match failed {
            Failed::Fault(fault) => fault.into(),
            Failed::Other(failure) => failure,
        }
    }
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Failed {
        Failed::Other(failure)
    }
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Failed {
        Failed::Fault(fault)
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        Failed::Other(error.into())
    }
}
