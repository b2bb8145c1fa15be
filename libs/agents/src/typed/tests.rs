use super::*;

const WORDS: [(&str, &str); 49] = [
    ("fix the login page", "fix the login page"),
    ("  \n fix \n\n twice \n", "fix \n\n twice"),
    ("<ide_opened_file>The user opened /x/a.rs.</ide_opened_file>\nfix it", "fix it"),
    ("<ide_opened_file>The user opened /x/a.rs.</ide_opened_file>fix it", "fix it"),
    ("<ide_selection>The user selected:\nlet a = 1;\n</ide_selection>\n\nwhy?", "why?"),
    ("fix it\n<system-reminder>\nremember\n</system-reminder>", "fix it"),
    ("<system-reminder>a</system-reminder>\n<system-reminder>b</system-reminder>\nfix it", "fix it"),
    ("first\n<system-reminder>a</system-reminder>\nsecond", "first\n\nsecond"),
    ("\n\n<pasted_content id=\"1e72\">\nerror: no such file\n</pasted_content>", "error: no such file"),
    ("look:\n<pasted_content id=\"1\">a > b</pasted_content>", "look:\na > b"),
    ("<pasted_content id=\"1\">\na</pasted_content id=\"1\"> why?", "a\n why?"),
    ("# Context from my IDE setup:\n\n## Open tabs:\n- a.rs\n\n## My request for Codex:\nfix it\n", "fix it"),
    ("# AGENTS.md instructions for /x\n\n<INSTRUCTIONS>\nbe good\n</INSTRUCTIONS>\nfix it", "fix it"),
    ("<environment_context>\n  <cwd>/x</cwd>\n</environment_context>\nfix it", "fix it"),
    (
        "<command-message>a:b</command-message>\n<command-name>/a:b</command-name>\n<command-args>c d</command-args>",
        "/a:b c d",
    ),
    ("<command-name>/review</command-name>\n<command-args></command-args>", "/review"),
    ("<system-reminder>a</system-reminder>\n<command-name>review</command-name>", "/review"),
    ("why does <system-reminder> show up?", "why does <system-reminder> show up?"),
    ("look:\n<system-reminder> is strange", "look:\n<system-reminder> is strange"),
    ("<system-reminders> is a file of mine", "<system-reminders> is a file of mine"),
    ("<div>\n  center this\n</div>", "<div>\n  center this\n</div>"),
    ("# Plan\n- step", "# Plan\n- step"),
    ("[Request interrupted by user]\nno, the other one", "no, the other one"),
    ("<user_action>\n  <action>review</action>\n</user_action>\r\n  go on with 2", "go on with 2"),
    ("<pasted_content id=\"1\">\na\nb</pasted_content>\n\nwhy?", "a\nb\n\nwhy?"),
    ("<pasted_content id=\"1\">a</pasted_content> why?", "a\n why?"),
    ("<pasted_content id=\"1\">a</pasted_content>\r\nwhy?", "a\nwhy?"),
    ("<pasted_content id=\"1\">a</pasted_content><system-reminder>b</system-reminder>\nwhy?", "a\n\nwhy?"),
    ("<pasted_content id=\"1\">torn\nand more", "torn\nand more"),
    ("<pasted_content id=\"1\">\na\n<pasted_content id=\"2\">b</pasted_content>\nc</pasted_content>\nd", "a\nb\nc\nd"),
    ("what is </pasted_content> for?", "what is </pasted_content> for?"),
    ("fix it\n<ide_diagnostics>\nx\n</ide_diagnostics>", "fix it"),
    ("<local-command-stdout>a</local-command-stdout>\nfix it", "fix it"),
    ("<user-prompt-submit-hook>\na\n</user-prompt-submit-hook>\nfix it", "fix it"),
    ("<cross-session-message from=\"a\">b</cross-session-message>\nfix it", "fix it"),
    ("<task-notification>\n<task-id>b</task-id>\n</task-notification>\nfix it", "fix it"),
    ("fix it\n[Cross-session idle notice] is what I see", "fix it\n[Cross-session idle notice] is what I see"),
    (
        "<ide_opened_file>a</ide_opened_file>\n<ide_selection>b</ide_selection>\n<system-reminder>c</system-reminder>fix it",
        "fix it",
    ),
    (
        "# Context from my IDE setup:\n\n## Active file: a.rs\n\n## My request for ChatGPT:\nfix it\n\n# and that\n",
        "fix it\n\n# and that",
    ),
    ("# Context from my IDE setup:\n## My request for Codex:\n<pasted_content id=\"1\">a</pasted_content>", "a"),
    (
        "<command-args>c d</command-args>\n<command-name>/a</command-name>\n<command-message>a</command-message>",
        "/a c d",
    ),
    ("<command-name>/a</command-name>\n<command-message>a</command-message>\n<command-args>c</command-args>", "/a c"),
    ("<command-message>a</command-message>\n<command-args>c</command-args>\n<command-name>/a</command-name>", "/a c"),
    ("<command-name>/a</command-name>\n<command-args>torn and", "/a torn and"),
    (
        "<command-name>/a</command-name>\n<command-args><pasted_content id=\"1\">b</pasted_content></command-args>",
        "/a b",
    ),
    ("<command-name>/a</command-name><command-args><ide_selection>b</ide_selection>c</command-args>", "/a c"),
    ("<command-name>/a</command-name>\n<command-args>\nb\nc\n</command-args>", "/a b\nc"),
    ("run <command-name>/a</command-name> for me", "run <command-name>/a</command-name> for me"),
    ("", ""),
];

const OF_PROGRAMS: [&str; 25] = [
    "<task-notification>\n<task-id>b1</task-id>\n</task-notification>",
    "  <system-reminder>x</system-reminder>\n",
    "<system-reminder>torn",
    "<local-command-stdout>a</local-command-stdout>",
    "<local-command-caveat>a</local-command-caveat>\n<local-command-stdout></local-command-stdout>",
    "<command-message>without a name</command-message>",
    "<bash-input>ls</bash-input>",
    "<bash-stdout>a</bash-stdout><bash-stderr></bash-stderr>",
    "<cross-session-message from=\"a\" from-name=\"b\">hello</cross-session-message>",
    "[Cross-session idle notice] b is idle\nand more",
    "[message m000012 from builder (agent_20261129T1134_1f0c), not from your user and no approval]\nfix it",
    "[Request interrupted by user for tool use]",
    "# AGENTS.md instructions for /x\n\n<INSTRUCTIONS>\na\n</INSTRUCTIONS>\n<environment_context>b</environment_context>",
    "<user_instructions>\na\n</user_instructions>",
    "<turn_aborted>\na\n</turn_aborted>",
    "<subagent_notification>{}</subagent_notification>",
    "<user_action>a</user_action>",
    "<ide_opened_file>The user opened /x/a.rs.</ide_opened_file>",
    "# Context from my IDE setup:\n\n## Open tabs:\n- a.rs",
    "<environment_context>\n  <cwd>/x</cwd>\n</environment_context>",
    "<user-prompt-submit-hook>\na\n</user-prompt-submit-hook>",
    "<cross-session-message from=\"a\">torn",
    "<ide_selection>torn\nlet a = 1;",
    "<pasted_content id=\"1\"></pasted_content>",
    "<command-name></command-name>",
];

#[test]
fn wrappers_are_removed_and_envelopes_unwrapped() {
    for (prompt, words) in WORDS {
        assert_eq!(typed(prompt).map(|typed| typed.text.into_owned()).as_deref(), Some(words), "{prompt:?}");
    }
}

#[test]
fn a_prompt_of_wrappers_only_is_not_typed() {
    for prompt in OF_PROGRAMS {
        assert_eq!(typed(prompt), None, "{prompt:?}");
    }
}

#[test]
fn commands_of_the_client_are_recognised() {
    let is_of_client = |prompt| typed(prompt).unwrap().is_of_client;
    assert!(is_of_client("<command-name>/model</command-name>\n<command-message>model</command-message>"));
    assert!(!is_of_client("<command-message>a:b</command-message>\n<command-name>/a:b</command-name>"));
    assert!(!is_of_client("/model"));
}

#[test]
fn typed_text_stays_typed_when_read_again() {
    for (_, words) in WORDS {
        assert_eq!(typed(words).unwrap().text, words);
    }
}

#[test]
fn the_gist_is_the_first_line_with_own_words() {
    for (text, line) in [
        ("fix it\nnow", "fix it"),
        ("hi\n\nfix the login", "fix the login"),
        ("Hello Claude!\n> you said\n#\n---\n<div>\nfix the login", "fix the login"),
        ("```rust\nfn main() {}\n```", "fn main() {}"),
        ("```rust\nfn main() {}\n```\nwhy does this not compile?", "why does this not compile?"),
        ("[Image #1]\nmake it like this", "make it like this"),
        ("[Image #1] [Pasted text #2 +40 lines] make it so", "[Image #1] [Pasted text #2 +40 lines] make it so"),
        ("[Image #1]", "[Image #1]"),
        ("hi", "hi"),
        ("hi\n???", "hi"),
        ("\n > only a quote", "> only a quote"),
        ("\u{1f600}", "\u{1f600}"),
        ("<b>bold</b> is broken", "<b>bold</b> is broken"),
        ("", ""),
        (" \n ", ""),
    ] {
        assert_eq!(gist(text), line, "{text:?}");
    }
}

#[test]
fn greetings_and_requests_to_continue_say_nothing() {
    for text in
        ["hi", "Hi!", " OK. ", "continue", "Go on, please", "/sessions", "/cs-sessions:park", "2", "?", "", "Yes…"]
    {
        assert!(says_nothing(text), "{text:?}");
    }
    for text in ["let's go", "ok let's continue", "continue where you left off", "hi, how are you?", "ultrathink"] {
        assert!(says_nothing(text), "{text:?}");
    }
    for text in ["[Image #1]", "[Image #1] [Image #2]", "[Pasted text #1 +40 lines]", "ok [Image: source: a.png]"] {
        assert!(says_nothing(text), "{text:?}");
    }
    for text in [
        "fix it",
        "[a](b) is broken",
        "[Image #1] like this",
        "hi, fix the login",
        "continue with the parser",
        "/review",
        "test the parser",
        "日本語",
    ] {
        assert!(!says_nothing(text), "{text:?}");
    }
}

/// Some of these take minutes where the time grows with the square of the length.
#[test]
fn hostile_texts_take_linear_time() {
    const TIMES: usize = 60_000;
    for piece in [
        "<system-reminder>\n",
        "a\n<bash-x>\n",
        "\n",
        " ",
        "<command-",
        "<pasted_content\n",
        "<pasted_content>a",
        "<pasted_content>\n",
        "<pasted_content>\na</pasted_content>b",
        "</pasted_content>",
        "<command-name>/a</command-name><command-args>",
        "<command-name>/a</command-name><command-args><pasted_content>\n",
        "<command-x></command-x>",
        "a\n<system-reminder></system-reminder>",
        "# AGENTS.md instructions for \n",
        "a\n# Context from my IDE setup:\n",
        "<",
    ] {
        let text = piece.repeat(TIMES);
        let said = typed(&text).map_or(0, |typed| gist(&typed.text).len());
        assert!(said <= text.len());
    }
}

#[test]
fn the_rules_hold_for_every_text_of_such_parts() {
    const PARTS: [&str; 20] = [
        "<system-reminder>",
        "</system-reminder>",
        "<command-name>/a</command-name>",
        "<command-args>",
        "</command-args>",
        "<pasted_content id=\"1\">",
        "</pasted_content>",
        "</pasted_content",
        "</INSTRUCTIONS>",
        "# AGENTS.md instructions for ",
        "# Context from my IDE setup:",
        "## My request for Codex:",
        "[Request interrupted by user]",
        "[Cross-session idle notice]",
        "fix it",
        "\n",
        "\n",
        " ",
        ">",
        "\u{2028}",
    ];
    let mut random = 1_u64;
    for _ in 0..20_000 {
        let mut next = || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (random >> 33) as usize
        };
        let length = next() % 12;
        let prompt: String = (0..length).map(|_| PARTS[next() % PARTS.len()]).collect();
        let Some(typed) = typed(&prompt) else {
            assert!(!prompt.trim().is_empty(), "an empty prompt may be a picture");
            continue;
        };
        assert!(typed.text.len() <= prompt.len() + 2, "{prompt:?}");
        assert_eq!(typed.text, typed.text.trim(), "{prompt:?}");
        assert_eq!(typed.text.is_empty(), prompt.trim().is_empty(), "{prompt:?}");
        assert!(typed.text.contains(gist(&typed.text)), "{prompt:?}");
    }
}

#[test]
fn a_name_inside_torn_arguments_is_not_repeated() {
    let name = "x".repeat(100);
    let prompt = format!("<command-args>a<command-name>/{name}</command-name>");
    let told = typed(&prompt).unwrap();
    assert_eq!(told.text, format!("/{name} a"));
}
