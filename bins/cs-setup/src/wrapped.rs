//! Owns our status line in the text of Claude Code's settings. Must stay true: a status line that the user had is
//! wrapped, and removing ours restores its text byte for byte (except for blanks in an empty object).

use super::splice::{self, Step, keys};
use super::text::{self, Node, Trouble};

/// The program that shows it.
pub const PROGRAM: &str = "cs-statusline";
const KEY: &str = "statusLine";
const WRAP: &str = " --wrap '";
/// Without this setting the client updates the line only after messages: it would not show that another conversation
/// waits, and the last figures might not be stored. A user's own interval is kept.
const REFRESH_SECONDS: u64 = 10;
/// How a JSON text can spell a single quote.
const QUOTES: [&str; 2] = ["'", r"\u0027"];

/// The text with our status line around the existing one.
pub fn with(text: &str, own: &str) -> std::result::Result<String, Trouble> {
    let root = text::parse(text)?;
    let Some(node) = root.get(KEY) else {
        let own = serde_json::json!({"type": "command", "command": own, "refreshInterval": REFRESH_SECONDS});
        return splice::put(text, &[KEY], &own.to_string());
    };
    let command = command_of(text, node)?;
    let raw = literal(text, command);
    let own = inner(own);
    let wrapped = match rest_of(raw) {
        // Our line keeps its options, but may be in another folder.
        Some(rest) => format!("{own}{rest}"),
        None => format!("{own}{}{WRAP}{}'", padding(text, node), quoted(raw)),
    };
    Ok(replaced(text, command, &wrapped))
}

/// The text without our status line; the one that it wraps is restored.
pub fn without(text: &str) -> std::result::Result<String, Trouble> {
    let root = text::parse(text)?;
    let Some(command) = root.get(KEY).and_then(|node| node.get("command")) else { return Ok(text.to_string()) };
    let Some(rest) = rest_of(literal(text, command)) else { return Ok(text.to_string()) };
    match rest.split_once(WRAP).and_then(|(_, theirs)| unquoted(theirs)) {
        Some(theirs) => Ok(replaced(text, command, &theirs)),
        None => splice::take(text, &keys(&[KEY]), &|_: &[Step]| false),
    }
}

/// The command of others in a status line: the whole command, or what ours wraps.
pub fn theirs(command: &str) -> Option<String> {
    let Some(rest) = rest_of(command) else { return Some(command.to_string()) };
    let wrapped = rest.split_once(WRAP)?.1;
    Some(wrapped.split('\'').next().unwrap_or(wrapped).to_string())
}

/// The option for the padding of the settings, which the client does not report.
fn padding(text: &str, node: &Node) -> String {
    let padding = node.get("padding").and_then(|node| node.value(text)?.as_u64()).filter(|columns| *columns > 0);
    padding.map(|columns| format!(" --padding {columns}")).unwrap_or_default()
}

/// The command of a status line; a status line without a command is an error.
fn command_of<'a>(text: &str, node: &'a Node) -> std::result::Result<&'a Node, Trouble> {
    let command = node.get("command").filter(|command| command.value(text).is_some_and(|value| value.is_string()));
    let what = "\"statusLine\" must be an object with a \"command\"";
    command.ok_or_else(|| Trouble::new(node.span.start, what))
}

/// The text between the quotes of a JSON string.
fn literal<'a>(text: &'a str, node: &Node) -> &'a str {
    text.get(node.span.start + 1..node.span.end - 1).unwrap_or_default()
}

/// A text, escaped for the inside of quotes.
fn inner(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap_or_default();
    quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default().to_string()
}

/// A literal inside a shell word in single quotes. A single quote keeps its spelling inside the `'\''` that a shell
/// needs for it, so that [`unquoted`] returns the same bytes.
fn quoted(raw: &str) -> String {
    pieces(raw)
        .map(|piece| if QUOTES.contains(&piece) { format!(r"{piece}\\{piece}{piece}") } else { piece.into() })
        .collect()
}

/// The text that was passed to [`quoted`], up to the quote that ends the word, because people add options such as
/// `--silent` at the end. `None` if no quote ends it.
fn unquoted(quoted: &str) -> Option<String> {
    let mut raw = String::with_capacity(quoted.len());
    let mut rest = quoted;
    while let Some(piece) = pieces(rest).next() {
        rest = rest.get(piece.len()..).unwrap_or_default();
        if QUOTES.contains(&piece) {
            let Some(after) = rest.strip_prefix(format!(r"\\{piece}{piece}").as_str()) else { return Some(raw) };
            rest = after;
        }
        raw.push_str(piece);
    }
    None
}

/// The characters of a literal as they are spelt: `a`, `\n`, `\u00e9`.
fn pieces(raw: &str) -> impl Iterator<Item = &str> {
    let mut rest = raw;
    std::iter::from_fn(move || {
        let spelt = match (rest.chars().next()?, rest.as_bytes().get(1)) {
            ('\\', Some(b'u')) => 6,
            ('\\', _) => 2,
            (plain, _) => plain.len_utf8(),
        };
        let (piece, after) = rest.split_at_checked(spelt).unwrap_or((rest, ""));
        rest = after;
        Some(piece)
    })
}

/// The rest of a command after our program; `None` if the command runs another one.
fn rest_of(raw: &str) -> Option<&str> {
    let (word, rest) = raw.split_at(match raw.strip_prefix('\'') {
        Some(quoted) => 1 + word_end(quoted)?,
        None => raw.find(' ').unwrap_or(raw.len()),
    });
    (word.trim_end_matches('\'').rsplit('/').next() == Some(PROGRAM)).then_some(rest)
}

/// The end of a word in single quotes, in which a single quote is written as `'\''`.
fn word_end(quoted: &str) -> Option<usize> {
    const INNER: &str = r"'\\''";
    let mut at = 0;
    loop {
        at += quoted.get(at..)?.find('\'')?;
        if !quoted.get(at..)?.starts_with(INNER) {
            return Some(at + 1);
        }
        at += INNER.len();
    }
}

fn replaced(text: &str, node: &Node, inner: &str) -> String {
    let before = text.get(..node.span.start).unwrap_or(text::NOTHING);
    let after = text.get(node.span.end..).unwrap_or_default();
    format!("{before}\"{inner}\"{after}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const OWN: &str = r"'/a b/it'\''s/cs-statusline'";

    #[test]
    fn unwrapping_restores_the_file_byte_for_byte() {
        for text in [
            "{}\n",
            "{\"model\":\"opus\"}",
            "{\n\t\"statusLine\": {\"type\": \"command\", \"command\": \"~/x.sh\", \"padding\": 0}\n}\n",
            "{\"statusLine\": {\"padding\": 3, \"command\": \"~/x.sh\"}}",
            r#"{"statusLine":{"command":"jq -r '.model' | sed 's/\u00e9/e/' \t"},"hooks":{}}"#,
            r#"{"statusLine":{"type":"command","command":"echo \"it's\" '' \\' "}}"#,
        ] {
            let ours = with(text, OWN).unwrap();
            assert_ne!(ours, text);
            assert_eq!(with(&ours, OWN).unwrap(), ours, "a second time changes nothing");
            assert_eq!(without(&ours).unwrap(), text);
        }
    }

    #[test]
    fn the_shell_gets_the_same_command() {
        let theirs = r#"printf '%s' "it's \u0027 $HOME é""#;
        for literal in [serde_json::to_string(theirs).unwrap(), r#""echo \u0027a b\u0027""#.to_string()] {
            let text = format!("{{\"statusLine\":{{\"command\":{literal}}}}}");
            let ours: Value = serde_json::from_str(&with(&text, "show").unwrap()).unwrap();
            let command = ours["statusLine"]["command"].as_str().unwrap().replace("show --wrap ", "printf %s ");
            let output = std::process::Command::new("sh").args(["-c", &command]).output().unwrap();
            let wanted: String = serde_json::from_str(&literal).unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), wanted);
        }
    }

    #[test]
    fn options_behind_the_wrapped_command_do_not_lose_it() {
        let text = r#"{"statusLine":{"command":"echo 'mine' it\\'s","padding":2}}"#;
        let ours = with(text, OWN).unwrap();
        assert!(ours.contains("cs-statusline' --padding 2 --wrap 'echo "), "{ours}");
        let edited = ours.replace("s'\",\"padding", "s' --silent --format '{model}'\",\"padding");
        assert_ne!(edited, ours);
        assert_eq!(without(&edited).unwrap(), text);
    }

    #[test]
    fn options_of_the_user_stay_and_another_folder_is_brought_up_to_date() {
        let text = r#"{"statusLine":{"command":"/old/cs-statusline --format '{model}'"}}"#;
        let moved = with(text, "/new/cs-statusline").unwrap();
        assert_eq!(moved, text.replace("/old/", "/new/"));
        assert_eq!(without(&moved).unwrap(), "{}");
    }

    #[test]
    fn an_entry_without_a_command_is_left_alone() {
        for text in [r#"{"statusLine":"x"}"#, r#"{"statusLine":{"type":"command"}}"#, r#"{"statusLine":{"command":7}}"#]
        {
            assert!(with(text, OWN).is_err());
            assert_eq!(without(text).unwrap(), text);
        }
        let theirs = r#"{"statusLine":{"command":"/x/my-cs-statusline"}}"#;
        assert_eq!(without(theirs).unwrap(), theirs);
    }
}
