//! Owns using all processors for many pieces of work of the same kind. Must stay true: results are the same, and in the
//! same order, as if one processor had done everything; a few pieces of work start no thread.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Maximum number of threads.
const WORKERS: usize = 4;
/// Starting a thread costs more than doing this many small pieces of work.
const FEW: usize = 16;
/// Maximum number of results that are in memory at once.
const CHUNK: usize = 1024;

/// Does `work` for every number below `count` on all processors, and returns the results.
pub fn on_all_processors<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<(usize, T)> {
    with_workers(std::thread::available_parallelism().map_or(1, |n| n.get()).min(WORKERS), count, work)
}

/// The same for work that waits for the disk, with so many threads.
pub fn with_workers<T: Send>(workers: usize, count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<(usize, T)> {
    let next = AtomicUsize::new(0);
    let workers = workers.min(count.max(1));
    let run = || {
        let take = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|n| *n < count);
        std::iter::from_fn(take).map(|n| (n, work(n))).collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        // The system may refuse a thread: then there are fewer, at least this one.
        let start = |_| std::thread::Builder::new().spawn_scoped(scope, run).ok();
        let others: Vec<_> = (1..workers).map_while(start).collect();
        let mut all = run();
        for other in others {
            all.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        all
    })
}

/// Does both at once if they are long, else one after the other.
pub fn both<A, B: Send>(are_long: bool, first: impl FnOnce() -> A, second: impl Fn() -> B + Sync) -> (A, B) {
    std::thread::scope(|scope| {
        let start = || std::thread::Builder::new().spawn_scoped(scope, &second).ok();
        let other = Some(()).filter(|()| are_long).and_then(|()| start());
        let first = first();
        let second = match other {
            Some(other) => other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            None => second(),
        };
        (first, second)
    })
}

/// Does `work` for every item on all processors, and passes each result to `take`, in the order of the items. If `take`
/// fails, the rest is left undone.
pub fn in_order<'i, I: Sync, T: Send, E>(
    items: &'i [I],
    work: impl Fn(&'i I) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let (mut rest, mut size) = (items, FEW);
    while !rest.is_empty() {
        let chunk;
        (chunk, rest) = rest.split_at(size.min(rest.len()));
        // If `take` ends it early, little was done in vain.
        size = CHUNK.min(size * 4);
        if chunk.len() <= FEW {
            chunk.iter().try_for_each(|item| take(work(item)))?;
            continue;
        }
        let mut done = on_all_processors(chunk.len(), |n| chunk.get(n).map(&work));
        done.sort_by_key(|(n, _)| *n);
        done.into_iter().filter_map(|(_, result)| result).try_for_each(&mut take)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_done_at_once_if_they_are_long() {
        for are_long in [false, true] {
            let here = std::thread::current().id();
            let (first, second) = both(are_long, || 1, || std::thread::current().id() == here);
            assert_eq!((first, second), (1, !are_long));
        }
    }

    #[test]
    fn results_come_in_the_order_of_the_items_until_one_is_refused() {
        let items: Vec<usize> = (0..CHUNK * 3 + FEW).collect();
        let mut seen = Vec::new();
        let all = in_order(
            &items,
            |n| n * 2,
            |twice| {
                seen.push(twice);
                Ok::<(), ()>(())
            },
        );
        assert_eq!((all, seen), (Ok(()), items.iter().map(|n| n * 2).collect()));
        let mut taken = 0;
        let refused = in_order(
            &items,
            |n| *n,
            |n| {
                taken += 1;
                if n == CHUNK + 3 { Err(n) } else { Ok(()) }
            },
        );
        assert_eq!((refused, taken), (Err(CHUNK + 3), CHUNK + 4));
    }
}
