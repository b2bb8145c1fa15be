//! Owns which of the terminals in a place is the innermost one, the one that shows the conversation. A program that was
//! started in a terminal inherits its variables: a server of tmux keeps those of the terminal in which it began, and a
//! terminal those of the one in which it was started.

use crate::tmux::{self, Pane};
use cs_core::place::Place;

/// The terminal that shows a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    Tmux { socket: &'a str, pane: &'a str },
    Zellij { session: &'a str, pane: Option<&'a str> },
    Ssh,
    Kitty { window: &'a str, socket: Option<&'a str>, pid: Option<&'a str> },
    WezTerm { pane: &'a str, socket: Option<&'a str> },
    ITerm { tty: &'a str },
    AppleTerminal { tty: &'a str },
    Other,
}

/// The innermost terminal of a place whose values were checked.
pub fn kind(place: &Place) -> Kind<'_> {
    if let (Some(socket), Some(pane)) = (place.tmux_socket.as_deref(), place.tmux_pane.as_deref())
        && is_shown_by_tmux(place)
    {
        return Kind::Tmux { socket, pane };
    }
    if let Some(session) = place.zellij_session.as_deref() {
        return Kind::Zellij { session, pane: place.zellij_pane.as_deref() };
    }
    if place.ssh_tty.is_some() {
        return Kind::Ssh;
    }
    // kitty does not set TERM_PROGRAM, so that it may be inherited from tmux.
    match (place.program.as_deref(), place.tty.as_deref()) {
        (Some("iTerm.app"), Some(tty)) => Kind::ITerm { tty },
        (Some("Apple_Terminal"), Some(tty)) => Kind::AppleTerminal { tty },
        (Some("WezTerm"), _) => wezterm(place).unwrap_or(Kind::Other),
        (None | Some("kitty" | "tmux"), _) => of_number(place),
        _ => Kind::Other,
    }
}

/// tmux names itself in its panes, since 3.2; a terminal that names itself was started from a pane and inherited the rest.
fn is_shown_by_tmux(place: &Place) -> bool {
    matches!(place.program.as_deref(), None | Some("tmux" | "screen"))
}

/// The place without tmux, if its server says that the pane has another terminal than the conversation: then the terminal
/// that shows it was started from the pane, such as a window of kitty, which does not name itself.
pub fn settled(place: &Place, panes: &[Pane]) -> Place {
    let checked = place.clone().checked();
    let is_inherited = match (kind(&checked), checked.tty.as_deref()) {
        (Kind::Tmux { pane, .. }, Some(tty)) => {
            let mut same = panes.iter().filter(|known| known.id == pane).peekable();
            same.peek().is_some() && same.all(|known| known.tty != tty)
        }
        _ => false,
    };
    if is_inherited { Place { tmux_socket: None, tmux_pane: None, ..checked } } else { checked }
}

/// The command that lists the panes of the server of tmux that seems to show the place.
pub fn list_of(place: &Place) -> Option<Vec<String>> {
    match kind(&place.clone().checked()) {
        Kind::Tmux { socket, .. } => Some(tmux::list(socket)),
        _ => None,
    }
}

fn of_number(place: &Place) -> Kind<'_> {
    let (socket, pid) = (place.kitty_socket.as_deref(), place.kitty_pid.as_deref());
    let kitty = place.kitty_window.as_deref().map(|window| Kind::Kitty { window, socket, pid });
    kitty.or_else(|| wezterm(place)).unwrap_or(Kind::Other)
}

fn wezterm(place: &Place) -> Option<Kind<'_>> {
    Some(Kind::WezTerm { pane: place.wezterm_pane.as_deref()?, socket: place.wezterm_socket.as_deref() })
}
