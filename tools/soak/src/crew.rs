//! Several threads, each with its own scene, that share a list of work.

use std::sync::Mutex;
use std::thread;

use super::operation::{self, Operation};
use super::report::Tally;
use super::scene::Scene;

/// Does `work` for every operation, with one scene per thread; `part` names it.
pub fn each(part: &str, threads: usize, work: impl Fn(&Scene, &Operation, &mut Tally) + Sync) -> Tally {
    let (next, tally) = (Mutex::new(0), Mutex::new(Tally::new(part)));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let (mut scene, mut own) = (Scene::new(), Tally::new(part));
                loop {
                    let operations = operation::all(&scene);
                    let Some(operation) = operations.get(take(&next)) else { break };
                    if let Err(said) = super::caught(|| work(&scene, operation, &mut own)) {
                        own.tried(operation.name, true, "", vec![said]);
                        scene = Scene::new();
                    }
                }
                tally.lock().expect("no thread panics while it adds").add(own);
            });
        }
    });
    tally.into_inner().expect("no thread panics while it adds")
}

fn take(next: &Mutex<usize>) -> usize {
    let mut next = next.lock().expect("counting does not panic");
    *next += 1;
    *next - 1
}

/// The number of processors.
pub fn processors() -> usize {
    thread::available_parallelism().map_or(1, |count| count.get())
}
