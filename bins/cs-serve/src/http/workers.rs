//! Owns the few threads that make answers. Must stay true: no thread here waits for a socket, and a request does not wait
//! for the steps of long answers, nor for searches: one of these runs at a time, and one thread makes neither.

use super::head::Request;
use super::refused::Note;
use super::reply::Reply;
use super::rest::Rest;
use super::system::Caller;
use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// How many answers are made at the same time.
const THREADS: usize = 3;
/// How many of them make pieces of long answers, or one that takes long, at the same time.
const STEPS: usize = THREADS - 1;
/// How many requests may come before a piece that waits.
const AHEAD: usize = 32;

/// A piece of work.
#[derive(Debug)]
pub enum Job {
    /// Answer the request of a connection.
    Answer(ConnectionId, Box<Request>),
    /// The same, of a request that searches for something, which may take long.
    Search(ConnectionId, Box<Request>),
    /// The same, of a request for a file that is made: one is like all pieces of a long answer.
    Make(ConnectionId, Box<Request>),
    /// Write a note about a refusal, then refuse.
    Refuse(ConnectionId, Note, Box<Reply>),
    /// Make the next piece of an answer.
    Continue(ConnectionId, Rest),
    /// Check whether something changed on disk.
    Look,
}

/// What it takes to answer a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    Small,
    /// A file is made.
    File,
    /// Something is searched for.
    Search,
}

impl Effort {
    /// The piece of work.
    pub fn job(self, id: ConnectionId, request: Box<Request>) -> Job {
        match self {
            Effort::Small => Job::Answer(id, request),
            Effort::File => Job::Make(id, request),
            Effort::Search => Job::Search(id, request),
        }
    }
}

/// A finished piece of work.
#[derive(Debug)]
pub enum Finished {
    Answered(ConnectionId, Reply),
    /// The last answer of a connection.
    Refused(ConnectionId, Box<Reply>),
    /// The next piece of an answer; `None` is its end.
    Continued(ConnectionId, Option<Vec<u8>>, Rest),
    /// The present generation of the store.
    Looked(u64),
}

/// Identifies a connection: by its slot, and by its number, because slots are reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionId {
    pub slot: usize,
    pub serial: u64,
}

/// The server's handle to the threads.
#[derive(Debug)]
pub struct Workers {
    pub jobs: Arc<Jobs>,
    pub done: Receiver<Finished>,
}

impl Workers {
    /// Starts the threads. `answer` makes an answer, `look` finds the present generation, and `callers` wake up the
    /// server, one for each thread.
    pub fn start(
        answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
        look: impl Fn() -> u64 + Send + Sync + 'static,
        caller: impl Fn() -> io::Result<Caller>,
    ) -> io::Result<Self> {
        let (finished, done) = channel();
        let (jobs, work) = (Arc::new(Jobs::default()), Arc::new((answer, look)));
        for number in 0..THREADS {
            let (jobs, work, finished, caller) = (jobs.clone(), work.clone(), finished.clone(), caller()?);
            let run = move || {
                while let Some(job) = jobs.next() {
                    let place = Place::of(&job);
                    let done = match job {
                        Job::Answer(id, request) | Job::Search(id, request) | Job::Make(id, request) => {
                            Finished::Answered(id, (work.0)(&request))
                        }
                        Job::Refuse(id, note, reply) => {
                            note.write();
                            Finished::Refused(id, reply)
                        }
                        Job::Continue(id, rest) => Finished::Continued(id, rest.next(), rest),
                        Job::Look => Finished::Looked((work.1)()),
                    };
                    jobs.end(place);
                    if finished.send(done).is_err() {
                        return;
                    }
                    caller.call();
                }
            };
            thread::Builder::new().name(format!("worker-{number}")).spawn(run)?;
        }
        Ok(Workers { jobs, done })
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.jobs.close();
    }
}

/// Where a piece of work waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Requests,
    Searches,
    Steps,
}

impl Place {
    fn of(job: &Job) -> Self {
        match job {
            Job::Continue(..) | Job::Make(..) => Place::Steps,
            Job::Search(..) => Place::Searches,
            Job::Answer(..) | Job::Refuse(..) | Job::Look => Place::Requests,
        }
    }
}

/// The work that waits.
#[derive(Debug, Default)]
pub struct Jobs {
    waiting: Mutex<Waiting>,
    more: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    requests: VecDeque<Job>,
    searches: VecDeque<Job>,
    /// Files, and the next pieces of answers.
    steps: VecDeque<Job>,
    /// How many searches and pieces are being made, and whether a search is among them.
    running: usize,
    is_searching: bool,
    /// How many requests came before the first of the searches and pieces.
    ahead: usize,
    is_closed: bool,
}

impl Jobs {
    /// Adds a piece of work.
    pub fn push(&self, job: Job) {
        let mut waiting = self.lock();
        match Place::of(&job) {
            Place::Steps => waiting.steps.push_back(job),
            Place::Searches => waiting.searches.push_back(job),
            Place::Requests => waiting.requests.push_back(job),
        }
        self.more.notify_one();
    }

    /// The next piece of work; waits for one. `None` when the server has ended.
    fn next(&self) -> Option<Job> {
        let mut waiting = self.lock();
        loop {
            if waiting.is_closed {
                return None;
            }
            if let Some(job) = waiting.take() {
                return Some(job);
            }
            waiting = self.more.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Work that waited there is done.
    fn end(&self, place: Place) {
        if place != Place::Requests {
            let mut waiting = self.lock();
            waiting.running -= 1;
            waiting.is_searching &= place != Place::Searches;
            self.more.notify_one();
        }
    }

    fn close(&self) {
        self.lock().is_closed = true;
        self.more.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Requests first, but nothing waits for ever.
    fn take(&mut self) -> Option<Job> {
        let may_search = !self.is_searching && !self.searches.is_empty();
        let may_step = self.running < STEPS && (may_search || !self.steps.is_empty());
        if may_step && (self.requests.is_empty() || self.ahead >= AHEAD) {
            self.ahead = 0;
            self.running += 1;
            // A search waits until the last one has ended, and pieces go on meanwhile.
            self.is_searching |= may_search;
            return if may_search { self.searches.pop_front() } else { self.steps.pop_front() };
        }
        self.ahead += usize::from(may_step);
        self.requests.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::super::head::{Parsed, parse};
    use super::*;

    #[test]
    fn requests_come_before_pieces_and_one_thread_is_left_for_them() {
        let id = |slot| ConnectionId { slot, serial: 0 };
        let jobs = Jobs::default();
        let step = |slot| Job::Continue(id(slot), Rest::new(|| None));
        (0..4).for_each(|slot| jobs.push(step(slot)));
        jobs.push(Job::Look);
        let next = || jobs.lock().take();
        assert!(matches!(next(), Some(Job::Look)));
        assert!(
            matches!((next(), next()), (Some(Job::Continue(a, _)), Some(Job::Continue(b, _))) if (a.slot, b.slot) == (0, 1))
        );
        assert!(next().is_none(), "the third thread waits for requests");
        jobs.push(Job::Look);
        assert!(matches!(next(), Some(Job::Look)));
        jobs.end(Place::Steps);
        (0..AHEAD + 1).for_each(|_| jobs.push(Job::Look));
        assert!((0..AHEAD).all(|_| matches!(next(), Some(Job::Look))));
        assert!(matches!(next(), Some(Job::Continue(..))), "a piece does not wait for ever");
        assert!(matches!(next(), Some(Job::Look)));
    }
    #[test]
    fn one_search_runs_at_a_time_and_keeps_neither_requests_nor_pieces_waiting() {
        let jobs = Jobs::default();
        let id = |slot| ConnectionId { slot, serial: 0 };
        let Parsed::Whole(request, _) = parse(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 0) else { panic!("it is whole") };
        let search = |slot| Job::Search(id(slot), Box::new(request.clone()));
        (0..5).for_each(|slot| jobs.push(search(slot)));
        (5..8).for_each(|slot| jobs.push(Job::Continue(id(slot), Rest::new(|| None))));
        jobs.push(Job::Look);
        let next = || jobs.lock().take();
        assert!(matches!(next(), Some(Job::Look)));
        assert!(matches!(next(), Some(Job::Search(one, _)) if one.slot == 0));
        assert!(matches!(next(), Some(Job::Continue(one, _)) if one.slot == 5));
        assert!(next().is_none(), "the third thread waits for requests");
        jobs.push(Job::Look);
        assert!(matches!(next(), Some(Job::Look)));
        jobs.end(Place::Requests);
        assert!(next().is_none());
        jobs.end(Place::Steps);
        assert!(matches!(next(), Some(Job::Continue(one, _)) if one.slot == 6), "one search is enough");
        jobs.end(Place::Searches);
        assert!(matches!(next(), Some(Job::Search(one, _)) if one.slot == 1));
        jobs.end(Place::Steps);
        assert!(matches!(next(), Some(Job::Continue(one, _)) if one.slot == 7));
        jobs.end(Place::Steps);
        jobs.push(Effort::File.job(id(8), Box::new(request.clone())));
        assert!(matches!(next(), Some(Job::Make(one, _)) if one.slot == 8), "a file does not wait for searches");
        jobs.push(Effort::File.job(id(9), Box::new(request)));
        assert!(next().is_none(), "the third thread waits for requests");
    }
}
