//! Owns the input of answers that read nothing of the store.

use crate::pages::Pages;

/// The parts that stay the same while the server runs.
#[derive(Debug)]
pub struct Site {
    pub pages: Pages,
    /// One word for who may read; see `http::access`.
    pub readers: &'static str,
}
