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
    /// What a tool was called with.
    #[serde(borrow, default)]
    pub input: Option<&'a RawValue>,
    /// Content of a result.
    #[serde(borrow, default)]
    pub content: Option<&'a RawValue>,
    /// What the agent thought.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub thinking: Option<Cow<'a, str>>,
    /// A picture or a document.
    #[serde(borrow, default, deserialize_with = "lenient::object")]
    pub source: Option<Picture<'a>>,
}

/// The content of a picture or a document.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Picture<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub media_type: Option<Cow<'a, str>>,
    /// In base 64.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub data: Option<Cow<'a, str>>,
}

impl Picture<'_> {
    /// Number of bytes.
    pub(crate) fn bytes(&self) -> Option<u64> {
        self.data.as_deref().map(decoded_len)
    }
}

/// Number of bytes that a text in base 64 stands for.
pub(crate) fn decoded_len(text: &str) -> u64 {
    let padding = text.bytes().rev().take(2).take_while(|byte| *byte == b'=').count();
    ((text.len() - padding) as u64 * 3) / 4
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
    /// Where files are looked for.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub path: Option<Cow<'a, str>>,
    /// A plan that the person is to approve.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub plan: Option<Cow<'a, str>>,
}

impl<'a> Block<'a> {
    /// The arguments of a call; none if they are unknown.
    pub(crate) fn arguments(&self, room: &'a mut Vec<u8>) -> Input<'a> {
        let object = self.input.filter(|input| input.get().starts_with('{'));
        object.and_then(|input| repair::decode(input.get().as_bytes(), room).ok()).unwrap_or_default()
    }
}

/// A content that is a text.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow, deserialize_with = "lenient::text")] Option<Cow<'a, str>>);

/// A content that is a list.
#[derive(Deserialize)]
struct List<'a>(#[serde(borrow, deserialize_with = "lenient::objects")] Vec<Block<'a>>);

/// The blocks of a content; a text is one block. None if its form is unknown. `room` is for a repair.
pub(crate) fn blocks<'a>(content: Option<&'a RawValue>, room: &'a mut Vec<u8>) -> Vec<Block<'a>> {
    marked_blocks(content, room).0
}

/// Like [`blocks`], and whether a repair was needed.
pub(crate) fn marked_blocks<'a>(content: Option<&'a RawValue>, room: &'a mut Vec<u8>) -> (Vec<Block<'a>>, bool) {
    content.and_then(|content| known_blocks(content, room)).unwrap_or_default()
}

/// The blocks; `None` if the content has an unknown form.
fn known_blocks<'a>(content: &'a RawValue, room: &'a mut Vec<u8>) -> Option<(Vec<Block<'a>>, bool)> {
    let text = content.get();
    match text.as_bytes().first()? {
        b'"' => {
            let (Text(text), is_repaired) = repair::decode_marked(text.as_bytes(), room).ok()?;
            Some((vec![Block { text, ..Block::default() }], is_repaired))
        }
        b'[' => {
            let (List(blocks), is_repaired) = repair::decode_marked(text.as_bytes(), room).ok()?;
            Some((blocks, is_repaired))
        }
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
    let Some((blocks, _)) = known_blocks(content, room) else { return Some(String::new()) };
    let words = words(&blocks);
    let typed = typed::typed(&words).filter(|typed| !typed.is_of_client || has_origin)?;
    Some(typed.text.into_owned())
}
