//! Owns the few threads that make answers. Must stay true: work comes in and goes out over channels, and no thread here
//! waits for a socket.

use super::head::Request;
use super::reply::Reply;
use super::rest::Rest;
use super::system::Caller;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// How many answers are made at the same time.
const THREADS: usize = 3;

/// A piece of work.
#[derive(Debug)]
pub enum Job {
    /// Answer the request of a connection.
    Answer(ConnectionId, Box<Request>),
    /// Make the next piece of an answer.
    Continue(ConnectionId, Rest),
    /// Check whether something changed on disk.
    Look,
}

/// A finished piece of work.
#[derive(Debug)]
pub enum Finished {
    Answered(ConnectionId, Reply),
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
    pub jobs: Sender<Job>,
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
        let (jobs, todo) = channel::<Job>();
        let (finished, done) = channel();
        let (todo, work) = (Arc::new(Mutex::new(todo)), Arc::new((answer, look)));
        for number in 0..THREADS {
            let (todo, work, finished, caller) = (todo.clone(), work.clone(), finished.clone(), caller()?);
            let run = move || {
                while let Some(job) = next(&todo) {
                    let done = match job {
                        Job::Answer(id, request) => Finished::Answered(id, (work.0)(&request)),
                        Job::Continue(id, rest) => Finished::Continued(id, rest.next(), rest),
                        Job::Look => Finished::Looked((work.1)()),
                    };
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

fn next(todo: &Mutex<Receiver<Job>>) -> Option<Job> {
    todo.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}
