//! Owns what a call of `spawn` may choose, and how it is combined with a template. Must stay true: what an agent may
//! choose is a list of what is allowed, never of what is not: the model, the effort, the name and a template, which a
//! person wrote. Everything else about the client is the person's.

use crate::prompt::{self, Source};
use argh::{ArgsInfo, FromArgs};
use cli::seat::Agents;
use cli::seat::begin::{Chosen, client, folder, joined_prompt, refuse_untrusted};
use cli::seat::prompt::checked;
use cli::seat::start::Wanted;
use cli::{Failure, Outcome, patience};
use cs_core::clock::TimeDelta;
use cs_core::{range, validate};
use seats::Caller;
use seats::limits::KEY;
use seats::settings::{Settings, Template};
use std::time::Duration;

/// The longest silence that can be waited for.
const LONGEST: TimeDelta = TimeDelta::days(365);

/// start an agent in a seat of its own. PROMPT is one word (quote it), or `-` for standard input; --prompt-file reads a
/// file. What follows after `--` are arguments of the client, which only a person may give
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "spawn",
    example = "{command_name} --name builder \"build the login page\"",
    example = "{command_name} --template tester --key tests-of-login -q - <task.md"
)]
pub struct Spawn {
    /// its name (default: made from its client and an id)
    #[argh(option)]
    pub name: Option<String>,
    /// the client: claude or codex (default: claude)
    #[argh(option)]
    pub agent: Option<String>,
    /// a prepared agent: an entry of agents.templates in config.json
    #[argh(option)]
    pub template: Option<String>,
    /// the model
    #[argh(option)]
    pub model: Option<String>,
    /// how much it thinks
    #[argh(option)]
    pub effort: Option<String>,
    /// the folder in which it works (default: this one)
    #[argh(option)]
    pub cwd: Option<String>,
    /// which tools run without a question (Claude Code, and only a person may choose)
    #[argh(option)]
    pub permission_mode: Option<String>,
    /// a text by which a repeated call finds the same agent and starts nothing
    #[argh(option)]
    pub key: Option<String>,
    /// do not tell the parent when a turn ends, fails or asks
    #[argh(switch)]
    pub no_tell: bool,
    /// tell the parent when it works for so long without an event, such as 20m
    #[argh(option, from_str_fn(silence))]
    pub silent_after: Option<u64>,
    /// what to wait for: idle, waiting or end; or several: idle,waiting
    #[argh(option, arg_name = "goals")]
    pub wait: Option<String>,
    /// with --wait: at most so long: 30s, 5m; a number alone is in seconds
    #[argh(option, from_str_fn(patience))]
    pub timeout: Option<Duration>,
    /// a file with the prompt
    #[argh(option)]
    pub prompt_file: Option<String>,
    /// the prompt, and arguments of the client after --
    #[argh(positional, arg_name = "prompt")]
    pub words: Vec<String>,
}

/// A call of `spawn`, and who calls.
pub struct Options<'a> {
    call: &'a Spawn,
    template: Template,
    /// Arguments of the client on the command line.
    args: Vec<String>,
    prompt: Option<String>,
}

impl<'a> Options<'a> {
    /// Checks who may choose what.
    pub fn of(call: &'a Spawn, agents: &Agents, settings: &Settings) -> Outcome<Self> {
        let (prompt, args) =
            prompt::split(&call.words, call.prompt_file.as_ref().map_or(Source::Words, |_| Source::File))?;
        if agents.caller != Caller::Person {
            let refused = args.first().map(String::as_str);
            let refused = refused.or(call.permission_mode.as_ref().map(|_| "--permission-mode"));
            if let Some(word) = refused {
                let text = format!("an agent may not give {word} to the client of another one");
                let hint = "--model, --effort, --name and --template are allowed; what a client may do is the user's";
                return Err(Failure::Usage(text, Some(hint.into())));
            }
        }
        let template = call.template.as_deref().map(|name| settings.template(name).cloned()).transpose()?;
        let template = template.unwrap_or_default();
        let own = prompt::read(prompt, call.prompt_file.as_deref())?;
        let prompt = joined_prompt(&template, own);
        Ok(Options { call, template, args, prompt })
    }

    /// The choice. A prompt is needed.
    pub fn choose(self) -> Outcome<Chosen> {
        let Options { call, template, args, prompt } = self;
        let agent = client(call.agent.as_deref().or(template.agent.as_deref()))?;
        let text = prompt.ok_or_else(|| {
            let hint = "cs-agent spawn \"PROMPT\"; the user can start an agent without one: cs-agent new";
            Failure::Usage("there is no prompt".into(), Some(hint.into()))
        })?;
        let prompt = checked(agent, &text)?;
        let cwd = folder(call.cwd.as_deref().or(template.cwd.as_deref()))?;
        refuse_untrusted(agent, &cwd)?;
        let wanted = Wanted {
            model: call.model.clone().or(template.model),
            effort: call.effort.clone().or(template.effort),
            permission_mode: call.permission_mode.clone(),
            args: [template.args, args].concat(),
            prompt: Some(prompt),
        };
        Ok(Chosen {
            agent,
            cwd,
            wanted,
            name: call.name.as_deref().map(seats::name).transpose()?,
            key: validate::optional("key", call.key.as_deref(), KEY)?,
            tells: !call.no_tell,
            silent_after_seconds: call.silent_after,
            forked: None,
        })
    }
}

/// The value of `--silent-after`.
fn silence(text: &str) -> Result<u64, String> {
    let span = range::span(text).map_err(|error| error.to_string())?;
    let seconds = u64::try_from(span.num_seconds()).ok().filter(|_| span <= LONGEST);
    seconds.filter(|seconds| *seconds > 0).ok_or_else(|| format!("{text:?} is not from 1s to 365d"))
}
