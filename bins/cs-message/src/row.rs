//! Owns how messages are printed: one JSON line with the full id, a block for people, or the full id alone.

use cli::{Block, Context, Form, Outcome};
use cs_core::clock;
use cs_core::masked;
use cs_core::visible::one_line;
use cs_core::zone::Zone;
use render::{Column, Style, Table, TableCell, format_local_minute};
use seats::{Message, Mode, Seat, State};
use serde::Serialize;

#[derive(Serialize)]
struct Row<'a> {
    id: String,
    state: State,
    #[serde(flatten)]
    message: &'a Message,
}

/// Characters of the id's last part, which is enough to name a seat.
const SHORT: usize = 4;

/// Prints a message that a command stored, changed or shows.
pub fn print(context: &mut Context, message: &Message) -> Outcome<()> {
    let message = &shown(message);
    match context.out.form {
        _ if context.out.quiet => context.out.line(&message.full_id()),
        Form::Json => context.out.json(&Row { id: message.full_id(), state: message.state, message }),
        Form::Table => block(message).print(&mut context.out),
    }
}

/// Whose messages a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipients {
    /// Those of one agent, which need not be named in each row.
    One,
    Several,
}

/// Prints a list of messages.
pub fn print_all(context: &mut Context, messages: &[Message], seats: &[Seat], to: Recipients) -> Outcome<()> {
    if context.out.quiet || context.out.form == Form::Json {
        return messages.iter().try_for_each(|message| print(context, message));
    }
    let names = ["to", "from"].map(|title| Column::text(title).shrinks(8));
    let words = ["state", "mode", "sent"].map(Column::text);
    let last = [Column::text("why").worth(50).shrinks(12), Column::main("text")];
    let mut table = Table::new([Column::text("id")].into_iter().chain(names).chain(words).chain(last).collect());
    for message in messages.iter().map(shown) {
        let sent = clock::parse(&message.sent_at).map(|at| clock::age_or_unknown(at, context.now));
        let mode = if message.mode == Mode::Sequential { "" } else { message.mode.as_str() };
        let short = message.to.get(message.to.len().saturating_sub(SHORT)..).unwrap_or(&message.to);
        table.push(vec![
            TableCell::styled(format!("{short}/{}", message.message_id), Style::Dim),
            TableCell::from(if to == Recipients::Several { name_of(&message.to, seats) } else { "" }),
            TableCell::from(sender(&message, seats)),
            TableCell::styled(message.state.as_str(), style(message.state)),
            TableCell::from(mode),
            TableCell::from(sent.unwrap_or_default()),
            TableCell::from(message.reason.as_deref().filter(|_| message.state == State::Failed).unwrap_or_default()),
            TableCell::from(one_line(&message.text)),
        ]);
    }
    context.out.show(&table).map(drop)
}

/// The present name of an agent that sent it, else what the message says.
fn sender(message: &Message, seats: &[Seat]) -> String {
    let seat = message.from.agent_id.as_deref().and_then(|id| seats.iter().find(|seat| seat.agent_id == id));
    let name = seat.map(|seat| seat.name.clone()).or_else(|| message.from.name.clone());
    name.unwrap_or_else(|| message.from.word())
}

fn name_of<'a>(id: &'a str, seats: &'a [Seat]) -> &'a str {
    seats.iter().find(|seat| seat.agent_id == id).map_or(id, |seat| &seat.name)
}

/// What is on disk may be older than a rule for secrets, or written by hand.
fn shown(message: &Message) -> Message {
    let mut message = message.clone();
    masked::text(&mut message.text);
    message.answer.iter_mut().for_each(masked::text);
    message
}

fn style(state: State) -> Style {
    match state {
        State::Queued => Style::Busy,
        State::Delivered => Style::Plain,
        State::Read | State::Acked => Style::Good,
        State::Failed => Style::Wrong,
    }
}

fn block(message: &Message) -> Block {
    let mut block = Block::new(&message.full_id());
    let when = |at: &Option<String>| {
        let at = at.as_deref().and_then(clock::parse);
        at.map(|at| format_local_minute(at, Zone::system())).unwrap_or_default()
    };
    block.field("from", &message.from.title());
    let why = message.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    block.marked_field("state", message.state.as_str(), style(message.state), &why);
    block.field("mode", message.mode.as_str());
    block.field("in reply to", message.reply_to.as_deref().unwrap_or_default());
    block.field("sent", &when(&Some(message.sent_at.clone())));
    block.field("not before", &when(&message.not_before));
    block.field("expires", &when(&message.expires_at));
    block.field("delivered", &when(&message.delivered_at));
    block.field("read", &when(&message.read_at));
    block.field("acked", &when(&message.acked_at));
    block.field("answer", message.answer.as_deref().unwrap_or_default());
    block.section("text", message.text.lines().map(|line| (String::new(), line.to_string())));
    block
}
