//! Owns refusals: the status, a code for programs, and a text for people.

use cs_core::Error;

/// The reason why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    /// The code for programs, in capitals.
    pub code: &'static str,
    /// The text for people: what is wrong and what would be right.
    pub text: String,
    pub fields: Vec<(&'static str, String)>,
}

impl Refusal {
    /// Creates a refusal.
    pub fn new(status: u16, code: &'static str, text: &str) -> Self {
        Refusal { status, code, text: text.to_string(), fields: Vec::new() }
    }

    /// Adds a header to the answer.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.fields.push((name, value.to_string()));
        self
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let (status, code) = match &error {
            Error::Missing(_) => (404, "NOT_FOUND"),
            Error::Invalid(_) | Error::Refused(_) => (400, "BAD_REQUEST"),
            Error::Corrupt { .. } => (500, "CORRUPT_RECORD"),
            Error::Newer { .. } | Error::Busy(_) | Error::Limited(_) | Error::Contended { .. } | Error::Io { .. } => {
                (500, "STORE_UNREADABLE")
            }
        };
        let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
        Refusal::new(status, code, &format!("{error}{hint}"))
    }
}
