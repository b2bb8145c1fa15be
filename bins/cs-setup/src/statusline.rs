//! Owns our status line in Claude Code's settings. A plugin cannot bring one, so it stands there with
//! an absolute path. Must stay true: a status line that the user had is wrapped, not lost, and taking
//! ours out leaves its text as it was, byte for byte.

use crate::diff;
use crate::document::{Document, NOTHING};
use crate::entries::shell_word;
use crate::places::{Places, text_of};
use crate::plan::{Consent, Plan};
use crate::splice::{self, Step, keys};
use crate::text::{self, Node, Trouble};
use argh::FromArgs;
use cs_cli::{Out, Outcome};
use cs_core::error::{Error, Result};

const PROGRAM: &str = "cs-statusline";
const KEY: &str = "statusLine";
const WRAP: &str = " --wrap '";
/// Without it the client asks only when something is said: then nobody hears that another conversation waits, and the
/// last figures may come too soon after others to be kept. The user's own command keeps the rhythm that it has.
const REFRESH_SECONDS: u64 = 10;
/// A single quote inside a word in single quotes, as a JSON text spells it.
const QUOTE: &str = r"'\\''";

/// show our status line in Claude Code, or take it out again
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "statusline",
    example = "{command_name} install --dry-run",
    example = "{command_name} remove"
)]
pub struct Statusline {
    #[argh(subcommand)]
    command: Command,
}

#[derive(FromArgs)]
#[argh(subcommand)]
enum Command {
    Install(Install),
    Remove(Remove),
}

/// write it into settings.json; a status line that you have is shown above it
#[derive(FromArgs)]
#[argh(subcommand, name = "install", example = "{command_name} --dry-run", example = "{command_name} --yes")]
struct Install {
    /// only show what would be changed
    #[argh(switch)]
    dry_run: bool,
    /// do not ask
    #[argh(switch, short = 'y')]
    yes: bool,
}

/// take it out of settings.json; a status line that it wrapped stands there again
#[derive(FromArgs)]
#[argh(subcommand, name = "remove", example = "{command_name} --dry-run", example = "{command_name} --yes")]
struct Remove {
    /// only show what would be changed
    #[argh(switch)]
    dry_run: bool,
    /// do not ask
    #[argh(switch, short = 'y')]
    yes: bool,
}

impl Statusline {
    pub fn run(self, places: &Places, out: &mut Out) -> Outcome<()> {
        let (consent, is_wanted) = match self.command {
            Command::Install(args) => (Consent { is_given: args.yes, dry_run: args.dry_run }, true),
            Command::Remove(args) => (Consent { is_given: args.yes, dry_run: args.dry_run }, false),
        };
        let mut plan = Plan::default();
        let changed = match is_wanted {
            true => Some(installed(places)?),
            false => planned_removal(places)?,
        };
        let Some(changed) = changed else { return plan.carry_out(out, consent, |_| Ok(())) };
        changed.show(&mut plan)?;
        plan.carry_out(out, consent, |_| Ok(changed.write()?))
    }
}

/// Settings, and what is to become of them.
#[derive(Debug)]
pub struct Changed {
    document: Document,
    text: String,
    why: &'static str,
}

impl Changed {
    /// Says what changes.
    pub fn show(&self, plan: &mut Plan) -> Result<()> {
        let old = self.document.seen.text.as_deref().unwrap_or_default();
        if self.text != self.document.text {
            self.document.seen.check_writable()?;
            plan.write(self.document.seen.path.display(), self.why, diff::lines(old, &self.text));
        }
        Ok(())
    }

    /// Does it.
    pub fn write(&self) -> Result<()> {
        self.document.seen.replace(&self.text)
    }
}

fn installed(places: &Places) -> Result<Changed> {
    let document = Document::read(&places.settings())?;
    let own = shell_word(text_of(&places.program(PROGRAM))?);
    let text = with(&document.text, &own).map_err(|trouble| refusal(&document, &trouble))?;
    Ok(Changed { document, text, why: "shows our status line" })
}

/// What taking ours out changes; `None` where it does not stand.
pub fn planned_removal(places: &Places) -> Result<Option<Changed>> {
    let Some(document) = Document::read_ours(&places.settings())? else { return Ok(None) };
    let text = without(&document.text).map_err(|trouble| refusal(&document, &trouble))?;
    let is_there = document.seen.text.is_some() && text != document.text;
    Ok(is_there.then_some(Changed { document, text, why: "takes our status line out" }))
}

fn refusal(document: &Document, trouble: &Trouble) -> Error {
    Error::corrupt(&document.seen.path, trouble.in_text(&document.text))
}

/// The text with our status line, around the one that stands there.
fn with(text: &str, own: &str) -> std::result::Result<String, Trouble> {
    let root = text::parse(text)?;
    let Some(node) = root.get(KEY) else {
        let own = serde_json::json!({"type": "command", "command": own, "refreshInterval": REFRESH_SECONDS});
        return splice::put(text, &[KEY], &own.to_string());
    };
    let command = command_of(text, node)?;
    let raw = literal(text, command);
    let own = inner(own);
    let wrapped = match rest_of(raw) {
        // With its options; the folder may be another one.
        Some(rest) => format!("{own}{rest}"),
        None => {
            let theirs = quotable(raw, command, text).replace('\'', QUOTE);
            format!("{own}{}{WRAP}{theirs}'", padding(text, node))
        }
    };
    Ok(replaced(text, command, &wrapped))
}

/// The text without our status line, the one that it wraps in its place.
fn without(text: &str) -> std::result::Result<String, Trouble> {
    let root = text::parse(text)?;
    let Some(command) = root.get(KEY).and_then(|node| node.get("command")) else { return Ok(text.to_string()) };
    let Some(rest) = rest_of(literal(text, command)) else { return Ok(text.to_string()) };
    match rest.split_once(WRAP).and_then(|(_, theirs)| quoted(theirs)) {
        Some(theirs) => Ok(replaced(text, command, &theirs.replace(QUOTE, "'"))),
        None => splice::take(text, &keys(&[KEY]), &|_: &[Step]| false),
    }
}

/// The option that says how much room the padding of the settings takes away; the client tells nobody.
fn padding(text: &str, node: &Node) -> String {
    let padding = node.get("padding").and_then(|node| node.value(text)?.as_u64()).filter(|columns| *columns > 0);
    padding.map(|columns| format!(" --padding {columns}")).unwrap_or_default()
}

/// What stands before the quote that ends a word. Options may follow: people add `--silent` at the end.
fn quoted(text: &str) -> Option<&str> {
    let mut end = 0;
    loop {
        let rest = text.get(end..)?;
        end += rest.find('\'')?;
        match text.get(end..)?.starts_with(QUOTE) {
            true => end += QUOTE.len(),
            false => return text.get(..end),
        }
    }
}

/// The command of a status line; anything else there is not for us to change.
fn command_of<'a>(text: &str, node: &'a Node) -> std::result::Result<&'a Node, Trouble> {
    let command = node.get("command").filter(|command| command.value(text).is_some_and(|value| value.is_string()));
    let what = "\"statusLine\" must be an object with a \"command\"";
    command.ok_or_else(|| Trouble::new(node.span.start, what))
}

/// What stands between the quotes of a JSON text.
fn literal<'a>(text: &'a str, node: &Node) -> &'a str {
    text.get(node.span.start + 1..node.span.end - 1).unwrap_or_default()
}

/// A text as it stands between the quotes.
fn inner(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap_or_default();
    quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default().to_string()
}

/// The literal as it can be quoted for a shell: one that spells a single quote as an escape is spelt anew.
fn quotable(raw: &str, node: &Node, text: &str) -> String {
    let value = node.value(text).unwrap_or_default();
    let value = value.as_str().unwrap_or_default();
    if value.matches('\'').count() == raw.matches('\'').count() { raw.to_string() } else { inner(value) }
}

/// What follows our program in a command; `None` where the command is another one.
fn rest_of(raw: &str) -> Option<&str> {
    let (word, rest) = match raw.strip_prefix('\'') {
        Some(quoted) => quoted.split_once('\'')?,
        None => raw.split_at(raw.find(' ').unwrap_or(raw.len())),
    };
    (word.rsplit('/').next() == Some(PROGRAM)).then_some(rest)
}

fn replaced(text: &str, node: &Node, inner: &str) -> String {
    let before = text.get(..node.span.start).unwrap_or(NOTHING);
    let after = text.get(node.span.end..).unwrap_or_default();
    format!("{before}\"{inner}\"{after}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const OWN: &str = "'/a b/cs-statusline'";

    #[test]
    fn what_was_there_comes_back_byte_for_byte() {
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
    fn what_is_no_command_is_left_alone() {
        for text in [r#"{"statusLine":"x"}"#, r#"{"statusLine":{"type":"command"}}"#, r#"{"statusLine":{"command":7}}"#]
        {
            assert!(with(text, OWN).is_err());
            assert_eq!(without(text).unwrap(), text);
        }
        let theirs = r#"{"statusLine":{"command":"/x/my-cs-statusline"}}"#;
        assert_eq!(without(theirs).unwrap(), theirs);
    }
}
