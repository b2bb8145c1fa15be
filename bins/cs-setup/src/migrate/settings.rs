//! Owns taking the Python tool's hook out of the settings so that it can be put back where it was, byte for byte. What is
//! stored for that is only the text that was taken out and its position, not the file, which may contain secrets.

use super::replaced::Replaced;
use crate::document::Document;
use crate::entries;
use crate::others;
use crate::places::Places;
use crate::plan::Plan;
use crate::swap::NO_FILE;
use crate::text::{self, Trouble};
use cs_core::error::{Error, Result};
use cs_core::id::fnv1a;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A change of a text that can be reversed, if the text is still the same.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Splice {
    /// The first byte that differs.
    at: usize,
    /// What was there.
    taken: String,
    /// What is there now.
    put: String,
    /// The checksum of the text afterwards.
    sum: String,
}

impl Splice {
    /// The change from one text to another.
    fn between(before: &str, after: &str) -> Self {
        let same = |pair: &(char, char)| pair.0 == pair.1;
        let at: usize = before.chars().zip(after.chars()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
        let (old, new) = (before.get(at..).unwrap_or_default(), after.get(at..).unwrap_or_default());
        let end: usize = old.chars().rev().zip(new.chars().rev()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
        let middle = |text: &str| text.get(..text.len() - end).unwrap_or_default().to_string();
        Splice { at, taken: middle(old), put: middle(new), sum: checksum(after) }
    }

    /// The text from before; `None` if this is another text.
    fn reverse(&self, after: &str) -> Option<String> {
        let rest = after.get(self.at..)?.strip_prefix(self.put.as_str())?;
        (checksum(after) == self.sum)
            .then(|| format!("{}{}{rest}", after.get(..self.at).unwrap_or_default(), self.taken))
    }
}

fn checksum(text: &str) -> String {
    format!("{:016x}", fnv1a(text.as_bytes()))
}

/// What was taken out of the settings.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Taken {
    /// The changes of the file and of its backup.
    splices: Vec<Splice>,
    /// Each hook with its event, as a group of its own.
    hooks: Vec<(String, String)>,
}

impl Taken {
    /// Adds what was taken out another time.
    pub fn join(&mut self, other: &Taken) {
        self.splices.extend_from_slice(&other.splices);
        let new = other.hooks.iter().filter(|hook| !self.hooks.contains(hook)).cloned().collect::<Vec<_>>();
        self.hooks.extend(new);
    }
}

/// Shows what will be taken out.
pub fn plan(places: &Places, plan: &mut Plan) -> Result<()> {
    let document = Document::read(&places.settings())?;
    let text = others::without(&document, &document.text)?;
    plan.rewrite(&document.seen, "takes out the hook of the Python tool", &text)
}

/// Takes the hook out of the file and of its backup, after the way back was stored.
pub fn take_out(places: &Places, replaced: &mut Replaced) -> Result<()> {
    Document::read(&places.settings())?.persist(|document| {
        let after = others::without(document, &document.text)?;
        let mut taken = Taken { splices: vec![Splice::between(&document.text, &after)], hooks: hooks(&document.value) };
        let backup = document.seen.backup()?.filter(|backup| is_settings(backup));
        let bare = backup.as_deref().map(|backup| others::without(document, backup)).transpose()?;
        if let Some((backup, bare)) = backup.as_deref().zip(bare.as_deref()).filter(|(old, new)| old != new) {
            taken.splices.push(Splice::between(backup, bare));
        }
        replaced.note_taken(taken)?;
        // The backup first: as long as the file has the hook, migrate can be run again.
        bare.map_or(Ok(()), |bare| document.seen.back_up(Some(&bare)))?;
        document.seen.replace(&after)
    })
}

/// Plans to put it back, unless it is there.
pub fn plan_return(places: &Places, taken: &Taken, plan: &mut Plan) -> Result<()> {
    let document = Document::read(&places.settings())?;
    match returned(&document, &document.text, taken)? {
        Some(text) => plan.rewrite(&document.seen, "puts back the hook of the Python tool", &text),
        None => Ok(()),
    }
}

/// Puts the hook back: where it was, if the text is the same, else at the end of its event.
pub fn put_back(places: &Places, taken: &Taken) -> Result<()> {
    Document::read(&places.settings())?.persist(|document| {
        if let Some(text) = returned(document, &document.text, taken)? {
            document.seen.replace(&text)?;
        }
        let backup = document.seen.backup()?.filter(|backup| is_settings(backup));
        let backup = backup.map(|backup| returned(document, &backup, taken)).transpose()?.flatten();
        backup.map_or(Ok(()), |backup| document.seen.back_up(Some(&backup)))
    })
}

/// A text with the hook; `None` if it has it.
fn returned(document: &Document, text: &str, taken: &Taken) -> Result<Option<String>> {
    let trouble = |trouble: Trouble| Error::corrupt(&document.seen.path, trouble.in_text(text));
    let value = text::parse(text).map_err(trouble)?.value(text).unwrap_or_default();
    if taken.hooks.is_empty() || !others::found(&value).is_empty() {
        return Ok(None);
    }
    match taken.splices.iter().find_map(|splice| splice.reverse(text)) {
        Some(before) => Ok(Some(before)),
        None => entries::add(text, &taken.hooks).map(Some).map_err(trouble),
    }
}

/// The tool's hooks, each as a group of its own.
fn hooks(settings: &Value) -> Vec<(String, String)> {
    let group = |(event, g, h, _): (String, usize, usize, String)| {
        let mut group = settings.get("hooks")?.get(&event)?.get(g)?.clone();
        let handlers = group.get_mut("hooks")?;
        *handlers = Value::Array(vec![handlers.get(h)?.clone()]);
        Some((event, group.to_string()))
    };
    others::found(settings).into_iter().filter_map(group).collect()
}

fn is_settings(backup: &str) -> bool {
    !backup.trim().is_empty() && backup != NO_FILE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_reversed_only_in_the_same_text() {
        for (before, after) in [("abc", "ac"), ("aé", "aè"), ("", "x"), ("aaa", "aa"), ("a, b", "a"), ("same", "same")]
        {
            let splice = Splice::between(before, after);
            assert_eq!(splice.reverse(after).as_deref(), Some(before));
            assert_eq!(splice.reverse(&format!("{after} ")), None);
        }
        let splice = Splice::between("{\"token\": \"secret\", \"a\": 1}", "{\"token\": \"secret\"}");
        assert!(!serde_json::to_string(&splice).unwrap().contains("secret"), "only what was taken out is stored");
    }
}
