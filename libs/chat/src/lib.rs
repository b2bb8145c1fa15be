//! What is known of chats in which a person is told what goes on, and from which the person answers: the settings, who may
//! do what, the Bot API of Telegram as values, texts as it counts them, commands, and what is remembered in `chat/`.
//! Deliberately absent: the network, processes, the terminal, and redaction (what leaves is decided by `cs-chat`).

pub mod api;
mod command;
pub mod handler;
mod role;
mod settings;
pub mod store;
mod text;
mod token;

pub use api::{Answer, Button, Incoming, Message, Request, Update};
pub use command::{Command, Entry, MENU, Span, parse};
pub use role::Role;
pub use settings::{Event, Mirror, Settings};
pub use text::{MOST_SHOWN, UNITS, button, cut, pieces, topic_name, units};
pub use token::{Token, TokenFile};
