//! The intent of a session: what a person typed, without what clients wrap around it.

use cs_tests::replay::Stage;
use cs_tests::{run, status, stderr};
use serde_json::json;

use super::{UUID, prompt, start};

/// A stage with a conversation of these prompts.
fn after(prompts: &[&str]) -> Stage {
    let stage = Stage::new();
    start(&stage, 0, UUID, "startup");
    prompts.iter().zip(1..).for_each(|(text, n)| prompt(&stage, n * 60, UUID, text));
    stage
}

#[test]
fn the_intent_is_what_the_person_typed() {
    for (prompts, intent, activity) in [
        (
            &["<ide_opened_file>The user opened /x/a.rs.</ide_opened_file>\nfix the login page"][..],
            "fix the login page",
            "fix the login page",
        ),
        (
            &["\n\n<pasted_content id=\"1e72\">\nerror: no such file\n</pasted_content>"],
            "error: no such file",
            "error: no such file",
        ),
        (&["hi\n> you said\nfix the login page"], "fix the login page", "fix the login page"),
        (&["hi", "ok", "fix the login page", "and the footer"], "fix the login page", "and the footer"),
        (&["/cs-sessions:sessions", "fix it", "hi"], "fix it", "hi"),
        (&["fix it", "<task-notification>a</task-notification>"], "fix it", "fix it"),
        (&["fix it", "<cross-session-message from=\"b\">do that</cross-session-message>"], "fix it", "fix it"),
        (
            &[
                "<command-message>a:b</command-message>\n<command-name>/a:b</command-name>\n<command-args>c</command-args>",
            ],
            "/a:b c",
            "/a:b c",
        ),
        (&["hi", "yes"], "hi", "yes"),
    ] {
        let record = after(prompts).record_of(UUID).expect("a session");
        assert_eq!((&record["intent"], &record["current_activity"]), (&json!(intent), &json!(activity)), "{prompts:?}");
    }
}

#[test]
fn a_prompt_sent_by_the_client_makes_no_session() {
    for text in ["<ide_selection>a</ide_selection>", "[Cross-session idle notice] b is idle", "<system-reminder>torn"] {
        assert!(after(&[text]).record_of(UUID).is_none(), "{text}");
    }
}

#[test]
fn an_intent_set_by_a_person_is_kept() {
    let stage = after(&["hi"]);
    let id = stage.record_of(UUID).expect("a session")["session_id"].as_str().expect("an id").to_string();
    let mut command = stage.sandbox.command("cs-session");
    command.args(["update", &id, "--intent", "continue"]);
    let output = run(command, "");
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    prompt(&stage, 120, UUID, "fix the login page");
    assert_eq!(stage.record_of(UUID).expect("a session")["intent"], "continue");
}
