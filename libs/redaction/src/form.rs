//! Owns what a file of rules says: the fields of gitleaks and, under `cs`, ours. Must stay true: what cannot be
//! understood is a fault of the whole file, with its line and its rule; an unknown field that can only add finds is a
//! remark.

use crate::allow::{Allow, Target};
use crate::node::{Fault, Node, Value};
use crate::pattern::Pattern;
use crate::tier::Tier;
use cs_core::parallel::in_order;
use std::sync::Arc;

/// The largest number of rules in a file.
const RULES: usize = 5_000;
/// Maximum number of bytes of a name, and of a replacement.
const NAME: usize = 128;
const REPLACEMENT: usize = 64;
/// The same of the words of a replacement in a file that was found by its place.
const WORDS: usize = 32;

/// A file of rules.
#[derive(Debug, Default)]
pub(crate) struct Form {
    pub(crate) rules: Vec<Entry>,
    pub(crate) allow: Vec<Arc<Allow>>,
    pub(crate) extend: Extend,
    pub(crate) remarks: Vec<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Extend {
    pub(crate) path: Option<(String, usize)>,
    pub(crate) use_default: bool,
    pub(crate) disabled: Vec<String>,
    pub(crate) line: usize,
}

/// A rule as a file says it; what it does not say may come from the rule that it extends.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) file: std::path::PathBuf,
    pub(crate) line: usize,
    pub(crate) description: Option<String>,
    pub(crate) regex: Option<Pattern>,
    pub(crate) secret_group: Option<usize>,
    pub(crate) entropy: Option<f64>,
    pub(crate) keywords: Vec<String>,
    pub(crate) path: Option<Pattern>,
    pub(crate) tags: Vec<String>,
    pub(crate) allow: Vec<Arc<Allow>>,
    pub(crate) tier: Option<Tier>,
    pub(crate) replacement: Option<String>,
    pub(crate) kinds: Vec<String>,
    pub(crate) fields: Vec<String>,
    pub(crate) enabled: Option<bool>,
    pub(crate) examples: Vec<String>,
}

impl Form {
    /// What a file says.
    pub(crate) fn parse(text: &str) -> Result<Form, Fault> {
        let root = Node::parse(text)?;
        let mut form = Form::default();
        let mut fields = Fields::of(&root, "the file")?;
        fields.skip(&["title", "description", "minversion", "version"]);
        if let Some(node) = fields.take("extend") {
            form.extend = extend(node)?;
        }
        for node in fields.tables("allowlist", "allowlists")? {
            form.allow.push(Arc::new(allow(node, &mut form.remarks)?));
        }
        // Most of the time goes into checking their expressions.
        let check = |node: &&Node| {
            let mut remarks = Vec::new();
            entry(node, &mut remarks).map(|entry| (entry, remarks))
        };
        in_order(&fields.tables("rule", "rules")?, check, |checked| {
            let (entry, remarks) = checked?;
            if form.rules.iter().any(|other| other.id == entry.id) {
                return Err(Fault::new(entry.line, format!("rule {:?}: two rules have this id", entry.id)));
            }
            form.remarks.extend(remarks);
            form.rules.push(entry);
            Ok(())
        })?;
        if form.rules.len() > RULES {
            return Err(Fault::new(0, format!("it has more than {RULES} rules")));
        }
        fields.finish(&mut form.remarks);
        Ok(form)
    }
}

fn extend(node: &Node) -> Result<Extend, Fault> {
    let mut fields = Fields::of(node, "[extend]")?;
    let path = fields.text("path")?.map(|path| (path, node.line));
    let use_default = fields.flag("usedefault")?.unwrap_or(false);
    let disabled = fields.texts("disabledrules")?;
    if fields.text("url")?.is_some_and(|url| !url.is_empty()) {
        return Err(Fault::new(node.line, "extend.url: nothing is fetched; save the file and name it in extend.path"));
    }
    Ok(Extend { path: path.filter(|(path, _)| !path.is_empty()), use_default, disabled, line: node.line })
}

fn entry(node: &Node, remarks: &mut Vec<String>) -> Result<Entry, Fault> {
    let mut fields = Fields::of(node, "a rule")?;
    let id = fields.text("id")?.unwrap_or_default();
    if id.is_empty() || id.len() > NAME || id.chars().any(char::is_control) {
        return Err(Fault::new(node.line, format!("a rule needs an id of 1 to {NAME} characters")));
    }
    if is_found(&id) {
        return Err(Fault::new(node.line, "the id of a rule is a secret; it would stand in placeholders"));
    }
    fields.name = format!("rule {id:?}");
    let mut entry = Entry {
        file: std::path::PathBuf::new(),
        line: node.line,
        description: fields.text("description")?,
        regex: fields.pattern("regex")?,
        secret_group: fields.count("secretgroup")?,
        entropy: fields.number("entropy")?,
        keywords: fields.texts("keywords")?.into_iter().map(|word| word.to_lowercase()).collect(),
        path: fields.pattern("path")?,
        tags: fields.texts("tags")?,
        allow: Vec::new(),
        tier: None,
        replacement: None,
        kinds: Vec::new(),
        fields: Vec::new(),
        enabled: None,
        examples: Vec::new(),
        id,
    };
    if entry.keywords.iter().any(String::is_empty) {
        return Err(fields.fault("keywords: one is empty"));
    }
    for node in fields.tables("allowlist", "allowlists")? {
        let allow =
            allow(node, remarks).map_err(|fault| Fault::new(fault.line, format!("{}, {}", fields.name, fault.text)))?;
        entry.allow.push(Arc::new(allow));
    }
    if let Some(node) = fields.take("cs") {
        ours(node, &fields.name, &mut entry)?;
    }
    if let (Some(group), Some(regex)) = (entry.secret_group, &entry.regex)
        && group > regex.groups()
    {
        let text = format!("secretGroup is {group}, but the regex has {} groups", regex.groups());
        return Err(fields.fault(&text));
    }
    fields.finish(remarks);
    Ok(entry)
}

/// The fields of `[rules.cs]`; all must be known.
fn ours(node: &Node, name: &str, entry: &mut Entry) -> Result<(), Fault> {
    let mut fields = Fields::of(node, &format!("{name}, cs"))?;
    entry.tier =
        match fields.text("tier")?.as_deref() {
            None => None,
            Some(word) => Some(Tier::of(word).ok_or_else(|| {
                fields.fault(&format!("tier {word:?} is not one; use definite, candidate or personal"))
            })?),
        };
    entry.replacement = fields.text("replacement")?;
    if let Some(text) = &entry.replacement {
        is_replacement(text).map_err(|reason| fields.fault(&format!("replacement {text:?}: {reason}")))?;
    }
    entry.kinds = fields.texts("kinds")?;
    entry.fields = fields.texts("fields")?;
    entry.enabled = fields.flag("enabled")?;
    entry.examples = fields.texts("examples")?;
    let mut unknown = Vec::new();
    fields.finish(&mut unknown);
    match unknown.first() {
        Some(text) => Err(Fault::new(node.line, text.clone())),
        None => Ok(()),
    }
}

/// A replacement must be known again, so that a second run leaves it: it stands in brackets or between asterisks.
pub(crate) fn is_replacement(text: &str) -> Result<(), &'static str> {
    let ends = (text.chars().next(), text.chars().next_back());
    let pairs = [('[', ']'), ('<', '>'), ('{', '}'), ('(', ')'), ('*', '*')];
    match () {
        () if text.len() < 3 || text.len() > REPLACEMENT => Err("it needs 3 to 64 characters"),
        () if text.chars().any(char::is_control) => Err("it contains a control character"),
        () if is_found(text) => Err("it contains a secret, which would not be found any more"),
        () if !pairs.iter().any(|(open, close)| ends == (Some(*open), Some(*close))) => {
            Err("it must stand in brackets or between asterisks, such as <REDACTED>, so that it is known again")
        }
        () => Ok(()),
    }
}

/// Whether a replacement is made of a few words: one that hides nothing else of the text in which it stands.
pub(crate) fn has_words_only(text: &str) -> bool {
    let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    inner.len() <= WORDS && inner.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, ' ' | '-' | '_' | '*'))
}

/// Whether the built-in rules find something in it.
fn is_found(text: &str) -> bool {
    !redact::finds(text, std::slice::from_ref(&(0..text.len()))).is_empty()
}

fn allow(node: &Node, remarks: &mut Vec<String>) -> Result<Allow, Fault> {
    let mut fields = Fields::of(node, "an allowlist")?;
    fields.skip(&["description"]);
    let needs_all = match fields.text("condition")?.unwrap_or_default().to_ascii_lowercase().as_str() {
        "" | "or" | "||" => false,
        "and" | "&&" => true,
        word => return Err(fields.fault(&format!("condition {word:?} is not one; use AND or OR"))),
    };
    let target = match fields.text("regextarget")?.unwrap_or_default().as_str() {
        "" | "secret" => Target::Secret,
        "match" => Target::Match,
        "line" => Target::Line,
        word => return Err(fields.fault(&format!("regexTarget {word:?} is not one; use secret, match or line"))),
    };
    let allow = Allow {
        needs_all,
        target,
        regexes: fields.patterns("regexes")?,
        paths: fields.patterns("paths")?,
        stopwords: fields.texts("stopwords")?.into_iter().map(|word| word.to_lowercase()).collect(),
        has_commits: !fields.texts("commits")?.is_empty(),
        rules: fields.texts("targetrules")?,
        line: node.line,
    };
    if allow.regexes.is_empty() && allow.paths.is_empty() && allow.stopwords.is_empty() && !allow.has_commits {
        return Err(fields.fault("it needs regexes, paths, stopwords or commits"));
    }
    if allow.stopwords.iter().any(String::is_empty) {
        return Err(fields.fault("stopwords: one is empty, which would allow everything"));
    }
    fields.finish(remarks);
    Ok(allow)
}

/// The fields of a table that have not been taken yet.
struct Fields<'n> {
    rest: Vec<&'n (String, Node)>,
    line: usize,
    name: String,
}

impl<'n> Fields<'n> {
    fn of(node: &'n Node, name: &str) -> Result<Fields<'n>, Fault> {
        let Value::Table(all) = &node.value else {
            return Err(Fault::new(node.line, format!("{name} is not a table")));
        };
        Ok(Fields { rest: all.iter().collect(), line: node.line, name: name.to_string() })
    }

    fn fault(&self, text: &str) -> Fault {
        Fault::new(self.line, format!("{}: {text}", self.name))
    }

    fn take(&mut self, name: &str) -> Option<&'n Node> {
        let at = self.rest.iter().position(|(known, _)| known == name)?;
        Some(&self.rest.remove(at).1)
    }

    fn skip(&mut self, names: &[&str]) {
        self.rest.retain(|(known, _)| !names.contains(&known.as_str()));
    }

    fn of_sort<T>(&mut self, name: &str, sort: &str, of: impl Fn(&'n Node) -> Option<T>) -> Result<Option<T>, Fault> {
        let Some(node) = self.take(name) else { return Ok(None) };
        match of(node) {
            Some(value) => Ok(Some(value)),
            None => Err(Fault::new(node.line, format!("{}: {name} is not {sort}", self.name))),
        }
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, Fault> {
        self.of_sort(name, "a text", |node| match &node.value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        })
    }

    fn flag(&mut self, name: &str) -> Result<Option<bool>, Fault> {
        self.of_sort(name, "true or false", |node| match node.value {
            Value::Flag(flag) => Some(flag),
            _ => None,
        })
    }

    fn number(&mut self, name: &str) -> Result<Option<f64>, Fault> {
        self.of_sort(name, "a number of at least 0", |node| match node.value {
            Value::Number(number) if number >= 0.0 && number.is_finite() => Some(number),
            _ => None,
        })
    }

    fn count(&mut self, name: &str) -> Result<Option<usize>, Fault> {
        self.of_sort(name, "a small whole number", |node| match node.value {
            Value::Number(number) if (0.0..=1000.0).contains(&number) && number.fract() == 0.0 => Some(number as usize),
            _ => None,
        })
    }

    /// A list of texts, or one.
    fn texts(&mut self, name: &str) -> Result<Vec<String>, Fault> {
        let found = self.of_sort(name, "a list of texts", |node| match &node.value {
            Value::Text(text) => Some(vec![text.clone()]),
            Value::List(all) => all.iter().map(|node| text_of(node).map(str::to_string)).collect(),
            _ => None,
        });
        Ok(found?.unwrap_or_default())
    }

    fn pattern(&mut self, name: &str) -> Result<Option<Pattern>, Fault> {
        let Some(node) = self.take(name) else { return Ok(None) };
        let text =
            text_of(node).ok_or_else(|| Fault::new(node.line, format!("{}: {name} is not a text", self.name)))?;
        if text.is_empty() {
            return Ok(None);
        }
        self.compiled(name, node, text).map(Some)
    }

    fn patterns(&mut self, name: &str) -> Result<Vec<Pattern>, Fault> {
        let Some(node) = self.take(name) else { return Ok(Vec::new()) };
        let one = |node: &Node| {
            let text = text_of(node);
            let text =
                text.ok_or_else(|| Fault::new(node.line, format!("{}: {name} is not a list of texts", self.name)))?;
            self.compiled(name, node, text)
        };
        match &node.value {
            Value::List(all) => all.iter().map(one).collect(),
            _ => one(node).map(|one| vec![one]),
        }
    }

    fn compiled(&self, name: &str, node: &Node, text: &str) -> Result<Pattern, Fault> {
        Pattern::new(text).map_err(|reason| {
            let text = format!(
                "{}: {name} is not a regular expression of this kind: {reason}. Classes are those of ASCII; there are no \
                 look-arounds and back-references",
                self.name
            );
            Fault::new(node.line, text)
        })
    }

    /// The tables of a list, in its old and in its new form, which do not occur together.
    fn tables(&mut self, old: &str, new: &str) -> Result<Vec<&'n Node>, Fault> {
        let (one, all) = (self.take(old), self.take(new));
        if let (Some(one), Some(_)) = (one, all) {
            return Err(Fault::new(one.line, format!("{}: {old} and {new} cannot both be used", self.name)));
        }
        let Some(node) = one.or(all) else { return Ok(Vec::new()) };
        match &node.value {
            Value::List(all) => Ok(all.iter().collect()),
            Value::Table(_) => Ok(vec![node]),
            _ => Err(Fault::new(node.line, format!("{}: {new} is not a list of tables", self.name))),
        }
    }

    fn finish(&self, remarks: &mut Vec<String>) {
        for (name, node) in &self.rest {
            remarks.push(format!("line {}, {}: {name} is not known, and ignored", node.line, self.name));
        }
    }
}

fn text_of(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}
