//! Owns what the contents of prompts in logs say: a text, or a list of blocks. Whether a person typed it is known by
//! [`typed`] alone. Deliberately absent: flags of the line that holds the content.

use crate::lenient;
use agents::typed;
use serde::Deserialize;

/// Whether a person typed a content, which is a text or a list of blocks. A command without an origin is one of the
/// client itself, such as `/model`.
pub fn is_typed(content: &str, has_origin: bool) -> bool {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Content {
        Text(String),
        Blocks(Vec<Block>),
    }
    #[derive(Deserialize)]
    struct Block {
        #[serde(default, deserialize_with = "lenient::string")]
        text: Option<String>,
    }
    let said = match serde_json::from_str(content) {
        Ok(Content::Text(text)) => text,
        Ok(Content::Blocks(blocks)) => blocks.into_iter().filter_map(|block| block.text).collect::<Vec<_>>().join("\n"),
        // A form that we do not know: a prompt all the same.
        Err(_) => return true,
    };
    typed::typed(&said).is_some_and(|typed| !typed.is_of_client || has_origin)
}
