//! Owns the rest of an answer that is made while the client reads it: the next piece is made when the one before was
//! written, so a slow client costs no memory and no thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::{fmt, io};

/// Makes the next piece; `None` at the end. An empty piece is nothing yet, so that others get their turn.
type Make = dyn FnMut() -> Option<Vec<u8>> + Send;

/// The rest of an answer.
#[derive(Clone)]
pub struct Rest {
    make: Arc<Mutex<Box<Make>>>,
    /// Whether it ended because a piece could not be made.
    is_broken: Arc<AtomicBool>,
}

impl Rest {
    /// A rest from the function that makes it; the function is called until it gives `None`.
    pub fn new(make: impl FnMut() -> Option<Vec<u8>> + Send + 'static) -> Self {
        Rest { make: Arc::new(Mutex::new(Box::new(make))), is_broken: Arc::default() }
    }

    /// The same of a function that can fail. The connection is closed then, so that the client does not take what it has
    /// for all of it.
    pub fn that_can_fail(mut make: impl FnMut() -> io::Result<Option<Vec<u8>>> + Send + 'static) -> Self {
        let is_broken = Arc::new(AtomicBool::new(false));
        let broken = is_broken.clone();
        let make = move || {
            make().unwrap_or_else(|_| {
                broken.store(true, Ordering::Release);
                None
            })
        };
        Rest { is_broken, ..Rest::new(make) }
    }

    /// Whether it ended because a piece could not be made.
    pub fn is_broken(&self) -> bool {
        self.is_broken.load(Ordering::Acquire)
    }

    /// Makes the next piece.
    pub fn next(&self) -> Option<Vec<u8>> {
        self.make.lock().unwrap_or_else(PoisonError::into_inner)()
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rest")
    }
}

/// A piece as it is on the wire; nothing is the end.
pub fn chunk(piece: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{:x}\r\n", piece.len()).into_bytes();
    bytes.extend_from_slice(piece);
    bytes.extend_from_slice(b"\r\n");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_in_order_and_the_end_is_an_empty_chunk() {
        let mut pieces = vec![b"b".to_vec(), b"a".to_vec()];
        let rest = Rest::new(move || pieces.pop());
        assert_eq!(std::iter::from_fn(|| rest.next()).collect::<Vec<_>>(), [b"a", b"b"]);
        let mut ends = vec![Err(io::Error::other("x")), Ok(Some(b"a".to_vec()))];
        let rest = Rest::that_can_fail(move || ends.pop().unwrap_or(Ok(None)));
        assert_eq!((rest.next(), rest.is_broken()), (Some(b"a".to_vec()), false));
        assert_eq!((rest.next(), rest.is_broken()), (None, true));
        assert_eq!((chunk(b"a\n"), chunk(b"")), (b"2\r\na\n\r\n".to_vec(), b"0\r\n\r\n".to_vec()));
    }
}
