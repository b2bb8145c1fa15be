//! The skills name commands that exist: an agent that follows one must not meet a usage error.

use std::collections::BTreeSet;

use cs_tests::{Sandbox, status, stdout, workspace};

/// Maximum number of lines of a skill: it is read as a whole into a conversation.
const LINES: usize = 60;

fn skills() -> Vec<(String, String)> {
    let folders = cs_tests::entries(&workspace().join("skills"));
    let read = |folder: std::path::PathBuf| {
        let text = std::fs::read_to_string(folder.join("SKILL.md")).expect("each folder has a skill");
        (folder.file_name().expect("it has a name").to_string_lossy().into_owned(), text)
    };
    folders.into_iter().map(read).collect()
}

/// The commands in a text: a program, its subcommand and its options.
fn commands(text: &str) -> BTreeSet<(String, String, Vec<String>)> {
    // In a skill a program has the whole path of its launcher, in quotation marks.
    let text = text.replace("\"${CLAUDE_PLUGIN_ROOT}/hooks/run-", "").replace("\" ", " ");
    let mut found = BTreeSet::new();
    for line in text.lines() {
        // What follows `#` is a remark; what follows ` -- ` belongs to another command.
        let line = line.split(" # ").next().unwrap_or_default().split(" -- ").next().unwrap_or_default();
        let words: Vec<&str> = line.split([' ', '`', '(', ')', '!']).filter(|word| !word.is_empty()).collect();
        for (at, program) in words.iter().enumerate().filter(|(_, word)| word.starts_with("cs-")) {
            let is_word =
                |word: &&&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !word.starts_with('-');
            let Some(subcommand) = words.get(at + 1).filter(is_word) else { continue };
            let rest = words.iter().skip(at + 2).take_while(|word| !word.starts_with("cs-"));
            let options =
                rest.filter(|word| word.starts_with("--")).map(|word| word.trim_end_matches(['.', ',']).to_owned());
            found.insert((program.to_string(), subcommand.to_string(), options.collect()));
        }
    }
    found
}

#[test]
fn every_command_of_a_skill_exists_with_its_options() {
    let sandbox = Sandbox::new();
    let programs = cs_tests::program_names();
    let mut checked = 0;
    for (name, text) in skills() {
        for (program, subcommand, options) in commands(&text).into_iter().filter(|(it, ..)| programs.contains(it)) {
            let output = sandbox.cs(&program, &[&subcommand, "--help"]);
            if status(&output) != 0 {
                // An ordinary word, such as in "cs-agent below".
                let is_example = text.contains(&format!("    {program} {subcommand}"));
                assert!(!is_example && options.is_empty(), "{name}: {program} {subcommand} does not exist");
                continue;
            }
            let help = stdout(&output);
            for option in options.iter().filter(|option| !["--table", "--json"].contains(&option.as_str())) {
                assert!(help.contains(option.as_str()), "{name}: {program} {subcommand} has no {option}:\n{help}");
            }
            checked += 1;
        }
    }
    assert!(checked > 20, "it checked only {checked} commands");
}

#[test]
fn a_skill_is_short_and_never_begins_by_itself() {
    for (name, text) in skills() {
        assert!(text.lines().count() < LINES, "{name}");
        assert!(
            text.contains("\ndisable-model-invocation: true\n"),
            "{name}: conversations that do not ask pay nothing"
        );
    }
    let (_, agents) = skills().into_iter().find(|(name, _)| name == "agents").expect("there is one about agents");
    for program in ["cs-agent spawn", "cs-agent wait", "cs-message send", "cs-lease acquire"] {
        assert!(agents.contains(&format!("    {program}")), "{program}");
    }
    // What costs money, or ends another agent's work, is the user's to allow.
    for refused in ["spawn", "kill", "clear", "interrupt"] {
        assert!(!agents.contains(&format!("run-cs-agent\" {refused} *)")), "{refused}");
    }
}
