//! The text that a person typed in a prompt.

use agents::typed::{self, typed};

use super::text;
use crate::Target;

pub const TARGET: Target = Target { name: "typed", check, words: WORDS, seeds, most: 16 << 10, runs: 100_000 };

const WORDS: &[&str] = &[
    "<system-reminder>",
    "</system-reminder>",
    "<local-command-stdout>",
    "</local-command-",
    "<command-name>/a</command-name>",
    "<command-args>",
    "</command-args>",
    "<pasted_content id=\"1\">",
    "</pasted_content>",
    "# AGENTS.md instructions for ",
    "</INSTRUCTIONS>",
    "# Context from my IDE setup:",
    "## My request for Codex:",
    "[Request interrupted by user]",
    "[Cross-session idle notice]",
    "fix it",
    "\n",
    " ",
    ">",
    "\u{2028}",
];

fn seeds() -> Vec<Vec<u8>> {
    let prompts = [
        "fix the login page",
        "<ide_opened_file>a.rs</ide_opened_file>\nfix it\n<system-reminder>\na\n</system-reminder>",
        "\n\n<pasted_content id=\"1e72\">\nerror\n</pasted_content>\n> quote\nhi",
        "<command-message>a</command-message>\n<command-name>/a</command-name>\n<command-args>b</command-args>",
        "# Context from my IDE setup:\n\n## My request for Codex:\nfix it",
        "# AGENTS.md instructions for /x\n\n<INSTRUCTIONS>\na\n</INSTRUCTIONS>",
    ];
    prompts.iter().map(|prompt| prompt.as_bytes().to_vec()).collect()
}

fn check(bytes: &[u8]) {
    let prompt = text(bytes);
    let Some(typed) = typed(&prompt) else {
        assert!(!prompt.trim().is_empty(), "an empty prompt may be a picture");
        return;
    };
    // A command is written with its slash and one blank.
    assert!(typed.text.len() <= prompt.len() + 2, "{prompt:?}");
    assert_eq!(typed.text, typed.text.trim(), "{prompt:?}");
    assert_eq!(typed.text.is_empty(), prompt.trim().is_empty(), "{prompt:?}");
    let gist = typed::gist(&typed.text);
    assert!(typed.text.contains(gist) && !gist.contains('\n'), "{prompt:?}");
    assert_eq!(gist.is_empty(), typed.text.is_empty(), "{prompt:?}");
    let _ = typed::says_nothing(&typed.text);
}
