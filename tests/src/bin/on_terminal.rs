//! Runs a program on a terminal of its own, as a terminal emulator does, and prints its process id. When this program is
//! killed, the terminal is closed, which ends the program.

use std::io::Write;
use std::process::{Command, ExitCode};

use cs_tests::pty::OnTerminal;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (program, args) = words.split_first().expect("a program is named");
    let mut command = Command::new(program);
    command.args(args);
    let mut running = OnTerminal::start(command);
    println!("{}", running.pid());
    std::io::stdout().flush().expect("the output is open");
    // The client of a test runs until the test ends.
    let status = running.wait_long();
    ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
