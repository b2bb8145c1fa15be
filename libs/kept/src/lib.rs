//! Copies of conversations under `kept/`, made before the clients delete their logs: the only package that reads and
//! writes them. Must stay true: what was copied is never changed, only appended to; a copy is a file of its own, never a
//! hard link; links are refused. Never here: what a line means.

mod beside;
mod compress;
mod copy;
mod due;
mod forget;
mod index;
mod keep;
mod ledger;
mod manifest;
mod origin;
mod read;
mod rename;
mod restore;
mod run;
mod settings;
mod snapshot;
mod status;
mod verify;

pub use due::{Due, Periods, due};
pub use forget::{forget, old, prune, rebuild};
pub use index::{Line, lines};
pub use keep::Done;
pub use ledger::What;
pub use manifest::{FileCopy, LogCopy, Manifest, Snapshot};
pub use read::{KeptConversation, KeptLog, conversations, main_log, open};
pub use restore::{Anew, Restored, needed, restore, restore_at};
pub use run::{Job, Listen, Summary, project_of, run};
pub use settings::Settings;
pub use snapshot::snapshot;
pub use status::{Status, status};
pub use verify::{Finding, Verified, verify};
