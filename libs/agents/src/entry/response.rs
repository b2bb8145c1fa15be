//! Owns what a log says about responses of models and their usage.

use crate::lenient;
use crate::model::plain_name;
use crate::tokens::{Class, Tokens};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One response of a model, as reported by one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Response<'a> {
    /// The message's id, otherwise the line's, otherwise a text that is unique in the log.
    pub message: Cow<'a, str>,
    /// The call inside the message, such as `advisor_message 1`.
    pub part: Option<String>,
    /// Whether the id is from the log; otherwise it was derived here.
    pub is_named: bool,
    /// The provider's id for the request.
    pub request: Option<Cow<'a, str>>,
    /// The client's own name for the request.
    pub reference: Option<Cow<'a, str>>,
    /// The model's name, as in the line.
    pub model: Cow<'a, str>,
    /// Flags that decide the price.
    pub class: Class,
    /// Number of lines: 1, or 0 for a call inside a message.
    pub lines: u32,
    /// Web searches that the server made.
    pub searches: u32,
    /// Tokens of this response by kind.
    pub tokens: Tokens,
    /// The cost in the line, in trillionths of a dollar.
    pub cost_pico_usd: u64,
}

impl Response<'_> {
    /// A text that identifies the response across all logs.
    pub fn key(&self) -> Cow<'_, str> {
        match &self.part {
            Some(part) => Cow::Owned(format!("{}/{}/{part}", self.message, plain_name(&self.model))),
            None => Cow::Borrowed(&self.message),
        }
    }
}

/// The client's own sum for a conversation (`cost-state`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClientSum {
    /// US dollars; `None` if the client does not report it.
    #[serde(default, rename = "totalCostUSD", deserialize_with = "lenient::number")]
    pub cost_usd: Option<f64>,
    /// Share of each model, by the client's name for it.
    #[serde(default, rename = "modelUsage")]
    pub models: BTreeMap<String, ClientModel>,
}

/// The client's own sum for a model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientModel {
    /// Input that was neither read from a cache nor written to one.
    #[serde(deserialize_with = "lenient::count")]
    pub input_tokens: u64,
    /// Tokens that the model wrote.
    #[serde(deserialize_with = "lenient::count")]
    pub output_tokens: u64,
    /// Input read from a cache.
    #[serde(deserialize_with = "lenient::count")]
    pub cache_read_input_tokens: u64,
    /// Input written to a cache.
    #[serde(deserialize_with = "lenient::count")]
    pub cache_creation_input_tokens: u64,
    /// US dollars; `None` if the client does not report it.
    #[serde(rename = "costUSD", deserialize_with = "lenient::number")]
    pub cost_usd: Option<f64>,
}
