//! Owns going to a place: it runs the commands that `libs/terminal` knows, else the user's own (`jump.command` in
//! `config.json`).

use cli::call::{answer, replace};
use cli::{Context, Failure, Outcome, note, shell_line};
use cs_core::Error;
use cs_core::config::Config;
use cs_core::id::SessionId;
use cs_core::live::Live;
use cs_core::place::Place;
use cs_core::process::Terminal;
use cs_core::record::Session;
use serde::Serialize;
use serde_json::Value;
use std::io::IsTerminal;
use std::time::Duration;
use terminal::{Inside, Way, attach, list_of, panes, settled, way};

/// How long a terminal may take: the system may ask the user whether it may be controlled.
const LIMIT: Duration = Duration::from_secs(60);

/// The conversation to go to.
pub struct Reached<'a> {
    pub id: &'a SessionId,
    pub session: &'a Session,
    pub live: &'a Live,
    pub place: &'a Place,
}

/// The steps to a place: commands that end, and one that takes the place of this program.
#[derive(Default)]
struct Steps {
    commands: Vec<Vec<String>>,
    /// What the first command reads.
    input: Vec<u8>,
    last: Option<Vec<String>>,
    /// What is left to do, in words for people, if `last` cannot be run here.
    otherwise: Option<String>,
}

/// Goes to the conversation's terminal, or prints the commands.
pub fn go(context: &mut Context, config: &Config, reached: &Reached, print: bool) -> Outcome<()> {
    let inside = Inside::of(&Place::of_client(Terminal::Unknown));
    let place = settled_place(reached.place);
    let reached = &Reached { place: &place, ..*reached };
    let steps = match way(reached.place, &inside) {
        Some(Way::Commands(commands)) => Steps { commands, ..Steps::default() },
        Some(Way::Tmux { socket, pane, list, select }) => tmux_steps(&socket, &pane, &list, select)?,
        Some(Way::Zellij { focus, attach }) => {
            let otherwise = focus.is_some().then(|| "it is shown where Zellij shows its session".to_string());
            Steps { commands: focus.into_iter().collect(), last: Some(attach), otherwise, ..Steps::default() }
        }
        None => own_command(context, config, reached)?,
    };
    if print { print_steps(context, &steps) } else { run(context, steps, inside.is_plain()) }
}

/// The place without a pane of tmux from which its terminal was only started. A server that does not answer leaves it.
fn settled_place(place: &Place) -> Place {
    let listed = list_of(place).and_then(|list| answer(&list, b"", LIMIT).ok());
    settled(place, &panes(&listed.unwrap_or_default()))
}

/// The steps to a pane of a server of tmux outside of which this program runs.
fn tmux_steps(socket: &str, pane: &str, list: &[String], commands: Vec<Vec<String>>) -> Outcome<Steps> {
    let panes = panes(&answer(list, b"", LIMIT).map_err(Failure::Nothing)?);
    let of_pane = || panes.iter().filter(|known| known.id == pane);
    let found = of_pane().find(|pane| pane.is_attached).or_else(|| of_pane().next());
    let found = found.ok_or_else(|| Failure::Nothing(format!("tmux ({socket}) has no pane {pane} any more")))?;
    let otherwise = found.is_attached.then(|| format!("it is shown where tmux shows the session {}", found.session));
    Ok(Steps { commands, last: Some(attach(socket, &found.session)), otherwise, ..Steps::default() })
}

fn print_steps(context: &mut Context, steps: &Steps) -> Outcome<()> {
    for command in steps.commands.iter().chain(&steps.last) {
        context.out.line(&shell_line(command))?;
    }
    context.out.flush()
}

/// Runs the steps. The last one needs a terminal, and that this program is in no multiplexer, which would be nested.
fn run(context: &mut Context, steps: Steps, is_outside: bool) -> Outcome<()> {
    let Steps { commands, input, last, otherwise } = steps;
    let is_shown_here = is_outside && std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let mut trouble = None;
    for command in &commands {
        let done = answer(command, &input, LIMIT);
        trouble = trouble.or(done.err());
    }
    let Some(last) = last else { return trouble.map_or(Ok(()), |text| Err(Failure::Nothing(text))) };
    context.out.flush()?;
    if is_shown_here {
        return replace(&last, None);
    }
    let line = shell_line(&last);
    match (trouble, otherwise) {
        (None, Some(done)) => {
            note(crate::PROGRAM, &done);
            Ok(())
        }
        (Some(text), _) => Err(Failure::Nothing(format!("{text}; to show it in a terminal: {line}"))),
        (None, None) => Err(Failure::Nothing(format!("no terminal shows it; to show it in one: {line}"))),
    }
}

/// What the user's own command reads on its standard input.
#[derive(Serialize)]
struct Told<'a> {
    session_id: &'a str,
    project: &'a str,
    claude_session_id: &'a str,
    pid: Option<u32>,
    #[serde(flatten)]
    place: &'a Place,
}

/// The user's own command, if the terminal takes none.
fn own_command(context: &Context, config: &Config, reached: &Reached) -> Outcome<Steps> {
    let Some(words) = configured(context, config)? else { return Err(no_way(reached)) };
    let Reached { id, session, live, place } = reached;
    let (tty, host, pid) = (place.tty.clone(), place.host.clone(), live.pid.map(|pid| pid.to_string()));
    let values = [("{session}", Some(id.to_string())), ("{tty}", tty), ("{host}", host), ("{pid}", pid)];
    let filled = words.iter().enumerate().map(|(n, word)| if n == 0 { Ok(word.clone()) } else { fill(word, &values) });
    let told = Told {
        session_id: id.as_str(),
        project: &session.project_slug,
        claude_session_id: &live.claude_session_id,
        pid: live.pid,
        place,
    };
    let mut input = serde_json::to_vec(&told).unwrap_or_default();
    input.push(b'\n');
    Ok(Steps { commands: vec![filled.collect::<Outcome<_>>()?], input, ..Steps::default() })
}

/// Replaces the placeholders in an argument. A value cannot turn an argument into an option.
fn fill(word: &str, values: &[(&str, Option<String>)]) -> Outcome<String> {
    let mut filled = String::new();
    let mut rest = word;
    while let Some((at, name, value)) =
        values.iter().filter_map(|(name, value)| Some((rest.find(name)?, *name, value))).min_by_key(|(at, ..)| *at)
    {
        let value = value.as_deref().ok_or_else(|| Failure::Nothing(format!("{name} in jump.command is not known")))?;
        let (before, after) = rest.split_at(at);
        filled.push_str(before);
        filled.push_str(value);
        rest = after.get(name.len()..).unwrap_or_default();
    }
    filled.push_str(rest);
    if filled.starts_with('-') && !word.starts_with('-') {
        return Err(Failure::Nothing(format!("{word:?} in jump.command would become an option: {filled:?}")));
    }
    Ok(filled)
}

/// `jump.command`: a program and its arguments.
fn configured(context: &Context, config: &Config) -> Outcome<Option<Vec<String>>> {
    let group = config.group("jump").unwrap_or_default();
    let words = match group.get("command") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(words)) => words.iter().map(|word| word.as_str().map(str::to_string)).collect(),
        Some(_) => None,
    };
    let fits = |words: &Vec<String>| {
        words.first().is_some_and(|first| !first.is_empty()) && words.iter().all(|word| !word.contains('\0'))
    };
    let words: Option<Vec<String>> = words;
    words.filter(fits).map(Some).ok_or_else(|| {
        let example = "[\"/home/you/bin/show\", \"{tty}\"]";
        let reason =
            format!("jump.command is not a list of texts; write the program and its arguments, such as {example}");
        Error::corrupt(&context.store.home.config(), reason).into()
    })
}

/// The place in words, if no command leads there.
fn no_way(reached: &Reached) -> Failure {
    let (id, place) = (reached.id, reached.place);
    let Some(name) = terminal::name(place) else {
        return Failure::Nothing(format!("{id} runs, but it is not known in which terminal"));
    };
    let host = place.host.as_deref().filter(|host| !name.ends_with(*host));
    let host = host.map_or_else(String::new, |host| format!(" on {host}"));
    Failure::Nothing(format!(
        "{id} runs in {name}{host}, which takes no commands; jump.command in config.json may show it"
    ))
}
