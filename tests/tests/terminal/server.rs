//! A server of tmux with a socket of its own, in which clients run; killed when dropped, even if the test panics.

use std::path::PathBuf;
use std::process::Output;

use cs_tests::pty::OnTerminal;
use cs_tests::{Sandbox, can_run, has, status, stderr, stdout};

use crate::{CLIENT, uuid, write_program};

pub struct Server<'s> {
    pub sandbox: &'s Sandbox,
    pub socket: PathBuf,
}

impl<'s> Server<'s> {
    /// A server named `name` whose socket is in the sandbox. It begins with its first session. `None` without tmux.
    pub fn new(sandbox: &'s Sandbox, name: &str) -> Option<Self> {
        write_program(&sandbox.home().join("client"), CLIENT);
        has(can_run("tmux", &["-V"], "tmux")).then(|| Server { sandbox, socket: sandbox.root().join(name) })
    }

    fn output(&self, args: &[&str]) -> Output {
        let socket = self.socket.to_string_lossy().into_owned();
        self.sandbox.cs("tmux", &[&["-u", "-f", "/dev/null", "-S", &socket], args].concat())
    }

    /// Runs a command of tmux; returns its output without the last line end.
    #[track_caller]
    pub fn tmux(&self, args: &[&str]) -> String {
        let output = self.output(args);
        assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{args:?}");
        stdout(&output).trim_end().to_owned()
    }

    /// Runs a command of tmux that opens a pane, in which client number `n` runs.
    #[track_caller]
    pub fn client(&self, args: &[&str], n: usize) {
        let client = format!("{} {} 'job {n}'", self.sandbox.home().join("client").display(), uuid(n));
        self.tmux(&[args, &[&client]].concat());
    }

    /// A terminal that shows a session.
    pub fn attached(&self, session: &str) -> OnTerminal {
        let mut command = self.sandbox.command("tmux");
        command.env("TERM", "xterm").args(["-u", "-S"]).arg(&self.socket).args(["attach-session", "-t", session]);
        OnTerminal::start(command)
    }

    /// What each terminal shows: `terminal session:window.pane`, in order.
    pub fn shown(&self) -> Vec<String> {
        let format = "#{client_tty} #{session_name}:#{window_index}.#{pane_index}";
        let mut shown: Vec<String> = self.tmux(&["list-clients", "-F", format]).lines().map(str::to_owned).collect();
        shown.sort();
        shown
    }

    /// The current window and pane of a session.
    pub fn current(&self, session: &str) -> String {
        self.tmux(&["display-message", "-p", "-t", session, "#{window_index}.#{pane_index}"])
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        // Fails if the server has already ended.
        let _ = self.output(&["kill-server"]);
    }
}
