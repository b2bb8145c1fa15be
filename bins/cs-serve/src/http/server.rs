//! Owns all sockets: one thread waits for them, and moves bytes and requests.
//! Must stay true: the thread blocks only in that wait, and without connections it waits for ever.

use super::Request;
use super::access::{self, Access};
use super::connection::{Connection, Phase, Step};
use super::guard::Policy;
use super::limits::{CONNECTIONS, HEAD_BYTES, LOOK_TIME, REST_BYTES, STOP_TIME, STREAMS, WAITING_BYTES};
use super::refusal::Refusal;
use super::reply::Reply;
use super::system::{self, READABLE, Waker};
use super::workers::{ConnectionId, Effort, Finished, Job, Workers};
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

/// How long to accept no connection when the process has no file descriptors left.
const PAUSE: Duration = Duration::from_millis(100);
/// Maximum number of connections that are accepted at a time before the open ones are served again.
const AT_ONCE: usize = 64;

/// The server.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    policy: Policy,
    access: Access,
    waker: Waker,
    workers: Workers,
    effort: fn(&Request) -> Effort,
    slots: Vec<Option<Connection>>,
    /// Maximum numbers of open connections, and of clients that wait for events.
    most: usize,
    most_streams: usize,
    serial: u64,
    /// No connection is accepted before this time.
    paused_until: Option<Instant>,
    /// The last known generation, when to check again, and whether a worker is checking.
    generation: u64,
    next_look: Instant,
    is_looking: bool,
    /// The buffer for reading.
    room: Vec<u8>,
}

impl Server {
    /// Creates a server on a listening socket, with a limit of open files. `answer` and `look` are called from several
    /// threads.
    pub fn new(
        listener: TcpListener,
        policy: Policy,
        access: Access,
        files: u64,
        answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
        look: impl Fn() -> u64 + Send + Sync + 'static,
        effort: fn(&Request) -> Effort,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let waker = Waker::new()?;
        system::stop_on_signals(&waker);
        let workers = Workers::start(answer, look, || waker.caller())?;
        let files = usize::try_from(files).unwrap_or(usize::MAX);
        let share = (files.saturating_sub(64) / 2).max(16);
        Ok(Server {
            address: listener.local_addr()?,
            listener,
            policy,
            access,
            waker,
            workers,
            effort,
            slots: Vec::new(),
            most: CONNECTIONS.min(share),
            most_streams: STREAMS.min(share),
            serial: 0,
            paused_until: None,
            generation: 0,
            next_look: Instant::now(),
            is_looking: false,
            room: vec![0; 16 * 1024],
        })
    }

    /// Serves until a signal stops it.
    pub fn run(mut self) -> io::Result<()> {
        while !system::is_stopped() {
            let ready = self.wait(true)?;
            let now = Instant::now();
            self.take_finished(now);
            if ready.first().is_some_and(|events| *events != 0) {
                self.accept(now);
            }
            self.continue_ready(ready.get(1..).unwrap_or_default(), now);
            self.expire(now);
            self.look(now);
        }
        self.finish()
    }

    /// Gives unfinished answers a moment to reach their clients.
    fn finish(mut self) -> io::Result<()> {
        let end = Instant::now() + STOP_TIME;
        let is_busy = |connection: &Connection| matches!(connection.phase, Phase::Working | Phase::Writing(_));
        while self.slots.iter().flatten().any(is_busy) && Instant::now() < end {
            self.slots.iter_mut().for_each(|slot| drop(slot.take_if(|connection| !is_busy(connection))));
            let ready = self.wait(false)?;
            let now = Instant::now();
            self.take_finished(now);
            self.continue_ready(ready.get(1..).unwrap_or_default(), now);
        }
        Ok(())
    }

    /// Waits until there is something to do. Returns whether the listener and each slot are ready.
    fn wait(&mut self, accepting: bool) -> io::Result<Vec<i16>> {
        let now = Instant::now();
        let accepts = accepting && self.paused_until.is_none_or(|until| until <= now);
        let listener = if accepts { self.listener.as_raw_fd() } else { -1 };
        let mut all = vec![self.waker.poll_entry(), system::poll_entry(listener, READABLE)];
        all.extend(
            self.slots.iter().map(|slot| slot.as_ref().map_or(system::poll_entry(-1, 0), Connection::poll_entry)),
        );
        let deadlines = self.slots.iter().flatten().filter_map(Connection::deadline);
        let look = (!self.is_looking && self.streams() > 0).then_some(self.next_look);
        let stop = (!accepting).then_some(now + PAUSE);
        let until = deadlines.chain(look).chain(stop).chain(self.paused_until.filter(|_| !accepts)).min();
        system::wait(&mut all, until.map(|until| until.saturating_duration_since(now)))?;
        if all.first().is_some_and(|waker| waker.revents != 0) {
            self.waker.clear();
        }
        Ok(all.iter().skip(1).map(|one| one.revents).collect())
    }

    fn streams(&self) -> usize {
        self.slots.iter().flatten().filter(|connection| connection.is_stream()).count()
    }

    /// Accepts new connections. If there is no room, the least important one is closed.
    fn accept(&mut self, now: Instant) {
        let taken = self.take(now);
        let clients: Vec<SocketAddr> = taken.iter().map(|(_, client)| *client).collect();
        let peers = self.access.peers(&clients, self.address);
        for ((socket, client), peer) in taken.into_iter().zip(peers) {
            self.serial += 1;
            let connection = Connection::new(socket, self.serial, peer, client, now);
            if let (Ok(connection), Some(slot)) = (connection, self.free_slot()) {
                *slot = Some(connection);
            }
        }
    }

    /// Returns the connections that wait to be accepted.
    fn take(&mut self, now: Instant) -> Vec<(TcpStream, SocketAddr)> {
        let mut taken = Vec::new();
        for _ in 0..AT_ONCE {
            match self.listener.accept() {
                Ok(one) => taken.push(one),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS)) => {
                    self.make_room();
                    self.paused_until = Some(now + PAUSE);
                    break;
                }
                // The client has disconnected already.
                Err(_) => {}
            }
        }
        taken
    }

    fn free_slot(&mut self) -> Option<&mut Option<Connection>> {
        let others = self.slots.iter().flatten().filter(|connection| !connection.is_stream()).count();
        if others >= self.most && !self.make_room() {
            return None;
        }
        let free = self.slots.iter().position(Option::is_none).unwrap_or(self.slots.len());
        if free == self.slots.len() {
            self.slots.push(None);
        }
        self.slots.get_mut(free)
    }

    /// Closes the least important connection; returns `false` if all are busy.
    fn make_room(&mut self) -> bool {
        let worth = |slot: &Option<Connection>| slot.as_ref().and_then(Connection::worth);
        let least = (0..self.slots.len()).filter_map(|n| Some((worth(self.slots.get(n)?)?, n))).min();
        least.and_then(|(_, n)| self.slots.get_mut(n)).is_some_and(|slot| slot.take().is_some())
    }

    /// Handles the finished work.
    fn take_finished(&mut self, now: Instant) {
        while let Ok(done) = self.workers.done.try_recv() {
            match done {
                Finished::Looked(generation) => {
                    self.is_looking = false;
                    self.generation = self.generation.max(generation);
                    self.send_events(now);
                }
                Finished::Answered(id, reply) => self.answer(id, reply, now),
                Finished::Refused(id, reply) => {
                    if let Some(connection) = self.connection(id) {
                        let step = connection.refuse(&reply, now);
                        self.step(id.slot, step, now);
                    }
                }
                Finished::Continued(id, piece, rest) => {
                    if let Some(connection) = self.connection(id) {
                        let step = connection.go_on(piece, rest, now);
                        self.step(id.slot, step, now);
                    }
                }
            }
        }
    }

    fn answer(&mut self, id: ConnectionId, reply: Reply, now: Instant) {
        let waiting: usize = self.slots.iter().flatten().map(Connection::waiting_bytes).sum();
        let too_many = reply.stream.is_some() && self.streams() >= self.most_streams;
        let is_long = reply.rest.is_some() || reply.body.len() > HEAD_BYTES;
        let bytes = if reply.rest.is_some() { reply.body.len().max(REST_BYTES) } else { reply.body.len() };
        let too_much = is_long && waiting + bytes > WAITING_BYTES;
        let reply = if too_many || too_much { Reply::refusal(&busy()) } else { reply };
        self.generation = self.generation.max(reply.stream.as_ref().map_or(0, |start| start.generation));
        if let Some(connection) = self.connection(id) {
            let step = connection.answer(&reply, now);
            self.step(id.slot, step, now);
        }
    }

    /// A connection whose answer was being made, if it is still open.
    fn connection(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        let connection = self.slots.get_mut(id.slot).and_then(Option::as_mut);
        connection.filter(|connection| connection.serial == id.serial)
    }

    /// Continues all connections that are ready.
    fn continue_ready(&mut self, ready: &[i16], now: Instant) {
        for (slot, _) in ready.iter().enumerate().filter(|(_, events)| **events != 0) {
            if let Some(connection) = self.slots.get_mut(slot).and_then(Option::as_mut) {
                let step = connection.on_ready(&mut self.room, now);
                self.step(slot, step, now);
            }
        }
    }

    /// Ends phases that have taken too long.
    fn expire(&mut self, now: Instant) {
        self.paused_until = self.paused_until.filter(|until| *until > now);
        for slot in 0..self.slots.len() {
            let connection = self.slots.get_mut(slot).and_then(Option::as_mut);
            if let Some(connection) = connection.filter(|connection| connection.deadline().is_some_and(|at| at <= now))
            {
                let quiet = matches!(&connection.phase, Phase::Streaming(stream) if !stream.is_waiting());
                let step = if quiet { connection.send_event(self.generation, now) } else { connection.expire() };
                self.step(slot, step, now);
            }
        }
        while self.slots.last().is_some_and(Option::is_none) {
            self.slots.pop();
        }
    }

    /// Lets a worker check the disk while clients wait for events.
    fn look(&mut self, now: Instant) {
        if self.is_looking || now < self.next_look || self.streams() == 0 {
            return;
        }
        self.next_look = now + LOOK_TIME;
        self.is_looking = true;
        self.workers.jobs.push(Job::Look);
    }

    fn send_events(&mut self, now: Instant) {
        for slot in 0..self.slots.len() {
            if let Some(connection) = self.slots.get_mut(slot).and_then(Option::as_mut) {
                let step = connection.send_event(self.generation, now);
                self.step(slot, step, now);
            }
        }
    }

    /// Does the steps of a connection until it has to wait.
    fn step(&mut self, slot: usize, mut step: Step, now: Instant) {
        loop {
            let Some(held) = self.slots.get_mut(slot) else { return };
            let Some(connection) = held else { return };
            step = match step {
                Step::Stay => return,
                Step::Close => return *held = None,
                Step::Refused(refusal) => {
                    let refusal = access::check_peer(connection.peer).err().unwrap_or(refusal);
                    connection.refuse(&Reply::refusal(&refusal), now)
                }
                Step::Continue(rest) => {
                    let id = ConnectionId { slot, serial: connection.serial };
                    return self.workers.jobs.push(Job::Continue(id, rest));
                }
                Step::Request(request) => match self.access.wait(&request, &self.policy, connection.client, now) {
                    Some(wait) => connection.hold(request, wait, now),
                    None => Step::Waited(request),
                },
                Step::Waited(request) => {
                    let (peer, client) = (connection.peer, connection.client);
                    match self.access.check(&request, &self.policy, peer, client, now) {
                        Err(refusal) => {
                            let reply = self.access.refused(Some(&request), &refusal);
                            if let Some(note) = self.access.note(&request, &refusal) {
                                let id = ConnectionId { slot, serial: connection.serial };
                                return self.workers.jobs.push(Job::Refuse(id, note, Box::new(reply)));
                            }
                            connection.refuse(&reply, now)
                        }
                        Ok(()) if request.body_length() > 0 => connection.read_body(request, now),
                        Ok(()) => Step::Whole(request),
                    }
                }
                Step::Late(request) => {
                    let refusal = Refusal::new(408, "TIMEOUT", "the body did not come in time");
                    let reply = Reply::refusal(&refusal);
                    if let Some(note) = self.access.note(&request, &refusal) {
                        let id = ConnectionId { slot, serial: connection.serial };
                        return self.workers.jobs.push(Job::Refuse(id, note, Box::new(reply)));
                    }
                    connection.refuse(&reply, now)
                }
                Step::Whole(request) => {
                    let id = ConnectionId { slot, serial: connection.serial };
                    return self.workers.jobs.push((self.effort)(&request).job(id, request));
                }
            };
        }
    }
}

fn busy() -> Refusal {
    Refusal::new(503, "BUSY", "too many clients at once; try again").with("Retry-After", "2")
}
