//! Owns the mapping from the names of a log to indexes in the book.

/// The indexes in the book for the names of a log. A session and a model may have the same name.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) sessions: Vec<u32>,
    pub(crate) models: Vec<u32>,
}

impl Places {
    pub(crate) fn session(&self, name: u32) -> u32 {
        self.sessions.get(name as usize).copied().unwrap_or(u32::MAX)
    }

    pub(crate) fn model(&self, name: u32) -> u32 {
        self.models.get(name as usize).copied().unwrap_or(u32::MAX)
    }
}
