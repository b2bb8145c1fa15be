//! Owns the name of a place for people: `tmux %5`, `kitty window 3`, `pts/6`, `ssh pts/3 on box`.

use crate::kind::{Kind, kind, settled};
use crate::tmux::Pane;
use cs_core::place::Place;

/// The name of a place without asking any program; `None` if it has no terminal. A place on another machine is named
/// with that machine.
pub fn name(place: &Place) -> Option<String> {
    let place = &place.clone().checked();
    Some(with_host(place, of_kind(place)?))
}

/// The name of a place in tmux, whose server has these panes: `tmux work:2.1`. Otherwise as in [`name`].
pub fn name_in_tmux(place: &Place, panes: &[Pane]) -> Option<String> {
    let checked = &settled(place, panes);
    let found = match kind(checked) {
        Kind::Tmux { pane, .. } => panes.iter().find(|known| known.id == pane),
        _ => None,
    };
    match found {
        Some(pane) => Some(with_host(checked, format!("tmux {}", pane.position()))),
        None => name(checked),
    }
}

fn of_kind(place: &Place) -> Option<String> {
    let tty = place.tty.as_deref().map(short);
    Some(match kind(place) {
        Kind::Tmux { pane, .. } => format!("tmux {pane}"),
        Kind::Zellij { session, pane: Some(pane) } => format!("Zellij {session}, pane {pane}"),
        Kind::Zellij { session, pane: None } => format!("Zellij {session}"),
        Kind::Ssh => format!("ssh {}", tty.or(place.ssh_tty.as_deref().map(short))?),
        Kind::Kitty { window, .. } => format!("kitty window {window}"),
        Kind::WezTerm { pane, .. } => format!("WezTerm pane {pane}"),
        Kind::ITerm { tty } => format!("iTerm2 {}", short(tty)),
        Kind::AppleTerminal { tty } => format!("Terminal {}", short(tty)),
        Kind::Other => match (place.program.as_deref().filter(|program| *program != "tmux"), tty) {
            (Some(program), Some(tty)) => format!("{program} {tty}"),
            (Some(program), None) => program.to_string(),
            (None, tty) => tty?.to_string(),
        },
    })
}

/// Adds the machine, if it is another one or was reached from another one.
fn with_host(place: &Place, name: String) -> String {
    let is_told = place.is_on_another_host() || kind(place) == Kind::Ssh;
    match place.host.as_deref().filter(|_| is_told) {
        Some(host) => format!("{name} on {host}"),
        None => name,
    }
}

fn short(tty: &str) -> &str {
    tty.strip_prefix("/dev/").unwrap_or(tty)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(change: impl FnOnce(&mut Place)) -> Option<String> {
        let mut place = Place { host: cs_core::process::host_name(), ..Place::default() };
        change(&mut place);
        name(&place)
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_string())
    }

    #[test]
    fn the_innermost_terminal_is_named() {
        let all = |place: &mut Place| {
            place.tty = some("/dev/pts/6");
            place.ssh_tty = some("/dev/pts/1");
            place.kitty_window = some("3");
            place.zellij_session = some("work");
            place.zellij_pane = some("2");
            place.tmux_socket = some("/tmp/tmux-0/default");
            place.tmux_pane = some("%5");
        };
        assert_eq!(named(all).as_deref(), Some("tmux %5"));
        let inherited = |program: &'static str| {
            named(|place| {
                all(place);
                (place.program, place.zellij_session, place.ssh_tty) = (some(program), None, None);
            })
        };
        assert_eq!(inherited("vscode").as_deref(), Some("vscode pts/6"), "it was started from a pane of tmux");
        assert_eq!(inherited("tmux").as_deref(), Some("tmux %5"));
        let named = |change: fn(&mut Place)| {
            named(|place| {
                all(place);
                place.tmux_socket = None;
                change(place);
            })
        };
        assert_eq!(named(|_| ()).as_deref(), Some("Zellij work, pane 2"));
        let here = cs_core::process::host_name().unwrap();
        assert_eq!(named(|place| place.zellij_session = None), Some(format!("ssh pts/6 on {here}")));
        let local = |change: fn(&mut Place)| {
            super::name(&{
                let mut place = Place { tty: some("/dev/ttys003"), kitty_window: some("3"), ..Place::default() };
                change(&mut place);
                place
            })
        };
        let check = |change: fn(&mut Place), wanted: Option<&str>| assert_eq!(local(change).as_deref(), wanted);
        check(|_| (), Some("kitty window 3"));
        check(|place| place.program = some("iTerm.app"), Some("iTerm2 ttys003"));
        check(|place| place.program = some("Apple_Terminal"), Some("Terminal ttys003"));
        check(|place| place.program = some("ghostty"), Some("ghostty ttys003"));
        check(|place| place.kitty_window = None, Some("ttys003"));
        let wezterm = |place: &mut Place| (place.wezterm_pane, place.program) = (some("4"), some("WezTerm"));
        check(wezterm, Some("WezTerm pane 4"));
        check(|place| (place.kitty_window, place.tty) = (None, None), None);
        check(|place| place.host = some("another-box"), Some("kitty window 3 on another-box"));
    }

    #[test]
    fn tmux_tells_a_position_and_a_hostile_file_tells_nothing() {
        let place = Place { tmux_socket: some("/tmp/tmux-0/default"), tmux_pane: some("%5"), ..Place::default() };
        let panes = crate::panes("%4 2 0 1 /dev/pts/7 work\n%5 2 1 1 /dev/pts/8 my work\n");
        assert_eq!(name_in_tmux(&place, &panes).as_deref(), Some("tmux my work:2.1"));
        assert_eq!(name_in_tmux(&place, &[]).as_deref(), Some("tmux %5"));
        let kitty = Place { tty: some("/dev/pts/9"), kitty_window: some("3"), program: some("tmux"), ..place.clone() };
        assert_eq!(name_in_tmux(&kitty, &panes).as_deref(), Some("kitty window 3"), "it was started from the pane");
        let same = Place { tty: some("/dev/pts/8"), ..kitty };
        assert_eq!(name_in_tmux(&same, &panes).as_deref(), Some("tmux my work:2.1"));
        let hostile = Place { tmux_pane: some("%5;kill-server"), tty: some("/dev/pts/1\n"), ..place };
        assert_eq!(name(&hostile), None);
    }
}
