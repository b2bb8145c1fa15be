//! `heartbeat`: records a sign of life, by hand.

use crate::change::change;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome};
use cs_core::id::Slug;
use cs_core::record::Status;
use cs_core::{Error, clock, index, session};

/// record a sign of life of sessions, or of a project's newest active session
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "heartbeat", example = "{command_name} ca5d", example = "{command_name} --project api")]
pub struct Heartbeat {
    /// sessions (default: the one of the conversation that runs this)
    #[argh(positional)]
    id: Vec<String>,
    /// the project, by its short name
    #[argh(option)]
    project: Option<String>,
}

impl Heartbeat {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let ids = match (&self.project, self.id.is_empty()) {
            (Some(slug), true) => vec![newest(context, &Slug::parse(slug)?)?],
            (Some(_), false) => {
                return Err(Failure::Usage("name either sessions or a project".into(), None));
            }
            (None, _) => self.id,
        };
        let now = context.now;
        change(context, &ids, |record| {
            if record.status != Status::Active {
                return Err(Error::Refused(format!("{} is {}, not active", record.session_id, record.status.as_str())));
            }
            session::beat(record, now);
            Ok(())
        })
    }
}

fn newest(context: &Context, slug: &Slug) -> Outcome<String> {
    let index = context.store.index()?;
    let entries = index.entries(index::of_project(slug.as_str()));
    let active =
        entries.iter().filter(|(_, entry)| entry.status == Status::Active && entry.project_slug == slug.as_str());
    let horizon = clock::horizon(context.now);
    match active.max_by_key(|(_, entry)| clock::sort_key(&entry.started_at, &horizon)) {
        Some((id, _)) => Ok(id.to_string()),
        None => Err(Failure::Nothing(format!("no active session in the project {:?}", slug.as_str()))),
    }
}
