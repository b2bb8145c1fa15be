//! Owns one connection: its phase, its deadline, and the bytes on their way in and out.
//! Must stay true: nothing here blocks, and every phase but working has a deadline.

use super::access::Peer;
use super::head::{self, Parsed, Request};
use super::limits::{BODY_TIME, DRAIN_TIME, HEAD_TIME, IDLE_TIME, REST_BYTES};
use super::outgoing::Outgoing;
use super::refusal::Refusal;
use super::reply::{Reply, Start};
use super::rest::Rest;
use super::streams::Stream;
use super::system::{self, PollEntry, READABLE, WRITABLE};
use std::io::{self, ErrorKind, Read};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};
use tiny_http::Method;

/// Maximum number of bytes that a closed connection may still send.
const DRAIN_BYTES: usize = 1024 * 1024;

/// A connection.
#[derive(Debug)]
pub struct Connection {
    socket: TcpStream,
    pub serial: u64,
    /// Its owner; `client` is its address.
    pub peer: Peer,
    pub client: SocketAddr,
    pub phase: Phase,
    /// The bytes that are not parsed yet, and how many of them `head::parse` has seen.
    bytes: Vec<u8>,
    seen: usize,
    deadline: Instant,
    /// Whether the answer to the current request has no body, and whether it is the last one.
    only_head: bool,
    closes: bool,
    /// Whether more of its answer is made when it has read what is written.
    has_rest: bool,
}

/// The phases of a connection.
#[derive(Debug)]
pub enum Phase {
    /// Waiting for the head of a request.
    Reading,
    /// The request waits before it is checked.
    Held(Box<Request>),
    /// The head was accepted; waiting for the rest of its body.
    Body(Box<Request>),
    /// The request is being answered, or the next piece of its answer made.
    Working,
    Writing(Outgoing),
    /// The client waits for events.
    Streaming(Stream),
    /// The last answer is written; further input is discarded.
    Draining(usize),
}

/// The result of a step.
#[derive(Debug)]
pub enum Step {
    /// There is nothing to do.
    Stay,
    Close,
    Request(Box<Request>),
    /// A request that has waited.
    Waited(Box<Request>),
    /// A request that was accepted, with its body.
    Whole(Box<Request>),
    /// A request that was accepted, whose body did not come in time.
    Late(Box<Request>),
    /// The next piece of an answer is needed.
    Continue(Rest),
    Refused(Refusal),
}

impl Connection {
    pub fn new(socket: TcpStream, serial: u64, peer: Peer, client: SocketAddr, now: Instant) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        socket.set_nodelay(true)?;
        Ok(Connection {
            socket,
            serial,
            peer,
            client,
            phase: Phase::Reading,
            bytes: Vec::new(),
            seen: 0,
            deadline: now + IDLE_TIME,
            only_head: false,
            closes: false,
            has_rest: false,
        })
    }

    /// The events to wait for. A connection whose request is being answered waits for nothing.
    pub fn poll_entry(&self) -> PollEntry {
        let (fd, both) = (self.socket.as_raw_fd(), READABLE | WRITABLE);
        match &self.phase {
            Phase::Working => system::poll_entry(-1, 0),
            // Polled only for the end of the connection.
            Phase::Held(_) => system::poll_entry(fd, 0),
            Phase::Reading | Phase::Body(_) | Phase::Draining(_) => system::poll_entry(fd, READABLE),
            Phase::Writing(_) => system::poll_entry(fd, WRITABLE),
            Phase::Streaming(stream) => system::poll_entry(fd, if stream.is_waiting() { both } else { READABLE }),
        }
    }

    /// The deadline of its phase.
    pub fn deadline(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Working => None,
            Phase::Writing(out) => Some(out.deadline),
            Phase::Streaming(stream) => Some(stream.deadline()),
            _ => Some(self.deadline),
        }
    }

    /// The order in which connections are closed to make room: strangers, idle ones, those with an incomplete head.
    pub fn worth(&self) -> Option<(u8, Instant)> {
        match &self.phase {
            Phase::Draining(_) => Some((0, self.deadline)),
            Phase::Reading if matches!(self.peer, Peer::Stranger(_)) => Some((0, self.deadline)),
            Phase::Held(_) => Some((1, self.deadline)),
            Phase::Body(_) => Some((2, self.deadline)),
            Phase::Reading => Some((if self.bytes.is_empty() { 1 } else { 2 }, self.deadline)),
            _ => None,
        }
    }

    /// The bytes of an answer that wait to be written.
    pub fn waiting_bytes(&self) -> usize {
        let least = if self.has_rest { REST_BYTES } else { 0 };
        match &self.phase {
            Phase::Writing(out) => out.body_bytes().max(least),
            Phase::Working => least,
            _ => 0,
        }
    }

    /// Continues after the socket became ready.
    pub fn on_ready(&mut self, room: &mut [u8], now: Instant) -> Step {
        let went = match &mut self.phase {
            Phase::Working => Ok(Step::Stay),
            Phase::Held(_) => Ok(Step::Close),
            Phase::Reading | Phase::Body(_) => self.read(room, now),
            Phase::Writing(_) => self.write(now),
            Phase::Streaming(stream) => {
                let written = stream.write(&mut self.socket, now);
                written.and_then(|()| discard(&mut self.socket, room, &mut 0))
            }
            Phase::Draining(rest) => discard(&mut self.socket, room, rest),
        };
        went.unwrap_or(Step::Close)
    }

    /// Returns the step at its deadline.
    pub fn expire(&mut self) -> Step {
        if matches!(self.phase, Phase::Held(_))
            && let Phase::Held(request) = std::mem::replace(&mut self.phase, Phase::Working)
        {
            return Step::Waited(request);
        }
        if matches!(self.phase, Phase::Body(_))
            && let Phase::Body(request) = std::mem::replace(&mut self.phase, Phase::Working)
        {
            return Step::Late(request);
        }
        match &self.phase {
            Phase::Reading if !self.bytes.is_empty() => {
                Step::Refused(Refusal::new(408, "TIMEOUT", "the request did not come in time"))
            }
            _ => Step::Close,
        }
    }

    fn read(&mut self, room: &mut [u8], now: Instant) -> io::Result<Step> {
        loop {
            match self.socket.read(room) {
                Ok(0) => return Ok(Step::Close),
                Ok(count) => {
                    if self.bytes.is_empty() {
                        self.deadline = now + HEAD_TIME;
                    }
                    self.bytes.extend_from_slice(room.get(..count).unwrap_or_default());
                    let is_body = matches!(self.phase, Phase::Body(_));
                    match if is_body { self.take_body() } else { self.next_request() } {
                        Step::Stay => {}
                        step => return Ok(step),
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Step::Stay),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Parses the next request from the received bytes.
    fn next_request(&mut self) -> Step {
        match head::parse(&self.bytes, self.seen) {
            Parsed::Incomplete => {
                self.seen = self.bytes.len();
                Step::Stay
            }
            Parsed::Refused(refusal) => Step::Refused(refusal),
            Parsed::Whole(request, end) => {
                self.bytes.drain(..end);
                self.seen = 0;
                self.phase = Phase::Working;
                self.only_head = request.method == Method::Head;
                self.closes = !request.keeps_alive();
                Step::Request(Box::new(request))
            }
        }
    }

    /// Waits for the body of a request whose head was accepted.
    pub fn read_body(&mut self, request: Box<Request>, now: Instant) -> Step {
        self.deadline = now + BODY_TIME;
        self.phase = Phase::Body(request);
        self.take_body()
    }

    /// Takes the body from the received bytes, once all of it is there.
    fn take_body(&mut self) -> Step {
        let Phase::Body(request) = &self.phase else { return Step::Stay };
        let length = request.body_length();
        if self.bytes.len() < length {
            return Step::Stay;
        }
        let Phase::Body(mut request) = std::mem::replace(&mut self.phase, Phase::Working) else { return Step::Stay };
        let rest = self.bytes.split_off(length);
        request.body = std::mem::replace(&mut self.bytes, rest);
        Step::Whole(request)
    }

    /// Holds a request for this long before it is checked.
    pub fn hold(&mut self, request: Box<Request>, wait: Duration, now: Instant) -> Step {
        self.deadline = now + wait;
        self.phase = Phase::Held(request);
        Step::Stay
    }

    /// Begins to write the last answer of this connection.
    pub fn refuse(&mut self, reply: &Reply, now: Instant) -> Step {
        self.closes = true;
        self.answer(reply, now)
    }

    /// Begins to write an answer.
    pub fn answer(&mut self, reply: &Reply, now: Instant) -> Step {
        self.has_rest = reply.rest.is_some() && !self.only_head;
        self.phase = Phase::Writing(Outgoing::new(reply, self.only_head, self.closes, now));
        self.write(now).unwrap_or(Step::Close)
    }

    /// Begins to write the next piece of an answer, or its end.
    pub fn go_on(&mut self, piece: Option<Vec<u8>>, rest: Rest, now: Instant) -> Step {
        if piece.as_ref().is_some_and(Vec::is_empty) {
            return Step::Continue(rest);
        }
        if piece.is_none() && rest.is_broken() {
            return Step::Close;
        }
        self.has_rest = piece.is_some();
        self.phase = Phase::Writing(Outgoing::piece(piece, rest, now));
        self.write(now).unwrap_or(Step::Close)
    }

    fn write(&mut self, now: Instant) -> io::Result<Step> {
        let Phase::Writing(out) = &mut self.phase else { return Ok(Step::Stay) };
        if !out.write(&mut self.socket, now)? {
            return Ok(Step::Stay);
        }
        if let Some(rest) = out.rest.take() {
            self.phase = Phase::Working;
            return Ok(Step::Continue(rest));
        }
        let stream = out.stream.take();
        Ok(self.written(stream, now))
    }

    /// Changes to the phase that follows an answer.
    fn written(&mut self, stream: Option<Start>, now: Instant) -> Step {
        if let Some(start) = stream {
            system::shrink_send_buffer(&self.socket);
            self.bytes = Vec::new();
            let mut stream = Stream::new(start, now);
            let written = stream.write(&mut self.socket, now);
            self.phase = Phase::Streaming(stream);
            return if written.is_ok() { Step::Stay } else { Step::Close };
        }
        if self.closes {
            // If the socket were closed with unread input, the system would drop what we wrote.
            let _ = self.socket.shutdown(Shutdown::Write);
            self.bytes = Vec::new();
            self.deadline = now + DRAIN_TIME;
            self.phase = Phase::Draining(DRAIN_BYTES);
            return Step::Stay;
        }
        self.phase = Phase::Reading;
        self.deadline = now + if self.bytes.is_empty() { IDLE_TIME } else { HEAD_TIME };
        if self.bytes.is_empty() {
            self.bytes = Vec::new();
            return Step::Stay;
        }
        self.next_request()
    }

    /// Sends a generation to a client that waits for events.
    pub fn send_event(&mut self, generation: u64, now: Instant) -> Step {
        let Phase::Streaming(stream) = &mut self.phase else { return Step::Stay };
        stream.queue(generation, now);
        if stream.write(&mut self.socket, now).is_ok() { Step::Stay } else { Step::Close }
    }

    /// Whether the client waits for events.
    pub fn is_stream(&self) -> bool {
        matches!(self.phase, Phase::Streaming(_))
    }
}

/// Discards incoming bytes. The end of the stream, or more than `rest` bytes, closes the connection; a `rest` of 0 means
/// no limit.
fn discard(socket: &mut TcpStream, room: &mut [u8], rest: &mut usize) -> io::Result<Step> {
    match socket.read(room) {
        Ok(0) => Ok(Step::Close),
        Ok(count) if *rest > 0 => {
            *rest = rest.saturating_sub(count);
            Ok(if *rest == 0 { Step::Close } else { Step::Stay })
        }
        Ok(_) => Ok(Step::Stay),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(Step::Stay),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn an_answer_that_is_made_while_it_is_read_counts_until_its_end() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (socket, client) = listener.accept().unwrap();
        let now = Instant::now();
        let mut connection = Connection::new(socket, 1, Peer::Unknown, client, now).unwrap();
        let reply = Reply::begun("text/plain", b"begin".to_vec(), Rest::new(|| None));
        let Step::Continue(rest) = connection.answer(&reply, now) else { panic!("there is more") };
        assert_eq!(connection.waiting_bytes(), REST_BYTES);
        let piece = vec![b'x'; 16 * 1024 * 1024];
        assert!(matches!(connection.go_on(Some(piece), rest.clone(), now), Step::Stay), "the client does not read");
        assert!(connection.waiting_bytes() > 16 * 1024 * 1024);
        let mut other = Connection { phase: Phase::Working, ..connection };
        assert_eq!(other.waiting_bytes(), REST_BYTES);
        other.go_on(None, rest, now);
        assert!(other.waiting_bytes() < 16, "only the end of the answer waits");
    }
}
