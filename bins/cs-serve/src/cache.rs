//! Owns the cache of answers. They are valid for one generation of the store, one log of what tools did and one minute,
//! because some of them depend on the time. Must stay true: the memory of the cache is limited.

use crate::http::Reply;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Maximum size of a cached answer, and of the cache, in bytes.
const BODY_BYTES: usize = 768 * 1024;
const CACHE_BYTES: usize = 1536 * 1024;

/// The generation, the minute and the log of what tools did for which an answer is valid.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Validity {
    pub generation: u64,
    pub minute: i64,
    /// The file that says where the log ends: its inode, and when it was written in seconds and nanoseconds.
    pub log: Option<(u64, i64, i64)>,
}

/// Answers by their URL.
#[derive(Debug, Default)]
pub struct Cache {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    validity: Validity,
    bytes: usize,
    replies: HashMap<String, Reply>,
}

impl Cache {
    /// The answer for a URL, if it was made for the same generation and minute.
    pub fn get(&self, validity: Validity, url: &str) -> Option<Reply> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.replies.get(url).filter(|_| inner.validity == validity).cloned()
    }

    /// Caches an answer, and drops those made for another generation or minute.
    pub fn put(&self, validity: Validity, url: String, reply: &Reply) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let size = reply.body.len() + url.len() + 512;
        if inner.validity != validity || inner.bytes + size > CACHE_BYTES {
            *inner = Inner { validity, ..Inner::default() };
        }
        if size <= BODY_BYTES && inner.replies.insert(url, reply.clone()).is_none() {
            inner.bytes += size;
        }
    }
}
