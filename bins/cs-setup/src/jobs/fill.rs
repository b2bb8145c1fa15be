//! Owns filling in templates: each kind of file has its own rules for quoting paths.
//! Sources: XML 1.0 (2.4); systemd.syntax(7) "Quoting"; systemd.service(5) "Command lines";
//! systemd.unit(5) "Specifiers"; crontab(5).

use super::Job;
use crate::places::{Places, set, text_of};
use cs_core::error::Result;
use cs_core::paths::Home;

/// The settings that a job needs, whichever scheduler starts it.
pub fn environment(places: &Places) -> Result<Vec<(&'static str, String)>> {
    let mut environment = vec![("CS_HOME", text_of(&places.data_name)?.to_string())];
    if set("CLAUDE_CONFIG_DIR").is_some() {
        environment.push(("CLAUDE_CONFIG_DIR", text_of(&places.claude)?.to_string()));
    }
    Ok(environment)
}

/// The file for a job's output, if the scheduler does not store it.
pub fn log(places: &Places, job: &Job) -> Result<String> {
    Ok(text_of(&Home::at(&places.data_name).job_log(job.name))?.to_string())
}

/// The words that start a job through `jobs run`, which keeps its log small.
pub fn with_log_limit(places: &Places, job: &Job) -> Result<Vec<String>> {
    let own = text_of(&places.program("cs-setup"))?.to_string();
    let words = [own, "jobs".into(), "run".into(), "--".into()];
    Ok(words.into_iter().chain(job.command.iter().cloned()).collect())
}

/// A text in XML.
pub fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A text as one word of a unit file.
pub fn unit_word(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%"))
}

/// A command line of a unit file. systemd expands variables in the arguments, but not in the program, and refuses a
/// program whose path has quotes or backslashes, so that a shell must start it.
pub fn unit_command(words: &[String]) -> String {
    let is_safe = !words.first().is_some_and(|path| path.contains(['"', '\'', '\\']));
    let shell = ["/bin/sh", "-c", "exec \"$0\" \"$@\""].map(str::to_string);
    let shell = if is_safe { &[][..] } else { &shell[..] };
    let word = |(n, word): (usize, &String)| if n == 0 { unit_word(word) } else { unit_word(&word.replace('$', "$$")) };
    shell.iter().chain(words).enumerate().map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_paths_stay_paths() {
        assert_eq!(xml("a & <b> \"c\" 'd'"), "a &amp; &lt;b&gt; &quot;c&quot; 'd'");
        let words = ["/a b/%h $x".to_string(), "$HOME\\".to_string()];
        assert_eq!(unit_command(&words), r#""/a b/%%h $x" "$$HOME\\""#);
        let words = ["/a'$b".to_string(), "c".to_string()];
        assert_eq!(unit_command(&words), r#""/bin/sh" "-c" "exec \"$$0\" \"$$@\"" "/a'$$b" "c""#);
    }
}
