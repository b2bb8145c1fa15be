//! Owns what Codex's rollouts say in words: what was put in as a message, and by whom; answers and thoughts.
//! Must stay true: a prompt is what the client says was typed (`UserMessage`, `user_message`); a message of the model's
//! words is a prompt only where the client tells none. Encrypted content is left out.
//! Facts: rollouts of 0.42 to 0.169; the labels of blocks (`user.text`) are those of 0.169.

use crate::entry::{Kind, Source};
use crate::lenient;
use crate::typed;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A block of a message.
#[derive(Deserialize)]
pub(super) struct Block<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    text: Option<Cow<'a, str>>,
    /// A picture: its content, or an address.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    image_url: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Blocks<'a>(#[serde(borrow, deserialize_with = "lenient::objects")] Vec<Block<'a>>);

/// The blocks of a content: a text is one.
pub(super) fn blocks(content: Option<&RawValue>) -> Vec<Block<'_>> {
    let Some(content) = content.map(RawValue::get) else { return Vec::new() };
    if content.starts_with('"') {
        let text = serde_json::from_str(content).ok();
        return vec![Block { kind: None, text, image_url: None }];
    }
    serde_json::from_str(content).map(|Blocks(blocks)| blocks).unwrap_or_default()
}

/// The texts of blocks, one per line, trimmed; what is encrypted has none.
pub(super) fn words(blocks: &[Block]) -> String {
    joined(blocks).trim().to_string()
}

/// The same, as it was written.
pub(super) fn joined(blocks: &[Block]) -> String {
    let texts: Vec<&str> = blocks.iter().filter_map(|block| block.text.as_deref()).collect();
    texts.join("\n")
}

/// The texts of a list of texts or blocks, each by itself.
pub(super) fn each_text(list: Option<&RawValue>) -> Vec<Cow<'_, str>> {
    let Some(list) = list.map(RawValue::get) else { return Vec::new() };
    if let Ok(texts) = serde_json::from_str::<Vec<String>>(list) {
        return texts.into_iter().map(Cow::Owned).collect();
    }
    let blocks = serde_json::from_str(list).map(|Blocks(blocks)| blocks).unwrap_or_default();
    blocks.into_iter().filter_map(|block| block.text).collect()
}

/// A message with the role of the user or the client, in its parts.
#[derive(Default)]
pub(super) struct Message {
    /// What the client put in and pictures, each with the number of its block.
    pub(super) parts: Vec<(u32, Kind<'static>)>,
    /// What a person may have said; `None` if all of it is the client's.
    pub(super) typed: Option<String>,
    /// Whether the client labels it as a person's.
    pub(super) is_labelled: bool,
}

/// The parts of a message. `labels` are the client's words for each block.
pub(super) fn message(blocks: &[Block], role: &str, labels: Option<&RawValue>) -> Message {
    let labels: Vec<String> = labels.and_then(|labels| serde_json::from_str(labels.get()).ok()).unwrap_or_default();
    let is_labelled = role == "user" && labels.iter().any(|label| label.starts_with("user."));
    let is_known = !labels.is_empty() && labels.iter().all(|label| label != "unknown");
    let mut message = Message { is_labelled, ..Message::default() };
    let mut own = Vec::new();
    let is_own_block = |place: usize, text: &str| match labels.get(place) {
        _ if role != "user" => false,
        Some(label) if is_known => label.starts_with("user."),
        _ => typed::typed(text).is_some(),
    };
    for (place, block) in blocks.iter().enumerate() {
        let number = place as u32;
        message.parts.extend(block.picture().map(|kind| (number, kind)));
        let Some(text) = block.text.as_deref().filter(|text| !text.trim().is_empty()) else { continue };
        if is_own_block(place, text) {
            own.extend((!is_frame(text)).then_some(text));
        } else {
            message.parts.push((number, Kind::Injected(Cow::Owned(text.to_string()), source(text))));
        }
    }
    let has_own = !own.is_empty() || (message.is_labelled && !blocks.is_empty());
    message.typed = has_own.then(|| own.join("\n")).and_then(|text| {
        if text.is_empty() { Some(text) } else { typed::typed(&text).map(|typed| typed.text.into_owned()) }
    });
    message
}

/// Whether a block is only a tag around a picture.
fn is_frame(text: &str) -> bool {
    let text = text.trim();
    text == "</image>" || (text.starts_with("<image ") && text.ends_with('>') && !text.contains('\n'))
}

/// Who a text comes from, by its beginning.
pub(super) fn source(text: &str) -> Source {
    let text = text.trim_start();
    let begins = |starts: &[&str]| starts.iter().any(|start| text.starts_with(start));
    match () {
        () if begins(&["<environment_context"]) => Source::Environment,
        () if begins(&["<hook_prompt", "<user-prompt-submit-hook"]) => Source::Hook,
        () if begins(&["<subagent_notification"]) => Source::News,
        () if begins(&["<user_shell_command"]) => Source::Command,
        () if begins(&["<turn_aborted", "<user_action", "<model_switch"]) => Source::Client,
        () if begins(&["# AGENTS.md", "<user_instructions", "<INSTRUCTIONS", "You are "]) => Source::Instructions,
        () if text.starts_with('<') => Source::Instructions,
        () => Source::Client,
    }
}

impl Block<'_> {
    /// A picture, without its content.
    pub(super) fn picture(&self) -> Option<Kind<'static>> {
        let is_picture = self.kind.as_deref().is_some_and(|kind| kind.contains("image"));
        let address = self.image_url.as_deref().filter(|_| is_picture)?;
        let Some((mime, content)) = address.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")) else {
            return Some(Kind::Attachment { mime: None, bytes: None, path: None });
        };
        let padding = content.bytes().rev().take_while(|byte| *byte == b'=').count();
        let bytes = (content.len() / 4 * 3).saturating_sub(padding) as u64;
        Some(Kind::Attachment { mime: Some(Cow::Owned(mime.to_string())), bytes: Some(bytes), path: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(content: &str, role: &str, labels: Option<&str>) -> Message {
        let content = RawValue::from_string(content.to_string()).unwrap();
        let labels = labels.map(|labels| RawValue::from_string(labels.to_string()).unwrap());
        message(&blocks(Some(&content)), role, labels.as_deref())
    }

    #[test]
    fn words_around_a_picture_are_the_client_s() {
        let content = r#"[{"type":"input_text","text":"<image name=[Image #1]>"},
            {"type":"input_image","image_url":"data:image/png;base64,AAAAAA=="},
            {"type":"input_text","text":"</image>"},{"type":"input_text","text":"what is it?"}]"#;
        for labels in [None, Some(r#"["user.text","user.image","user.text","user.text"]"#)] {
            let message = of(content, "user", labels);
            assert_eq!(message.typed.as_deref(), Some("what is it?"));
            let picture = Kind::Attachment { mime: Some("image/png".into()), bytes: Some(4), path: None };
            assert_eq!(message.parts, [(1, picture)]);
        }
    }

    #[test]
    fn what_the_client_puts_in_is_no_prompt() {
        let content = r##"[{"type":"input_text","text":"# AGENTS.md instructions for /x\n<INSTRUCTIONS>\ny\n</INSTRUCTIONS>"},
            {"type":"input_text","text":"<environment_context>\n</environment_context>"}]"##;
        let message = of(content, "user", None);
        assert_eq!(message.typed, None);
        let sources: Vec<Source> = message
            .parts
            .iter()
            .map(|(_, kind)| match kind {
                Kind::Injected(_, source) => *source,
                _ => panic!(),
            })
            .collect();
        assert_eq!(sources, [Source::Instructions, Source::Environment]);
        let labelled =
            of(r#"[{"type":"input_text","text":"plain words"}]"#, "user", Some(r#"["generic.turn_aborted"]"#));
        assert_eq!(labelled.typed, None, "the client's label counts");
        assert_eq!(of(r#"[{"text":"plain words"}]"#, "developer", None).typed, None);
        assert_eq!(of(r#""plain words""#, "user", None).typed.as_deref(), Some("plain words"));
    }
}
