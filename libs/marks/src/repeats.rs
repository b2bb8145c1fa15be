//! Owns whether a person repeats in a mark what the mark hides.

use crate::mark::Target;
use cs_core::error::{Error, Result};
use std::borrow::Cow;

/// Refuses a reason, and a text that is shown instead, that says what is marked.
pub fn check_said(hidden: &str, reason: &str, with: Option<&str>) -> Result<()> {
    for (name, said) in [("reason", Some(reason)), ("text that is shown instead", with)] {
        if said.is_some_and(|said| repeats(said, hidden)) {
            return Err(Error::Invalid(format!("the {name} contains what is marked; say it in other words")));
        }
    }
    Ok(())
}

/// The same of places in an entry with these fields.
pub fn check_targets(
    fields: &[(&'static str, Cow<str>)],
    targets: &[Target],
    reason: &str,
    with: Option<&str>,
) -> Result<()> {
    for target in targets {
        let is_about = |name: &str| target.field.as_deref().is_none_or(|own| own == name);
        for (name, text) in fields.iter().filter(|(name, _)| is_about(name)) {
            let hidden = target.span.map_or(Some(text.as_ref()), |(from, to)| text.get(from..to)).unwrap_or_default();
            check_said(hidden, reason, with)?;
            if *name == "input" {
                check_said(&decoded(hidden), reason, with)?;
            }
        }
    }
    Ok(())
}

/// What a piece of JSON says, if it is the inside of a string.
pub fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    serde_json::from_str::<String>(&format!("\"{text}\"")).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Whether a text says what is hidden: the same words, in any case and with any spaces between them. A part of a longer word
/// is another word.
pub fn repeats(said: &str, hidden: &str) -> bool {
    let (said, hidden) = (plain(said), plain(hidden));
    let (Some(first), Some(last)) = (hidden.chars().next(), hidden.chars().next_back()) else { return false };
    said.match_indices(&hidden).any(|(at, found)| {
        let before = said.get(..at).and_then(|text| text.chars().next_back());
        let after = said.get(at + found.len()..).and_then(|text| text.chars().next());
        !joins(before, Some(first)) && !joins(Some(last), after)
    })
}

/// Whether two characters beside each other are in one word.
fn joins(a: Option<char>, b: Option<char>) -> bool {
    a.is_some_and(char::is_alphanumeric) && b.is_some_and(char::is_alphanumeric)
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_that_repeats_all_of_an_entry_or_a_place_in_json_is_refused() {
        let fields = [("text", "call Jane Roe".into()), ("input", r#"{"c":"Jane\nRoe"}"#.into())];
        let target = |field: Option<&str>, span| Target { field: field.map(str::to_string), span, ..Target::default() };
        let check = |target, reason, with| check_targets(&fields, &[target], reason, with).is_err();
        assert!(check(target(None, None), "I said: CALL jane roe!", None));
        assert!(check(target(None, None), "private", Some("Call Jane Roe")));
        assert!(!check(target(None, None), "a name", Some("a customer")));
        assert!(check(target(Some("text"), Some((5, 9))), "it is jane", None));
        assert!(!check(target(Some("text"), Some((5, 9))), "janet", Some("roe")));
        assert!(
            check(target(Some("input"), Some((6, 15))), "Jane Roe is it", None),
            "as it is written without escapes"
        );
        assert!(!check(target(Some("text"), Some((90, 99))), "anything", None));
    }

    #[test]
    fn words_are_repeated_whatever_their_case_and_parts_of_words_are_not() {
        for (said, hidden) in [
            ("a customer's name, also Marta", "Marta"),
            ("marta", " Marta\n"),
            ("(Jane  Roe)", "jane\nroe"),
            ("É is it", "é"),
            ("x=ghp_1", "=ghp_1"),
        ] {
            assert!(repeats(said, hidden), "{said} {hidden}");
        }
        for (said, hidden) in
            [("nothing is here", "her"), ("Martas", "Marta"), ("a name", "Jane Roe"), ("a name", " "), ("", "x")]
        {
            assert!(!repeats(said, hidden), "{said} {hidden}");
        }
        assert!(repeats("there, her", "her"), "one of them is the word");
    }
}
