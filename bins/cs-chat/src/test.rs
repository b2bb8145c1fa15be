//! `test`: sends one message, and says what came back.

use crate::bot::Manner;
use crate::desk::Desk;
use argh::{ArgsInfo, FromArgs};
use chat::store::Place;
use cli::{Context, Failure, Form, Outcome};
use serde_json::json;

/// send one message to the chat, and say what came back
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "test", example = "{command_name}")]
pub struct Test {}

impl Test {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let desk = Desk::open(context)?;
        let Some(chat) = desk.settings.chats.first().copied() else {
            let hint = "set chat.telegram.allow.chats in config.json, or call cs-chat setup";
            return Err(Failure::Advised("no chat is allowed, so nothing is sent".into(), hint.into()));
        };
        let name = desk.bot.name()?;
        let text = desk.guard.text("This is a test. Notices arrive here.");
        let message = desk.bot.send(Place { chat, topic: None }, &text, &Manner::default())?;
        drop(desk);
        match context.out.form {
            _ if context.out.quiet => {}
            Form::Json => context.out.json(&json!({"bot": name, "chat": chat, "message": message}))?,
            Form::Table => context.out.line(&format!("@{name} sent message {message} to chat {chat}"))?,
        }
        context.out.flush()
    }
}
