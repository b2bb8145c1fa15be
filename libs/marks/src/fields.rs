//! Owns which fields of a part have a text that can be marked, under the names of `docs/CONVERSATION.md`. Must stay true:
//! a text is as the client wrote it, decoded and not masked; that of a call's input is its JSON.

use agents::entry::{Asked, Kind, Tool};
use agents::part::{Part, PartKind};
use std::borrow::Cow;

/// What was said, [`Part::text`]: the field that is meant if none is named.
pub const TEXT: &str = "text";

/// Kinds of parts that share the anchor of another part that has a text, and what their text is called in marks.
const TWINS: [(PartKind, &str); 3] =
    [(PartKind::Plan, "plan.text"), (PartKind::Ask, "ask.text"), (PartKind::Agent, "agent.text")];

/// The name in marks of a field of a part of this kind: the text of a plan is not that of the call with its anchor.
pub fn field_name<'f>(kind: Option<&str>, field: &'f str) -> &'f str {
    let twin = TWINS.iter().find(|(twin, _)| field == TEXT && kind == Some(twin.word()));
    twin.map_or(field, |(_, name)| name)
}

/// The fields of a part that have a text, `text` first.
pub fn fields<'p>(part: &'p Part) -> Vec<(&'static str, Cow<'p, str>)> {
    let mut all = vec![(field_name(Some(part.kind.word()), TEXT), part.text())];
    let mut add = |name, text: Option<&'p str>| all.extend(text.map(|text| (name, Cow::Borrowed(text))));
    match &part.entry.kind {
        Kind::Call { tool, asked, .. } => of_call(tool, asked, &mut all),
        Kind::Result { output, .. } => add("spilled", output.spilled.as_deref()),
        Kind::Ask { questions, .. } => {
            let options: Vec<&str> = questions.iter().flat_map(|one| &one.options).map(AsRef::as_ref).collect();
            all.push(("options", Cow::Owned(options.join("\n"))));
        }
        Kind::Context(context) => {
            add("cwd", context.cwd.as_deref());
            add("branch", context.branch.as_deref());
        }
        Kind::Attachment { path, .. } => add("path", path.as_deref()),
        _ => {}
    }
    all.retain(|(_, text)| !text.is_empty());
    all
}

/// The text of a field of a part; `None` if the part has none of this name.
pub fn field<'p>(part: &'p Part, name: &str) -> Option<Cow<'p, str>> {
    let name = field_name(Some(part.kind.word()), name);
    fields(part).into_iter().find(|(own, _)| *own == name).map(|(_, text)| text)
}

fn of_call<'p>(tool: &Tool, asked: &'p Asked, all: &mut Vec<(&'static str, Cow<'p, str>)>) {
    all.extend(asked.input.as_deref().map(|input| ("input", Cow::Borrowed(input))));
    // The text of another call is made of these.
    if matches!(tool, Tool::Run(line) if !line.is_empty()) {
        all.extend(asked.purpose.as_deref().map(|purpose| ("purpose", Cow::Borrowed(purpose))));
    }
    let paths: Vec<&str> = asked.files.iter().map(AsRef::as_ref).collect();
    all.push(("paths", Cow::Owned(paths.join("\n"))));
}
