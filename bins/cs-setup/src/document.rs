//! Owns the text of a settings file, with and without our entries: hooks, plugin, status line, guard. Must stay true: without
//! our entries, the text is the one from before the installation.

use super::client::{self, ENABLED, MARKET, MARKETPLACE, PLUGIN};
use super::entries::{self, Hook};
use super::places::text_of;
use super::splice::{self, Step, keys};
use super::swap::{self, NO_FILE, Seen};
use super::text::{self, Trouble, at};
use super::wrapped;
use agents::Agent;
use agents::event::CALLED;
use cs_core::error::{Error, Result};
use serde_json::Value;
use std::path::Path;

/// A parsed settings file.
#[derive(Debug)]
pub struct Document {
    pub seen: Seen,
    pub text: String,
    pub value: Value,
}

/// Our entries in a file.
#[derive(Clone, Debug)]
pub enum Ours {
    /// Hooks.
    Hooks(Vec<Hook>),
    /// The plugin, in this folder.
    Plugin(String),
}

impl Ours {
    /// The plugin in a folder.
    pub fn plugin(share: &Path) -> Result<Self> {
        Ok(Ours::Plugin(text_of(share)?.to_string()))
    }
}

impl Document {
    /// Reads a file. Refuses one that is not a JSON object, or whose `hooks` are not one.
    pub fn read(path: &Path) -> Result<Self> {
        let seen = swap::look(path)?;
        let text = if seen.is_blank() { text::NOTHING } else { seen.text.as_deref().unwrap_or(text::NOTHING) };
        let text = text.to_string();
        let value = parse_settings(&text).map_err(|trouble| Error::corrupt(path, trouble.in_text(&text)))?;
        Ok(Document { seen, text, value })
    }

    /// Reads a file to remove our entries. Returns `None` if it has none, even if it cannot be parsed.
    pub fn read_ours(path: &Path) -> Result<Option<Self>> {
        match Document::read(path) {
            Err(error @ Error::Corrupt { .. }) => {
                let bytes = swap::bytes(path).unwrap_or_default();
                let text = String::from_utf8_lossy(&bytes);
                let marks = CALLED.iter().copied().chain([wrapped::PROGRAM, PLUGIN, MARKETPLACE]);
                if marks.into_iter().any(|mark| text.contains(mark)) { Err(error) } else { Ok(None) }
            }
            read => read.map(Some),
        }
    }

    /// Returns the document without our status line.
    pub fn without_line(&self) -> Result<Self> {
        let text = wrapped::without(&self.text).map_err(|trouble| self.trouble(&trouble))?;
        let value = parse_settings(&text).map_err(|trouble| self.trouble(&trouble))?;
        Ok(Document { seen: self.seen.clone(), text, value })
    }

    /// Returns the document without our guard.
    pub fn without_guard(&self) -> Result<Self> {
        let before = self.before()?;
        let keep = |path: &[Step]| entries::was_in(before.as_ref(), path);
        let text =
            entries::remove_all(&self.text, &entries::guards, &keep).map_err(|trouble| self.trouble(&trouble))?;
        let value = parse_settings(&text).map_err(|trouble| self.trouble(&trouble))?;
        Ok(Document { seen: self.seen.clone(), text, value })
    }

    /// Returns the document without what is apart from hooks and plugin: our status line and our guard.
    pub fn without_extras(&self) -> Result<Self> {
        self.without_line()?.without_guard()
    }

    /// The text with this guard instead of any other one of ours.
    pub fn with_guard(&self, guard: &Hook) -> Result<String> {
        let bare = self.without_guard()?;
        entries::add(&bare.text, std::slice::from_ref(guard)).map_err(|trouble| self.trouble(&trouble))
    }

    /// What the backup contains.
    fn before(&self) -> Result<Option<Value>> {
        let backup = self.seen.backup()?.filter(|text| !text.trim().is_empty());
        Ok(backup.and_then(|text| parse_settings(&text).ok()))
    }

    /// The text with these entries instead of any other hooks and plugin of ours. Our status line and our guard stay.
    pub fn with(&self, ours: &Ours) -> Result<String> {
        let text = self.without()?;
        let added = match ours {
            Ours::Hooks(hooks) => entries::add(&text, hooks),
            Ours::Plugin(share) => with_plugin(&text, share),
        };
        added.map_err(|trouble| self.trouble(&trouble))
    }

    /// The text without our hooks and plugin: the one from before the installation, if nobody else has changed it since.
    /// Our status line and our guard stay.
    pub fn without(&self) -> Result<String> {
        let backup = self.seen.backup()?.filter(|text| !text.trim().is_empty());
        let before = backup.as_deref().and_then(|text| parse_settings(text).ok());
        let bare = self.stripped(&self.text, before.as_ref()).map_err(|trouble| self.trouble(&trouble))?;
        match backup {
            Some(backup) if before.is_some() && self.is_made_from(&backup, &bare) => Ok(backup),
            _ => Ok(bare),
        }
    }

    /// Whether the file is the backup with our entries and nothing else: adding them to the backup and removing them
    /// again gives the same text as removing them from the file.
    fn is_made_from(&self, backup: &str, bare: &str) -> bool {
        let before = parse_settings(backup).ok();
        let hooks: Vec<Hook> = entries::ours(&self.value)
            .into_iter()
            .filter_map(|(event, g, ..)| {
                Some((event.clone(), at(&self.value, &["hooks", &event])?.get(g)?.to_string()))
            })
            .collect();
        let again = |text: &str| {
            let text = entries::add(text, &hooks)?;
            let text = if self.has_plugin() { with_plugin(&text, "/")? } else { text };
            self.stripped(&text, before.as_ref())
        };
        // The file may have had our status line or our guard too, whose removal drops the blanks in an empty object.
        let lined = wrapped::with(backup, wrapped::PROGRAM).and_then(|text| wrapped::without(&text)).ok();
        let lined = [Some(backup), lined.as_deref()].into_iter().flatten();
        let both = lined.flat_map(|text| [Some(text.to_string()), guarded_once(text, before.as_ref())]);
        both.flatten().any(|text| again(&text).is_ok_and(|again| again == bare))
    }

    /// A text without our hooks, and without the plugin if this file has it. Containers that `before` has stay, even if
    /// they are empty.
    fn stripped(&self, text: &str, before: Option<&Value>) -> std::result::Result<String, Trouble> {
        let keep = |path: &[Step]| entries::was_in(before, path);
        let plugin: &[_] = if self.has_plugin() { &[ENABLED, MARKET] } else { &[] };
        let text = plugin.iter().try_fold(text.to_string(), |text, path| splice::take(&text, &keys(path), &keep))?;
        entries::remove(&text, before)
    }

    /// Whether the text names our plugin, turned on or off. If somebody else's marketplace has our name, the plugin is not
    /// ours.
    pub fn has_plugin(&self) -> bool {
        let market = at(&self.value, &MARKET);
        let is_there = market.is_some() || at(&self.value, &ENABLED).is_some();
        is_there && market.and_then(client::origin_of_others).is_none()
    }

    /// Whether the text contains anything of ours.
    pub fn has_ours(&self) -> Result<bool> {
        let has_line = || self.without_line().map(|bare| bare.text != self.text);
        let has_hooks = !entries::ours(&self.value).is_empty() || !entries::guards(&self.value).is_empty();
        Ok(has_hooks || self.has_plugin() || has_line()?)
    }

    /// The text of the backup: the file without our entries; none if there was no file.
    pub fn original(&self) -> Result<Option<String>> {
        let bare = self.without_extras()?;
        match (&self.seen.text, self.seen.backup()?) {
            (None, _) => Ok(None),
            (Some(text), _) if !self.has_ours()? => Ok(Some(text.clone())),
            (Some(_), Some(backup)) if backup.trim().is_empty() && bare.is_bare()? => Ok(Some(backup)),
            // Without that backup nothing says that there was no file.
            (Some(_), Some(backup)) if backup == NO_FILE && bare.is_bare()? => Ok(None),
            _ => bare.without().map(Some),
        }
    }

    /// Replaces the file by a text with our entries and writes the backup. If that fails, there is no new backup either.
    pub fn replace(&self, text: &str) -> Result<()> {
        let (old, new) = (self.seen.backup()?, self.original()?);
        self.seen.back_up_original(new.as_deref())?;
        self.seen.replace(text).inspect_err(|_| drop(self.seen.back_up(old.as_deref())))
    }

    /// Calls `attempt` with the document, and again with the new text if another program has written it meanwhile
    /// (`Contended`).
    pub fn persist<T>(&self, mut attempt: impl FnMut(&Document) -> Result<T>) -> Result<T> {
        let mut is_first = true;
        swap::persist(|| match std::mem::replace(&mut is_first, false) {
            true => attempt(self),
            false => attempt(&Document::read(&self.seen.path)?),
        })
    }

    /// Restores the file as it is without our entries, and removes the backup.
    pub fn restore(&self) -> Result<()> {
        match self.original()? {
            Some(text) => self.seen.replace(&text)?,
            None if self.seen.text.is_some() => self.seen.remove()?,
            None => {}
        }
        self.seen.back_up(None)
    }

    /// Whether nothing is left without our hooks and plugin.
    fn is_bare(&self) -> Result<bool> {
        let text = self.without()?;
        Ok(parse_settings(&text).is_ok_and(|value| value.as_object().is_some_and(serde_json::Map::is_empty)))
    }

    fn trouble(&self, trouble: &Trouble) -> Error {
        Error::corrupt(&self.seen.path, trouble.in_text(&self.text))
    }
}

/// A text to which our guard was added, and from which it was removed again.
fn guarded_once(text: &str, before: Option<&Value>) -> Option<String> {
    let guard = entries::guard_for(Agent::Claude, Path::new("/claude-sessions")).ok()?;
    let with = entries::add(text, &[guard]).ok()?;
    entries::remove_all(&with, &entries::guards, &|path| entries::was_in(before, path)).ok()
}

/// Parses a text, if settings can have such a value.
fn parse_settings(text: &str) -> std::result::Result<Value, Trouble> {
    let root = text::parse(text)?;
    let value = root.value(text).unwrap_or_default();
    if !value.is_object() {
        return Err(Trouble::new(root.span.start, "it is not a JSON object"));
    }
    if let Some(hooks) = root.get("hooks").filter(|_| !value.get("hooks").is_some_and(Value::is_object)) {
        return Err(Trouble::new(hooks.span.start, "\"hooks\" must be an object"));
    }
    Ok(value)
}

fn with_plugin(text: &str, share: &str) -> std::result::Result<String, Trouble> {
    let share = serde_json::Value::from(share);
    let market = format!("{{\"source\":{{\"source\":\"directory\",\"path\":{share}}}}}");
    splice::put(&splice::put(text, &MARKET, &market)?, &ENABLED, "true")
}

/// Removes the empty objects that the client leaves behind when it removes a plugin. Returns `wanted` if that is the same
/// apart from such objects.
pub fn settled(text: &str, wanted: &str) -> Option<String> {
    let never = |_: &[Step]| false;
    let mut text = text.to_string();
    let wanted_value = parse_settings(wanted).ok()?;
    for [key, _] in [ENABLED, MARKET] {
        let value = parse_settings(&text).ok()?;
        if value.get(key) == Some(&serde_json::json!({})) && wanted_value.get(key).is_none() {
            text = splice::take(&text, &keys(&[key]), &never).ok()?;
        }
    }
    let is_same = parse_settings(&text).ok()? == wanted_value;
    Some(if is_same { wanted.to_string() } else { text })
}
