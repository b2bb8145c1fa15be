//! Owns which rules are used: those of files, in order, and the built-in ones (`redact`). Pure but for reading the files
//! that are named or found.
//!
//! Must stay true: a file that was found, not named, may come from anyone's repository; it adds rules and changes
//! nothing else. A file that cannot be understood is an error, never fewer rules.

use crate::allow::Allow;
use crate::form::{self, Entry, Form};
use crate::node::Fault;
use crate::pattern::Pattern;
use crate::tier::Tier;
use cs_core::error::{Error, Result};
use cs_core::hex::hex;
use cs_core::open;
use cs_core::paths::Home;
use redact::Sure;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Maximum number of bytes of a file of rules.
const FILE: u64 = 4 << 20;
/// Maximum number of files that extend each other.
const DEPTH: usize = 2;
/// The sum of the sizes of all expressions.
const STATES: usize = 400_000;
/// Where a project keeps its rules.
const FOUND: &str = ".claude-sessions/redact.toml";

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name, also in placeholders.
    pub id: String,
    /// How sure it is.
    pub tier: Tier,
    /// What it finds, for people.
    pub description: String,
    /// Its file and line; nothing for a built-in rule.
    pub origin: Option<(PathBuf, usize)>,
    /// Whether it is used.
    pub enabled: bool,
    /// Labels for people.
    pub tags: Vec<String>,
    /// A text is only looked at if it contains one of them; in lower case.
    pub keywords: Vec<String>,
    /// Texts in which it must find something.
    pub examples: Vec<String>,
    /// What stands in the text instead of a placeholder.
    pub replacement: Option<String>,
    /// The kinds of parts that it applies to; empty: all.
    pub kinds: Vec<String>,
    /// The fields that it applies to; empty: all.
    pub fields: Vec<String>,
    pub(crate) regex: Option<Pattern>,
    pub(crate) path: Option<Pattern>,
    pub(crate) secret_group: usize,
    pub(crate) entropy: f64,
    pub(crate) allow: Vec<Arc<Allow>>,
}

impl Rule {
    /// Whether it is one of the rules of `redact`.
    pub fn is_builtin(&self) -> bool {
        self.origin.is_none()
    }

    /// Its regular expression; a built-in rule has none.
    pub fn regex(&self) -> Option<&str> {
        self.regex.as_ref().map(Pattern::source)
    }
}

/// All rules that are used, in order.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    rules: Vec<Rule>,
    digest: String,
    names: Vec<String>,
    remarks: Vec<String>,
    read: Vec<(PathBuf, String)>,
}

/// Whether a file was named by a person, or found by its place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    Named,
    Found,
}

impl Rules {
    /// The rules in these files, or in `.claude-sessions/redact.toml` upwards from the current directory if none are named;
    /// those in the data directory's `redact.toml`; and the built-in ones. Fails if one of them cannot be understood.
    pub fn load(home: &Home, files: &[PathBuf]) -> Result<Rules> {
        let here = if files.is_empty() { std::env::current_dir().ok() } else { None };
        let mut all = Gathered::default();
        for path in files {
            all.add(path, Trust::Named)?;
        }
        all.with_found(home, here.as_deref())
    }

    /// The same for a program that is not in the project's folder: those upwards from there instead of the current
    /// directory; none if that is unknown.
    pub fn load_for(home: &Home, folder: Option<&Path>) -> Result<Rules> {
        Gathered::default().with_found(home, folder.filter(|folder| folder.is_absolute()))
    }

    /// The same for what belongs to several projects: those upwards from each of these folders, for all of it. Fails if it
    /// is unknown whether there are any.
    pub fn load_of_all(home: &Home, folders: &[PathBuf]) -> Result<Rules> {
        let absolute = folders.iter().filter(|folder| folder.is_absolute());
        let mut all = Gathered::default();
        let files = absolute.filter_map(|folder| surely_found(folder).transpose());
        for path in files.collect::<Result<BTreeSet<PathBuf>>>()? {
            all.add(&path, Trust::Found)?;
        }
        all.with_found(home, None)
    }

    /// The files that rules are from, in order.
    pub fn files(&self) -> Vec<&Path> {
        let mut files: Vec<&Path> = Vec::new();
        for (path, _) in self.rules.iter().filter_map(|rule| rule.origin.as_ref()) {
            if !files.contains(&path.as_path()) {
                files.push(path);
            }
        }
        files
    }

    /// The files that were read, also those without a rule, each with SHA-256 of its text; without those that they extend.
    pub fn files_read(&self) -> &[(PathBuf, String)] {
        &self.read
    }

    /// The rules in one file and the built-in ones.
    pub fn of_file(path: &Path) -> Result<Rules> {
        Rules::of_text(path, &read_text(path)?)
    }

    /// The rules in the text of a file and the built-in ones.
    pub fn of_text(path: &Path, text: &str) -> Result<Rules> {
        let mut all = Gathered::default();
        all.add_text(path, text, Trust::Named)?;
        all.finish(Vec::new())
    }

    /// The same for a file that was found by its place.
    #[cfg(test)]
    pub(crate) fn of_found(path: &Path, text: &str) -> Result<Rules> {
        let mut all = Gathered::default();
        all.add_text(path, text, Trust::Found)?;
        all.finish(Vec::new())
    }

    /// The built-in rules.
    pub fn builtin() -> Rules {
        Gathered::default().finish(Vec::new()).unwrap_or_default()
    }

    /// A list of rules of another tool (`id`, `type`, `pattern`, `scope`, …, as YAML or JSON), as a file of rules.
    pub fn convert(path: &Path) -> Result<String> {
        Rules::convert_text(path, &read_text(path)?)
    }

    /// The same for the text of a file.
    pub fn convert_text(path: &Path, text: &str) -> Result<String> {
        let rules = crate::convert::converted(text).map_err(|found| fault(path, found.line, &found.text))?;
        let full = || Error::Refused(format!("{} makes a file of rules of more than {FILE} bytes", path.display()));
        (rules.len() as u64 <= FILE).then_some(rules).ok_or_else(full)
    }

    /// Only these rules.
    pub(crate) fn with_rules(mut self, rules: Vec<Rule>) -> Rules {
        self.digest = digest(&rules);
        self.rules = rules;
        self
    }

    /// The rules, which also find these names of the user in paths.
    pub fn with_names(mut self, names: Vec<String>) -> Rules {
        self.names = names;
        self
    }

    /// SHA-256 of all rules, hexadecimal.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The rules in order.
    pub fn all(&self) -> &[Rule] {
        &self.rules
    }

    /// What was ignored in files, for people who check one.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// The user's own names.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The first rule that is about the path alone and names it: such a file is not to be given out at all.
    pub fn forbids(&self, path: &str) -> Option<&Rule> {
        let is_path_rule = |rule: &&Rule| rule.enabled && rule.regex.is_none();
        let allowed = |rule: &Rule| {
            let found = crate::allow::Candidate { secret: "", matched: "", line: "", path: Some(path) };
            rule.allow.iter().any(|allow| allow.allows(&found))
        };
        let mut rules = self.rules.iter().filter(is_path_rule);
        rules.find(|rule| rule.path.as_ref().is_some_and(|pattern| pattern.may_be_in(path)) && !allowed(rule))
    }
}

/// The nearest file of rules of a project.
fn found(here: &Path) -> Option<PathBuf> {
    here.ancestors().map(|dir| dir.join(FOUND)).find(|path| path.symlink_metadata().is_ok())
}

/// The same; fails if a place cannot be looked at.
fn surely_found(here: &Path) -> Result<Option<PathBuf>> {
    for path in here.ancestors().map(|dir| dir.join(FOUND)) {
        match path.symlink_metadata() {
            Ok(_) => return Ok(Some(path)),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => return Err(Error::io(&path, "look for", error)),
        }
    }
    Ok(None)
}

/// The names of the user's account.
fn own_names() -> Vec<String> {
    let set = |name: &str| std::env::var(name).ok();
    let home = set("HOME").and_then(|home| Some(Path::new(&home).file_name()?.to_str()?.to_string()));
    [home, set("USER"), set("LOGNAME")].into_iter().flatten().collect()
}

fn is_builtin(id: &str) -> bool {
    redact::rules().into_iter().any(|(name, _)| name == id)
}

/// Whether it changes a built-in rule.
fn is_change(entry: &Entry) -> bool {
    entry.regex.is_none() && entry.path.is_none() && is_builtin(&entry.id)
}

/// Whether an allowlist of a file is for built-in rules.
fn is_of_builtin(allow: &Allow, form: &Form) -> bool {
    if allow.rules.is_empty() { form.extend.use_default } else { allow.rules.iter().any(|id| is_builtin(id)) }
}

/// Each allowlist must be for a rule.
fn check(form: &Form) -> std::result::Result<(), Fault> {
    let has_own = form.rules.iter().any(|entry| !is_change(entry));
    for allow in &form.allow {
        let is_known = |id: &String| is_builtin(id) || form.rules.iter().any(|entry| entry.id == *id);
        if let Some(id) = allow.rules.iter().find(|id| !is_known(id)) {
            return Err(Fault::new(allow.line, format!("targetRules: there is no rule {id:?}")));
        }
        if allow.rules.is_empty() && !has_own && !form.extend.use_default {
            let text = "this allowlist is for no rule: the file has none of its own; for the built-in rules, add \
                useDefault = true under [extend], or name them in targetRules";
            return Err(Fault::new(allow.line, text));
        }
    }
    Ok(())
}

/// What a file that was found by its place may not do: change the built-in rules, or hide something from them.
fn check_found(form: &Form) -> std::result::Result<(), Fault> {
    let unsure = "a file that was found by its place cannot change built-in rules; name it with --rules, or move this \
        into redact.toml in the data directory";
    let fail = |line: usize, what: &str| Err(Fault::new(line, format!("{what}: {unsure}")));
    if let Some(id) = form.extend.disabled.iter().find(|id| is_builtin(id)) {
        return fail(form.extend.line, &format!("disabledRules {id:?}"));
    }
    for entry in &form.rules {
        if is_change(entry) {
            return fail(entry.line, &format!("rule {:?}", entry.id));
        }
        if entry.replacement.as_deref().is_some_and(|text| !form::has_words_only(text)) {
            let text = format!(
                "rule {:?}: a replacement in a file that was found by its place is made of letters only, such as [gone], \
                 because no rule looks into one",
                entry.id
            );
            return Err(Fault::new(entry.line, text));
        }
    }
    for allow in form.allow.iter().filter(|allow| is_of_builtin(allow, form)) {
        let is_own = |id: &String| form.rules.iter().any(|entry| entry.id == *id);
        match allow.rules.iter().find(|id| !is_own(id)) {
            Some(id) => return fail(allow.line, &format!("targetRules {id:?}")),
            None if allow.rules.is_empty() => return fail(allow.line, "an allowlist with useDefault"),
            None => {}
        }
    }
    Ok(())
}

/// Rules while files are read.
#[derive(Default)]
struct Gathered {
    rules: Vec<Rule>,
    /// Changes of built-in rules, and those that are switched off.
    changes: Vec<Entry>,
    disabled: Vec<String>,
    /// Allowlists for built-in rules.
    allow: Vec<Arc<Allow>>,
    remarks: Vec<String>,
    states: usize,
    read: Vec<(PathBuf, String)>,
}

impl Gathered {
    /// These, those that are found upwards from a folder, and those of the data directory.
    fn with_found(mut self, home: &Home, folder: Option<&Path>) -> Result<Rules> {
        if let Some(path) = folder.and_then(found) {
            self.add(&path, Trust::Found)?;
        }
        let own = home.redact_rules();
        if own.symlink_metadata().is_ok() {
            self.add(&own, Trust::Named)?;
        }
        self.finish(own_names())
    }

    fn add(&mut self, path: &Path, trust: Trust) -> Result<()> {
        let text = read_text(path)?;
        self.read.push((path.to_path_buf(), hex(&Sha256::digest(&text))));
        self.add_text(path, &text, trust)
    }

    fn add_text(&mut self, path: &Path, text: &str, trust: Trust) -> Result<()> {
        let form = form_of(path, text, trust, 0)?;
        let judged = check(&form).and_then(|()| if trust == Trust::Found { check_found(&form) } else { Ok(()) });
        judged.map_err(|found| fault(path, found.line, &found.text))?;
        self.disabled.extend(form.extend.disabled.iter().filter(|id| is_builtin(id)).cloned());
        if trust == Trust::Named {
            self.allow.extend(form.allow.iter().filter(|allow| is_of_builtin(allow, &form)).cloned());
        }
        for entry in form.rules {
            if is_change(&entry) {
                self.changes.push(entry);
                continue;
            }
            let all = form.allow.iter().filter(|allow| allow.rules.is_empty() || allow.rules.contains(&entry.id));
            let all = all.cloned().collect();
            let rule = rule_of(entry, all)?;
            let of_allow =
                |allow: &Arc<Allow>| allow.regexes.iter().chain(&allow.paths).map(Pattern::states).sum::<usize>();
            self.states += rule.regex.iter().chain(&rule.path).map(Pattern::states).sum::<usize>();
            self.states += rule.allow.iter().map(of_allow).sum::<usize>();
            self.rules.push(rule);
        }
        if self.states > STATES {
            let text = format!("its regular expressions are too large together: at most about {STATES} states");
            return Err(fault(path, 0, &text));
        }
        self.remarks.extend(form.remarks.into_iter().map(|text| format!("{}: {text}", path.display())));
        Ok(())
    }

    fn finish(mut self, names: Vec<String>) -> Result<Rules> {
        for (id, sure) in redact::rules() {
            let tier = match sure {
                Sure::Definite => Tier::Definite,
                Sure::Candidate => Tier::Candidate,
                Sure::Personal => Tier::Personal,
            };
            let mut rule = builtin_rule(id, tier);
            rule.enabled = !self.disabled.iter().any(|name| name == id);
            rule.allow = self
                .allow
                .iter()
                .filter(|allow| allow.rules.is_empty() || allow.rules.iter().any(|name| name == id))
                .cloned()
                .collect();
            for change in self.changes.iter().filter(|change| change.id == id) {
                apply(&mut rule, change);
            }
            self.rules.push(rule);
        }
        let digest = digest(&self.rules);
        Ok(Rules { rules: self.rules, digest, names, remarks: self.remarks, read: self.read })
    }
}

fn builtin_rule(id: &str, tier: Tier) -> Rule {
    Rule {
        id: id.to_string(),
        tier,
        description: id.replace('-', " "),
        origin: None,
        enabled: true,
        tags: Vec::new(),
        keywords: Vec::new(),
        examples: Vec::new(),
        replacement: None,
        kinds: Vec::new(),
        fields: Vec::new(),
        regex: None,
        path: None,
        secret_group: 0,
        entropy: 0.0,
        allow: Vec::new(),
    }
}

/// Changes a built-in rule as a file says.
fn apply(rule: &mut Rule, change: &Entry) {
    rule.tier = change.tier.unwrap_or(rule.tier);
    rule.enabled = change.enabled.unwrap_or(rule.enabled);
    rule.entropy = change.entropy.unwrap_or(rule.entropy);
    rule.description = change.description.clone().unwrap_or_else(|| rule.description.clone());
    rule.replacement = change.replacement.clone().or(rule.replacement.take());
    rule.kinds.extend(change.kinds.iter().cloned());
    rule.fields.extend(change.fields.iter().cloned());
    rule.tags.extend(change.tags.iter().cloned());
    rule.examples.extend(change.examples.iter().cloned());
    rule.allow.extend(change.allow.iter().cloned());
}

fn rule_of(entry: Entry, all: Vec<Arc<Allow>>) -> Result<Rule> {
    if entry.regex.is_none() && entry.path.is_none() {
        let text = format!("rule {:?}: it needs a regex or a path", entry.id);
        return Err(fault(&entry.file, entry.line, &text));
    }
    let groups = entry.regex.as_ref().map_or(0, Pattern::groups);
    if let Some(group) = entry.secret_group.filter(|group| *group > groups) {
        let text = format!("rule {:?}: secretGroup is {group}, but the regex has {groups} groups", entry.id);
        return Err(fault(&entry.file, entry.line, &text));
    }
    Ok(Rule {
        tier: entry.tier.unwrap_or(Tier::Definite),
        description: entry.description.unwrap_or_default(),
        origin: Some((entry.file, entry.line)),
        enabled: entry.enabled.unwrap_or(true),
        tags: entry.tags,
        keywords: entry.keywords,
        examples: entry.examples,
        replacement: entry.replacement,
        kinds: entry.kinds,
        fields: entry.fields,
        regex: entry.regex,
        path: entry.path,
        secret_group: entry.secret_group.unwrap_or(0),
        entropy: entry.entropy.unwrap_or(0.0),
        allow: entry.allow.into_iter().chain(all).collect(),
        id: entry.id,
    })
}

/// What a file says, with the files that it extends.
fn form_of(path: &Path, text: &str, trust: Trust, depth: usize) -> Result<Form> {
    let mut form = Form::parse(text).map_err(|found| fault(path, found.line, &found.text))?;
    form.rules.iter_mut().for_each(|entry| entry.file = path.to_path_buf());
    let Some((named, line)) = form.extend.path.take() else { return Ok(form) };
    if depth >= DEPTH {
        return Err(fault(path, line, "extend.path: more than two files extend each other"));
    }
    let is_inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if trust == Trust::Found && !Path::new(&named).components().all(is_inside) {
        return Err(fault(
            path,
            line,
            "extend.path: it leads out of the folder of this file, which was found by its place",
        ));
    }
    let base = path.parent().unwrap_or(Path::new("")).join(&named);
    let base = form_of(&base, &read_text(&base)?, trust, depth + 1)?;
    extended(&mut form, base);
    Ok(form)
}

/// Adds what a file extends: its rules that are not disabled, with what the file says about them.
fn extended(form: &mut Form, base: Form) {
    let own: HashMap<String, usize> = form.rules.iter().enumerate().map(|(at, rule)| (rule.id.clone(), at)).collect();
    for entry in base.rules {
        if form.extend.disabled.contains(&entry.id) {
            continue;
        }
        match own.get(&entry.id).and_then(|at| form.rules.get_mut(*at)) {
            None => form.rules.push(entry),
            Some(rule) => {
                rule.description = rule.description.take().or(entry.description);
                rule.regex = rule.regex.take().or(entry.regex);
                rule.secret_group = rule.secret_group.or(entry.secret_group);
                rule.entropy = rule.entropy.or(entry.entropy);
                rule.path = rule.path.take().or(entry.path);
                rule.tier = rule.tier.or(entry.tier);
                rule.replacement = rule.replacement.take().or(entry.replacement);
                rule.enabled = rule.enabled.or(entry.enabled);
                rule.tags.extend(entry.tags);
                rule.keywords.extend(entry.keywords);
                rule.allow.extend(entry.allow);
                rule.kinds.extend(entry.kinds);
                rule.fields.extend(entry.fields);
                rule.examples.extend(entry.examples);
            }
        }
    }
    form.allow.extend(base.allow);
    form.extend.use_default |= base.extend.use_default;
    form.extend.disabled.extend(base.extend.disabled);
    form.remarks.extend(base.remarks);
}

fn read_text(path: &Path) -> Result<String> {
    let fail = |reason: String| Error::corrupt(path, reason);
    let file = open::foreign(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::Invalid(format!("there is no file of rules {}", path.display())),
        _ => fail(format!("it cannot be opened: {error}")),
    })?;
    let mut bytes = Vec::new();
    file.take(FILE + 1).read_to_end(&mut bytes).map_err(|error| fail(format!("it cannot be read: {error}")))?;
    if bytes.len() as u64 > FILE {
        return Err(fail(format!("it has more than {FILE} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| fail("it is not UTF-8".to_string()))
}

fn fault(path: &Path, line: usize, text: &str) -> Error {
    let reason = if line > 0 { format!("line {line}: {text}") } else { text.to_string() };
    Error::corrupt(path, reason)
}

/// SHA-256 of what the rules find, not of where they were read.
fn digest(rules: &[Rule]) -> String {
    let mut sha = Sha256::new();
    let mut add = |text: &str| {
        sha.update((text.len() as u64).to_le_bytes());
        sha.update(text.as_bytes());
    };
    add(env!("CARGO_PKG_VERSION"));
    for rule in rules {
        let regex = rule.regex.as_ref().map_or("", Pattern::source);
        let path = rule.path.as_ref().map_or("", Pattern::source);
        add(&rule.id);
        add(&format!("{} {} {} {}", rule.tier.word(), rule.enabled, rule.secret_group, rule.entropy));
        [regex, path, rule.replacement.as_deref().unwrap_or("")].into_iter().for_each(&mut add);
        for list in [&rule.keywords, &rule.kinds, &rule.fields] {
            add(&list.len().to_string());
            list.iter().for_each(|text| add(text));
        }
        for allow in &rule.allow {
            add(&format!("{} {:?} {}", allow.needs_all, allow.target, allow.has_commits));
            for list in [&allow.regexes, &allow.paths] {
                add(&list.len().to_string());
                list.iter().for_each(|pattern| add(pattern.source()));
            }
            add(&allow.stopwords.len().to_string());
            allow.stopwords.iter().for_each(|text| add(text));
        }
    }
    hex(&sha.finalize())
}
