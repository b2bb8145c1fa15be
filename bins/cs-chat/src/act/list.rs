//! `/list`: what needs the person first, then who works, and what is parked. Names are buttons.

use super::Call;
use crate::bot::Fault;
use crate::program::not_done;
use crate::reply::Reply;
use crate::who::{self, Who};
use cs_core::board::GROUPS;

/// The most rows of one answer.
const ROWS: usize = 40;

impl Call<'_, '_> {
    /// Lists those of a project or with a tag; without a word all.
    pub fn list(&self, filter: Option<&str>) -> Result<(), Fault> {
        let all = match who::all(self.desk.store, self.now) {
            Ok(all) => all,
            Err(text) => return self.reply(&not_done(&text)),
        };
        let is_wanted =
            |who: &&Who| filter.is_none_or(|word| who.project == word || who.tags.iter().any(|tag| tag == word));
        let wanted: Vec<&Who> = all.iter().filter(is_wanted).collect();
        if wanted.is_empty() {
            return match filter {
                Some(word) => self.reply(&format!("Nothing current has the project or tag {word}.")),
                None => self.reply("Nothing is going on."),
            };
        }
        let guard = &self.desk.guard;
        let mut text = guard.text("");
        for group in GROUPS {
            let of_group: Vec<&&Who> = wanted.iter().take(ROWS).filter(|who| who.group() == group).collect();
            if !of_group.is_empty() {
                text = text.then(&guard.text(&format!("{}\n", group.title())));
                for who in of_group {
                    text = text.then(&self.row(who));
                }
            }
        }
        if wanted.len() > ROWS {
            text =
                text.then(&guard.text(&format!("and {} more; /list PROJECT shows one project\n", wanted.len() - ROWS)));
        }
        self.answer(&Reply { text, keys: self.keys(&wanted) })
    }

    fn row(&self, who: &Who) -> crate::leaving::Leaving {
        let guard = &self.desk.guard;
        let since =
            who.since.map(|since| format!(", {}", render::format_ago_by_minute(since, self.now))).unwrap_or_default();
        let head = guard.text(&format!("• {} ({}) {}{since}\n", who.name(), who.project, who.state));
        let intent = guard.line(&who.conversation, &who.intent);
        match intent.as_str().is_empty() {
            true => head,
            false => head.then(&guard.text("  ")).then(&intent.cut(120)).then(&guard.text("\n")),
        }
    }
}
