//! `status`: what is set, and how the last poll ended. Opens no connection.

use crate::desk;
use argh::{ArgsInfo, FromArgs};
use chat::TokenFile;
use chat::store::{Notices, Offset, State, Stored, Topics};
use cli::{Block, Context, Form, Outcome};
use cs_core::clock::{self, Instant};
use serde::Serialize;
use std::collections::BTreeMap;

/// say who is allowed what, when the bot's messages were last read, and what is open; opens no connection
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "status", example = "{command_name}", example = "{command_name} --json")]
pub struct Status {}

#[derive(Serialize)]
struct Shown {
    /// Whether the settings can be used.
    usable: bool,
    api: String,
    chats: Vec<i64>,
    users: BTreeMap<String, &'static str>,
    /// The number of the bot; absent if its token cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    bot: Option<String>,
    /// Why the token cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    polled_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_ahead: Option<i64>,
    /// The number of the next update; 0 before the first.
    offset: i64,
    strangers: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    quiet_until: Option<String>,
    /// Messages whose matter is not over.
    open: usize,
    topics: usize,
}

impl Status {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let settings = desk::settings(context)?;
        let home = &context.store.home;
        let state = State::read(home)?;
        let token = TokenFile::read(&settings.config_file);
        let open = Notices::read(home)?.notices.iter().filter(|notice| notice.closed_at.is_none()).count();
        let topics = Topics::read(home)?.chats.values().map(|of_chat| of_chat.topics.len()).sum();
        let shown = Shown {
            usable: !settings.is_doubtful,
            api: settings.api.clone(),
            chats: settings.chats.clone(),
            users: settings.users.iter().map(|(user, role)| (user.to_string(), role.as_str())).collect(),
            bot: token.as_ref().ok().map(|file| file.token.bot().to_string()),
            token_error: token.as_ref().err().map(ToString::to_string),
            polled_at: state.polled_at,
            error: state.error,
            clock_ahead: state.clock_ahead,
            offset: Offset::read(home)?.next,
            strangers: state.strangers,
            quiet_until: state.quiet_until,
            open,
            topics,
        };
        match context.out.form {
            _ if context.out.quiet => {}
            Form::Json => context.out.json(&shown)?,
            Form::Table => shown.block(context.now).print(&mut context.out)?,
        }
        context.out.flush()
    }
}

impl Shown {
    fn block(&self, now: Instant) -> Block {
        let ago = |stamp: &Option<String>| {
            let at = stamp.as_deref().and_then(clock::parse);
            at.map(|at| render::format_ago_by_minute(at, now))
        };
        let mut block = Block::new("Telegram");
        let bot = match (&self.bot, &self.token_error) {
            (Some(bot), _) => bot.clone(),
            (None, error) => error.clone().unwrap_or_default(),
        };
        block.field("bot", &bot);
        block.field("server", &self.api);
        let chats: Vec<String> = self.chats.iter().map(i64::to_string).collect();
        block.field("chats", if chats.is_empty() { "none is allowed".into() } else { chats.join(", ") }.as_str());
        let users: Vec<String> = self.users.iter().map(|(user, role)| format!("{user} ({role})")).collect();
        block.field("people", if users.is_empty() { "nobody is allowed".into() } else { users.join(", ") }.as_str());
        block.field("last read", &ago(&self.polled_at).unwrap_or_else(|| "never".into()));
        block.field("problem", self.error.as_deref().unwrap_or_default());
        if self.strangers > 0 {
            block.field("strangers", &format!("{} (not answered)", render::format_quantity(self.strangers, "message")));
        }
        block.field("quiet until", self.quiet_until.as_deref().unwrap_or_default());
        block.field("open", &render::format_quantity(self.open as u64, "message"));
        block.field("topics", &self.topics.to_string());
        block
    }
}
