//! Owns in which multiplexers, and in which kitty, this program itself runs.

use cs_core::place::Place;

/// The terminals around this program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inside {
    /// The socket of the server of tmux.
    pub tmux: Option<String>,
    /// The session of Zellij.
    pub zellij: Option<String>,
    /// The process of kitty.
    pub kitty: Option<String>,
}

impl Inside {
    /// According to the environment, as in a place.
    pub fn of(place: &Place) -> Self {
        let Place { tmux_socket: tmux, zellij_session: zellij, kitty_pid: kitty, .. } = place.clone();
        Inside { tmux, zellij, kitty }
    }

    /// Whether this program runs in no multiplexer, so that it may show one in its terminal.
    pub fn is_plain(&self) -> bool {
        self.tmux.is_none() && self.zellij.is_none()
    }
}
