//! Owns the form of messages' contents in logs: a text, or a list of blocks. [`crate::typed`] owns which part of a text
//! a person typed. Deliberately absent: flags of the line that holds the content.

use crate::{lenient, typed};
use cs_core::repair;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// One block of a content.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Block<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "type")]
    pub kind: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub text: Option<Cow<'a, str>>,
    /// A tool's name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// A tool call's id.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub id: Option<Cow<'a, str>>,
    /// The call to which a result belongs.
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "tool_use_id")]
    pub call: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient::flag")]
    pub is_error: Option<bool>,
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    pub input: Option<Input<'a>>,
    /// Content of a result.
    #[serde(borrow, default)]
    pub content: Option<&'a RawValue>,
}

/// The arguments of a tool call that readers use.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Input<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub command: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub file_path: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub notebook_path: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub description: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub subagent_type: Option<Cow<'a, str>>,
}

/// A content that is a text.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow, deserialize_with = "lenient::text")] Option<Cow<'a, str>>);

/// A content that is a list.
#[derive(Deserialize)]
struct List<'a>(#[serde(borrow, deserialize_with = "lenient::objects")] Vec<Block<'a>>);

/// The blocks of a content; a text is one block. None if its form is unknown. `room` is for a repair.
pub(crate) fn blocks<'a>(content: Option<&'a RawValue>, room: &'a mut Vec<u8>) -> Vec<Block<'a>> {
    content.and_then(|content| known_blocks(content, room)).unwrap_or_default()
}

/// The blocks; `None` if the content has an unknown form.
fn known_blocks<'a>(content: &'a RawValue, room: &'a mut Vec<u8>) -> Option<Vec<Block<'a>>> {
    let text = content.get();
    match text.as_bytes().first()? {
        b'"' => {
            let Text(text) = repair::decode(text.as_bytes(), room).ok()?;
            Some(vec![Block { text, ..Block::default() }])
        }
        b'[' => repair::decode(text.as_bytes(), room).ok().map(|List(blocks)| blocks),
        _ => None,
    }
}

/// The text of a content, trimmed.
pub(crate) fn words(blocks: &[Block]) -> String {
    let is_text = |block: &&Block| block.kind.as_deref().is_none_or(|kind| kind == "text");
    let texts: Vec<&str> = blocks.iter().filter(is_text).filter_map(|block| block.text.as_deref()).collect();
    texts.join("\n").trim().to_string()
}

/// The text that a person typed; `None` if a program wrote the content. An unknown form counts as an empty prompt. A
/// command without an origin belongs to the client itself, such as `/model`.
pub(crate) fn typed(content: &RawValue, has_origin: bool) -> Option<String> {
    let room = &mut Vec::new();
    let Some(blocks) = known_blocks(content, room) else { return Some(String::new()) };
    let words = words(&blocks);
    let typed = typed::typed(&words).filter(|typed| !typed.is_of_client || has_origin)?;
    Some(typed.text.into_owned())
}
