//! Owns what becomes of a notice with a button: it leads to the session while it is true. It is closed once the question
//! was answered, the turn goes on, or the next notice about the session was sent, so that a conversation has at most one
//! button. Must stay true: a notice that is still true is never closed, only its button stops working after a time.

use crate::button::{Button, Choice};
use crate::click::Jump;
use crate::delivered::Delivered;
use crate::due::{self, Reader, Scope};
use crate::settings::Settings;
use crate::subject::Subject;
use cs_core::clock::Instant;
use cs_core::error::Result;
use cs_core::id::{SessionId, Uuid};
use cs_core::paths::Home;
use cs_core::store::Store;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// How long a button works.
const LIMIT: Duration = Duration::from_secs(600);
/// How often it is looked whether something happened, and how often even if no file says so.
const LOOK: Duration = Duration::from_secs(1);
const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// How long a program may take to end after the button was pressed.
const ENDING: Duration = Duration::from_secs(1);

/// A notice that is shown with a button.
#[derive(Debug)]
pub struct Shown {
    pub button: Button,
    pub jump: Jump,
    pub subject: Subject,
}

/// A notice, and where to see whether it is still true.
pub struct Follower<Now: Fn() -> Instant> {
    pub home: Home,
    pub uuid: Uuid,
    pub now: Now,
}

impl<Now: Fn() -> Instant> Follower<Now> {
    /// Waits until the person presses the button or closes the notice, or the notice is no longer true.
    pub fn follow(&self, shown: Shown) {
        let Shown { mut button, jump, subject } = shown;
        let began = std::time::Instant::now();
        let (mut seen, mut looked) = (self.mark(), began);
        loop {
            match button.choice(LOOK) {
                Choice::GoThere => {
                    jump.go();
                    return button.end(ENDING);
                }
                Choice::Closed => return button.end(Duration::ZERO),
                Choice::None if began.elapsed() >= LIMIT => return button.end(Duration::ZERO),
                Choice::None => {}
            }
            let mark = self.mark();
            if mark == seen && looked.elapsed() < LOOK_AGAIN {
                continue;
            }
            (seen, looked) = (mark, std::time::Instant::now());
            // What cannot be read does not say that the notice is wrong.
            if !self.is_true(&subject).unwrap_or(true) {
                return button.close();
            }
        }
    }

    /// When the conversation last changed, and when a notice was last sent.
    fn mark(&self) -> [Option<SystemTime>; 2] {
        let changed = |path: &Path| std::fs::symlink_metadata(path).and_then(|meta| meta.modified()).ok();
        [changed(&self.home.live(&self.uuid)), changed(&self.home.notify_state())]
    }

    /// Whether what the notice says is still so, and no other was sent about the session.
    fn is_true(&self, subject: &Subject) -> Result<bool> {
        if !Delivered::read(&self.home)?.is_last(subject) {
            return Ok(false);
        }
        let store = Store::for_people(self.home.clone(), agents::WITNESS);
        let (config, id) = (store.config(), SessionId::parse(&subject.session_id)?);
        let settings = Settings::read(&config, &self.home.config())?;
        let due = due::find(&Reader::new(&store), &config, &settings, (self.now)(), Scope::Only(&id))?;
        Ok(due.iter().any(|due| due.subject.reason == subject.reason && due.subject.since == subject.since))
    }
}
