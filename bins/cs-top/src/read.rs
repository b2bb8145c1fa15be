//! Owns reading the conversation of a session that has ended, as lines for the screen.
//! Must stay true: at most [`LINES`] lines are held, the last ones.

use agents::logs::Roots;
use conversations::{Catalog, Cursor, Step, Wish};
use cs_core::id::SessionId;
use cs_core::store::Store;
use cs_core::zone::Zone;
use cs_core::{Error, Result};
use render::{READABLE, Readable, Reading, StyledLine};
use std::collections::VecDeque;

/// Maximum number of lines.
const LINES: usize = 50_000;

/// The conversation of a session, laid out for a terminal of this width.
pub fn lines(store: &Store, id: &SessionId, width: usize) -> Result<Vec<String>> {
    let session = store.session(id)?;
    let none = || Error::Missing(format!("no log of the conversation of {id} is left; s shows the record"));
    let uuid = session.claude_session_id.ok_or_else(none)?;
    let roots = Roots::from_env();
    let mut catalog = Catalog::of(store, &roots);
    let of = catalog.of_session(&roots, &uuid).ok_or_else(none)?;
    let wish = Wish { kinds: READABLE.to_vec(), ..Wish::default() };
    let mut readable = Readable::new(Reading { width, is_full: false, is_raw: false, zone: Zone::system() });
    let (mut cursor, mut text, mut kept) = (Cursor::new(of), Vec::new(), Kept::default());
    loop {
        let step = cursor.step(&wish, &mut |part| readable.add(part, &mut text));
        kept.take(&mut text);
        match step {
            Ok(Step::More) => {}
            Ok(Step::End) => break,
            Err(error) => {
                kept.lines.push_back(format!("the log could not be read to its end: {error}"));
                break;
            }
        }
    }
    cursor.close(&wish, &mut |part| readable.add(part, &mut text));
    readable.finish(&mut text);
    kept.take(&mut text);
    Ok(kept.into_lines(&uuid))
}

/// The last lines, and how many came before them.
#[derive(Default)]
struct Kept {
    lines: VecDeque<String>,
    dropped: usize,
}

impl Kept {
    fn take(&mut self, text: &mut Vec<StyledLine>) {
        self.lines.extend(text.drain(..).map(|line| line.into_iter().map(|(text, _)| text).collect::<String>()));
        let over = self.lines.len().saturating_sub(LINES);
        self.lines.drain(..over);
        self.dropped += over;
    }

    fn into_lines(mut self, uuid: &str) -> Vec<String> {
        if self.dropped > 0 {
            let count = render::format_quantity(self.dropped as u64, "earlier line");
            self.lines.push_front(format!("{count}: cs-transcript show {uuid}"));
        }
        self.lines.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_lines_are_kept_and_that_is_said() {
        let mut kept = Kept::default();
        let mut text: Vec<StyledLine> = (0..LINES + 3).map(|n| vec![(n.to_string(), render::Style::Plain)]).collect();
        kept.take(&mut text);
        let lines = kept.into_lines("5e1f");
        assert_eq!(
            (lines.len(), lines[0].as_str(), lines[1].as_str()),
            (LINES + 1, "3 earlier lines: cs-transcript show 5e1f", "3")
        );
    }
}
