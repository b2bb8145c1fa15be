//! Owns reading the list of rules of another tool: entries of `id`, `type` (`regex`, `marker`, `literal`), `pattern`,
//! `scope`, `replacement`, `enabled`, `reason`, `actor`, `ignore_case`, `dotall`, as YAML or JSON; and writing it as our
//! TOML. Pure. Must stay true: an entry that cannot be translated is an error, never left out.

use crate::form::is_replacement;
use crate::node::{Fault, Node, Value};
use crate::pattern::Pattern;
use crate::yaml;

/// The kinds of parts that people and agents write: what such lists call an interaction.
const INTERACTION: [&str; 5] = ["prompt", "answer", "reasoning", "plan", "ask"];

/// The list as a file of rules.
pub(crate) fn converted(text: &str) -> Result<String, Fault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let root = match text.trim_start().starts_with(['[', '{']) {
        true => Node::of_json(text)?,
        false => yaml::parse(text)?,
    };
    let list = match root.value {
        Value::List(all) => all,
        Value::Table(all) => match all.into_iter().find(|(name, _)| name == "rules").map(|(_, node)| node.value) {
            Some(Value::List(all)) => all,
            _ => return Err(Fault::new(0, "it is not a list of rules")),
        },
        _ => return Err(Fault::new(0, "it is not a list of rules")),
    };
    if list.is_empty() {
        return Err(Fault::new(0, "it contains no rules"));
    }
    let mut out = String::from("# Converted by cs-redact rules validate --convert.\n");
    for node in &list {
        out.push_str(&rule(node)?);
    }
    Ok(out)
}

fn rule(node: &Node) -> Result<String, Fault> {
    let Value::Table(fields) = &node.value else { return Err(Fault::new(node.line, "an entry is not a rule")) };
    let text = |name: &str| fields.iter().find(|(known, _)| known == name).and_then(|(_, node)| text_of(&node.value));
    let flag =
        |name: &str, usual: bool| match fields.iter().find(|(known, _)| known == name).map(|(_, node)| &node.value) {
            None | Some(Value::Other) => Ok(usual),
            Some(Value::Flag(flag)) => Ok(*flag),
            Some(_) => Err(Fault::new(node.line, format!("{name} is not true or false"))),
        };
    let id = text("id").ok_or_else(|| Fault::new(node.line, "an entry has no id"))?;
    let fail = |what: &str| Fault::new(node.line, format!("rule {id:?}: {what}"));
    let pattern = text("pattern").filter(|text| !text.trim().is_empty()).ok_or_else(|| fail("it has no pattern"))?;
    let sort = text("type").unwrap_or_default().to_ascii_lowercase();
    let regex = match sort.as_str() {
        "literal" => regex_syntax::escape(&pattern),
        "regex" | "marker" => python(&pattern).map_err(|what| fail(&what))?,
        _ => return Err(fail(&format!("type {sort:?} is not one; use regex, marker or literal"))),
    };
    let flags = match (flag("ignore_case", true)?, flag("dotall", false)?) {
        (true, true) => "(?is)",
        (true, false) => "(?i)",
        (false, true) => "(?s)",
        (false, false) => "",
    };
    let regex = format!("{flags}{regex}");
    Pattern::new(&regex).map_err(|reason| fail(&format!("its pattern cannot be used: {reason}")))?;
    let kinds: &[&str] = match text("scope").unwrap_or_default().as_str() {
        "" | "interaction" => &INTERACTION,
        "prompt" => &["prompt"],
        "field" | "global" => &[],
        word => return Err(fail(&format!("scope {word:?} is not one; use interaction, prompt, field or global"))),
    };
    let tier = if sort == "regex" { "candidate" } else { "definite" };
    let mut out = format!("\n[[rules]]\nid = {}\n", quoted(&id));
    let why = [text("reason"), text("actor")].into_iter().flatten().collect::<Vec<_>>().join(", ");
    if !why.is_empty() {
        out.push_str(&format!("description = {}\n", quoted(&why)));
    }
    out.push_str(&format!("regex = {}\n[rules.cs]\ntier = \"{tier}\"\n", quoted(&regex)));
    if !flag("enabled", true)? {
        out.push_str("enabled = false\n");
    }
    if !kinds.is_empty() {
        let kinds: Vec<String> = kinds.iter().map(|kind| quoted(kind)).collect();
        out.push_str(&format!("kinds = [{}]\n", kinds.join(", ")));
    }
    if let Some(field) = text("field").filter(|field| ["text", "input"].contains(&field.as_str())) {
        out.push_str(&format!("fields = [{}]\n", quoted(&field)));
    }
    if let Some(with) = text("replacement").filter(|with| !with.is_empty()) {
        let with = if is_replacement(&with).is_ok() { with } else { format!("[{with}]") };
        is_replacement(&with).map_err(|reason| fail(&format!("replacement {with:?}: {reason}")))?;
        out.push_str(&format!("replacement = {}\n", quoted(&with)));
    }
    Ok(out)
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A text in TOML's basic form.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

/// An expression of Python as one of ours. Its groups do not say what is replaced: all of the match is. `(?<=x)y` becomes
/// `x(y)`, which replaces the same.
fn python(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    // For each open group: how many groups of ours end with its alternative.
    let mut open = vec![0_usize];
    let mut is_in_class = false;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        match c {
            '\\' => {
                length += rest.chars().nth(1).map_or(0, char::len_utf8);
                let escape = rest.get(..length).unwrap_or_default();
                out.push_str(if escape == "\\Z" { "\\z" } else { escape });
            }
            '[' | ']' => {
                // A bracket at the beginning of a class is one of its characters.
                if c == '[' && !is_in_class {
                    length = if rest.starts_with("[^]") { 3 } else { 1 + usize::from(rest.starts_with("[]")) };
                }
                is_in_class = c == '[';
                out.push_str(rest.get(..length).unwrap_or_default());
            }
            _ if is_in_class => out.push(c),
            '(' => {
                let (begin, more) = group(rest)?;
                length = begin;
                match more {
                    Some(behind) => {
                        let end = closing(rest).ok_or("a bracket is not closed")?;
                        let inner = rest.get(begin..end).unwrap_or_default();
                        if inner.contains('(') {
                            return Err("a group inside of (?<=…) is not supported".to_string());
                        }
                        out.push_str(&format!("{behind}{inner})("));
                        *open.last_mut().ok_or("brackets do not match")? += 1;
                        length = end + 1;
                    }
                    None => {
                        out.push_str("(?");
                        let flags = rest.get(2..begin).filter(|_| rest.starts_with("(?") && !rest.starts_with("(?P<"));
                        out.push_str(flags.unwrap_or(":"));
                        if !flags.is_some_and(|flags| flags.ends_with(')')) {
                            open.push(0);
                        }
                    }
                }
            }
            ')' => {
                out.push_str(&")".repeat(open.pop().unwrap_or(0) + 1));
            }
            '|' => {
                out.push_str(&")".repeat(open.last_mut().map_or(0, std::mem::take)));
                out.push('|');
            }
            _ => out.push(c),
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    out.push_str(&")".repeat(open.first().copied().unwrap_or(0)));
    Ok(out)
}

/// The length of what begins a group, and how a look behind begins here.
fn group(rest: &str) -> Result<(usize, Option<&'static str>), String> {
    if !rest.starts_with("(?") {
        return Ok((1, None));
    }
    if rest.starts_with("(?P<") {
        return Ok((rest.find('>').ok_or("a name is not closed")? + 1, None));
    }
    if rest.starts_with("(?<=") {
        return Ok((4, Some("(?:")));
    }
    let unknown = ["(?!", "(?=", "(?<", "(?P=", "(?P>", "(?(", "(?#"];
    if let Some(sign) = unknown.iter().find(|sign| rest.starts_with(**sign)) {
        return Err(format!("{sign}…) is not supported; write the rule without it"));
    }
    let end = rest.find([':', ')']).ok_or("a group is not closed")?;
    Ok((end + 1, None))
}

/// Where the bracket at the beginning is closed.
fn closing(rest: &str) -> Option<usize> {
    let (mut is_escaped, mut is_in_class) = (false, false);
    rest.char_indices().skip(1).find_map(|(at, c)| {
        let was_escaped = is_escaped;
        is_escaped = c == '\\' && !was_escaped;
        match c {
            _ if was_escaped => {}
            '[' => is_in_class = true,
            ']' => is_in_class = false,
            ')' if !is_in_class => return Some(at),
            _ => {}
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Engine, Key, Place, Rules};

    /// The defaults that the other tool is delivered with, by their forms.
    const LIST: &str = r#"
# a comment
- id: email
  type: regex
  pattern: "[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}"
  scope: global
  enabled: true
  reason: "mail"
- id: bearer_token
  type: regex
  pattern: "bearer\\s+[A-Za-z0-9._-]{8,}"
  scope: global
- id: file_paths
  type: regex
  pattern: "(?:[A-Za-z]:\\\\[^\\s<>]*|\\\\\\\\[A-Za-z0-9._\\-]+\\\\[^\\s<>]*|(?<=[=\\s])/[^\\s<>]*)"
  scope: global
- id: bracketed
  type: regex
  pattern: "\\[[^\\]]{8,}\\]"
  scope: interaction
- id: inline_marker
  type: marker
  pattern: "\\[redact\\s+(?P<content>.+?)\\]"
  scope: interaction
  dotall: true
  replacement: 'gone'
- {id: old, type: literal, pattern: 'a.b', enabled: false}
"#;

    fn engine(list: &str) -> Engine {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rules.toml");
        std::fs::write(&path, converted(list).unwrap()).unwrap();
        Engine::new(Rules::of_file(&path).unwrap(), Key::fresh().unwrap())
    }

    #[test]
    fn the_default_rules_of_the_other_tool_find_the_same() {
        let mut engine = engine(LIST);
        let text = "mail A.B@example.com, BEARER abcdefgh.ij in C:\\x\\y \\\\host\\share a=/etc/x /usr/y not/this a.b";
        let place = Place { kind: Some("call"), field: Some("text"), path: None };
        let found: Vec<_> =
            engine.find(text, place).into_iter().map(|one| (one.rule, text[one.span].to_string())).collect();
        let found: Vec<_> = found.iter().map(|(rule, text)| (rule.as_str(), text.as_str())).collect();
        let expected = [
            ("email", "A.B@example.com"),
            ("bearer_token", "BEARER abcdefgh.ij"),
            ("file_paths", "C:\\x\\y"),
            ("file_paths", "\\\\host\\share"),
            ("file_paths", "/etc/x"),
            ("file_paths", "/usr/y"),
        ];
        assert_eq!(found, expected);
        let text = "a [redact the\nname] b [12345678] c";
        assert_eq!(engine.find(text, place), []);
        let prompt = Place { kind: Some("prompt"), ..place };
        let redacted = engine.redact(text, prompt);
        // Both rules find the first; the one that is first in the list gives its name.
        assert_eq!(redacted.found.iter().map(|one| one.rule.as_str()).collect::<Vec<_>>(), ["bracketed", "bracketed"]);
        assert!(engine.redact(&redacted.text, prompt).found.is_empty());
        let marker = LIST.replace("id: bracketed\n", "id: bracketed\n  enabled: false\n");
        let mut engine = self::engine(&marker);
        assert_eq!(engine.redact(text, prompt).text, "a [gone] b [12345678] c");
    }

    #[test]
    fn json_is_read_and_what_cannot_be_translated_is_told() {
        let list = r#"[{"id": "x", "type": "literal", "pattern": "a.b(", "ignore_case": false, "scope": "global"}]"#;
        assert_eq!(engine(list).find("A.b( a.b( axb(", Place::default()).len(), 1);
        for (list, expected) in [
            ("- id: x\n  type: regex\n  pattern: a(?!b)", "line 1: rule \"x\": (?!…) is not supported"),
            ("- id: x\n  type: word\n  pattern: a", "type \"word\""),
            ("- id: x\n  type: regex", "it has no pattern"),
            ("- type: regex", "an entry has no id"),
            ("- id: x\n  type: regex\n  pattern: a\n  scope: all", "scope \"all\""),
            ("- id: x\n  type: regex\n  pattern: '(a'", "cannot be used"),
            ("- id: x\n   type: regex", "line 2"),
            ("- id: |\n    x", "line 1"),
            ("rules: none", "not a list"),
            ("[]", "no rules"),
        ] {
            let fault = converted(list).expect_err(list);
            assert!(format!("line {}: {}", fault.line, fault.text).contains(expected), "{list}: {fault:?}");
        }
    }

    #[test]
    fn groups_of_python_are_none_here() {
        assert_eq!(python("(a)(?P<x>b)(?i)(?i:c)[(]\\(").unwrap(), "(?:a)(?:b)(?i)(?i:c)[(]\\(");
        assert_eq!(python("(?:(?<=[=)])x|y)z").unwrap(), "(?:(?:[=)])(x)|y)z");
        assert_eq!(python("(?<=a)b").unwrap(), "(?:a)(b)");
        assert_eq!(python("[]()]x\\Z").unwrap(), "[]()]x\\z");
    }

    #[test]
    fn the_largest_file_that_is_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("redact.toml");
        let of = |letters: usize| {
            let reason = "c".repeat(letters);
            let list = format!(r#"[{{"id": "a", "type": "literal", "pattern": "b", "reason": "{reason}"}}]"#);
            Rules::convert_text(&path, &list)
        };
        let most = (4 << 20) - (of(1).unwrap().len() - 1);
        std::fs::write(&path, of(most).unwrap()).unwrap();
        assert!(Rules::of_file(&path).is_ok());
        assert!(of(most + 1).is_err());
    }
}
