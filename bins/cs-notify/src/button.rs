//! Owns a program that shows a notice with a button and waits for the person: whether it has shown the notice, and what
//! the person chose. Must stay true: a notice counts as shown only once the program has printed its number or has
//! succeeded; what it prints is never lost, however early.

use crate::channel::{ACTIONS, Call};
use crate::send::{failure, interrupt, kill_group, listen_to_errors, spawn};
use cli::call::GRACE;
use std::io::{BufRead, BufReader, Read};
use std::process::{ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// Maximum number of bytes that are read of what the program prints: a number and an action.
const PRINTED_BYTES: u64 = 4096;

/// How long a program may take to close its notice.
const CLOSING: Duration = Duration::from_secs(1);

/// A program that has shown a notice, and waits for the person to press its button.
#[derive(Debug)]
pub struct Button {
    program: Running,
    /// The action that it printed first.
    pressed: Option<String>,
}

/// What the person chose.
#[derive(Debug, PartialEq)]
pub enum Choice {
    GoThere,
    /// The notice is closed.
    Closed,
    /// The notice is still shown.
    None,
}

/// A program, and what it has done.
#[derive(Debug)]
struct Running {
    group: u32,
    news: Receiver<News>,
    ended: Option<std::io::Result<ExitStatus>>,
}

#[derive(Debug)]
enum News {
    Line(String),
    Ended(std::io::Result<ExitStatus>),
}

enum Next {
    Line(String),
    Ended,
    /// It still runs.
    Nothing,
}

impl Button {
    /// Starts a program that shows a notice with a button, and waits until it has shown it, but no longer than `limit`;
    /// the error says how it failed.
    pub fn show(call: Call, limit: Duration) -> Result<Button, String> {
        let name = call.program.display().to_string();
        let mut child = spawn(&call, Stdio::piped()).map_err(|error| format!("cannot run {name}: {error}"))?;
        let (group, complaint) = (child.id(), listen_to_errors(&mut child));
        let (sender, news) = channel();
        read_lines(child.stdout.take(), sender.clone());
        thread::spawn(move || sender.send(News::Ended(child.wait())));
        let mut program = Running { group, news, ended: None };
        match program.next(limit) {
            Next::Line(line) if ACTIONS.contains(&line.as_str()) => Ok(Button { program, pressed: Some(line) }),
            // notify-send waits for the person even if the desktop did not answer; it then prints 0.
            Next::Line(line) if line.parse().is_ok_and(|number: u32| number > 0) => {
                Ok(Button { program, pressed: None })
            }
            Next::Line(line) => {
                kill_group(group);
                Err(format!("{name} printed {line:?} instead of the number of the notice"))
            }
            Next::Ended => match failure(&name, program.ended.as_ref(), &complaint) {
                None => Ok(Button { program, pressed: None }),
                Some(why) => Err(why),
            },
            Next::Nothing => {
                kill_group(group);
                Err(format!("{name} did not show the notice within {} s and was killed", limit.as_secs()))
            }
        }
    }

    /// What the person chooses within this time.
    pub fn choice(&mut self, limit: Duration) -> Choice {
        if self.pressed.take().is_some() {
            return Choice::GoThere;
        }
        match self.program.next(limit) {
            Next::Line(line) if ACTIONS.contains(&line.as_str()) => Choice::GoThere,
            Next::Line(_) | Next::Nothing => Choice::None,
            Next::Ended => Choice::Closed,
        }
    }

    /// Ends the program, which may take that long to end by itself. The notice stays if it is still shown.
    pub fn end(mut self, limit: Duration) {
        if !limit.is_zero() {
            self.program.next(limit);
        }
        if self.program.ended.is_none() {
            kill_group(self.program.group);
        }
    }

    /// Closes the notice, which notify-send does when it is interrupted, and ends the program.
    pub fn close(self) {
        interrupt(self.program.group);
        self.end(CLOSING);
    }
}

impl Running {
    /// The next line that it prints, also after its end.
    fn next(&mut self, limit: Duration) -> Next {
        let wait = if self.ended.is_some() { GRACE } else { limit };
        match self.news.recv_timeout(wait) {
            Ok(News::Line(line)) => Next::Line(line),
            Ok(News::Ended(status)) => {
                self.ended = Some(status);
                self.next(limit)
            }
            Err(RecvTimeoutError::Timeout) if self.ended.is_none() => Next::Nothing,
            Err(_) => Next::Ended,
        }
    }
}

/// Sends each line; the rest is read and discarded, so that the program never blocks.
fn read_lines(pipe: Option<impl Read + Send + 'static>, sender: Sender<News>) {
    let Some(mut pipe) = pipe else { return };
    thread::spawn(move || {
        for line in BufReader::new(pipe.by_ref().take(PRINTED_BYTES)).lines().map_while(Result::ok) {
            let line = line.trim();
            if !line.is_empty() {
                let _ = sender.send(News::Line(line.to_string()));
            }
        }
        drop(sender);
        std::io::copy(&mut pipe, &mut std::io::sink())
    });
}
