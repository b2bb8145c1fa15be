//! Owns which handler of `cs-notify` is the chat's, in the group `notify` of `config.json`: by its command, whatever its name.

use serde_json::{Value, json};

/// The file name of the program, and its command that tells the chat.
const PROGRAM: &str = "cs-chat";
const COMMAND: &str = "notify";
/// What a new handler is called.
const NAME: &str = "telegram";

/// Whether the group has the chat's handler, also as its only command.
pub fn is_there(notify: &Value) -> bool {
    let handlers = notify.get("handlers").and_then(Value::as_array).into_iter().flatten();
    let commands = handlers.filter_map(|handler| handler.get("command")).chain(notify.get("command"));
    commands.into_iter().any(is_ours)
}

/// Has the group start this program as the chat's handler; all else in it stays. Fails if the handlers are no list.
pub fn put(notify: &mut Value, program: &str) -> Result<(), String> {
    let group = notify.as_object_mut().ok_or("notify is no object")?;
    let command = json!([program, COMMAND]);
    if group.get("command").is_some_and(is_ours) {
        group.insert("command".into(), command);
        return Ok(());
    }
    let handlers = group.entry("handlers").or_insert_with(|| json!([]));
    let handlers = handlers.as_array_mut().ok_or("notify.handlers is no list")?;
    let own = handlers.iter_mut().find(|handler| handler.get("command").is_some_and(is_ours));
    if let Some(own) = own.and_then(Value::as_object_mut) {
        own.insert("command".into(), command);
        return Ok(());
    }
    let is_taken = |name: &str| handlers.iter().any(|one| one.get("name").and_then(Value::as_str) == Some(name));
    let mut name = NAME.to_string();
    while is_taken(&name) {
        name.push_str("-chat");
    }
    handlers.push(json!({"name": name, "command": command}));
    Ok(())
}

fn is_ours(command: &Value) -> bool {
    let word = |n: usize| command.get(n).and_then(Value::as_str).unwrap_or_default();
    word(0).rsplit('/').next() == Some(PROGRAM) && word(1) == COMMAND
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn it_is_there_once_whatever_its_name_and_its_place() {
        for before in [
            json!({}),
            json!({"handlers": [{"name": "mine", "command": ["/old/cs-chat", "notify"]}]}),
            json!({"command": ["cs-chat", "notify"]}),
            json!({"handlers": [{"name": "telegram", "command": ["/mine/tell-me"]}]}),
        ] {
            let mut group = before.clone();
            put(&mut group, "/x/cs-chat").unwrap();
            let once = group.clone();
            put(&mut group, "/x/cs-chat").unwrap();
            assert!(is_there(&group) && group == once && group.to_string().contains("/x/cs-chat"), "{group}");
            assert!(!group.to_string().contains("/old/"), "{group}");
            assert_eq!(is_there(&before), before.to_string().contains("cs-chat"));
        }
        let mut group = json!({"handlers": [{"name": "telegram", "command": ["/mine/tell-me"]}]});
        put(&mut group, "/x/cs-chat").unwrap();
        assert_eq!(group["handlers"][1]["name"], "telegram-chat", "that of a person stays");
        assert!(put(&mut json!({"handlers": 1}), "x").is_err());
    }
}
