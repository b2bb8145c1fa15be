//! Owns filters of the lines of an index. They read what they need at its place in our form, and cost no parsing.

use super::head;
use crate::record::Status;
use memchr::memmem;

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
    // In a text of a user, a quote has a backslash before it: the first of these are the line's own.
    let [status, ended] = [",\"status\":\"", ",\"ended_at\":\""].map(memmem::Finder::new);
    let since = since.to_string();
    let is_completed = |rest: &[u8]| rest.starts_with(b"completed\"");
    let is_old =
        move |at: &[u8]| at.get(4) == Some(&b'-') && at.get(..since.len()).is_some_and(|at| at < since.as_bytes());
    move |line| {
        let after = |what: &memmem::Finder| line.as_bytes().get(what.find(line.as_bytes())? + what.needle().len()..);
        !(after(&status).is_some_and(is_completed) && after(&ended).is_some_and(&is_old))
    }
}
