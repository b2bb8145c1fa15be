//! Owns the rows of the mode `tokens`: by session, day and model. Days are those of UTC, as all times in reports. Must stay
//! true: a response counts once, as in `cs-usage`.

use crate::one::One;
use crate::row::Row;
use crate::texts::Texts;
use crate::writer::Writer;
use agents::entry::Kind;
use agents::model::plain_name;
use agents::part::Part;
use agents::tokens::Tokens;
use cs_core::clock;
use cs_core::error::Result;
use std::collections::BTreeMap;

/// The columns of the CSV file.
pub const COLUMNS: [&str; 15] = [
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
];

/// What was used.
#[derive(Clone, Copy, Debug, Default)]
struct Used {
    responses: u64,
    tokens: Tokens,
}

impl Used {
    fn add(&mut self, tokens: &Tokens) {
        self.responses += 1;
        self.tokens.add(tokens);
    }

    fn onto(&self, row: Row) -> Row {
        row.number("responses", Some(self.responses))
            .number("input_tokens", Some(self.tokens.input))
            .number("output_tokens", Some(self.tokens.output))
            .number("cache_creation_input_tokens", Some(self.tokens.written()))
            .number("cache_read_input_tokens", Some(self.tokens.read))
            .number("total_tokens", Some(self.tokens.total()))
    }
}

/// The sums over all conversations.
#[derive(Default)]
pub struct Sums {
    by_day: BTreeMap<Option<String>, Used>,
    by_model: BTreeMap<String, Used>,
}

/// The sum of one conversation.
pub struct Counting<'s> {
    sums: &'s mut Sums,
    used: Used,
    prompts: u64,
}

impl<'s> Counting<'s> {
    /// Nothing was counted yet.
    pub fn new(sums: &'s mut Sums) -> Self {
        Counting { sums, used: Used::default(), prompts: 0 }
    }

    /// Counts a part.
    pub fn add(&mut self, part: &Part) {
        match &part.entry.kind {
            Kind::Prompt(..) => self.prompts += 1,
            Kind::Response(response) => {
                self.used.add(&response.tokens);
                let day = part.entry.at.and_then(clock::from_millis).map(|at| at.date_naive().to_string());
                self.sums.by_day.entry(day).or_default().add(&response.tokens);
                self.sums.by_model.entry(plain_name(&response.model)).or_default().add(&response.tokens);
            }
            _ => {}
        }
    }

    /// Appends the row of the conversation.
    pub fn finish(self, one: &One, texts: &mut Texts, writer: &mut Writer) -> Result<()> {
        let row = Row::new("session")
            .word("conversation", Some(texts.conversation))
            .word("agent", Some(one.conversation.agent.word()));
        let row = row.text("project", texts.show_other("project", one.heading.project.as_deref()));
        let row =
            row.text("title", one.title(texts)).word("started_at", one.started_at()).word("last_at", one.last_at());
        texts.head.entries += 1;
        writer.add(&self.used.onto(row.number("prompts", Some(self.prompts))))
    }
}

impl Sums {
    /// Appends the rows of all days and models.
    pub fn write(&self, texts: &mut Texts, writer: &mut Writer) -> Result<()> {
        for (day, used) in &self.by_day {
            writer.add(&used.onto(Row::new("day").word("day", day.as_deref())))?;
        }
        for (model, used) in &self.by_model {
            let model = texts.show_other("model", Some(model));
            writer.add(&used.onto(Row::new("model").text("model", model)))?;
        }
        Ok(())
    }
}
