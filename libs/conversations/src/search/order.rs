//! Owns the order in which two threads pass on what they find: as if one thread had looked at one place after the other.
//! Must stay true: what is found at the first place that is not finished is passed on at once; whoever is ahead of it
//! waits before it holds too much.

use super::Hit;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How many hits a thread collects before it passes them on.
const TOGETHER: usize = 64;
/// How many hits of finished places may wait for their turn.
const WAITING: usize = 1024;

/// What gets the hits.
pub(super) type Each<'a> = dyn FnMut(Hit) -> ControlFlow<()> + Send + 'a;

/// The hits of all places, in order.
pub(super) struct Order<'a> {
    state: Mutex<State<'a>>,
    moved: Condvar,
}

struct State<'a> {
    /// The first place that is not finished.
    head: usize,
    /// Hits of finished places after it.
    finished: BTreeMap<usize, Vec<Hit>>,
    waiting: usize,
    each: &'a mut Each<'a>,
    has_enough: bool,
}

impl<'a> Order<'a> {
    pub(super) fn new(each: &'a mut Each<'a>) -> Self {
        let state = State { head: 0, finished: BTreeMap::new(), waiting: 0, each, has_enough: false };
        Order { state: Mutex::new(state), moved: Condvar::new() }
    }

    /// Whether no more hits are wanted.
    pub(super) fn has_enough(&self) -> bool {
        self.lock().has_enough
    }

    /// Takes a hit of a place; `mine` holds those that were not passed on. Returns whether more are wanted.
    pub(super) fn take(&self, place: usize, hit: Hit, mine: &mut Vec<Hit>) -> bool {
        mine.push(hit);
        if mine.len() < TOGETHER {
            return true;
        }
        let mut state = self.lock();
        while state.head != place && !state.has_enough {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.pass_on(std::mem::take(mine));
        !state.has_enough
    }

    /// Ends a place, with the rest of its hits.
    pub(super) fn finish(&self, place: usize, mine: Vec<Hit>) {
        let mut state = self.lock();
        while state.head != place && state.waiting + mine.len() > WAITING && !state.has_enough {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting += mine.len();
        state.finished.insert(place, mine);
        let mut head = state.head;
        while let Some(hits) = state.finished.remove(&head) {
            state.waiting -= hits.len();
            state.pass_on(hits);
            head += 1;
        }
        state.head = head;
        self.moved.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State<'_> {
    fn pass_on(&mut self, hits: Vec<Hit>) {
        for hit in hits {
            if !self.has_enough {
                self.has_enough = (self.each)(hit).is_break();
            }
        }
    }
}
