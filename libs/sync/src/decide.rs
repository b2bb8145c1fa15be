//! Owns what becomes of the rows of a source: whether it is read at all, which of its rows are sent, and what follows them.
//! Must stay true: what a target has is compared before anything is sent, so that a source that only grew costs what is
//! new; a source that changed is read to its end before the first row is replaced.

use crate::digest::Digest;
use crate::held::Held;

/// Number of digits of each half of a stamp.
const HALF: usize = 16;

/// What it means that a source has fewer rows than a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Growth {
    /// That the others are gone: the target loses them.
    #[default]
    Free,
    /// That its end is lost here, because a log only grows: the target keeps it.
    Log,
    /// The same. A kept copy may end before the log that was sent, also if the target cannot be asked what it has.
    Copy,
}

/// The stamp of a source that is made from `files`, in a way that `rest` says.
pub fn stamp(rest: &[&str], files: &str) -> String {
    let half = |parts: &[&str]| -> String {
        let mut digest = Digest::default();
        parts.iter().for_each(|part| digest.add(part.as_bytes()));
        digest.text().chars().take(HALF).collect()
    };
    if files.is_empty() { String::new() } else { half(rest) + &half(&[files]) }
}

/// Whether only the files are others: their rows are made in the same way.
fn is_made_so(held: &Held, stamp: &str) -> bool {
    held.stamp.get(..HALF).is_some_and(|half| stamp.get(..HALF) == Some(half))
}

/// What a target has, and whether its rows behind that go away, when it has got the rows `sent`; it had `held`.
pub fn left(growth: Growth, held: Option<&Held>, can_ask: bool, sent: Held) -> (Held, bool) {
    let pos = held.map_or(0, |held| held.pos);
    let is_unsure = !can_ask || held.is_some_and(|held| held.digest.is_empty());
    match growth {
        Growth::Free => (sent, true),
        Growth::Log | Growth::Copy if sent.pos < pos => (Held { pos, digest: String::new(), ..sent }, false),
        Growth::Copy if is_unsure => (Held { digest: String::new(), ..sent }, false),
        Growth::Log | Growth::Copy => (sent, true),
    }
}

/// Whether a source is as it was when the target got it, so that it need not be read.
pub fn is_known(held: Option<&Held>, stamp: &str, is_full: bool) -> bool {
    !is_full && held.is_some_and(|held| !held.stamp.is_empty() && held.stamp == stamp)
}

/// How far a source is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// The rows that the target has are passed.
    Comparing,
    /// The target has other rows, or more. Nothing is sent.
    Different,
    /// Rows are sent.
    Sending,
}

/// What follows when all rows of a source were passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The target has these rows, and no others.
    Same,
    /// The target has these rows now, and perhaps some behind them.
    Sent,
    /// All of them must be passed once more, to [`Course::anew`].
    Again,
    /// The target has more rows, and keeps them.
    Shorter,
}

/// The rows of a source on their way.
#[derive(Clone)]
pub struct Course<'h> {
    held: Option<&'h Held>,
    state: State,
    seq: u64,
    digest: Digest,
}

impl<'h> Course<'h> {
    /// For a target that has this.
    pub fn after(held: Option<&'h Held>) -> Self {
        let held = held.filter(|held| !held.digest.is_empty());
        let state = if held.is_some() { State::Comparing } else { State::Sending };
        Course { held, state, seq: 0, digest: Digest::default() }
    }

    /// For a target that gets all of them, whatever it has.
    pub fn anew() -> Self {
        Course::after(None)
    }

    /// Takes the line of the next row; returns its number if the row is to be sent.
    pub fn row(&mut self, line: &[u8]) -> Option<u64> {
        self.compare();
        self.digest.add(line);
        let seq = self.seq;
        self.seq += 1;
        (self.state == State::Sending).then_some(seq)
    }

    /// What follows when there are no more rows of a source with this stamp.
    pub fn end(&mut self, growth: Growth, stamp: &str) -> End {
        self.compare();
        match self.state {
            State::Sending if self.held.is_some_and(|held| held.pos == self.seq) => End::Same,
            State::Sending => End::Sent,
            State::Comparing if growth != Growth::Free && self.held.is_some_and(|held| is_made_so(held, stamp)) => {
                End::Shorter
            }
            State::Comparing | State::Different => End::Again,
        }
    }

    /// The number of rows that the target keeps of what it had, if the rest is not sent after all.
    pub fn kept(&self) -> u64 {
        self.held.map_or(0, |held| held.pos)
    }

    /// Whether rows were sent.
    pub fn has_sent(&self) -> bool {
        self.state == State::Sending && self.seq > self.kept()
    }

    /// Whether the rows that the target has were all compared with those of here, and are the same.
    pub fn is_compared(&mut self) -> bool {
        self.compare();
        self.state == State::Sending && self.held.is_some()
    }

    /// What the target has when all rows so far are there.
    pub fn so_far(&self, stamp: &str) -> Held {
        Held { pos: self.seq, digest: self.digest.text(), stamp: stamp.to_string() }
    }

    /// Where the target's rows end, they must be the same.
    fn compare(&mut self) {
        let Some(held) = self.held.filter(|held| self.state == State::Comparing && held.pos == self.seq) else {
            return;
        };
        self.state = if held.digest == self.digest.text() { State::Sending } else { State::Different };
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn pass(course: &mut Course, rows: &[&str]) -> (Vec<u64>, End) {
        let sent = rows.iter().filter_map(|row| course.row(row.as_bytes())).collect();
        (sent, course.end(Growth::Free, ""))
    }

    fn held(rows: &[&str]) -> Held {
        let mut course = Course::anew();
        pass(&mut course, rows);
        course.so_far("s")
    }

    #[test]
    fn only_what_is_new_is_sent() {
        let known = held(&["a", "b"]);
        assert_eq!(pass(&mut Course::after(Some(&known)), &["a", "b"]), (vec![], End::Same));
        assert_eq!(pass(&mut Course::after(Some(&known)), &["a", "b", "c", "d"]), (vec![2, 3], End::Sent));
        assert_eq!(pass(&mut Course::after(None), &["a"]), (vec![0], End::Sent));
        assert_eq!(pass(&mut Course::after(Some(&held(&[]))), &[]), (vec![], End::Same));
        assert_eq!(pass(&mut Course::after(Some(&held(&[]))), &["a"]), (vec![0], End::Sent));
    }

    #[test]
    fn what_is_different_or_shorter_is_read_to_its_end_first() {
        let known = held(&["a", "b"]);
        for rows in [&["a"][..], &[], &["a", "x"], &["x", "b", "c"]] {
            let mut course = Course::after(Some(&known));
            assert_eq!(pass(&mut course, rows), (vec![], End::Again), "{rows:?}");
            assert!(!course.has_sent());
        }
        assert_eq!(pass(&mut Course::anew(), &["a", "x"]), (vec![0, 1], End::Sent));
    }

    #[test]
    fn a_log_that_is_shorter_than_what_was_sent_takes_nothing_away() {
        let sent = |pos| Held { pos, digest: "d".into(), stamp: "s".into() };
        let unsure = |pos| Held { digest: String::new(), ..sent(pos) };
        for growth in [Growth::Log, Growth::Copy] {
            assert_eq!(left(growth, Some(&sent(5)), true, sent(3)), (unsure(5), false));
            assert_eq!(left(growth, Some(&sent(5)), true, sent(5)), (sent(5), true));
            assert_eq!(left(growth, None, true, sent(3)), (sent(3), true));
        }
        assert_eq!(left(Growth::Free, Some(&sent(5)), true, sent(3)), (sent(3), true));
        assert_eq!(left(Growth::Log, None, false, sent(3)), (sent(3), true));
        assert_eq!(left(Growth::Copy, None, false, sent(3)), (unsure(3), false), "nobody knows what is there");
        assert_eq!(left(Growth::Copy, Some(&unsure(3)), true, sent(4)), (unsure(4), false));
    }

    #[test]
    fn a_shorter_log_is_only_sent_again_if_its_rows_are_made_otherwise() {
        let (before, after, other) = (stamp(&["r"], "5"), stamp(&["r"], "3"), stamp(&["q"], "3"));
        assert!(before != after && stamp(&["r"], "").is_empty());
        let known = Held { stamp: before, ..held(&["a", "b"]) };
        let end = |growth, stamp: &str| {
            let mut course = Course::after(Some(&known));
            course.row(b"a");
            course.end(growth, stamp)
        };
        assert_eq!((end(Growth::Log, &after), end(Growth::Copy, &after)), (End::Shorter, End::Shorter));
        assert_eq!((end(Growth::Log, &other), end(Growth::Free, &after)), (End::Again, End::Again));
        assert_eq!(end(Growth::Log, ""), End::Again);
    }

    #[test]
    fn a_stamp_that_nobody_knows_is_never_the_same() {
        let known = held(&["a"]);
        assert!(is_known(Some(&known), "s", false) && !is_known(Some(&known), "s", true));
        assert!(!is_known(Some(&known), "t", false) && !is_known(None, "s", false));
        assert!(!is_known(Some(&Held::default()), "", false));
        let unknown = Held { digest: String::new(), ..known };
        assert_eq!(pass(&mut Course::after(Some(&unknown)), &["a"]), (vec![0], End::Sent), "sent again");
    }
}
