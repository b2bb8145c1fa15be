//! From a token to the first answer.

use super::*;
use cs_tests::stdout;

fn bare(api: &Telegram) -> Sandbox {
    let sandbox = Sandbox::new().without("CS_NOW");
    put(&sandbox, "config.json", &json!({"chat": {"telegram": {"api": api.address}}, "other": 1}).to_string());
    fs::write(sandbox.home().join("token"), format!("{TOKEN}\n")).expect("it can be written");
    sandbox
}

#[test]
fn a_script_sets_up_a_chat() {
    let api = Telegram::new();
    let sandbox = bare(&api);
    let args = ["setup", "--token-file", "../token", "--chat", "-1001", "--user", "42"];
    let dry = sandbox.cs("cs-chat", &[&args[..], &["--dry-run"]].concat());
    assert!(status(&dry) == 0 && stdout(&dry).contains("nothing was written"), "{}", stderr(&dry));
    let file = sandbox.home().join(".config/claude-sessions/telegram");
    assert!(!file.exists());
    let output = sandbox.cs("cs-chat", &args);
    assert_eq!(status(&output), 64, "it asks: {}", stderr(&output));
    let output = sandbox.cs("cs-chat", &[&args[..], &["--yes"]].concat());
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(!stdout(&output).contains(&TOKEN[7..]) && !stderr(&output).contains(&TOKEN[7..]));
    assert_eq!(fs::metadata(&file).expect("it is there").permissions().mode() & 0o777, 0o600);
    let config = sandbox.json("config.json");
    assert_eq!(config["chat"]["telegram"]["allow"], json!({"chats": [CHAT], "users": [USER]}));
    assert_eq!(config["other"], 1);
    assert_eq!(config["notify"]["handlers"][0]["name"], "telegram");
    assert!(api.last().contains("/list"), "{}", api.last());
    assert_eq!(api.of("setMyCommands").len(), 1);
    assert!(answer(&sandbox, &api, "/quiet").starts_with("Everything is told."));
    let output = sandbox.cs("cs-chat", &["test"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("our_bot"));
    let tested = sandbox.cs("cs-notify", &["--test"]);
    assert!(api.last().contains("test"), "{} {}", api.last(), stderr(&tested));
}

#[test]
fn a_wrong_token_changes_nothing() {
    let api = Telegram::new();
    let sandbox = bare(&api);
    let before = fs::read(sandbox.data().join("config.json")).expect("it is there");
    for (token, code) in [("nonsense", 65), ("999999:BBEhBOweik6ad9r_QXMENQjcrGbqCr4K", 65)] {
        fs::write(sandbox.home().join("token"), token).expect("it can be written");
        let output =
            sandbox.cs("cs-chat", &["setup", "--token-file", "../token", "--chat", "1", "--user", "2", "--yes"]);
        assert_eq!(status(&output), code, "{}", stderr(&output));
        assert!(!stderr(&output).contains("BBEhBOweik6"), "{}", stderr(&output));
    }
    assert_eq!(fs::read(sandbox.data().join("config.json")).expect("it is there"), before);
    let output = sandbox.cs("cs-chat", &["setup"]);
    assert_eq!(status(&output), 64, "no terminal: {}", stderr(&output));
    let output = sandbox.cs("cs-chat", &["setup", "--token-file", "../token", "--yes"]);
    assert_ne!(status(&output), 0);
}
