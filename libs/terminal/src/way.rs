//! Owns the way to a place: what each terminal must be told to show it.

use crate::apple;
use crate::inside::Inside;
use crate::kind::{Kind, kind};
use crate::tmux::{self, words};
use cs_core::place::Place;

/// How to get to a place. Every command is the name of a program and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// These commands, one after the other, show it.
    Commands(Vec<Vec<String>>),
    /// It is in a pane of another server of tmux than the one around this program. `list` is answered with the panes
    /// (see [`tmux::panes`]); `select` makes it the current one of its session. If no terminal shows that session,
    /// [`tmux::attach`] does.
    Tmux {
        /// The server's socket.
        socket: String,
        /// The pane's number.
        pane: String,
        /// The command that lists the panes.
        list: Vec<String>,
        /// The commands that select it.
        select: Vec<Vec<String>>,
    },
    /// It is in another session of Zellij. `focus` succeeds if a terminal shows that session; `attach` shows the session
    /// in this terminal.
    Zellij {
        /// The command that makes the pane the current one; absent if the pane is not known.
        focus: Option<Vec<String>>,
        /// The command that shows the session.
        attach: Vec<String>,
    },
}

/// The way to a place, for a program that runs inside these multiplexers; `None` if no terminal of the place takes
/// commands.
pub fn way(place: &Place, inside: &Inside) -> Option<Way> {
    let place = &place.clone().checked();
    let one = |command| Some(Way::Commands(vec![command]));
    match kind(place) {
        Kind::Tmux { socket, pane } if inside.tmux.as_deref() == Some(socket) => one(tmux::switch(socket, pane)),
        Kind::Tmux { socket, pane } => Some(Way::Tmux {
            socket: socket.to_string(),
            pane: pane.to_string(),
            list: tmux::list(socket),
            select: tmux::select(socket, pane),
        }),
        Kind::Zellij { session, pane } => {
            let focus = pane.map(|pane| zellij_focus(session, pane));
            match focus {
                Some(focus) if inside.zellij.as_deref() == Some(session) => one(focus),
                focus => Some(Way::Zellij { focus, attach: words(&["zellij", "attach", session]) }),
            }
        }
        // Without a socket, the kitty around this program gets the command, which has a window of this number, too.
        Kind::Kitty { socket: None, pid, .. } if pid.is_some() && inside.kitty.as_deref() != pid => None,
        Kind::Kitty { window, socket, .. } => one(kitty(window, socket)),
        Kind::WezTerm { pane, socket } => one(wezterm(pane, socket)),
        Kind::ITerm { tty } => one(apple::iterm(tty)),
        Kind::AppleTerminal { tty } => one(apple::terminal(tty)),
        Kind::Ssh | Kind::Other => None,
    }
}

/// Zellij 0.44.1 and newer (zellij-org/zellij#4926).
fn zellij_focus(session: &str, pane: &str) -> Vec<String> {
    words(&["zellij", "--session", session, "action", "focus-pane-id", &format!("terminal_{pane}")])
}

/// `wezterm cli` finds the socket of its window in a variable (wezterm.org/cli/cli).
fn wezterm(pane: &str, socket: Option<&str>) -> Vec<String> {
    let command = words(&["wezterm", "cli", "activate-pane", "--pane-id", pane]);
    let variable = socket.map(|socket| words(&["env", &format!("WEZTERM_UNIX_SOCKET={socket}")]));
    variable.unwrap_or_default().into_iter().chain(command).collect()
}

/// kitty takes commands at a socket, or from a program in one of its windows (sw.kovidgoyal.net/kitty/remote-control).
fn kitty(window: &str, socket: Option<&str>) -> Vec<String> {
    let to = socket.map(|socket| ["--to", socket]);
    let head = ["kitty", "@"].into_iter().chain(to.into_iter().flatten());
    let window = format!("id:{window}");
    head.chain(["focus-window", "--match", &window]).map(str::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.to_string())
    }

    fn shown(way: Option<Way>) -> String {
        match way {
            Some(Way::Commands(commands)) => commands.iter().map(|words| words.join(" ")).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_terminal_has_its_way() {
        let nowhere = Inside::default();
        let kitty = Place { kitty_window: some("3"), ..Place::default() };
        assert_eq!(shown(way(&kitty, &nowhere)), "kitty @ focus-window --match id:3");
        let kitty = Place { kitty_pid: some("7"), ..kitty };
        assert_eq!(way(&kitty, &nowhere), None, "its commands would go to another kitty");
        let same = Inside { kitty: some("7"), ..Inside::default() };
        assert_eq!(shown(way(&kitty, &same)), "kitty @ focus-window --match id:3");
        let kitty = Place { kitty_socket: some("unix:@k"), ..kitty };
        assert_eq!(shown(way(&kitty, &nowhere)), "kitty @ --to unix:@k focus-window --match id:3");
        let wezterm = Place { wezterm_pane: some("4"), program: some("WezTerm"), ..Place::default() };
        assert_eq!(shown(way(&wezterm, &nowhere)), "wezterm cli activate-pane --pane-id 4");
        let wezterm = Place { wezterm_socket: some("/run/w"), ..wezterm };
        let command = "env WEZTERM_UNIX_SOCKET=/run/w wezterm cli activate-pane --pane-id 4";
        assert_eq!(shown(way(&wezterm, &nowhere)), command);
        let apple = Place { tty: some("/dev/ttys003"), program: some("Apple_Terminal"), ..Place::default() };
        let script = shown(way(&apple, &nowhere));
        assert!(script.starts_with("osascript -e on run argv") && script.ends_with("end run /dev/ttys003"), "{script}");
        let plain = Place { program: some("alacritty"), ..apple };
        assert_eq!(way(&plain, &nowhere), None);
    }

    #[test]
    fn multiplexers_depend_on_where_we_are() {
        let tmux = Place { tmux_socket: some("/s"), tmux_pane: some("%5"), ..Place::default() };
        let same = Inside { tmux: some("/s"), ..Inside::default() };
        assert_eq!(shown(way(&tmux, &same)), "tmux -S /s switch-client -t %5");
        let other = Inside { tmux: some("/other"), ..Inside::default() };
        assert!(matches!(way(&tmux, &other), Some(Way::Tmux { socket, .. }) if socket == "/s"));
        let zellij = Place { zellij_session: some("a b"), zellij_pane: some("2"), ..Place::default() };
        let same = Inside { zellij: some("a b"), ..Inside::default() };
        assert_eq!(shown(way(&zellij, &same)), "zellij --session a b action focus-pane-id terminal_2");
        let Some(Way::Zellij { attach, .. }) = way(&zellij, &Inside::default()) else { panic!() };
        assert_eq!(attach, ["zellij", "attach", "a b"]);
    }

    #[test]
    fn a_value_of_another_form_leads_nowhere() {
        for bad in ["-x", "%5;kill-server", "5 && x", "$(x)", "a\nb"] {
            let bad = || some(bad);
            let place = Place {
                tmux_socket: bad(),
                tmux_pane: bad(),
                kitty_window: bad(),
                wezterm_pane: bad(),
                tty: bad(),
                ..Place::default()
            };
            assert_eq!(way(&place, &Inside::default()), None);
        }
    }
}
