//! Owns what `attachment` and `system` lines of Claude Code's transcripts mean. Must stay true: what the client sends with
//! every request (its system prompt, lists of tools) is no part of a conversation.
//! Facts (2.1.332): a prompt that is typed while a turn runs is an attachment `queued_command`. A hook that fails, is killed
//! or cannot be started leaves `hook_non_blocking_error`, one that takes too long `hook_cancelled` with `timedOut`.

use super::line::Line;
use crate::content;
use crate::entry::{Kind, Source, Stop, Via, Wanted};
use crate::mark::Mark;
use crate::{lenient, typed};
use cs_core::repair;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The start of an attachment that is a prompt.
pub(super) static QUEUED: Mark = Mark::new("\"queued_command\"");

/// Attachments that the client sends with every request.
const OF_EVERY_REQUEST: [&str; 8] = [
    "prompt_snapshot",
    "deferred_tools_delta",
    "deferred_tools_record",
    "agent_listing_delta",
    "skill_listing",
    "command_permissions",
    "model",
    "date",
];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Attachment<'a> {
    #[serde(borrow, deserialize_with = "lenient::text", rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    prompt: Option<&'a RawValue>,
    #[serde(deserialize_with = "lenient::object")]
    origin: Option<super::line::Origin>,
    #[serde(deserialize_with = "lenient::flag", rename = "isMeta")]
    meta: Option<bool>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    snippet: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    stdout: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    stderr: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    command: Option<Cow<'a, str>>,
    #[serde(deserialize_with = "lenient::flag", rename = "timedOut")]
    timed_out: Option<bool>,
    #[serde(borrow, deserialize_with = "lenient::text", alias = "path")]
    filename: Option<Cow<'a, str>>,
    #[serde(deserialize_with = "lenient::objects")]
    files: Vec<Instructions>,
    #[serde(deserialize_with = "lenient::objects")]
    skills: Vec<Instructions>,
    #[serde(deserialize_with = "lenient::object")]
    context: Option<Surroundings>,
}

/// A file with instructions.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Instructions {
    #[serde(deserialize_with = "lenient::string")]
    content: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Surroundings {
    #[serde(deserialize_with = "lenient::string")]
    git_status: Option<String>,
}

/// The content of a file that was attached.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Content {
    #[serde(deserialize_with = "lenient::object")]
    file: Option<File>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    #[serde(deserialize_with = "lenient::string")]
    content: Option<String>,
    #[serde(deserialize_with = "lenient::string")]
    base64: Option<String>,
    #[serde(deserialize_with = "lenient::string", rename = "type")]
    mime: Option<String>,
}

/// The entries of an attachment, each with its block; true if a repair was needed.
pub(super) fn of_attachment(line: &Line, wanted: Wanted, kinds: &mut Vec<(u32, Kind)>) -> bool {
    let object = line.attachment.filter(|json| json.get().starts_with('{'));
    let mut room = Vec::new();
    let decoded = object.and_then(|json| repair::decode_marked(json.get().as_bytes(), &mut room).ok());
    let Some((attached, is_repaired)): Option<(Attachment, bool)> = decoded else { return false };
    match attached.kind.as_deref().unwrap_or_default() {
        "queued_command" => queued(line, &attached, wanted, kinds),
        _ if wanted != Wanted::Full => {}
        kind if OF_EVERY_REQUEST.contains(&kind) => {}
        "file" | "edited_text_file" | "compact_file_reference" | "directory" | "pdf_reference" => {
            kinds.push((0, file(&attached)));
        }
        kind if kind.starts_with("hook_") => hook(kind, &attached, kinds),
        _ => {
            let instructions = attached.files.iter().chain(&attached.skills).filter_map(|one| one.content.as_deref());
            kinds.extend((0..).zip(instructions.map(|text| injected(text, Source::Instructions))));
            let git = attached.context.as_ref().and_then(|context| context.git_status.as_deref());
            kinds.extend(git.map(|text| (0, injected(text, Source::Environment))));
            kinds.extend(words(&attached).map(|text| (0, injected(&text, Source::Reminder))));
        }
    }
    is_repaired
}

fn injected(text: &str, source: Source) -> Kind<'static> {
    Kind::Injected(Cow::Owned(text.to_string()), typed::source(text).unwrap_or(source))
}

/// The text of an attachment.
fn words(attached: &Attachment) -> Option<String> {
    let content = || content::words(&content::blocks(attached.content, &mut Vec::new()));
    let text = attached.text.as_deref().or(attached.snippet.as_deref()).map_or_else(content, str::to_string);
    (!text.trim().is_empty()).then_some(text)
}

/// A prompt that was typed while a turn ran, or news that came in the same way.
fn queued(line: &Line, attached: &Attachment, wanted: Wanted, kinds: &mut Vec<(u32, Kind)>) {
    let Some(content) = attached.prompt else { return };
    let origin = attached.origin.as_ref().and_then(|origin| origin.kind.as_deref());
    let is_injected = [attached.meta, line.meta, line.side].contains(&Some(true));
    let is_human = !is_injected && origin.is_none_or(|kind| kind == "human");
    if let Some(text) = Some(content).filter(|_| is_human).and_then(|content| content::typed(content, origin.is_some()))
    {
        kinds.push((0, Kind::Prompt(Cow::Owned(text), Via::Queued)));
    } else if wanted != Wanted::Counted {
        let text = content::words(&content::blocks(Some(content), &mut Vec::new()));
        let source = typed::source(&text).unwrap_or(Source::Client);
        match wanted {
            Wanted::Full => kinds.push((0, Kind::Injected(Cow::Owned(text), source))),
            _ if source == Source::News => kinds.push((0, Kind::Injected(Cow::Borrowed(""), source))),
            _ => {}
        }
    }
    if wanted == Wanted::Full {
        let room = &mut Vec::new();
        let blocks = content::blocks(Some(content), room);
        kinds.extend((0..).zip(&blocks).filter_map(|(n, block)| Some((n, super::user::attachment(block)?))));
    }
}

fn file(attached: &Attachment) -> Kind<'static> {
    let object = attached.content.filter(|json| json.get().starts_with('{'));
    let content: Content =
        object.and_then(|json| repair::decode(json.get().as_bytes(), &mut Vec::new()).ok()).unwrap_or_default();
    let file = content.file.unwrap_or_default();
    let text = file.content.as_deref().or(attached.snippet.as_deref()).map(|text| text.len() as u64);
    Kind::Attachment {
        mime: file.mime.map(Cow::Owned),
        bytes: file.base64.as_deref().map(content::decoded_len).or(text),
        path: attached.filename.as_deref().map(|path| Cow::Owned(path.to_string())),
    }
}

fn hook(kind: &str, attached: &Attachment, kinds: &mut Vec<(u32, Kind)>) {
    let fault = match kind {
        "hook_non_blocking_error" => Some(attached.stderr.as_deref().unwrap_or_default()),
        "hook_cancelled" if attached.timed_out == Some(true) => Some("it took too long"),
        _ => None,
    };
    if let (Some(what), Some(command)) = (fault, attached.command.as_deref()) {
        let (command, what) = (Cow::Owned(command.to_string()), Cow::Owned(what.to_string()));
        kinds.push((0, Kind::HookFault { command, what }));
    }
    let said = words(attached).or_else(|| {
        let printed = [attached.stdout.as_deref(), attached.stderr.as_deref()].into_iter().flatten();
        printed.map(str::to_string).find(|text| !text.trim().is_empty())
    });
    kinds.extend(said.map(|text| (0, Kind::Injected(Cow::Owned(text), Source::Hook))));
}

/// The entries of a `system` line.
pub(super) fn of_system(line: &Line, kinds: &mut Vec<(u32, Kind)>) {
    let own = |text: &str| Cow::<'static, str>::Owned(text.to_string());
    for (hook, n) in line.hooks.iter().zip(0..) {
        if let (Some(command), Some(milliseconds)) = (&hook.command, hook.milliseconds) {
            let milliseconds = milliseconds.max(0.0).round() as u64;
            kinds.push((n, Kind::HookRun { command: own(command), milliseconds }));
        }
    }
    if line.is_stopped == Some(true) {
        kinds.push((0, Kind::Stop(Stop::Hook, own(line.stop_reason.as_deref().unwrap_or_default()))));
    }
    let content = line.content.as_deref().filter(|text| !text.trim().is_empty());
    match line.subtype.as_deref() {
        Some("compact_boundary") => {
            let metadata = line.compacted.as_ref();
            kinds.push((
                0,
                Kind::Compaction {
                    trigger: Some(own(metadata.and_then(|of| of.trigger.as_deref()).unwrap_or("unknown"))),
                    tokens_before: metadata.and_then(|of| of.before),
                    tokens_after: metadata.and_then(|of| of.after),
                    text: Cow::Borrowed(""),
                },
            ));
        }
        Some("local_command") => kinds.extend(content.map(|text| (0, injected(text, Source::Command)))),
        Some(_) => kinds.extend(content.map(|text| (0, injected(text, Source::Client)))),
        None => {}
    }
}
