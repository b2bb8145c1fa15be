//! `setup`: asks for the bot's token, shows who writes to it next, and stores both. Must stay true: the token is not shown,
//! and only in its file, which only this user can read; nothing is written before the person has agreed to who is allowed.

use crate::PROGRAM;
use crate::bot::{Bot, LONGEST_POLL, Manner};
use crate::desk;
use crate::leaving::Guard;
use crate::secret;
use argh::{ArgsInfo, FromArgs};
use chat::store::{self, Offset, Place, Stored};
use chat::{Incoming, Settings, Token, TokenFile};
use cli::{Context, Failure, Outcome, note};
use cs_core::error::Error;
use cs_core::file::{self, Durability};
use serde_json::{Map, Value, json};
use std::fs::DirBuilder;
use std::io::{IsTerminal, Read, stdin};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long to wait for a message.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// ask for a bot's token, show who writes to it next, and let them in
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "setup",
    example = "{command_name}",
    example = "{command_name} --token-file token.txt --chat -1001234 --user 42 --yes"
)]
pub struct Setup {
    /// a file with the token, or - for standard input (default: it is asked for, and not shown)
    #[argh(option)]
    token_file: Option<PathBuf>,
    /// the number of the chat to be told (default: that of the next message)
    #[argh(option)]
    chat: Option<i64>,
    /// the number of the person who is let in (default: that of the next message)
    #[argh(option)]
    user: Option<i64>,
    /// do not ask for confirmation
    #[argh(switch, short = 'y')]
    yes: bool,
    /// ask and check, but write nothing
    #[argh(switch)]
    dry_run: bool,
}

/// Who is let in.
struct First {
    chat: i64,
    user: i64,
    /// The update by which that is known; `None` if the person named them.
    seen: Option<i64>,
}

impl Setup {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let path = context.store.home.config();
        desk::ours_alone(&path)?;
        let (known, errors) = Settings::read(&context.config(), &path, std::env::home_dir().as_deref());
        if let Some(error) = errors.into_iter().next() {
            return Err(error.into());
        }
        let known = known.unwrap_or_else(|| Settings::fresh(std::env::home_dir().as_deref()));
        if known.is_doubtful {
            let text = format!("{} cannot be understood; repair it first: nothing was changed", path.display());
            return Err(Error::Invalid(text).into());
        }
        let file = TokenFile { token: self.token(&known.config_file)?, options: options(&known.config_file)? };
        let bot = Bot::new(&known.api, file.clone());
        let name = bot.name()?;
        note(PROGRAM, &format!("the token is that of @{name}"));
        let First { chat, user, seen } = match (self.chat, self.user) {
            (Some(chat), Some(user)) => First { chat, user, seen: None },
            _ => self.first_message(context, &bot, &name)?,
        };
        let before = TokenFile::read(&known.config_file).map(|before| before.token.bot().to_string());
        let replaced = before.map(|before| format!(", in place of that of bot {before}")).unwrap_or_default();
        let lines = vec![
            format!("chat {chat} is told, and person {user} may do everything there (admin)"),
            format!("the token of bot {} is stored in {}{replaced}", bot.number(), known.config_file.display()),
            format!("{} gets chat.telegram and the handler \"telegram\" in notify.handlers", path.display()),
        ];
        if self.dry_run {
            lines.iter().try_for_each(|line| context.out.line(line))?;
            context.out.line("nothing was written")?;
            return context.out.flush();
        }
        cli::confirm(&lines, "store this?", self.yes)?;
        write_token(&known.config_file, &file)?;
        let program = cli::programs::own_folder().map(|folder| folder.join(PROGRAM)).unwrap_or_else(|| PROGRAM.into());
        if let Some(seen) = seen {
            // Not carried out by the first poll.
            Offset::change(&context.store.home, |offset| (offset.take(bot.number(), seen, None), ()))?;
        }
        context.store.change_group("chat", |text| with_chat(text, chat, user))?;
        context.store.change_group("notify", |text| with_handler(text, &program))?;
        if let Err(fault) = bot.set_commands() {
            note(PROGRAM, &format!("the chat's menu of commands was not set: {fault}"));
        }
        let guard = Guard::new(&context.store)?;
        let hello = guard.text("This chat is set up. /list shows what needs you, /help what can be done here.");
        bot.send(Place { chat, topic: None }, &hello, &Manner::default())?;
        if chat < 0 {
            note(PROGRAM, "in a group the bot sees a text that is no command or answer only if it is an administrator");
        }
        context.out.line("it is set up; now switch notices and the job on: cs-notify on && cs-setup jobs install")?;
        context.out.flush()
    }

    fn token(&self, path: &Path) -> Outcome<Token> {
        let text = match &self.token_file {
            Some(given) if given.as_os_str() == "-" => {
                let mut text = String::new();
                stdin().lock().take(4096).read_to_string(&mut text)?;
                text
            }
            Some(given) => {
                let bytes = cs_core::open::foreign_bytes(given, 4096)
                    .map_err(|error| Error::Invalid(format!("cannot read {}: {error}", given.display())))?;
                String::from_utf8_lossy(&bytes).into_owned()
            }
            None if !stdin().is_terminal() => {
                let hint = "cs-chat setup --token-file FILE --chat NUMBER --user NUMBER --yes";
                return Err(Failure::Usage(
                    "there is no terminal on which to ask for the token".into(),
                    Some(hint.into()),
                ));
            }
            None => {
                if path.exists() {
                    note(PROGRAM, &format!("{} has a token already; the new one replaces it", path.display()));
                }
                secret::ask("the bot's token, from @BotFather (it is not shown): ")?
            }
        };
        let wrong = || Error::Invalid("that is no token; one looks like 123456789:AAE… (from @BotFather)".into());
        Ok(Token::parse(text.trim()).ok_or_else(wrong)?)
    }

    /// Waits for a message, and asks whether its chat and its sender are meant.
    fn first_message(&self, context: &Context, bot: &Bot, name: &str) -> Outcome<First> {
        if self.yes {
            let hint = "the next message may be that of a stranger; name them by --chat and --user";
            return Err(Failure::Usage("--yes needs --chat and --user".into(), Some(hint.into())));
        }
        if !stdin().is_terminal() {
            let hint = "name them by --chat and --user";
            return Err(Failure::Usage("there is no terminal on which to ask who is let in".into(), Some(hint.into())));
        }
        let home = &context.store.home;
        let _only = store::only_poller(home).map_err(|error| match error {
            Error::Busy(_) => Failure::Later(
                "another process of this machine reads the bot's messages; end cs-chat run first".into(),
                None,
            ),
            other => other.into(),
        })?;
        let text = format!("write /start to @{name} now, in the chat that is to be told (in a group: /start@{name})");
        note(PROGRAM, &text);
        let mut next = Offset::read(home)?.of(bot.number());
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            let wait = LONGEST_POLL.min((end - Instant::now()).as_secs().max(1));
            for update in bot.updates(next, wait)? {
                next = next.max(update.id.saturating_add(1));
                let Some((user, who, Incoming::Message(message))) = update.from else { continue };
                let topic = message.topic.map(|topic| format!(", topic {topic}")).unwrap_or_default();
                let text = chat::cut(&message.text, 100);
                let lines = format!("{who} ({user}) wrote in chat {}{topic}: {text}", message.chat);
                let lines = format!("{}\n", cli::sanitize(&lines.replace(char::is_whitespace, " ")));
                match cli::ask(&lines, "is this you, in the chat that is to be told?") {
                    Ok(()) => {
                        let (chat, user) = (self.chat.unwrap_or(message.chat), self.user.unwrap_or(user));
                        return Ok(First { chat, user, seen: Some(update.id) });
                    }
                    Err(Failure::Nothing(_)) => note(PROGRAM, "left out; waiting for the next message"),
                    Err(failure) => return Err(failure),
                }
            }
        }
        Err(Failure::Later("no message came within 10 minutes; nothing was written".into(), None))
    }
}

/// The other lines of the file that is there. One that cannot be read is an error: it would be lost.
fn options(path: &Path) -> Result<Vec<String>, Error> {
    match TokenFile::read(path) {
        Ok(file) => Ok(file.options),
        Err(Error::Missing(_)) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Writes the file so that nobody else can read it at any time.
fn write_token(path: &Path, file: &TokenFile) -> Outcome<()> {
    if let Some(folder) = path.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|error| Error::io(folder, "create", error))?;
    }
    Ok(file::stage_elsewhere(path, file.to_text().as_bytes(), Durability::Synced)?.replace()?)
}

/// The group `chat` with this chat and this person; all else in it stays.
fn with_chat(text: &str, chat: i64, user: i64) -> Result<String, String> {
    let mut group = object(text, "chat")?;
    let telegram = group.entry("telegram").or_insert_with(|| json!({}));
    let telegram = telegram.as_object_mut().ok_or("chat.telegram is no object")?;
    let allow = telegram.entry("allow").or_insert_with(|| json!({}));
    let allow = allow.as_object_mut().ok_or("chat.telegram.allow is no object")?;
    let chats = allow.entry("chats").or_insert_with(|| json!([]));
    let chats = chats.as_array_mut().ok_or("chat.telegram.allow.chats is no list")?;
    chats.retain(|known| known.as_i64() != Some(chat));
    chats.insert(0, json!(chat));
    match allow.entry("users").or_insert_with(|| json!([])) {
        Value::Array(users) if users.iter().all(|known| known.as_i64() != Some(user)) => users.push(json!(user)),
        Value::Object(users) => drop(users.insert(user.to_string(), json!("admin"))),
        _ => {}
    }
    pretty(&Value::Object(group))
}

/// The group `notify` with this program as a handler; all else in it stays.
fn with_handler(text: &str, program: &Path) -> Result<String, String> {
    let mut group = Value::Object(object(text, "notify")?);
    chat::handler::put(&mut group, &program.to_string_lossy())?;
    pretty(&group)
}

fn object(text: &str, name: &str) -> Result<Map<String, Value>, String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(group)) => Ok(group),
        _ => Err(format!("{name} is no object")),
    }
}

fn pretty(value: &Value) -> Result<String, String> {
    serde_json::to_string_pretty(value).map(|text| text.replace('\n', "\n  ")).map_err(|error| error.to_string())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_groups_stays() {
        let text =
            with_chat(r#"{"telegram": {"mirror": "all", "allow": {"chats": [1], "users": {"7": "view"}}}}"#, 2, 42)
                .unwrap();
        let group: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(group["telegram"]["allow"], json!({"chats": [2, 1], "users": {"7": "view", "42": "admin"}}));
        assert_eq!(group["telegram"]["mirror"], "all");
        assert!(with_chat("[]", 1, 2).is_err());
    }
}
