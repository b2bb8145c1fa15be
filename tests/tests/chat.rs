//! cs-chat with a stand-in for the Bot API: who is heard, what is done, what leaves, and that nothing happens twice.

#[path = "chat/attack.rs"]
mod attack;
#[path = "chat/commands.rs"]
mod commands;
#[path = "chat/connection.rs"]
mod connection;
#[path = "chat/failures.rs"]
mod failures;
#[path = "chat/hostile.rs"]
mod hostile;
#[path = "chat/mirror.rs"]
mod mirror;
#[path = "chat/notices.rs"]
mod notices;
#[path = "chat/receipts.rs"]
mod receipts;
#[path = "chat/setting_up.rs"]
mod setting_up;
#[path = "chat/topics.rs"]
mod topics;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use cs_tests::telegram::{CHAT, TOKEN, Telegram, USER};
use cs_tests::{Sandbox, status, stderr};
use serde_json::{Value, json};

/// A sandbox whose config.json lets one person in, and has these fields besides.
fn sandbox(api: &Telegram, more: Value) -> Sandbox {
    let sandbox = Sandbox::new().without("CS_NOW");
    let mut telegram = json!({"api": api.address, "allow": {"chats": [CHAT], "users": {USER.to_string(): "admin", "43": "interact", "44": "view"}}});
    for (key, value) in more.as_object().into_iter().flatten() {
        telegram[key] = value.clone();
    }
    put(&sandbox, "config.json", &json!({"chat": {"telegram": telegram}}).to_string());
    let folder = sandbox.home().join(".config/claude-sessions");
    fs::create_dir_all(&folder).expect("it can be created");
    fs::write(folder.join("telegram"), format!("token = \"{TOKEN}\"\n")).expect("it can be written");
    fs::set_permissions(folder.join("telegram"), fs::Permissions::from_mode(0o600)).expect("it is ours");
    sandbox
}

/// Writes a file of the data directory.
fn put(sandbox: &Sandbox, file: &str, text: &str) {
    let path = sandbox.data().join(file);
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be created");
    fs::write(path, text).expect("it can be written");
}

/// Polls once.
fn poll(sandbox: &Sandbox) -> Output {
    sandbox.cs("cs-chat", &["poll"])
}

/// Polls once; it must work.
fn polled(sandbox: &Sandbox) {
    let output = poll(sandbox);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
}

/// The answer to what the allowed person writes.
fn answer(sandbox: &Sandbox, api: &Telegram, text: &str) -> String {
    api.say(text);
    polled(sandbox);
    api.last()
}

/// A session of the user; returns its id.
fn session(sandbox: &Sandbox, intent: &str) -> String {
    let output = sandbox.cs("cs-session", &["create", "--intent", intent, "-q"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    cs_tests::stdout(&output).trim().to_string()
}

/// A process that stands in for the client of a seat. The test itself cannot: it would be the agent that calls.
struct Client(std::process::Child);

impl Client {
    fn new() -> Client {
        Client(std::process::Command::new("sleep").arg("120").spawn().expect("sleep runs"))
    }

    fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
