//! Owns the place of a running conversation: the terminal in which its client runs, as the environment of a hook and
//! the system describe it. Must stay true: every value is checked when it is recorded and again before it is used
//! ([`Place::checked`]), so that none can be an option, a second line or a part of a script; a client without a terminal
//! has no place in one, whatever variables it inherited. Deliberately absent: names for people and commands (see
//! `libs/terminal`).

use crate::process::{self, Terminal};
use crate::validate::{self, PATH};
use serde::{Deserialize, Serialize};

/// Maximum number of characters of a word: a program, a machine, a session of Zellij.
const WORD: usize = 100;
/// Maximum number of digits of the number of a window or pane.
const DIGITS: usize = 10;

/// Where a client runs. Every field is absent if it is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// The name of the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The terminal of the client's process, such as `/dev/pts/6`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tty: Option<String>,
    /// The program that shows the terminal, by its own name (`TERM_PROGRAM`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// The path of tmux's socket (`TMUX`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tmux_socket: Option<String>,
    /// tmux's pane, such as `%5` (`TMUX_PANE`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tmux_pane: Option<String>,
    /// Zellij's session (`ZELLIJ_SESSION_NAME`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zellij_session: Option<String>,
    /// The number of Zellij's pane (`ZELLIJ_PANE_ID`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zellij_pane: Option<String>,
    /// The number of kitty's window (`KITTY_WINDOW_ID`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kitty_window: Option<String>,
    /// The address at which kitty takes commands (`KITTY_LISTEN_ON`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kitty_socket: Option<String>,
    /// The process of kitty (`KITTY_PID`): numbers of windows are unique only in one process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kitty_pid: Option<String>,
    /// The number of WezTerm's pane (`WEZTERM_PANE`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wezterm_pane: Option<String>,
    /// The path of WezTerm's socket (`WEZTERM_UNIX_SOCKET`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wezterm_socket: Option<String>,
    /// iTerm2's session (`ITERM_SESSION_ID`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iterm_session: Option<String>,
    /// The terminal that sshd made for a login from another machine (`SSH_TTY`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssh_tty: Option<String>,
}

impl Place {
    /// The place of the client that called this hook, whose process has this terminal. Clients pass their environment on
    /// to hooks.
    pub fn of_client(terminal: Terminal) -> Self {
        let host = process::host_name();
        let program = variable("TERM_PROGRAM");
        if terminal == Terminal::None {
            return Place { host, program, ..Place::default() }.checked();
        }
        // The socket's path, the server's process and the session's number, with commas between them.
        let tmux = variable("TMUX");
        let tmux_socket = tmux.and_then(|text| text.rsplitn(3, ',').nth(2).map(str::to_string));
        let place = Place {
            host,
            tty: if let Terminal::Named(tty) = terminal { Some(tty) } else { None },
            program,
            tmux_socket,
            tmux_pane: variable("TMUX_PANE"),
            zellij_session: variable("ZELLIJ_SESSION_NAME"),
            zellij_pane: variable("ZELLIJ_PANE_ID"),
            kitty_window: variable("KITTY_WINDOW_ID"),
            kitty_socket: variable("KITTY_LISTEN_ON"),
            kitty_pid: variable("KITTY_PID"),
            wezterm_pane: variable("WEZTERM_PANE"),
            wezterm_socket: variable("WEZTERM_UNIX_SOCKET"),
            iterm_session: variable("ITERM_SESSION_ID"),
            ssh_tty: variable("SSH_TTY"),
        };
        if is_in_screen() { place.in_screen().checked() } else { place.checked() }
    }

    /// GNU screen tells its name in no variable that is recorded, and passes on those of the terminal in which it began.
    fn in_screen(self) -> Self {
        let Place { host, tty, ssh_tty, .. } = self;
        Place { host, tty, ssh_tty, program: Some("screen".into()), ..Place::default() }
    }

    /// The place of a process of which only the system reports anything.
    pub fn of_process(pid: u32) -> Self {
        let tty = if let Terminal::Named(tty) = process::terminal(pid) { Some(tty) } else { None };
        Place { host: process::host_name(), tty, ..Place::default() }.checked()
    }

    /// The place without the values that do not have the form that they must have. Words for people are masked; an
    /// address that contains a secret is dropped, because a part of it leads nowhere.
    pub fn checked(self) -> Self {
        let word = |text: Option<String>| text.map(|text| validate::cut(&text, WORD)).filter(|text| !text.is_empty());
        Place {
            host: word(self.host),
            tty: self.tty.filter(|text| is_device(text)),
            program: word(self.program),
            tmux_socket: self.tmux_socket.filter(|text| is_address(text, "/")),
            tmux_pane: self.tmux_pane.filter(|text| text.strip_prefix('%').is_some_and(is_number)),
            zellij_session: self.zellij_session.filter(|text| is_name(text)),
            zellij_pane: self.zellij_pane.filter(|text| is_number(text)),
            kitty_window: self.kitty_window.filter(|text| is_number(text)),
            kitty_socket: self.kitty_socket.filter(|text| is_address(text, "unix:") || is_address(text, "tcp:")),
            kitty_pid: self.kitty_pid.filter(|text| is_number(text)),
            wezterm_pane: self.wezterm_pane.filter(|text| is_number(text)),
            wezterm_socket: self.wezterm_socket.filter(|text| is_address(text, "/")),
            iterm_session: self.iterm_session.filter(|text| is_iterm_session(text)),
            ssh_tty: self.ssh_tty.filter(|text| is_device(text)),
        }
    }

    /// Whether it is on another machine, according to the machine's name.
    pub fn is_on_another_host(&self) -> bool {
        self.host.is_some() && process::host_name().is_some_and(|here| self.host != word_of_host(here))
    }
}

/// A machine's name in the form in which it is recorded.
fn word_of_host(name: String) -> Option<String> {
    Place { host: Some(name), ..Place::default() }.checked().host
}

/// Whether GNU screen shows the terminal: a terminal that was started from screen, or tmux in it, sets `TERM` or `TMUX`.
fn is_in_screen() -> bool {
    let is_of_screen = |term: String| term == "screen" || term.starts_with("screen.") || term.starts_with("screen-");
    variable("STY").is_some() && variable("TMUX").is_none() && variable("TERM").is_some_and(is_of_screen)
}

/// An environment variable that is not empty and not longer than a path.
fn variable(name: &str) -> Option<String> {
    let value = std::env::var_os(name)?;
    value.to_str().filter(|text| !text.is_empty() && text.len() <= PATH).map(str::to_string)
}

fn is_number(text: &str) -> bool {
    (1..=DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is one line without a secret.
fn is_plain(text: &str, limit: usize) -> bool {
    text.chars().count() <= limit && validate::cut(text, limit) == text
}

/// A name, which no program takes for an option.
fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('-') && is_plain(text, WORD)
}

/// A path or another address that begins with a prefix.
fn is_address(text: &str, prefix: &str) -> bool {
    text.len() > prefix.len() && text.starts_with(prefix) && is_plain(text, PATH)
}

/// A terminal's file, such as `/dev/pts/6` or `/dev/ttys003`.
fn is_device(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '/' || c == '.' || c == '_';
    let name = text.strip_prefix("/dev/").unwrap_or_default();
    (1..=WORD).contains(&name.len()) && name.chars().all(is_plain) && !name.contains("..")
}

/// `w0t1p0:` and a UUID.
fn is_iterm_session(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == ':';
    (1..=WORD).contains(&text.len()) && text.chars().all(is_plain) && !text.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const FIELDS: [&str; 14] = [
        "host",
        "tty",
        "program",
        "tmux_socket",
        "tmux_pane",
        "zellij_session",
        "zellij_pane",
        "kitty_window",
        "kitty_socket",
        "kitty_pid",
        "wezterm_pane",
        "wezterm_socket",
        "iterm_session",
        "ssh_tty",
    ];

    fn full(value: &str) -> Place {
        let value = || Some(value.to_string());
        Place {
            host: value(),
            tty: value(),
            program: value(),
            tmux_socket: value(),
            tmux_pane: value(),
            zellij_session: value(),
            zellij_pane: value(),
            kitty_window: value(),
            kitty_socket: value(),
            kitty_pid: value(),
            wezterm_pane: value(),
            wezterm_socket: value(),
            iterm_session: value(),
            ssh_tty: value(),
        }
    }

    #[test]
    fn every_field_is_read_as_it_was_written() {
        let text = |n: usize| Some(format!("text {n}"));
        let fields = serde_json::to_value(Place::default()).unwrap();
        assert_eq!(fields, serde_json::json!({}));
        let all: BTreeMap<String, String> =
            FIELDS.iter().enumerate().map(|(n, name)| (name.to_string(), text(n).unwrap())).collect();
        let place: Place = serde_json::from_value(serde_json::to_value(&all).unwrap()).unwrap();
        let written: BTreeMap<String, String> = serde_json::from_value(serde_json::to_value(&place).unwrap()).unwrap();
        assert_eq!(written, all);
    }

    #[test]
    fn what_a_newer_version_adds_is_ignored() {
        let place: Place = serde_json::from_str(r#"{"tty": "/dev/pts/6", "panes": [1, {"a": null}], "n": 3}"#).unwrap();
        assert_eq!(place, Place { tty: Some("/dev/pts/6".into()), ..Place::default() });
    }

    #[test]
    fn values_of_the_right_form_are_kept() {
        let some = |text: &str| Some(text.to_string());
        let place = Place {
            host: some("ada's laptop.local"),
            tty: some("/dev/pts/6"),
            program: some("iTerm.app"),
            tmux_socket: some("/private/tmp/tmux-501/my, default"),
            tmux_pane: some("%123"),
            zellij_session: some("brave tiger"),
            zellij_pane: some("0"),
            kitty_window: some("17"),
            kitty_socket: some("unix:@mykitty-4711"),
            kitty_pid: some("4711"),
            wezterm_pane: some("4"),
            wezterm_socket: some("/run/user/1000/wezterm/gui-sock-4711"),
            iterm_session: some("w0t1p0:4A1E3C5B-9C1D-4E55-8D6C-0A6B3C1D2E3F"),
            ssh_tty: some("/dev/ttys003"),
        };
        assert_eq!(place.clone().checked(), place);
    }

    #[test]
    fn no_value_can_be_an_option_a_line_or_a_device_elsewhere() {
        for bad in
            ["", "--help", "-t", "$(x)", "%", "% 1", "%1;kill-server", "a\nb", "\u{1b}[31m", "/dev/../etc/passwd"]
        {
            let kept = Place { host: None, program: None, ..full(bad).checked() };
            let is_name = bad == "$(x)" || bad.starts_with('%') || bad.starts_with('/');
            let zellij_session = kept.zellij_session.clone();
            assert_eq!(zellij_session.is_some(), is_name, "{bad:?}");
            let tmux_socket = kept.tmux_socket.clone();
            assert_eq!(tmux_socket.is_some(), bad.starts_with('/'), "{bad:?}");
            let wezterm_socket = tmux_socket.clone();
            assert_eq!(kept, Place { zellij_session, tmux_socket, wezterm_socket, ..Place::default() }, "{bad:?}");
        }
        let long = "1".repeat(100_000);
        let kept = full(&long).checked();
        assert_eq!(kept.host.as_ref().map(|host| host.chars().count()), Some(WORD));
        assert_eq!(Place { host: None, program: None, ..kept }, Place::default());
        assert_eq!(full("a\n\u{1b}[31mb").checked().host.as_deref(), Some("a [31mb"));
    }

    #[test]
    fn a_secret_is_masked_in_words_and_dropped_from_addresses() {
        let secret = ["ghp", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].join("_");
        let kept = full(&secret).checked();
        assert_eq!(kept.host.as_deref(), Some("[masked]"));
        assert_eq!(kept.zellij_session, None);
        for address in [format!("/tmp/{secret}/default"), format!("unix:/tmp/{secret}")] {
            let kept = full(&address).checked();
            assert_eq!((kept.tmux_socket, kept.kitty_socket), (None, None), "{address}");
        }
    }
}
