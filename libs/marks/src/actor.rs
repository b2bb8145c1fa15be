//! Owns who says something: `CS_ACTOR`, else git's `user.email`, else the account and the machine. It is no proof of
//! anybody's identity, since everybody can set it.

use cs_core::git;
use cs_core::process;
use cs_core::validate;
use std::path::Path;

/// Maximum number of characters.
const LONGEST: usize = 200;

/// Who runs this program.
pub fn actor() -> String {
    let here = std::env::current_dir().unwrap_or_default();
    of(&|name| std::env::var(name).ok(), &here, process::host_name())
}

fn of(variable: &dyn Fn(&str) -> Option<String>, here: &Path, host: Option<String>) -> String {
    let named = variable("CS_ACTOR").and_then(|name| one_line(&name));
    let named = named.or_else(|| one_line(&git::email::at(here, variable)?));
    named.unwrap_or_else(|| {
        let user = ["USER", "LOGNAME"].iter().find_map(|name| one_line(&variable(name)?));
        let (user, host) = (user.unwrap_or_else(|| "somebody".into()), host.unwrap_or_else(|| "localhost".into()));
        format!("{user}@{host}")
    })
}

/// The text as one short line without a secret; `None` if nothing is left.
fn one_line(text: &str) -> Option<String> {
    let plain: String = text.chars().map(|c| if cs_core::visible::is_hidden(c) { ' ' } else { c }).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    Some(validate::cut(&words.join(" "), LONGEST)).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_says_something_is_named_by_a_variable_then_git_then_the_account() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().to_string_lossy().into_owned();
        let with = |actor: Option<&str>, user: Option<&str>| {
            let variable = |name: &str| match name {
                "CS_ACTOR" => actor.map(str::to_string),
                "USER" => user.map(str::to_string),
                "HOME" => Some(home.clone()),
                "GIT_CONFIG_NOSYSTEM" => Some("1".into()),
                _ => None,
            };
            of(&variable, dir.path(), Some("box".into()))
        };
        assert_eq!(with(None, Some("ann")), "ann@box");
        assert_eq!(with(None, None), "somebody@box");
        std::fs::write(dir.path().join(".gitconfig"), "[user]\nemail = ann@example.org\n").unwrap();
        assert_eq!(with(None, Some("ann")), "ann@example.org");
        assert_eq!(with(Some("Ann\n\u{1b}[31m Lee\u{202e}"), None), "Ann [31m Lee");
        assert_eq!(with(Some(" \n"), None), "ann@example.org");
    }
}
