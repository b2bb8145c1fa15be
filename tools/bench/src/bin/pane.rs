//! Stands in for tmux where the cost of `cs-agent spawn` is measured: it starts the command of a new pane, and says where.

use std::process::{Command, Stdio};

#[allow(clippy::zombie_processes)] // it outlives this program, as in a pane
fn main() {
    // Other commands of tmux may follow, as in a shell.
    let mut words = std::env::args().skip_while(|word| word != "--").skip(1).take_while(|word| word != ";");
    let program = words.next().expect("a command for the pane");
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().expect("the command can be started");
    println!("%0 {} /tmp/stand-in", child.id());
}
