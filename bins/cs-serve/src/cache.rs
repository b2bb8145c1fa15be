//! Owns the cache of answers. They are valid for one generation of the store and one minute, because some of them depend
//! on the time. Must stay true: the memory of the cache is limited.

use crate::http::Reply;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The longest body that is cached, and the size of the cache, in bytes.
const LONGEST: usize = 768 * 1024;
const MOST: usize = 1536 * 1024;

/// The generation and the minute for which an answer is valid.
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
    /// The answer for a URL, if it was made at the same age.
    pub fn get(&self, age: Age, url: &str) -> Option<Reply> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.replies.get(url).filter(|_| inner.age == age).cloned()
    }

    /// Caches an answer, and drops all of another age.
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
