//! Owns tmux's commands for seats (tmux(1), 3.2 and newer), as lists of words. All seats are sessions of one server of
//! our own, which reads no configuration: `tmux -L cs -f /dev/null`. Must stay true: no command types anything into a
//! pane, except the single Esc of [`escape`]; sessions of other servers are never touched; tmux starts no shell, because
//! a command in several words is executed as it is, and names and folders are escaped. Deliberately absent: running the commands.

use crate::seat::Tmux;
use cs_core::id::SeatId;

/// The name of the server's socket; its directory is tmux's own (`TMUX_TMPDIR`).
const SERVER: &str = "cs";
/// What a new pane tells about itself.
const MADE: &str = "#{pane_id} #{pane_pid} #{socket_path}";
/// Whether a pane stays when its program has ended, with what that printed.
const HOLD: &str = "remain-on-exit";
/// What is checked before a command with an effect.
const CHECKED: &str = "#{pane_dead} #{pane_pid}";

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| word.to_string()).collect()
}

/// A text for an option in which tmux expands formats: `#(…)` in it would run a shell. A `;` at the end of a word would
/// separate two commands.
fn literal(text: &str) -> String {
    let text = text.replace('#', "##");
    text.strip_suffix(';').map_or_else(|| text.clone(), |rest| format!("{rest}\\;"))
}

/// A command for the server of a seat.
fn of(tmux: &Tmux, rest: &[&str]) -> Vec<String> {
    let mut all = words(&["tmux", "-u", "-S", &tmux.socket]);
    all.extend(words(rest));
    all
}

/// The command that makes a session with one pane in a window with this name, which runs `command` in `dir`. Its answer
/// is for [`made`]. The pane is held until [`release`].
pub fn new_session(session: &str, name: &str, dir: &str, command: &[String]) -> Vec<String> {
    let size = ["-x", "200", "-y", "50"];
    let mut all = words(&["tmux", "-u", "-L", SERVER, "-f", "/dev/null", "new-session", "-d", "-P", "-F", MADE]);
    all.extend(words(&size));
    all.extend(words(&["-s", session, "-n", &literal(name), "-c", &literal(dir), "--"]));
    all.extend_from_slice(command);
    // Below the pane stands how to leave it, in place of the session's long name and of a clock.
    let of_session = format!("={session}:");
    for [option, value] in [["status-left", ""], ["status-right", " Ctrl-B d leaves "]] {
        all.extend(words(&[";", "set-option", "-t", &of_session, option, value]));
    }
    // It is set before tmux looks whether the command has ended.
    all.extend(words(&[";", "set-option", "-p", "-t", &of_session, HOLD, "on"]));
    all
}

/// The command that ends what runs in the pane and starts `command` in it. Its answer is empty. The pane is
/// held until [`release`].
pub fn respawn(tmux: &Tmux, dir: &str, command: &[String]) -> Vec<String> {
    let mut all = of(tmux, &["respawn-pane", "-k", "-t", &tmux.pane, "-c", &literal(dir), "--"]);
    all.extend_from_slice(command);
    all.extend(words(&[";", "set-option", "-p", "-t", &tmux.pane, HOLD, "on"]));
    all
}

/// The command after which the pane is closed when its program ends. It asks for the pane's process, too: the answer is
/// for [`pane_pid`], and a pane whose program has ended by then must be closed by [`kill_session`].
pub fn release(tmux: &Tmux) -> Vec<String> {
    let asks = ["display-message", "-p", "-t", &tmux.pane, CHECKED];
    of(tmux, &[&["set-option", "-p", "-u", "-t", &tmux.pane, HOLD, ";"], &asks[..]].concat())
}

/// The command after which a person who is about to see the pane can read why its program failed: then the pane is
/// closed when they leave it.
pub fn show_failure(tmux: &Tmux, session: &SeatId) -> Vec<String> {
    let leave = format!("if-shell -F -t '={session}:' '#{{pane_dead}}' 'kill-session -t ={session}'");
    let hook = [";", "set-hook", "-t", &tmux.pane, "client-detached", &leave];
    of(tmux, &[&["set-option", "-p", "-t", &tmux.pane, HOLD, "failed"], &hook[..]].concat())
}

/// Reads the answer to [`new_session`]: the pane, its process, and the server's socket.
pub fn made(answer: &str) -> Option<(String, u32, String)> {
    let mut fields = answer.trim_end().splitn(3, ' ');
    Some((fields.next()?.to_string(), fields.next()?.parse().ok()?, fields.next()?.to_string()))
}

/// The command that asks for the pane's process. Its answer is for [`pane_pid`].
pub fn check(tmux: &Tmux) -> Vec<String> {
    of(tmux, &["display-message", "-p", "-t", &tmux.pane, CHECKED])
}

/// Reads the answer to [`check`]: the process in the pane; `None` if there is none, or it has ended.
pub fn pane_pid(answer: &str) -> Option<u32> {
    let (dead, pid) = answer.trim_end().split_once(' ')?;
    (dead != "1").then(|| pid.parse().ok()).flatten()
}

/// The command that shows a seat's name in its window.
pub fn rename(tmux: &Tmux, name: &str) -> Vec<String> {
    of(tmux, &["rename-window", "-t", &tmux.pane, "--", &literal(name)])
}

/// The command that presses Esc once.
pub fn escape(tmux: &Tmux) -> Vec<String> {
    of(tmux, &["send-keys", "-t", &tmux.pane, "Escape"])
}

/// The command that ends a seat's session.
pub fn kill_session(tmux: &Tmux) -> Vec<String> {
    of(tmux, &["kill-session", "-t", &format!("={}", tmux.session)])
}

/// The command that prints the last lines of the pane, at most `lines`, with those that scrolled away.
pub fn capture(tmux: &Tmux, lines: u32) -> Vec<String> {
    of(tmux, &["capture-pane", "-p", "-J", "-t", &tmux.pane, "-S", &format!("-{lines}")])
}

/// The command that shows a seat in this terminal.
pub fn attach(tmux: &Tmux) -> Vec<String> {
    of(tmux, &["attach-session", "-t", &format!("={}", tmux.session)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_a_folder_run_no_shell() {
        let made_by = new_session("agent_1", "#(touch x) #{y}", "/work/#(z)", &[]).join(" ");
        assert!(made_by.contains(" -n ##(touch x) ##{y} -c /work/##(z) -- ; set-option "), "{made_by}");
    }

    #[test]
    fn a_command_keeps_its_words_and_answers_are_read() {
        let command = words(&["env", "claude", "--", "a b; $(c)"]);
        let made_by = new_session("agent_1", "builder", "/work dir", &command);
        assert!(made_by.iter().any(|word| word == "a b; $(c)"), "{made_by:?}");
        assert_eq!(made("%3 4711 /tmp/a b/cs\n"), Some(("%3".into(), 4711, "/tmp/a b/cs".into())));
        assert_eq!(made(""), None);
        assert_eq!((pane_pid("0 4711\n"), pane_pid("1 4711\n"), pane_pid("")), (Some(4711), None, None));
    }
}
