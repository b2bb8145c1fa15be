//! A terminal of a given size, for programs that fill a screen: a tmux server of its own for each.

use std::marker::PhantomData;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::{Sandbox, can_run, eventually, run, stderr, stdout};

/// A running program in a terminal. It ends when this value is dropped, which is before the sandbox with its socket is.
pub struct Terminal<'s> {
    sandbox_command: Box<dyn Fn() -> Command>,
    sandbox: PhantomData<&'s Sandbox>,
}

impl<'s> Terminal<'s> {
    /// The reason why no terminal can be had here.
    pub fn is_available() -> Result<(), String> {
        can_run("tmux", &["-V"], "tmux")
    }

    /// Starts a shell command in a terminal of `columns` × `lines`.
    pub fn start(sandbox: &'s Sandbox, columns: usize, lines: usize, command: &str) -> Terminal<'s> {
        // A server that was told to end may still hold its socket.
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let socket = sandbox.root().join(format!("tmux-{}", STARTED.fetch_add(1, Ordering::Relaxed)));
        let template = sandbox.command("tmux");
        let sandbox_command = Box::new(move || {
            let mut command = Command::new(template.get_program());
            let variables = template.get_envs().filter_map(|(name, value)| Some((name, value?)));
            command.env_clear().envs(variables).current_dir(template.get_current_dir().expect("a folder"));
            command.arg("-S").arg(&socket).args(["-f", "/dev/null"]);
            command
        });
        let terminal = Terminal { sandbox_command, sandbox: PhantomData };
        let (width, height) = (columns.to_string(), lines.to_string());
        let options = "set -g status off; set -g default-terminal tmux-256color; set -g escape-time 0";
        let mut words: Vec<&str> = vec!["new-session", "-d", "-x", &width, "-y", &height, command];
        for option in options.split("; ") {
            words.push(";");
            words.extend(option.split(' '));
        }
        terminal.tmux(&words);
        // The line for the status was taken from the first size.
        terminal.tmux(&["resize-window", "-x", &width, "-y", &height]);
        terminal
    }

    /// Runs a tmux command and returns what it prints.
    #[track_caller]
    pub fn tmux(&self, words: &[&str]) -> String {
        let mut command = (self.sandbox_command)();
        command.args(words);
        let output = run(command, "");
        assert!(output.status.success(), "tmux {words:?}: {}", stderr(&output));
        stdout(&output)
    }

    /// Presses keys, by tmux's names.
    pub fn press(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    /// Types text.
    pub fn type_text(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
    }

    /// The lines of the screen, without spaces at their ends.
    pub fn screen(&self) -> Vec<String> {
        self.tmux(&["capture-pane", "-p"]).lines().map(|line| line.trim_end().to_string()).collect()
    }

    /// Waits until a line of the screen contains `text`, and returns the screen; panics after `patience`.
    #[track_caller]
    pub fn wait_for(&self, text: &str, patience: Duration) -> Vec<String> {
        let shows = || self.screen().iter().any(|line| line.contains(text));
        assert!(eventually(patience, shows), "{text:?} did not appear:\n{}", self.screen().join("\n"));
        self.screen()
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        let mut command = (self.sandbox_command)();
        command.arg("kill-server");
        run(command, "");
    }
}
