//! Owns the order in which waiting messages are delivered. Must stay true: a sender's own order is never changed; a
//! message that is important overtakes only sequential ones of other senders. Pure.

use crate::frame;
use crate::limits;
use crate::message::{Channel, Message, Mode};
use cs_core::clock::Instant;

/// Which messages a delivery takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// All.
    Any,
    /// Important and urgent ones, if no earlier sequential one of the same sender waits.
    Important,
}

/// The messages that are delivered now, in order: at least one if there is any, then as many as fit into the limit.
/// `waiting` is in the order of the numbers.
pub(crate) fn batch(waiting: Vec<Message>, want: Want, now: Instant) -> Vec<Message> {
    let due = waiting.into_iter().filter(|message| message.is_due(now) && !message.is_expired(now));
    let (mut length, mut bytes) = (0, 0);
    let ordered = in_order(due.collect()).into_iter();
    // The important ones come first, as far as they may.
    let wanted = ordered.take_while(|message| want == Want::Any || is_important(message));
    let fits = |message: &Message| {
        let (text, is_first) = (frame::of_one(message), length == 0);
        length += text.chars().count() + frame::GAP.len();
        bytes += text.len() + frame::GAP.len();
        is_first || (length <= limits::TEXT && bytes <= limits::BATCH_BYTES)
    };
    wanted.take_while(fits).collect()
}

/// What may be delivered on this way while others are on their way in the client: nothing that would overtake an earlier
/// message of its sender.
pub(crate) fn not_before(waiting: Vec<Message>, on_their_way: Vec<Message>, channel: Channel) -> Vec<Message> {
    let is_behind = |message: &Message| {
        let is_earlier = |other: &Message| other.from.word() == message.from.word() && other.seq() < message.seq();
        on_their_way.iter().any(|other| other.channel != Some(channel) && is_earlier(other))
    };
    waiting.into_iter().filter(|message| !is_behind(message)).collect()
}

/// Moves each important message before the sequential ones of other senders.
fn in_order(waiting: Vec<Message>) -> Vec<Message> {
    let mut ordered: Vec<Message> = Vec::new();
    for message in waiting {
        let stays_after = |before: &Message| is_important(before) || before.from.word() == message.from.word();
        let at = match is_important(&message) {
            true => ordered.iter().rposition(stays_after).map_or(0, |last| last + 1),
            false => ordered.len(),
        };
        ordered.insert(at, message);
    }
    ordered
}

fn is_important(message: &Message) -> bool {
    message.mode != Mode::Sequential
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::tests::message;
    use crate::sender::Sender;
    use crate::store::tests::at;
    use cs_core::clock::{self, TimeDelta};

    /// Messages from words such as `a` (sequential, from a) and `b!` (important, from b).
    fn waiting(words: &[&str]) -> Vec<Message> {
        let of = |(number, word): (usize, &&str)| {
            let mode = if word.ends_with('!') { Mode::Important } else { Mode::Sequential };
            let from = Sender::conversation(word.trim_end_matches('!'), None);
            Message { from, mode, ..message("agent_20261129T1134_1f0c", number as u64 + 1) }
        };
        words.iter().enumerate().map(of).collect()
    }

    fn numbers(words: &[&str], want: Want) -> Vec<u64> {
        batch(waiting(words), want, at()).iter().map(Message::seq).collect()
    }

    #[test]
    fn important_overtakes_only_sequential_ones_of_other_senders() {
        for (words, any, important) in [
            (&["a", "b", "a"][..], &[1, 2, 3][..], &[][..]),
            (&["a", "b!", "a"], &[2, 1, 3], &[2]),
            (&["a", "a!"], &[1, 2], &[]),
            (&["b", "a", "a!", "b"], &[1, 2, 3, 4], &[]),
            (&["a", "b!", "c!", "b", "b!"], &[2, 3, 1, 4, 5], &[2, 3]),
            (&["a!", "b", "a", "c!"], &[1, 4, 2, 3], &[1, 4]),
        ] {
            assert_eq!(numbers(words, Want::Any), any, "{words:?}");
            assert_eq!(numbers(words, Want::Important), important, "{words:?}");
        }
    }

    #[test]
    fn a_batch_has_at_least_one_message_and_at_most_8000_characters() {
        let of_letter = |letter: &str, lengths: &[usize]| {
            let with = |(message, length): (Message, &usize)| Message { text: letter.repeat(*length), ..message };
            let all = waiting(&vec!["a"; lengths.len()]).into_iter().zip(lengths).map(with).collect();
            let taken = batch(all, Want::Any, at());
            assert!(taken.len() == 1 || frame::frame(&taken).chars().count() <= limits::TEXT);
            taken.len()
        };
        let of = |lengths: &[usize]| of_letter("x", lengths);
        assert_eq!(of_letter("é", &[3900, 3900]), 1, "clients count bytes");
        assert_eq!([of(&[]), of(&[8000, 1]), of(&[100, 8000, 1]), of(&[3900, 3900, 1])], [0, 1, 1, 2]);
    }

    #[test]
    fn a_message_waits_for_its_time_and_blocks_no_other() {
        let mut all = waiting(&["a", "a", "a"]);
        let later = |minutes| Some(clock::stamp(at() + TimeDelta::minutes(minutes)));
        (all[0].not_before, all[1].expires_at) = (later(5), later(0));
        let taken = |minutes| -> Vec<u64> {
            let now = at() + TimeDelta::minutes(minutes);
            batch(all.clone(), Want::Any, now).iter().map(Message::seq).collect()
        };
        assert_eq!((taken(0), taken(5)), (vec![3], vec![1, 3]));
        assert_eq!((all[0].next_due(at()), all[2].next_due(at())), (Some(at() + TimeDelta::minutes(5)), None));
    }
}
