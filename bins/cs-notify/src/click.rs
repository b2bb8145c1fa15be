//! Owns what a click on a notice does: `cs-session jump ID` goes to the terminal of the session. Must stay true: the
//! program is one of ours, and its argument is a session's id.

use crate::notice::{About, Notice};
use crate::reasons::Reason;
use cli::programs::sibling;
use cs_core::id::SessionId;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The program that goes to a session.
const PROGRAM: &str = "cs-session";

/// The way to a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Jump {
    program: PathBuf,
    session_id: SessionId,
}

impl Jump {
    /// The way to the session that a notice is about; `None` if it is about several, or the session does not run.
    pub fn of(notice: &Notice) -> Option<Jump> {
        let About::One(subject) = &notice.about else { return None };
        let runs = matches!(subject.reason, Reason::Waiting | Reason::Failed | Reason::Done | Reason::Context);
        let session_id = SessionId::parse(&subject.session_id).ok().filter(|_| runs)?;
        Some(Jump { program: sibling(PROGRAM)?, session_id })
    }

    /// The command line for a shell; `None` if a shell would need more than quotation marks.
    pub fn command_line(&self) -> Option<String> {
        let program = self.program.to_str().filter(|path| !path.contains(|c: char| c == '\'' || c.is_control()))?;
        Some(format!("'{program}' jump {}", self.session_id))
    }

    /// Goes there. What the program prints is nobody's business here.
    pub fn go(&self) {
        let mut command = Command::new(&self.program);
        command.args(["jump", self.session_id.as_str()]);
        let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}
