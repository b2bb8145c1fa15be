//! Owns the cache of answers. They are valid for one generation of the store and one minute, because some of them depend
//! on the time; those that were made from the log of what tools did also only until a line is added to it. Must stay
//! true: the memory of the cache is limited.

use crate::http::Reply;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Maximum size of a cached answer, and of the cache, in bytes.
const BODY_BYTES: usize = 768 * 1024;
const CACHE_BYTES: usize = 1536 * 1024;

/// The generation and the minute for which an answer is valid.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Validity {
    pub generation: u64,
    pub minute: i64,
}

/// The file that says where the log of what tools did ends: its inode, and when it was written in seconds and
/// nanoseconds. `None` for an answer that is not made from the log, or if there is none.
pub type LogEnd = Option<(u64, i64, i64)>;

/// Answers by their URL.
#[derive(Debug, Default)]
pub struct Cache {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    validity: Validity,
    bytes: usize,
    replies: HashMap<String, (LogEnd, Reply)>,
}

impl Cache {
    /// The answer for a URL, if it was made for the same generation, minute and end of the log.
    pub fn get(&self, validity: Validity, log: LogEnd, url: &str) -> Option<Reply> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let found = inner.replies.get(url).filter(|(end, _)| inner.validity == validity && *end == log);
        found.map(|(_, reply)| reply.clone())
    }

    /// Caches an answer, and drops those made for another generation or minute.
    pub fn put(&self, validity: Validity, log: LogEnd, url: String, reply: &Reply) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let size = reply.body.len() + url.len() + 512;
        if inner.validity != validity || inner.bytes + size > CACHE_BYTES {
            *inner = Inner { validity, ..Inner::default() };
        }
        if size > BODY_BYTES {
            return;
        }
        let before = inner.replies.insert(url, (log, reply.clone())).map(|(_, before)| before.body.len());
        // It has the same URL, so only the bodies differ.
        inner.bytes =
            (inner.bytes + before.map_or(size, |_| reply.body.len())).saturating_sub(before.unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_in_the_log_ends_only_the_answers_that_were_made_from_it() {
        let (cache, now, reply) = (Cache::default(), Validity::default(), Reply::new("text/plain", b"x".to_vec()));
        let (end, later) = (Some((1, 2, 3)), Some((1, 2, 4)));
        cache.put(now, None, "/".to_string(), &reply);
        cache.put(now, end, "/audit".to_string(), &reply);
        assert!(cache.get(now, None, "/").is_some() && cache.get(now, end, "/audit").is_some());
        assert!(cache.get(now, later, "/audit").is_none() && cache.get(now, None, "/").is_some());
        for _ in 0..10_000 {
            cache.put(now, later, "/audit".to_string(), &Reply::new("text/plain", vec![b'x'; 1000]));
        }
        assert!(cache.get(now, None, "/").is_some(), "what replaces an answer takes its room");
        assert!(cache.get(Validity { minute: 1, ..now }, None, "/").is_none());
    }
}
