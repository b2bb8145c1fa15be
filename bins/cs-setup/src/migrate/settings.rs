//! Owns taking the Python tool's hook out of the settings so that it can be put back where it was, byte for byte.

use super::replaced::Replaced;
use super::taken::{Splice, Taken};
use crate::document::Document;
use crate::entries;
use crate::others;
use crate::places::Places;
use crate::plan::Plan;
use crate::swap::NO_FILE;
use crate::text::{self, Trouble};
use cs_core::error::{Error, Result};
use serde_json::Value;

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
        replaced.note_taken(&taken)?;
        // The backup first: as long as the file has the hook, migrate can be run again.
        bare.map_or(Ok(()), |bare| document.seen.back_up(Some(&bare)))?;
        document.seen.replace(&after)
    })
}

/// Plans to put back the hooks that are not there.
pub fn plan_return(places: &Places, taken: &Taken, plan: &mut Plan) -> Result<()> {
    let document = Document::read(&places.settings())?;
    match returned(&document, &document.text, taken)? {
        Some(text) => plan.rewrite(&document.seen, "puts back the hook of the Python tool", &text),
        None => Ok(()),
    }
}

/// Puts them back: where they were, if the text is the same, else at the end of their event. Fails if one is not there
/// afterwards, so that what was taken out is not forgotten.
pub fn put_back(places: &Places, taken: &Taken) -> Result<()> {
    Document::read(&places.settings())?.persist(|document| {
        if let Some(text) = returned(document, &document.text, taken)? {
            document.seen.replace(&text)?;
        }
        let backup = document.seen.backup()?.filter(|backup| is_settings(backup));
        let backup = backup.map(|backup| returned(document, &backup, taken)).transpose()?.flatten();
        backup.map_or(Ok(()), |backup| document.seen.back_up(Some(&backup)))
    })?;
    let after = Document::read(&places.settings())?;
    match taken.missing(&after.value).first() {
        None => Ok(()),
        Some((event, _)) => {
            let path = after.seen.path.display();
            Err(Error::Refused(format!("the hook for {event} could not be put back into {path}; try again")))
        }
    }
}

/// A text with the hooks; `None` if it has all of them.
fn returned(document: &Document, text: &str, taken: &Taken) -> Result<Option<String>> {
    returned_to(text, taken).map_err(|trouble| Error::corrupt(&document.seen.path, trouble.in_text(text)))
}

fn returned_to(text: &str, taken: &Taken) -> std::result::Result<Option<String>, Trouble> {
    let missing_in = |text: &str| Ok(taken.missing(&text::parse(text)?.value(text).unwrap_or_default()));
    let missing = missing_in(text)?;
    if missing.is_empty() {
        return Ok(None);
    }
    // One change may be only a part: another time migrate took out more.
    match taken.splices.iter().find_map(|splice| splice.reverse(text)) {
        Some(before) if missing_in(&before)?.len() < missing.len() => {
            Ok(Some(returned_to(&before, taken)?.unwrap_or(before)))
        }
        _ => entries::add(text, &missing).map(Some),
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

    const STOP: &str = "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"command\": \"~/.claude/dashboard/heartbeat.sh\"}]}]}}";

    /// What was taken out of a text, and what is left.
    fn take(text: &str) -> (Taken, String) {
        let value: Value = serde_json::from_str(text).unwrap();
        let after = entries::remove_all(text, &others::found, &|_| false).unwrap();
        (Taken { splices: vec![Splice::between(text, &after)], hooks: hooks(&value) }, after)
    }

    #[test]
    fn each_hook_comes_back_even_if_another_is_there_again() {
        let both = STOP.replace("\"Stop\"", "\"SessionEnd\": [{\"hooks\": [{\"command\": \"~/.claude/dashboard/heartbeat.sh\", \"timeout\": 5}]}], \"Stop\"");
        let (taken, bare) = take(&both);
        assert_eq!(taken.hooks.len(), 2);
        assert_eq!(returned_to(&bare, &taken).unwrap().as_deref(), Some(both.as_str()));
        assert_eq!(returned_to(&both, &taken).unwrap(), None);
        let again = returned_to(STOP, &taken).unwrap().unwrap();
        let value: Value = serde_json::from_str(&again).unwrap();
        assert_eq!(others::found(&value).len(), 2, "{again}");
        assert_eq!(value.pointer("/hooks/SessionEnd/0/hooks/0/timeout"), Some(&Value::from(5)));
    }

    #[test]
    fn what_a_failed_attempt_took_out_is_kept() {
        let (mut taken, bare) = take(STOP);
        // The second attempt, after another program has written: the backup is bare by then.
        let (second, _) = take(&STOP.replace("{\"hooks\": {", "{\"a\": 1, \"hooks\": {"));
        taken.join(&second);
        taken.join(&second);
        assert_eq!((taken.splices.len(), taken.hooks.len()), (2, 1));
        assert_eq!(returned_to(&bare, &taken).unwrap().as_deref(), Some(STOP));
    }
}
