//! Owns the decoding of an answer's `usage`: tokens, what their price depends on, and the calls inside the answer. Must
//! stay true: nothing that the sums at the top contain is counted again.
//!
//! `iterations` lists the calls of models that one answer needed. The sums at the top are those of the model that
//! answered. They omit the advisor that it asked, the compaction of its context, and an earlier attempt by another
//! model, but each model that produced output is paid for. (Source: Anthropic's documents on the advisor tool, on
//! compaction and on fallbacks.)

use crate::entry::Response;
use crate::lenient;
use crate::model::plain_name;
use crate::tokens::{Class, Tier, Tokens};
use serde::Deserialize;
use std::borrow::Cow;

/// Replaces the model's name if no model answered.
pub const SYNTHETIC: &str = "<synthetic>";

/// The `usage` of an answer, or of one of its iterations.
#[derive(Deserialize)]
pub struct Usage<'a> {
    #[serde(default, deserialize_with = "lenient::count")]
    input_tokens: u64,
    #[serde(default, deserialize_with = "lenient::count")]
    output_tokens: u64,
    #[serde(default, deserialize_with = "lenient::count")]
    cache_creation_input_tokens: u64,
    #[serde(default, deserialize_with = "lenient::count")]
    cache_read_input_tokens: u64,
    #[serde(default, deserialize_with = "lenient::object")]
    cache_creation: Option<Split>,
    #[serde(default, deserialize_with = "lenient::object")]
    server_tool_use: Option<ServerTools>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    speed: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    inference_geo: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    service_tier: Option<Cow<'a, str>>,
    /// In an iteration: its kind.
    #[serde(borrow, default, deserialize_with = "lenient::text", rename = "type")]
    kind: Option<Cow<'a, str>>,
    /// In an iteration: the model, if it is another one.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    model: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient::objects")]
    iterations: Vec<Usage<'a>>,
}

#[derive(Deserialize)]
struct Split {
    #[serde(default, deserialize_with = "lenient::count")]
    ephemeral_5m_input_tokens: u64,
    #[serde(default, deserialize_with = "lenient::count")]
    ephemeral_1h_input_tokens: u64,
}

#[derive(Deserialize)]
struct ServerTools {
    #[serde(default, deserialize_with = "lenient::count")]
    web_search_requests: u64,
}

/// A call inside an answer.
pub struct Part<'a> {
    usage: &'a Usage<'a>,
    model: &'a str,
    /// Its kind and its number among those of that kind: `advisor_message 1`.
    name: String,
}

impl Part<'_> {
    /// The response, derived from the answer's. `cost_pico_usd` is its share of the cost in the line.
    pub fn response<'a>(&self, answer: &Response<'a>, cost_pico_usd: u64) -> Response<'a> {
        let tokens = self.usage.tokens();
        let class = self.usage.class_within(answer.class, self.kind() == "compaction").of_prompt(tokens.prompt());
        let (model, part) = (Cow::Owned(self.model.to_string()), Some(self.name.clone()));
        // The line belongs to the answer.
        Response { model, part, class, lines: 0, searches: 0, tokens, cost_pico_usd, ..answer.clone() }
    }

    fn kind(&self) -> &str {
        self.usage.kind()
    }

    /// Its tokens by kind.
    pub fn tokens(&self) -> Tokens {
        self.usage.tokens()
    }
}

impl Usage<'_> {
    /// Tokens by kind. Cache tokens without a duration count as five minutes, the default.
    pub fn tokens(&self) -> Tokens {
        let split = self.cache_creation.as_ref();
        let (of_5m, of_1h) =
            split.map_or((0, 0), |split| (split.ephemeral_5m_input_tokens, split.ephemeral_1h_input_tokens));
        let rest = self.cache_creation_input_tokens.saturating_sub(of_5m.saturating_add(of_1h));
        Tokens {
            input: self.input_tokens,
            output: self.output_tokens,
            write_5m: of_5m.saturating_add(rest),
            write_1h: of_1h,
            read: self.cache_read_input_tokens,
        }
    }

    /// Web searches that the server made.
    pub fn searches(&self) -> u32 {
        let searches = self.server_tool_use.as_ref().map_or(0, |tools| tools.web_search_requests);
        u32::try_from(searches).unwrap_or(u32::MAX)
    }

    fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or("message")
    }

    /// The class that decides the answer's price.
    pub fn class(&self, model: &str) -> Class {
        let class = self.class_within(Class::default(), false);
        class.of_prompt(self.prompt(model))
    }

    /// The same for an iteration inside an answer of this class. It has the answer's speed only if the model is the
    /// same.
    fn class_within(&self, answer: Class, same_speed: bool) -> Class {
        let fast = self.speed.as_deref().map_or(same_speed && answer.has(Class::FAST), |speed| speed == "fast");
        let us = self.inference_geo.as_deref().map_or(answer.has(Class::US), |place| place == "us");
        let tier = self.service_tier.as_deref().map_or(answer.tier(), tier);
        let kept = [Class::RECORDED, Class::SIDE].into_iter().filter(|flag| answer.has(*flag));
        let set = [(fast, Class::FAST), (us, Class::US)].into_iter().filter(|(set, _)| *set).map(|(_, flag)| flag);
        kept.chain(set).fold(Class::default(), Class::with).of_tier(tier)
    }

    /// How long the prompt was. If the model was called several times, the sum is longer than any of the prompts.
    fn prompt(&self, model: &str) -> u64 {
        let all = self.tokens().prompt();
        let own = self.iterations.iter().filter(|iteration| !self.is_apart(iteration, model));
        let prompts: Vec<u64> = own.map(|iteration| iteration.tokens().prompt()).collect();
        let sum = prompts.iter().fold(0u64, |sum, prompt| sum.saturating_add(*prompt));
        prompts.into_iter().max().filter(|_| sum >= all && all > 0).map_or(all, |longest| longest.min(all))
    }

    /// The calls that the sums at the top omit. `model` is the one that answered, `advisor` the one that it could
    /// ask.
    pub fn parts<'a>(&'a self, model: &'a str, advisor: Option<&'a str>) -> Vec<Part<'a>> {
        let mut parts: Vec<Part<'a>> = Vec::new();
        for usage in self.iterations.iter().filter(|iteration| self.is_apart(iteration, model)) {
            let unsaid = advisor.filter(|_| usage.kind() == "advisor_message").unwrap_or(model);
            let model = usage.model.as_deref().filter(|model| !model.is_empty()).unwrap_or(unsaid);
            let nth = 1 + parts.iter().filter(|part| part.kind() == usage.kind() && part.model == model).count();
            parts.push(Part { usage, model, name: format!("{} {nth}", usage.kind()) });
        }
        parts.retain(|part| part.usage.is_paid());
        parts
    }

    /// Whether an iteration is not included in the sums at the top.
    fn is_apart(&self, iteration: &Usage, model: &str) -> bool {
        let is_answer = || iteration.kind() == "fallback_message" && iteration.tokens() == self.tokens();
        let is_other = |other: &str| !["", SYNTHETIC].contains(&other) && plain_name(other) != plain_name(model);
        match iteration.kind() {
            "advisor_message" | "compaction" => true,
            _ => iteration.model.as_deref().is_some_and(is_other) && !is_answer(),
        }
    }

    /// Whether it costs anything. An attempt that was declined before any output is free.
    fn is_paid(&self) -> bool {
        let is_attempt = !matches!(self.kind(), "advisor_message" | "compaction");
        self.tokens().total() > 0 && !(is_attempt && self.output_tokens == 0)
    }
}

/// The tier of service for a provider's word. Anthropic has `standard`, `priority` and `batch`; the other words for the
/// ordinary tier come from gateways.
fn tier(word: &str) -> Tier {
    match word {
        "" | "standard" | "default" | "auto" | "standard_only" | "on_demand" => Tier::Standard,
        "batch" => Tier::Batch,
        "priority" => Tier::Priority,
        _ => Tier::Other,
    }
}
