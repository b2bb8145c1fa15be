//! Owns finding the newest session of some kind: nearly always it is at the end of the index, in which ids are sorted by
//! minute, so that a large index is not read as a whole. Must stay true: it is found as by reading the whole.

use super::Store;
use crate::error::Result;
use crate::file;
use crate::id::SessionId;
use crate::index::{self, Order};

/// How much of the end of the index is read: some two hundred lines.
const END: u64 = 64 * 1024;

impl Store {
    /// The newest session that `fits`, among those whose line in the index passes the filter and those that changed since;
    /// among all, if the index cannot be used. For hooks.
    pub fn newest_where(
        &self,
        wanted: impl Fn(&str) -> bool,
        fits: impl Fn(&SessionId) -> bool,
    ) -> Result<Option<SessionId>> {
        let pending = self.pending()?;
        let end = file::tail_unchanged(&self.home.index(), END).ok().flatten();
        let end = end.and_then(|end| ids_at_end(&end, &wanted));
        // As in `index`: a change may have been stored meanwhile, or have begun.
        let pending = pending.and(self.pending()?);
        let is_fit = !pending.is_damaged && !self.is_stale()?;
        if let Some((since, mut ids)) = end.filter(|_| is_fit) {
            ids.extend(pending.ids);
            ids.sort();
            let newest =
                ids.into_iter().rev().take_while(|id| since.as_ref().is_none_or(|since| minute(id) > minute(since)));
            if let Some(found) = newest.into_iter().find(&fits) {
                return Ok(Some(found));
            }
        }
        let ids = self.ids_where(wanted)?.map_or_else(|| self.ids(&self.home.sessions()), Ok)?;
        Ok(ids.into_iter().rev().find(fits))
    }
}

/// An id without the part that says nothing about the order of lines.
fn minute(id: &SessionId) -> &str {
    id.as_str().rsplit_once('_').map_or("", |(minute, _)| minute)
}

/// The ids on the lines at the end of an index that pass the filter, and the first id there that is in order if lines come
/// before it, which are not of a later minute; `None` if the text is not in our layout.
fn ids_at_end(end: &[u8], wanted: impl Fn(&str) -> bool) -> Option<(Option<SessionId>, Vec<SessionId>)> {
    let text = std::str::from_utf8(end.get(end.iter().position(|byte| *byte == b'\n')? + 1..)?).ok()?;
    let (mut since, mut ids) = (None, Vec::new());
    for line in
        text.strip_suffix("\n}\n")?.lines().filter(|line| !index::is_blank(line.trim_end_matches(',').as_bytes()))
    {
        let id = || SessionId::parse(index::id_in(line)?).ok();
        if index::order_of(line.as_bytes())? == Order::Sorted && since.is_none() {
            since = Some(id()?);
        }
        if wanted(line) {
            ids.push(id()?);
        }
    }
    let is_all = end.starts_with(b"{\n");
    (is_all || since.is_some()).then_some((since.filter(|_| !is_all), ids))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Slug;
    use crate::paths::Home;
    use crate::record::{Session, Status};
    use crate::session::{self, Start};
    use crate::witness::Witness;

    fn id(minute: u32, n: u32) -> SessionId {
        SessionId::parse(&format!("sess_20261121T{:02}{:02}_{n:04x}", minute / 60, minute % 60)).unwrap()
    }

    /// The lines of sessions, one a minute, of which those of `active` minutes are active.
    fn lines(active: &[u32], minutes: u32, order: fn(u32) -> Order) -> String {
        let now = crate::clock::parse("2026-11-21T03:00:00Z").unwrap();
        let line = |minute: u32| {
            let start = Start { intent: "x".repeat(100), ..Start::default() };
            let made = session::create(&id(minute, 1), &Slug::parse("api").unwrap(), start, now).unwrap();
            let status = if active.contains(&minute) { Status::Active } else { Status::Completed };
            let session = Session { status, ..made };
            index::line(&id(minute, 1), &index::IndexEntry::of(&session), order(minute))
        };
        format!("{{\n{}\n}}\n", (0..minutes).map(line).collect::<Vec<_>>().join(",\n"))
    }

    #[test]
    fn the_newest_one_is_found_at_the_end_of_the_index_or_in_the_whole() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_hooks(Home::at(dir.path().to_path_buf()), Witness::NONE);
        std::fs::create_dir(store.home.sessions()).unwrap();
        let find = |text: &str, fits: fn(&SessionId) -> bool| {
            std::fs::write(store.home.index(), text).unwrap();
            store.newest_where(index::of_status(Status::Active), fits).unwrap()
        };
        let sorted = |_| Order::Sorted;
        for minutes in [20, 1000] {
            let text = lines(&[3, 15], minutes, sorted);
            assert_eq!(find(&text, |_| true), Some(id(15, 1)), "{minutes}");
            assert_eq!(find(&text, |found| *found < id(15, 0)), Some(id(3, 1)), "{minutes}");
            assert_eq!(find(&text, |_| false), None);
        }
        let text = lines(&[3, 990], 1000, sorted);
        assert_eq!(find(&text, |_| true), Some(id(990, 1)));
        // Only the end was read: the beginning is damaged.
        assert_eq!(find(&text.replacen("{\n\"sess", "#\n\"sess", 1), |_| true), Some(id(990, 1)));
        let all_moved = lines(&[3, 990], 1000, |_| Order::Moved);
        assert_eq!(find(&all_moved, |_| true), Some(id(990, 1)));
        assert!(ids_at_end(&all_moved.as_bytes()[all_moved.len() - 5000..], |_| true).is_none());
        let pending = id(995, 7);
        std::fs::write(store.home.index_pending(), format!("{pending}\n")).unwrap();
        assert_eq!(find(&text, |_| true), Some(pending.clone()));
        assert_eq!(find(&text, |found| found.as_str().ends_with("_0001")), Some(id(990, 1)));
    }

    #[test]
    fn the_first_minute_that_is_read_may_have_begun_before() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_hooks(Home::at(dir.path().to_path_buf()), Witness::NONE);
        std::fs::create_dir(store.home.sessions()).unwrap();
        // Within a minute, lines are in any order.
        let line = lines(&[0], 1, |_| Order::Sorted).replace("{\n", "").replace("\n}\n", "");
        let all: Vec<String> = (0..1000).rev().map(|n| line.replace("_0001", &format!("_{n:04x}"))).collect();
        std::fs::write(store.home.index(), format!("{{\n{}\n}}\n", all.join(",\n"))).unwrap();
        let find = || store.newest_where(index::of_status(Status::Active), |_| true).unwrap();
        assert_eq!(find(), Some(id(0, 999)));
    }

    #[test]
    fn a_change_while_the_index_is_read_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_hooks(Home::at(dir.path().to_path_buf()), Witness::NONE);
        std::fs::create_dir(store.home.sessions()).unwrap();
        std::fs::write(store.home.index(), lines(&[3], 20, |_| Order::Sorted)).unwrap();
        let note = |line: &str| {
            std::fs::write(store.home.index_pending(), format!("{}\n", id(30, 1))).unwrap();
            index::of_status(Status::Active)(line)
        };
        assert_eq!(store.newest_where(note, |_| true).unwrap(), Some(id(30, 1)));
    }

    #[test]
    fn a_line_that_was_moved_to_the_end_is_not_the_newest() {
        let mut text = lines(&[500], 1000, |_| Order::Sorted);
        let old = id(2, 1);
        let line = lines(&[0], 1, |_| Order::Moved).replace(id(0, 1).as_str(), old.as_str());
        text.truncate(text.len() - "\n}\n".len());
        text += &format!(",\n{}", line.strip_prefix("{\n").unwrap());
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_hooks(Home::at(dir.path().to_path_buf()), Witness::NONE);
        std::fs::create_dir(store.home.sessions()).unwrap();
        std::fs::write(store.home.index(), text).unwrap();
        assert_eq!(store.newest_where(index::of_status(Status::Active), |_| true).unwrap(), Some(id(500, 1)));
    }
}
