//! A place for agents in seats: a sandbox with a tmux of its own, the stand-in for the client on PATH, and a folder that
//! the client trusts.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::{Sandbox, can_run, run, skip, workspace};

/// A sandbox in which agents can be spawned; its clock runs. Its server of tmux ends with it, and before it: the folder
/// of the server's socket is in the sandbox.
pub struct Seating {
    // Fields are dropped in this order.
    server: Server,
    /// Where its files are, and its programs run.
    pub sandbox: Sandbox,
}

/// The server of tmux, by the folder of its socket. It ends when this value is dropped.
struct Server(PathBuf);

impl Drop for Server {
    fn drop(&mut self) {
        run(self.command(&["kill-server"]), "");
    }
}

impl Server {
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command.env("TMUX_TMPDIR", &self.0).env_remove("TMUX").args(["-L", "cs", "-f", "/dev/null"]).args(words);
        command
    }
}

impl Seating {
    /// `None` if there is no tmux or no Python here.
    pub fn new() -> Option<Seating> {
        for (program, option) in [("tmux", "-V"), ("python3", "--version")] {
            if let Err(why) = can_run(program, &[option], program) {
                skip(&why);
                return None;
            }
        }
        let sandbox = Sandbox::new().without("CS_NOW");
        let sockets = sandbox.root().join("tmp");
        let server = Server(sockets.clone());
        let sandbox = sandbox.with("TMUX_TMPDIR", sockets).with_program_folder(&workspace().join("tests/stand-in"));
        trust(&sandbox, &sandbox.work());
        Some(Seating { server, sandbox })
    }

    /// The same with a variable of the environment.
    pub fn with(self, name: &str, value: impl Into<OsString>) -> Seating {
        Seating { sandbox: self.sandbox.with(name, value), ..self }
    }

    /// A command for the server of tmux.
    pub fn tmux(&self, words: &[&str]) -> Command {
        self.server.command(words)
    }
}

/// Lets the client trust a folder.
pub fn trust(sandbox: &Sandbox, folder: &Path) {
    let folder = folder.canonicalize().expect("the folder exists");
    let projects = json!({ folder.to_str().expect("our path is text"): {"hasTrustDialogAccepted": true} });
    let file = sandbox.home().join(".claude.json");
    fs::write(file, json!({ "projects": projects }).to_string()).expect("the sandbox can be written");
}
