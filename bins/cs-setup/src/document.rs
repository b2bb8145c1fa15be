//! Owns a settings file as a text with our entries in it or without: hooks, plugin, status line. Must
//! stay true: without our entries it is what it was before us.

use super::client::{self, ENABLED, MARKET, MARKETPLACE, PLUGIN};
use super::entries::{self, Hook};
use super::places::text_of;
use super::splice::{self, Step, keys};
use super::swap::{self, Seen};
use super::text::{self, Trouble, at};
use super::wrapped;
use agents::event::PROGRAMS;
use cs_core::error::{Error, Result};
use serde_json::Value;
use std::path::Path;

/// A settings file that was understood.
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
    /// Reads a file. Refuses a file that is not a JSON object or whose `hooks` have a wrong kind.
    pub fn read(path: &Path) -> Result<Self> {
        let seen = swap::look(path)?;
        let text = if seen.is_blank() { text::NOTHING } else { seen.text.as_deref().unwrap_or(text::NOTHING) };
        let text = text.to_string();
        let value = understand(&text).map_err(|trouble| Error::corrupt(path, trouble.in_text(&text)))?;
        Ok(Document { seen, text, value })
    }

    /// The same, to take our entries out. `None` where there is nothing to take out: then it does
    /// not matter whether the file can be understood.
    pub fn read_ours(path: &Path) -> Result<Option<Self>> {
        match Document::read(path) {
            Err(error @ Error::Corrupt { .. }) => {
                let bytes = swap::bytes(path).unwrap_or_default();
                let text = String::from_utf8_lossy(&bytes);
                let marks = PROGRAMS.iter().copied().chain([wrapped::PROGRAM, PLUGIN, MARKETPLACE]);
                if marks.into_iter().any(|mark| text.contains(mark)) { Err(error) } else { Ok(None) }
            }
            read => read.map(Some),
        }
    }

    /// The same without our status line.
    pub fn without_line(&self) -> Result<Self> {
        let text = wrapped::without(&self.text).map_err(|trouble| self.trouble(&trouble))?;
        let value = understand(&text).map_err(|trouble| self.trouble(&trouble))?;
        Ok(Document { seen: self.seen.clone(), text, value })
    }

    /// The text with these hooks or this plugin of ours and no others. Our status line stays.
    pub fn with(&self, ours: &Ours) -> Result<String> {
        let text = self.without()?;
        let added = match ours {
            Ours::Hooks(hooks) => entries::add(&text, hooks),
            Ours::Plugin(share) => with_plugin(&text, share),
        };
        added.map_err(|trouble| self.trouble(&trouble))
    }

    /// The text without our hooks and plugin: the one from before, if nobody else has touched it since. Our
    /// status line stays.
    pub fn without(&self) -> Result<String> {
        let backup = self.seen.backup()?.filter(|text| !text.trim().is_empty());
        let before = backup.as_deref().and_then(|text| understand(text).ok());
        let bare = self.stripped(&self.text, before.as_ref()).map_err(|trouble| self.trouble(&trouble))?;
        match backup {
            Some(backup) if before.is_some() && self.is_made_from(&backup, &bare) => Ok(backup),
            _ => Ok(bare),
        }
    }

    /// Whether our entries, put into the backup and taken out again, leave the same as taking them
    /// out of the file does: then the file is the backup and our entries, and nothing else.
    fn is_made_from(&self, backup: &str, bare: &str) -> bool {
        let before = understand(backup).ok();
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
        // The status line may have been in it too, and have cost an empty object its blanks.
        let lined = wrapped::with(backup, wrapped::PROGRAM).and_then(|text| wrapped::without(&text)).ok();
        [Some(backup), lined.as_deref()].into_iter().flatten().any(|text| again(text).is_ok_and(|again| again == bare))
    }

    /// A text without hooks of ours, and without the plugin where this file has it; containers that `before` has
    /// stay, even when empty.
    fn stripped(&self, text: &str, before: Option<&Value>) -> std::result::Result<String, Trouble> {
        let keep = |path: &[Step]| entries::stands_in(before, path);
        let plugin: &[_] = if self.has_plugin() { &[ENABLED, MARKET] } else { &[] };
        let text = plugin.iter().try_fold(text.to_string(), |text, path| splice::take(&text, &keys(path), &keep))?;
        entries::remove(&text, before)
    }

    /// Whether the text names our plugin, turned on or off. Where somebody else's marketplace has our name, it
    /// is not ours.
    pub fn has_plugin(&self) -> bool {
        let market = at(&self.value, &MARKET);
        let is_there = market.is_some() || at(&self.value, &ENABLED).is_some();
        is_there && market.and_then(client::origin_of_others).is_none()
    }

    /// Whether the text contains anything of ours.
    pub fn has_ours(&self) -> Result<bool> {
        let has_line = || self.without_line().map(|bare| bare.text != self.text);
        Ok(!entries::ours(&self.value).is_empty() || self.has_plugin() || has_line()?)
    }

    /// The text of the backup: the file without our entries; none if there was no file.
    pub fn original(&self) -> Result<Option<String>> {
        let bare = self.without_line()?;
        match (&self.seen.text, self.seen.backup()?) {
            (None, _) => Ok(None),
            (Some(text), _) if !self.has_ours()? => Ok(Some(text.clone())),
            (Some(_), Some(backup)) if backup.trim().is_empty() && bare.is_bare()? => Ok(Some(backup)),
            (Some(_), None) if bare.is_bare()? => Ok(None),
            _ => bare.without().map(Some),
        }
    }

    /// Gives the file another text with our entries and keeps the backup. Where that fails, there is no new
    /// backup either.
    pub fn replace(&self, text: &str) -> Result<()> {
        let (old, new) = (self.seen.backup()?, self.original()?);
        self.seen.back_up(new.as_deref())?;
        self.seen.replace(text).inspect_err(|_| drop(self.seen.back_up(old.as_deref())))
    }

    /// Does something with the document that is `Contended` where another program writes it, too: then again with
    /// what that wrote.
    pub fn persist<T>(&self, mut attempt: impl FnMut(&Document) -> Result<T>) -> Result<T> {
        let mut is_first = true;
        swap::persist(|| match std::mem::replace(&mut is_first, false) {
            true => attempt(self),
            false => attempt(&Document::read(&self.seen.path)?),
        })
    }

    /// Puts the file back as it is without us, and removes the backup.
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
        Ok(understand(&text).is_ok_and(|value| value.as_object().is_some_and(serde_json::Map::is_empty)))
    }

    fn trouble(&self, trouble: &Trouble) -> Error {
        Error::corrupt(&self.seen.path, trouble.in_text(&self.text))
    }
}

/// The value of a text that settings can have.
fn understand(text: &str) -> std::result::Result<Value, Trouble> {
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

/// The text without the empty objects that the client leaves behind where it takes a plugin out,
/// unless `wanted` contains them, which is otherwise the same: then `wanted`.
pub fn settled(text: &str, wanted: &str) -> Option<String> {
    let never = |_: &[Step]| false;
    let mut text = text.to_string();
    let wanted_value = understand(wanted).ok()?;
    for [key, _] in [ENABLED, MARKET] {
        let value = understand(&text).ok()?;
        if value.get(key) == Some(&serde_json::json!({})) && wanted_value.get(key).is_none() {
            text = splice::take(&text, &keys(&[key]), &never).ok()?;
        }
    }
    let is_same = understand(&text).ok()? == wanted_value;
    Some(if is_same { wanted.to_string() } else { text })
}
