//! Owns the first and the last line of a conversation: what it is, and how it ended. Must stay true: only hooks know how a
//! conversation ended; without them it is unknown.

use crate::about::About;
use crate::catalog::Conversation;
use crate::sessions::Sessions;
use crate::wish::Summary;
use agents::part::{End, Head, Show};
use cs_core::clock;
use cs_core::config::Config;
use cs_core::id::Uuid;
use cs_core::process;
use cs_core::record::Session;
use cs_core::store::Store;

/// What the first line says besides the conversation itself.
#[derive(Clone, Debug, Default)]
pub struct Heading {
    /// What its log says about it.
    pub about: About,
    /// Its project, by the short name.
    pub project: Option<String>,
    /// What it is called.
    pub title: Option<String>,
    /// Its records, the oldest first.
    pub session_ids: Vec<String>,
    /// Whether the conversation begins anew, because the part after which it was to go on is not there.
    pub is_anew: bool,
}

impl Heading {
    /// The heading of a conversation. The project and the name of its newest record win.
    pub fn of(about: About, records: &[Session], config: &Config) -> Heading {
        let newest = records.last();
        let project = newest.map(|record| record.project_slug.clone()).or_else(|| about.project(config));
        let title = about.name().or_else(|| newest.map(|record| record.intent.clone()));
        let title = title.filter(|title| !title.is_empty());
        let session_ids = records.iter().map(|record| record.session_id.clone()).collect();
        Heading { about, project, title, session_ids, is_anew: false }
    }

    /// The same, read from its log and its records.
    pub fn read(store: &Store, of: &Conversation) -> cs_core::Result<Heading> {
        let records = Sessions::of(store)?.records(&of.uuid);
        Ok(Heading::of(About::outline(of).unwrap_or_default(), &records, &store.config()))
    }

    /// When the conversation began, RFC 3339, UTC.
    pub fn started_at(&self) -> Option<String> {
        self.about.first_at.and_then(clock::from_millis).map(clock::stamp)
    }

    /// Appends the first line.
    pub fn write_json(&self, of: &Conversation, is_raw: bool, out: &mut Vec<u8>) {
        self.head(of, self.started_at().as_deref()).write_json(is_raw, out);
    }

    /// The same, with the texts that `show` says.
    pub fn write_shown(&self, of: &Conversation, show: &mut Show, out: &mut Vec<u8>) {
        self.head(of, self.started_at().as_deref()).write_shown(show, out);
    }

    fn head<'h>(&'h self, of: &'h Conversation, started_at: Option<&'h str>) -> Head<'h> {
        let about = &self.about;
        Head {
            conversation: &of.uuid,
            agent: of.agent.word(),
            client: about.client.as_deref(),
            project: self.project.as_deref(),
            cwd: about.cwd.as_deref(),
            branch: about.branch.as_deref(),
            title: self.title.as_deref(),
            started_at,
            source: of.place.source(),
            forked_from: about.forked_from.as_deref(),
            parent: about.parent.as_deref(),
            session_ids: &self.session_ids,
            is_anew: self.is_anew,
        }
    }
}

/// Appends the last line.
pub fn write_end(of: &Conversation, summary: Summary, ends: Ends, out: &mut Vec<u8>) {
    let Summary { entries, not_understood, too_long, unread } = summary;
    End { entries, not_understood, too_long, unread, ends: ends.word() }.write_json(&of.uuid, out);
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Its client reported the end.
    Exit,
    /// Its client is gone and reported nothing.
    Killed,
    /// It runs.
    Running,
    /// Nobody knows.
    Unknown,
}

impl Ends {
    /// How it is now.
    pub fn of(store: &Store, uuid: &str) -> Ends {
        let Ok(uuid) = Uuid::parse(uuid) else { return Ends::Unknown };
        match (store.live(&uuid), store.ended(&uuid)) {
            (Ok(Some(live)), _) => match live.process().and_then(|process| process::is_alive(&process)) {
                Some(true) => Ends::Running,
                Some(false) => Ends::Killed,
                None => Ends::Unknown,
            },
            (Ok(None), Ok(Some(_))) => Ends::Exit,
            _ => Ends::Unknown,
        }
    }

    /// Its word in the last line.
    pub fn word(self) -> &'static str {
        match self {
            Ends::Exit => "exit",
            Ends::Killed => "killed",
            Ends::Running => "running",
            Ends::Unknown => "unknown",
        }
    }
}
