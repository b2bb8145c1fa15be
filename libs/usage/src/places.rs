//! Owns where the names of a log are in the book.

/// Where the names of a log are in the book. A session and a model may have the same name.
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
