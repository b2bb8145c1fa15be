//! Owns the few threads that make answers. Must stay true: no thread here waits for a socket, and a request does not wait
//! for the steps of long answers.

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
/// How many of them make pieces of long answers at the same time.
const STEPS: usize = THREADS - 1;
/// How many requests may come before a piece that waits.
const AHEAD: usize = 32;

/// A piece of work.
#[derive(Debug)]
pub enum Job {
    /// Answer the request of a connection.
    Answer(ConnectionId, Box<Request>),
    /// Write a note about a refusal, then refuse.
    Refuse(ConnectionId, Note, Box<Reply>),
    /// Make the next piece of an answer.
    Continue(ConnectionId, Rest),
    /// Check whether something changed on disk.
    Look,
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
                    let is_step = matches!(job, Job::Continue(..));
                    let done = match job {
                        Job::Answer(id, request) => Finished::Answered(id, (work.0)(&request)),
                        Job::Refuse(id, note, reply) => {
                            note.write();
                            Finished::Refused(id, reply)
                        }
                        Job::Continue(id, rest) => Finished::Continued(id, rest.next(), rest),
                        Job::Look => Finished::Looked((work.1)()),
                    };
                    if is_step {
                        jobs.end_step();
                    }
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

/// The work that waits.
#[derive(Debug, Default)]
pub struct Jobs {
    waiting: Mutex<Waiting>,
    more: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    requests: VecDeque<Job>,
    /// The next pieces of answers, and how many are being made.
    steps: VecDeque<Job>,
    running: usize,
    /// How many requests came before the first of the pieces.
    ahead: usize,
    is_closed: bool,
}

impl Jobs {
    /// Adds a piece of work.
    pub fn push(&self, job: Job) {
        let mut waiting = self.lock();
        match job {
            Job::Continue(..) => waiting.steps.push_back(job),
            Job::Answer(..) | Job::Refuse(..) | Job::Look => waiting.requests.push_back(job),
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

    /// A piece of an answer is made.
    fn end_step(&self) {
        self.lock().running -= 1;
        self.more.notify_one();
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
    /// Requests first, but neither waits for ever.
    fn take(&mut self) -> Option<Job> {
        let may_step = self.running < STEPS && !self.steps.is_empty();
        if may_step && (self.requests.is_empty() || self.ahead >= AHEAD) {
            self.ahead = 0;
            self.running += 1;
            return self.steps.pop_front();
        }
        self.ahead += usize::from(may_step);
        self.requests.pop_front()
    }
}

#[cfg(test)]
mod tests {
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
        jobs.end_step();
        (0..AHEAD + 1).for_each(|_| jobs.push(Job::Look));
        assert!((0..AHEAD).all(|_| matches!(next(), Some(Job::Look))));
        assert!(matches!(next(), Some(Job::Continue(..))), "a piece does not wait for ever");
        assert!(matches!(next(), Some(Job::Look)));
    }
}
