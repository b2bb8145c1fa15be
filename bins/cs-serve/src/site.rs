//! Owns what stays the same while the server runs, whatever the store says.

use crate::pages::Pages;

/// What answers that read nothing of the store are made with.
#[derive(Debug)]
pub struct Site {
    pub pages: Pages,
    /// Who may read, in a word.
    pub readers: &'static str,
}
