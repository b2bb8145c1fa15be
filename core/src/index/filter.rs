//! Owns filters of the lines of an index. They read what they need at its place in our form, and cost no parsing.

use super::head;
use crate::record::Status;

/// A line filter for one project. Lines that are not in our form do not pass.
pub fn of_project(slug: &str) -> impl Fn(&str) -> bool + use<> {
    let slug = slug.to_string();
    move |line| head(line).is_some_and(|(known, _)| known == slug)
}

/// A line filter for one status. Lines that are not in our form do not pass.
pub fn of_status(status: Status) -> impl Fn(&str) -> bool + use<> {
    move |line| head(line).is_some_and(|(_, known)| known == status.as_str())
}

/// A line filter for all sessions except completed ones that ended before an instant, RFC 3339. Lines that are not in our
/// form pass, and so do instants in another form.
pub fn recent(since: &str) -> impl Fn(&str) -> bool + use<> {
    const ENDED: &str = ",\"ended_at\":\"";
    let (since, finder) = (since.to_string(), memchr::memmem::Finder::new(ENDED));
    let is_completed = |line: &str| head(line).is_some_and(|(_, status)| status == Status::Completed.as_str());
    // In a text of a user, a quote has a backslash before it.
    let ended = move |line: &str| finder.find(line.as_bytes()).map(|at| at + ENDED.len());
    let is_old =
        move |at: &[u8]| at.get(4) == Some(&b'-') && at.get(..since.len()).is_some_and(|at| at < since.as_bytes());
    move |line| !(is_completed(line) && ended(line).and_then(|at| line.as_bytes().get(at..)).is_some_and(&is_old))
}
