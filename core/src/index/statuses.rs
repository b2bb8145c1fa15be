//! Owns counting sessions without parsing their entries.

use super::{Keys, has_layout, head, lines, times};
use crate::record::Status;

/// The project and the status of each session; `None` if a line is not written in our form, or an id is there twice.
pub fn statuses(text: &str) -> Option<Vec<(&str, Status)>> {
    let (mut all, mut keys) = (Vec::new(), Keys::default());
    for line in lines(text).filter(|_| has_layout(text))? {
        keys.see(line);
        let (slug, status) = head(line)?;
        times(line)?;
        all.push((slug, Status::named(status)?));
    }
    keys.are_each_once(text).then_some(all)
}
