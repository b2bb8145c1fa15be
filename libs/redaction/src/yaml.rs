//! Owns reading the part of YAML that lists of rules use: a list of tables of plain or quoted values, perhaps below one
//! name. Must stay true: anything else is an error with its line, never guessed.

use crate::node::{Fault, Node, Value};

/// The list in a text.
pub(crate) fn parse(text: &str) -> Result<Node, Fault> {
    let mut reader = Reader { entries: Vec::new(), indent: None, name: None };
    for (at, line) in text.lines().enumerate() {
        reader.line(at + 1, line)?;
    }
    let list = Value::List(reader.entries);
    let value = match reader.name {
        Some((name, line)) => Value::Table(vec![(name, Node { value: list, line })]),
        None => list,
    };
    Ok(Node { value, line: 1 })
}

struct Reader {
    entries: Vec<Node>,
    /// The column of the names of the last entry.
    indent: Option<usize>,
    name: Option<(String, usize)>,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) -> Result<(), Fault> {
        let fail = |what: &str| Err(Fault::new(number, format!("{what}; a list of rules is expected")));
        let text = line.trim_start_matches(' ');
        let column = line.len() - text.len();
        if text.starts_with('\t') {
            return fail("a tab is no indentation");
        }
        let text = text.trim_end();
        if text.is_empty() || text.starts_with('#') || text == "---" || text == "..." {
            return Ok(());
        }
        if text == "-" || text.starts_with("- ") {
            let inner = text.get(1..).unwrap_or_default();
            let blanks = inner.len() - inner.trim_start_matches(' ').len();
            self.indent = Some(column + 1 + blanks);
            self.entries.push(Node { value: Value::Table(Vec::new()), line: number });
            return match inner.trim() {
                "" => Ok(()),
                flow if flow.starts_with('{') => self.flow(number, flow),
                pair => self.pair(number, pair),
            };
        }
        match self.indent {
            None if column == 0 && self.name.is_none() => match split(text) {
                Some((name, "" | "[]")) => {
                    self.name = Some((name.to_string(), number));
                    Ok(())
                }
                _ => fail("it is not a list"),
            },
            Some(indent) if indent == column => self.pair(number, text),
            _ => fail("the indentation does not fit"),
        }
    }

    /// `{a: b, c: d}` on one line.
    fn flow(&mut self, number: usize, text: &str) -> Result<(), Fault> {
        let mut rest = text.strip_prefix('{').unwrap_or_default();
        loop {
            rest = rest.trim_start_matches([' ', ',']);
            if rest.is_empty() {
                return Err(Fault::new(number, "a brace is not closed"));
            }
            if let Some(end) = rest.strip_prefix('}') {
                let end = end.trim_start();
                let is_end = end.is_empty() || end.starts_with('#');
                return if is_end { Ok(()) } else { Err(Fault::new(number, "something follows the entry")) };
            }
            let end = flow_end(rest);
            self.pair(number, rest.get(..end).unwrap_or_default().trim_end())?;
            rest = rest.get(end..).unwrap_or_default();
        }
    }

    fn pair(&mut self, number: usize, text: &str) -> Result<(), Fault> {
        let Some((name, value)) = split(text) else { return Err(Fault::new(number, "it has no name and value")) };
        let value = scalar(value).map_err(|what| Fault::new(number, what))?;
        let Some(Value::Table(table)) = self.entries.last_mut().map(|node| &mut node.value) else {
            return Err(Fault::new(number, "it is not a list of rules"));
        };
        if table.iter().any(|(known, _)| known == name) {
            return Err(Fault::new(number, format!("{name} is there twice")));
        }
        table.push((name.to_string(), Node { value, line: number }));
        Ok(())
    }
}

/// The name and the value of `name: value`.
fn split(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once(':')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    (is_name && (value.is_empty() || value.starts_with(' '))).then_some((name, value.trim()))
}

/// Where a pair ends between braces.
fn flow_end(text: &str) -> usize {
    let mut quote = None;
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        let was_escaped = is_escaped;
        is_escaped = c == '\\' && quote == Some('"') && !was_escaped;
        match (quote, c) {
            (Some(open), _) if c == open && !was_escaped => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, ',' | '}') => return at,
            _ => {}
        }
    }
    text.len()
}

fn scalar(text: &str) -> Result<Value, String> {
    if let Some(inner) = text.strip_prefix('"') {
        return double(inner).map(Value::Text);
    }
    if let Some(inner) = text.strip_prefix('\'') {
        return single(inner).map(Value::Text);
    }
    let text = text.split(" #").next().unwrap_or_default().trim_end();
    if text.starts_with(['|', '>', '&', '*', '!', '%', '@', '`', '[', '{']) {
        return Err(format!(
            "a value that begins with {:?} is not supported; quote it",
            text.get(..1).unwrap_or_default()
        ));
    }
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Other,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "on" | "On" => Value::Flag(true),
        "false" | "False" | "FALSE" | "no" | "No" | "off" | "Off" => Value::Flag(false),
        _ => Value::Text(text.to_string()),
    })
}

/// What follows a closing quote must be a comment.
fn ended(rest: &str) -> Result<(), String> {
    let rest = rest.trim_start();
    if rest.is_empty() || rest.starts_with('#') {
        Ok(())
    } else {
        Err("something follows the closing quote".to_string())
    }
}

fn single(inner: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = inner;
    loop {
        let at = rest.find('\'').ok_or("a quote is not closed on its line")?;
        out.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + 1..).unwrap_or_default();
        match rest.strip_prefix('\'') {
            Some(more) => {
                out.push('\'');
                rest = more;
            }
            None => return ended(rest).map(|()| out),
        }
    }
}

fn double(inner: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return ended(inner.get(at + 1..).unwrap_or_default()).map(|()| out),
            '\\' => {
                let (_, escape) = chars.next().ok_or("a quote is not closed on its line")?;
                let digits = match escape {
                    'x' => 2,
                    'u' => 4,
                    'U' => 8,
                    _ => 0,
                };
                if digits > 0 {
                    let code: String = chars.by_ref().take(digits).map(|(_, c)| c).collect();
                    let code = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
                    out.push(code.ok_or("an escape is not a character")?);
                    continue;
                }
                out.push(match escape {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    '0' => '\0',
                    'a' => '\u{7}',
                    'b' => '\u{8}',
                    'e' => '\u{1b}',
                    'f' => '\u{c}',
                    'v' => '\u{b}',
                    '"' | '\\' | '/' | ' ' => escape,
                    _ => return Err(format!("\\{escape} is not an escape of YAML; write \\\\{escape}")),
                });
            }
            _ => out.push(c),
        }
    }
    Err("a quote is not closed on its line".to_string())
}
