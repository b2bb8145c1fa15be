//! Owns the rest of an answer that is made while the client reads it: the next piece is made when the one before was
//! written, so a slow client costs no memory and no thread.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Makes the next piece; `None` at the end. An empty piece is nothing yet, so that others get their turn.
type Make = dyn FnMut() -> Option<Vec<u8>> + Send;

/// The rest of an answer.
#[derive(Clone)]
pub struct Rest(Arc<Mutex<Box<Make>>>);

impl Rest {
    /// A rest from the function that makes it; the function is called until it gives `None`.
    pub fn new(make: impl FnMut() -> Option<Vec<u8>> + Send + 'static) -> Self {
        Rest(Arc::new(Mutex::new(Box::new(make))))
    }

    /// Makes the next piece.
    pub fn next(&self) -> Option<Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)()
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
        assert_eq!((chunk(b"a\n"), chunk(b"")), (b"2\r\na\n\r\n".to_vec(), b"0\r\n\r\n".to_vec()));
    }
}
