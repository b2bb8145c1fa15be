//! Owns the messages to a client that waits for events.
//! Must stay true: only the newest generation matters, so a slow client has at most one message waiting.

use super::limits::{STALL_TIME, STREAM_TIME};
use super::reply::Start;
use super::rest::chunk;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Instant;

/// A client that waits for events.
#[derive(Debug)]
pub struct Stream {
    /// The last generation that was sent.
    sent: u64,
    /// Ends with the stream.
    _held: Option<Arc<()>>,
    waiting: Vec<u8>,
    /// Since when it has read nothing, or nothing was sent.
    since: Instant,
}

impl Stream {
    /// Starts a stream for a client with the page of this generation; the generation is sent at once.
    pub fn new(start: Start, now: Instant) -> Self {
        let generation = start.generation;
        let text = format!("retry: 1000\n{}", change(generation));
        Stream { sent: generation, _held: start.held, waiting: chunk(text.as_bytes()), since: now }
    }

    /// Queues a new generation, or a comment if nothing was sent for a while.
    pub fn queue(&mut self, generation: u64, now: Instant) {
        if !self.waiting.is_empty() {
            return;
        }
        if generation > self.sent {
            (self.sent, self.since) = (generation, now);
            self.waiting = chunk(change(generation).as_bytes());
        } else if now >= self.since + STREAM_TIME {
            self.since = now;
            self.waiting = chunk(b": still here\n\n");
        }
    }

    /// Writes as much of the waiting message as the socket takes.
    pub fn write(&mut self, socket: &mut impl Write, now: Instant) -> io::Result<()> {
        while !self.waiting.is_empty() {
            match socket.write(&self.waiting) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.waiting.drain(..count);
                    self.since = now;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.waiting.shrink_to_fit();
        Ok(())
    }

    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// When the client is disconnected, or gets a comment.
    pub fn deadline(&self) -> Instant {
        self.since + if self.is_waiting() { STALL_TIME } else { STREAM_TIME }
    }
}

fn change(generation: u64) -> String {
    format!("event: change\nid: {generation}\ndata: {{\"generation\":{generation}}}\n\n")
}
