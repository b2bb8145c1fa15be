//! Owns showing in a chat that an answer is being made. Must stay true: what is quick shows nothing, and nothing waits for
//! it to be shown.

use crate::bot::Bot;
use chat::store::Place;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// After how long it is shown.
const AFTER: Duration = Duration::from_secs(2);
/// How often then: a chat shows it for five seconds.
const AGAIN: Duration = Duration::from_secs(4);

/// Does some work, and shows it if it takes long.
pub fn during<T>(bot: &Bot, place: Place, work: impl FnOnce() -> T) -> T {
    let own = bot.clone();
    while_it_lasts(AFTER, AGAIN, move || own.show_typing(place), work)
}

fn while_it_lasts<T>(
    after: Duration,
    again: Duration,
    show: impl Fn() + Send + 'static,
    work: impl FnOnce() -> T,
) -> T {
    let (working, ended) = channel::<()>();
    thread::spawn(move || {
        let mut pause = after;
        while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            show();
            pause = again;
        }
    });
    let done = work();
    drop(working);
    done
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_is_shown_again_and_again_and_what_is_quick_never() {
        let (show, shown) = channel();
        let none = Duration::ZERO;
        let done = while_it_lasts(
            none,
            none,
            move || show.send(()).unwrap_or_default(),
            || {
                (0..3).for_each(|_| shown.recv().unwrap());
                7
            },
        );
        assert_eq!(done, 7);
        let (show, shown) = channel::<()>();
        let hour = Duration::from_secs(3600);
        assert_eq!(while_it_lasts(hour, hour, move || show.send(()).unwrap_or_default(), || 8), 8);
        assert!(shown.recv().is_err(), "it ended, and nothing was shown");
    }
}
