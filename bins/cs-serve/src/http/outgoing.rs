//! Owns an answer on its way to a client, and the deadlines by which the client must read more of it.
//! Must stay true: nothing here blocks, and a client that reads nothing, or too slowly, is disconnected.

use super::limits::{STALL_TIME, WRITE_TIME};
use super::reply::{Reply, Start};
use super::rest::{Rest, chunk};
use std::io::{self, ErrorKind, IoSlice, Write};
use std::sync::Arc;
use std::time::Instant;

/// An answer that is being written.
#[derive(Debug)]
pub struct Outgoing {
    head: Vec<u8>,
    body: Arc<Vec<u8>>,
    written: usize,
    until: Instant,
    pub deadline: Instant,
    /// The client stays connected and receives every later generation.
    pub stream: Option<Start>,
    /// What follows the body.
    pub rest: Option<Rest>,
}

impl Outgoing {
    /// Starts an answer, without its body if the request is for the head only.
    pub fn new(reply: &Reply, only_head: bool, closes: bool, now: Instant) -> Self {
        let has_body = reply.has_body() && !only_head;
        let body = if has_body { reply.body.clone() } else { Arc::default() };
        let rest = reply.rest.clone().filter(|_| has_body);
        // An empty chunk would be the end.
        let body = if rest.is_some() && !body.is_empty() { Arc::new(chunk(&body)) } else { body };
        let stream = reply.stream.clone().filter(|_| !only_head);
        Outgoing { stream, ..Outgoing::of(reply.head(closes), body, rest, now) }
    }

    /// Starts the next piece of an answer; `None` is its end.
    pub fn piece(piece: Option<Vec<u8>>, rest: Rest, now: Instant) -> Self {
        let rest = piece.is_some().then_some(rest);
        Outgoing::of(Vec::new(), Arc::new(chunk(&piece.unwrap_or_default())), rest, now)
    }

    fn of(head: Vec<u8>, body: Arc<Vec<u8>>, rest: Option<Rest>, now: Instant) -> Self {
        let (until, deadline) = (now + WRITE_TIME, now + STALL_TIME);
        Outgoing { head, body, written: 0, until, deadline, stream: None, rest }
    }

    /// The bytes of the body, which wait in memory.
    pub fn body_bytes(&self) -> usize {
        self.body.len()
    }

    /// Writes as much as the socket takes, and returns whether that was all.
    pub fn write(&mut self, socket: &mut impl Write, now: Instant) -> io::Result<bool> {
        while self.written < self.head.len() + self.body.len() {
            let head = self.head.get(self.written..).unwrap_or_default();
            let body = self.body.get(self.written.saturating_sub(self.head.len())..).unwrap_or_default();
            match socket.write_vectored(&[IoSlice::new(head), IoSlice::new(body)]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.written += count;
                    self.deadline = (now + STALL_TIME).min(self.until);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}
