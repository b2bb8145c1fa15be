//! `status`: says whether notices are on, who gets them, what calls this program, and what was sent last. Changes nothing.

use crate::delivered::Delivered;
use crate::handler;
use crate::reasons;
use crate::registered::{self, Found};
use crate::settings::Settings;
use argh::{ArgsInfo, FromArgs};
use cli::{Block, Context, Form, Outcome};
use cs_core::clock;
use serde::Serialize;

/// say whether notices are on, who gets them and when, whether the hook and the job are there, and
/// what was sent last
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "status", example = "{command_name}", example = "{command_name} --json")]
pub struct Status {}

#[derive(Serialize)]
struct Shown {
    notifications_enabled: bool,
    handlers: Vec<Recipient>,
    quiet_hours: Option<QuietHours>,
    /// The reasons that are switched off.
    off: Vec<&'static str>,
    hook: Found,
    job: Found,
    last: Option<Last>,
}

#[derive(Serialize)]
struct Recipient {
    name: String,
    works: bool,
    detail: String,
}

#[derive(Serialize)]
struct QuietHours {
    from: String,
    to: String,
    now: bool,
}

/// The notice that was sent last.
#[derive(Serialize)]
struct Last {
    at: String,
    reason: String,
    session_id: String,
}

impl Status {
    pub fn run(self, context: &mut Context, settings: &Settings) -> Outcome<()> {
        let shown = Shown::gather(context, settings)?;
        match context.out.form {
            _ if context.out.quiet => context.out.line(if shown.notifications_enabled { "on" } else { "off" })?,
            Form::Json => context.out.json(&shown)?,
            Form::Table => {
                let mut block = Block::default();
                shown.lines(context).iter().for_each(|(name, value)| block.field(name, value));
                block.print(&mut context.out)?;
            }
        }
        context.out.flush()
    }
}

impl Shown {
    fn gather(context: &Context, settings: &Settings) -> Outcome<Self> {
        let last = Delivered::read(&context.store.home)?.last();
        let quiet_hours = settings.quiet.map(|quiet| QuietHours {
            from: quiet.start(),
            to: quiet.end(),
            now: quiet.holds_at(context.now),
        });
        let handlers = handler::all(settings).into_iter().map(|handler| Recipient {
            works: handler.fault().is_none(),
            detail: handler.describe(),
            name: handler.name,
        });
        Ok(Shown {
            notifications_enabled: settings.enabled,
            handlers: handlers.collect(),
            quiet_hours,
            off: reasons::ALL.iter().filter(|it| settings.rule(**it).is_none()).map(|it| it.as_str()).collect(),
            hook: registered::hook(),
            job: registered::job(),
            last: last.map(|(at, reason, session_id)| Last { at, reason, session_id }),
        })
    }

    fn lines(&self, context: &Context) -> Vec<(&'static str, String)> {
        let mut lines = vec![(
            "notices",
            if self.notifications_enabled { "on" } else { "off; cs-notify on switches them on" }.to_string(),
        )];
        lines.extend(self.handlers.iter().map(|handler| ("sent by", handler.detail.clone())));
        if self.handlers.is_empty() {
            lines.push(("sent by", "nobody".into()));
        }
        let quiet = self.quiet_hours.as_ref().map(|quiet| {
            let now = if quiet.now { " (now)" } else { "" };
            format!("{} to {}{now}", quiet.from, quiet.to)
        });
        lines.push(("quiet", quiet.unwrap_or_else(|| "never".into())));
        lines.extend((!self.off.is_empty()).then(|| ("not for", self.off.join(", "))));
        lines.push(("hook", self.hook.describe()));
        lines.push(("job", self.job.describe()));
        let last = self.last.as_ref().map(|last| {
            let ago = clock::parse(&last.at).map_or_else(|| last.at.clone(), |at| clock::ago(at, context.now));
            format!("{ago}: {} ({})", last.reason, last.session_id)
        });
        lines.push(("last", last.unwrap_or_else(|| "nothing was sent yet".into())));
        lines
    }
}
