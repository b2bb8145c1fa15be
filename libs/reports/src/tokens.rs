//! Owns the rows of the mode `tokens`: by session, day and model. Days are those of UTC, as all times in reports.
//! Must stay true: a response counts once and costs what it does in `cs-usage`.

use crate::one::One;
use crate::row::Row;
use crate::texts::Texts;
use crate::writer::Writer;
use agents::entry::{Kind, Response};
use agents::model::plain_name;
use agents::part::Part;
use cs_core::clock;
use cs_core::config::Config;
use cs_core::error::Result;
use std::collections::BTreeMap;
use usage::prices::Prices;
use usage::row::QuarterRow;
use usage::sum::Sum;

/// The columns of the CSV file.
pub const COLUMNS: [&str; 17] = [
    "conversation",
    "agent",
    "project",
    "title",
    "started_at",
    "last_at",
    "day",
    "model",
    "prompts",
    "responses",
    "input_tokens",
    "output_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "total_tokens",
    "cost_usd",
    "unpriced_tokens",
];

/// Appends the cells of a sum.
fn with(sum: &Sum, row: Row) -> Row {
    row.number("responses", Some(sum.calls))
        .number("input_tokens", Some(sum.tokens.input))
        .number("output_tokens", Some(sum.tokens.output))
        .number("cache_creation_input_tokens", Some(sum.tokens.written()))
        .number("cache_read_input_tokens", Some(sum.tokens.read))
        .number("total_tokens", Some(sum.tokens.total()))
        .dollars("cost_usd", sum.cost_usd())
        .number("unpriced_tokens", Some(sum.unpriced).filter(|tokens| *tokens > 0))
}

/// The sums over all conversations.
pub struct Sums {
    prices: Prices,
    by_day: BTreeMap<Option<String>, Sum>,
    by_model: BTreeMap<String, Sum>,
}

/// The sum of one conversation.
pub struct Counting<'s> {
    sums: &'s mut Sums,
    used: Sum,
    prompts: u64,
}

impl<'s> Counting<'s> {
    /// Nothing was counted yet.
    pub fn new(sums: &'s mut Sums) -> Self {
        Counting { sums, used: Sum::default(), prompts: 0 }
    }

    /// Counts a part.
    pub fn add(&mut self, part: &Part) {
        match &part.entry.kind {
            Kind::Prompt(..) => self.prompts += 1,
            Kind::Response(response) => {
                let day = part.entry.at.and_then(clock::from_millis).map(|at| at.date_naive().to_string());
                let Sums { prices, by_day, by_model } = &mut *self.sums;
                let mut used = Sum::default();
                used.add(&row(response, part.entry.at.unwrap_or_default()), &response.model, prices);
                self.used.merge(&used);
                by_day.entry(day).or_default().merge(&used);
                by_model.entry(plain_name(&response.model)).or_default().merge(&used);
            }
            _ => {}
        }
    }

    /// Appends the row of the conversation.
    pub fn finish(self, one: &One, texts: &mut Texts, writer: &mut Writer) -> Result<()> {
        let row = Row::new("session")
            .word("conversation", Some(texts.conversation))
            .word("agent", Some(one.conversation.agent.word()));
        let row = row.text("project", texts.show_repeated("project", one.heading.project.as_deref()));
        let row =
            row.text("title", one.title(texts)).word("started_at", one.started_at()).word("last_at", one.last_at());
        texts.head.entries += 1;
        writer.add(&with(&self.used, row.number("prompts", Some(self.prompts))))
    }
}

/// A response as the only one of its quarter of an hour: prices are those of `cs-usage`.
fn row(response: &Response, at: i64) -> QuarterRow {
    QuarterRow {
        session: 0,
        model: 0,
        class: response.class,
        calls: 1,
        searches: response.searches.into(),
        tokens: response.tokens,
        cost: response.cost_pico_usd,
        first: at,
        last: at,
    }
}

impl Sums {
    /// Nothing yet, with these prices.
    pub fn new(config: &Config) -> Sums {
        Sums { prices: Prices::new(config).0, by_day: BTreeMap::new(), by_model: BTreeMap::new() }
    }

    /// Appends the rows of all days and models.
    pub fn write(&self, texts: &mut Texts, writer: &mut Writer) -> Result<()> {
        for (day, used) in &self.by_day {
            writer.add(&with(used, Row::new("day").word("day", day.as_deref())))?;
        }
        for (model, used) in &self.by_model {
            let model = texts.show_other("model", Some(model));
            writer.add(&with(used, Row::new("model").text("model", model)))?;
        }
        Ok(())
    }
}
