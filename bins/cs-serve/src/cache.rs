//! Owns the cache of answers. They hold for one generation of the store and one minute, because some of them
//! depend on the time. Must stay true: the cache never needs more than a little memory.

use crate::http::Reply;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Longest body that is kept, and how much is kept in all, in bytes.
const LONGEST: usize = 768 * 1024;
const MOST: usize = 1536 * 1024;

/// For which store and when an answer holds.
pub type Age = (u64, i64);

/// Answers by their URL.
#[derive(Debug, Default)]
pub struct Cache {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    age: Age,
    bytes: usize,
    replies: HashMap<String, Reply>,
}

impl Cache {
    /// The answer for a URL, if it was made for the same age.
    pub fn get(&self, age: Age, url: &str) -> Option<Reply> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.replies.get(url).filter(|_| inner.age == age).cloned()
    }

    /// Keeps an answer. All of another age are forgotten.
    pub fn put(&self, age: Age, url: String, reply: &Reply) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let size = reply.body.len() + url.len() + 512;
        if inner.age != age || inner.bytes + size > MOST {
            *inner = Inner { age, ..Inner::default() };
        }
        if size <= LONGEST && inner.replies.insert(url, reply.clone()).is_none() {
            inner.bytes += size;
        }
    }
}
