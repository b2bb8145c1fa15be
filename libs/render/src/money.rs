//! Owns how costs look to people. Must stay true: every cost says where it comes from: from the log, at [`LIST_PRICE`],
//! or from the client, an [`ESTIMATE`]; the two are never added up, and no table has both. A cost without a known price
//! is `unknown`, never zero.

use cs_core::usage::{ModelUsage, Usage};

/// The title of costs that are computed from the log.
pub const LIST_PRICE: &str = "list price";
/// The title of costs that the client reports: its own estimates.
pub const ESTIMATE: &str = "est. cost";
/// The cost of tokens without a known price.
const UNKNOWN: &str = "unknown";

/// A cost: `$1.23`, `<$0.01`, `$1.23 + unknown` if a part has no known price, `unknown` if no part has one; `~$1.23` if
/// a price is not confirmed by a provider's page.
pub fn format_cost(usd: Option<f64>, unpriced_tokens: u64, unconfirmed_tokens: u64) -> String {
    let Some(usd) = usd else { return UNKNOWN.to_string() };
    let mark = if unconfirmed_tokens > 0 { "~" } else { "" };
    match unpriced_tokens {
        0 => format!("{mark}{}", format_dollars(usd)),
        _ => format!("{mark}${usd:.2} + {UNKNOWN}"),
    }
}

/// The cost of a conversation.
pub fn format_usage_cost(usage: &Usage) -> String {
    format_cost(usage.cost_usd, usage.unpriced_tokens, usage.unconfirmed_tokens)
}

/// The cost of one model in a conversation.
pub fn format_model_cost(usage: &ModelUsage) -> String {
    format_cost(usage.cost_usd, 0, 0)
}

/// An amount of money: `$1.23`, `<$0.01`.
pub fn format_dollars(usd: f64) -> String {
    if usd > 0.0 && usd < 0.005 { "<$0.01".to_string() } else { format!("${usd:.2}") }
}

/// An amount without zero cents, for axes of charts: `$20`, `$2.50`.
pub fn format_round_dollars(usd: f64) -> String {
    let text = format_dollars(usd);
    text.strip_suffix(".00").map_or(text.clone(), str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_cost_is_never_nothing() {
        assert_eq!(format_cost(None, 5, 1), "unknown");
        assert_eq!(
            [Some(1.234), Some(0.004), Some(0.0)].map(|usd| format_cost(usd, 0, 0)),
            ["$1.23", "<$0.01", "$0.00"]
        );
        assert_eq!(format_cost(Some(1.234), 5, 0), "$1.23 + unknown");
        let usage = Usage { cost_usd: Some(1.234), unpriced_tokens: 5, unconfirmed_tokens: 1, ..Usage::default() };
        assert_eq!(format_usage_cost(&usage), "~$1.23 + unknown");
        assert_eq!(format_usage_cost(&Usage { cost_usd: None, ..usage }), "unknown");
        assert_eq!(format_model_cost(&ModelUsage::default()), "unknown");
    }

    #[test]
    fn an_axis_has_short_amounts() {
        assert_eq!([0.0, 0.004, 0.05, 2.5, 20.0].map(format_round_dollars), ["$0", "<$0.01", "$0.05", "$2.50", "$20"]);
    }
}
