//! Owns what every command of this program works with: the settings, the bot, what may leave. Must stay true: without
//! settings that can be understood as a whole, nothing is sent or read.

use crate::bot::Bot;
use crate::leaving::Guard;
use chat::Settings;
use cli::{Context, Failure, Outcome, defer};
use cs_core::clock::Instant;
use cs_core::error::Error;
use cs_core::store::Store;
use cs_core::trust;
use cs_core::zone::Zone;
use std::path::Path;

/// What is needed to talk with a chat.
pub struct Desk<'s> {
    /// The data directory.
    pub store: &'s Store,
    /// The settings.
    pub settings: Settings,
    /// The bot.
    pub bot: Bot,
    /// What may leave.
    pub guard: Guard<'s>,
    /// The local time zone.
    pub zone: &'static Zone,
}

/// The settings of a chat; an error if none is set up. What is wrong with them is reported.
pub fn settings(context: &Context) -> Outcome<Settings> {
    let path = context.store.home.config();
    let (settings, errors) = Settings::read(&context.config(), &path, std::env::home_dir().as_deref());
    errors.iter().for_each(defer);
    settings.ok_or_else(|| {
        Failure::Advised("no chat is set up".into(), "cs-chat setup asks for what it needs; see docs/CHAT.md".into())
    })
}

/// An error if others could have written `config.json`, which says who is heard, and to which server the token goes.
pub fn ours_alone(config: &Path) -> Outcome<()> {
    match trust::reason_against(config) {
        Some(reason) => Err(Error::Invalid(format!("nothing was sent or read: {reason}")).into()),
        None => Ok(()),
    }
}

impl<'s> Desk<'s> {
    /// With the settings of `config.json`, the token and the rules.
    pub fn open(context: &'s Context) -> Outcome<Desk<'s>> {
        let settings = settings(context)?;
        let path = context.store.home.config();
        ours_alone(&path)?;
        if settings.is_doubtful {
            let text = format!("nothing was sent or read: repair the group chat in {} first", path.display());
            return Err(Error::Invalid(text).into());
        }
        let bot = Bot::of(&settings)?;
        let guard = Guard::new(&context.store)?;
        Ok(Desk { store: &context.store, settings, bot, guard, zone: Zone::system() })
    }

    /// The time of day, as people read it.
    pub fn hour(&self, at: Instant) -> String {
        render::format_local_time(at, self.zone)
    }
}
