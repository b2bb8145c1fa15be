//! Owns the name of a place as commands show it: tmux is asked for the position of a pane, which no hook knows.

use crate::call::answer;
use cs_core::place::Place;
use std::time::Duration;
use terminal::{Way, way};

/// How long a server of tmux may take; then the pane is named by its number.
const LIMIT: Duration = Duration::from_millis(500);

/// The name of a place in words for people: `tmux work:2.1`, `pts/6`.
pub fn place_name(place: &Place) -> Option<String> {
    let asked = match way(place, &terminal::Inside::default()) {
        Some(Way::Tmux { list, .. }) if !place.is_on_another_host() => answer(&list, b"", LIMIT).ok(),
        _ => None,
    };
    terminal::name_in_tmux(place, &terminal::panes(&asked.unwrap_or_default()))
}
