//! A place for agents in seats: a sandbox with a tmux of its own, the stand-in for the client on PATH, and a folder that
//! the client trusts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::{Sandbox, can_run, run, skip, workspace};

/// The server of tmux, by the folder of its socket. It ends when this value is dropped, which must be before the sandbox is.
pub struct Server(PathBuf);

impl Drop for Server {
    fn drop(&mut self) {
        run(self.command(&["kill-server"]), "");
    }
}

impl Server {
    /// A command for the server.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command.env("TMUX_TMPDIR", &self.0).env_remove("TMUX").args(["-L", "cs", "-f", "/dev/null"]).args(words);
        command
    }
}

/// A sandbox in which agents can be spawned; its clock runs. `None` if there is no tmux or no Python here.
pub fn new() -> Option<(Server, Sandbox)> {
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
    Some((server, sandbox))
}

/// Lets the client trust a folder.
pub fn trust(sandbox: &Sandbox, folder: &Path) {
    let folder = folder.canonicalize().expect("the folder exists");
    let projects = json!({ folder.to_str().expect("our path is text"): {"hasTrustDialogAccepted": true} });
    let file = sandbox.home().join(".claude.json");
    fs::write(file, json!({ "projects": projects }).to_string()).expect("the sandbox can be written");
}
