//! Owns in which terminal multiplexers this program itself runs.

use cs_core::place::Place;

/// The multiplexers around this program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inside {
    /// The socket of the server of tmux.
    pub tmux: Option<String>,
    /// The session of Zellij.
    pub zellij: Option<String>,
}

impl Inside {
    /// According to the environment, as in a place.
    pub fn of(place: &Place) -> Self {
        Inside { tmux: place.tmux_socket.clone(), zellij: place.zellij_session.clone() }
    }

    /// Whether this program runs in none of them, so that it may show one in its terminal.
    pub fn is_none(&self) -> bool {
        *self == Inside::default()
    }
}
