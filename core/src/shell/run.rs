//! Owns which programs a command line runs: those of its simple commands, after wrappers such as
//! `env` and `timeout`, in `sh -c '…'` and in the text that a shell reads, and by `find -exec`.
//!
//! Must stay true: the work is proportional to the length of the line; what a limit has cut off, or
//! cannot be seen in the line, is named as such.

use super::wrapper::{self, Rest, Wrapper};
use super::{COMMANDS, Command, Input, LONGEST, Redirect, Word, parse};
use std::collections::BTreeMap;

/// Deepest nesting of command lines in command lines that is followed.
pub const DEPTH: usize = 8;
/// Maximum number of bytes that are parsed in all, and of copies of texts that commands read.
const BYTES: usize = 6 * LONGEST;

/// The shells whose language is parsed.
const SHELLS: &[&str] = &["sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "mksh", "rbash", "csh", "tcsh"];
/// Programs that read a command line on standard input if they get no command.
const READERS: &[&str] =
    &["ssh", "su", "sudo", "doas", "run0", "chroot", "nix-shell", "newgrp", "unshare", "nsenter", "adb"];
/// Programs that read command lines on standard input for a later time.
const LATER: &[&str] = &["at", "batch"];
/// Programs that run the words after one of their options, to the next `;` or `+`.
const FINDERS: &[&str] = &["find", "gfind", "fd", "fdfind"];
const EXECUTES: &[&str] = &["-exec", "-execdir", "-ok", "-okdir", "-x", "-X", "--exec", "--exec-batch"];

/// A program that a command line runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// The program and its arguments; empty for redirections without a command.
    pub words: Vec<Word>,
    /// What runs it, outermost first: names of wrappers, `sh -c`, `sh <<`, `find -exec`.
    pub via: Vec<String>,
    /// Its standard input.
    pub input: Input,
    /// Its other redirections to and from files.
    pub redirects: Vec<Redirect>,
    /// Whether it may run more than once.
    pub repeats: bool,
    /// Whether it runs on another machine or in another tree of files.
    pub is_elsewhere: bool,
    /// Whether it gets more arguments, which the line does not show.
    pub has_more_words: bool,
}

/// The programs that a command line runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs {
    /// In the order of the line; a wrapper is followed by what it runs.
    pub runs: Vec<Run>,
    /// Whether a limit has cut something off.
    pub is_cut: bool,
}

impl Run {
    /// The program's base name, or `None` if the line does not show which one it is.
    #[must_use]
    pub fn program(&self) -> Option<&str> {
        let word = self.words.first().filter(|word| word.is_plain)?;
        base(&word.text)
    }

    /// Its arguments.
    #[must_use]
    pub fn arguments(&self) -> &[Word] {
        self.words.get(1..).unwrap_or_default()
    }

    /// Where it reads what it runs, if it is a shell.
    #[must_use]
    pub fn script(&self) -> Option<Script<'_>> {
        self.program().filter(|name| SHELLS.contains(name)).map(|_| script_of(self.arguments()))
    }

    /// Whether it runs what it reads on standard input as a command line.
    #[must_use]
    pub fn reads_commands(&self) -> bool {
        let Some(name) = self.program() else { return false };
        let has_none = || wrapper::find(name, self.arguments()).is_none_or(|(it, words)| it.command(words).is_empty());
        self.script() == Some(Script::Input) || LATER.contains(&name) || (READERS.contains(&name) && has_none())
    }

    /// Whether its standard input is a program in the language of a shell, which the line does not show: no script
    /// is among its arguments.
    #[must_use]
    pub fn is_fed(&self) -> bool {
        matches!(self.input, Input::Pipe | Input::File) && self.script() == Some(Script::Input)
    }
}

/// The programs that a command line runs.
#[must_use]
pub fn runs(line: &str) -> Runs {
    let mut walk = Walk { found: Runs::default(), left: BYTES, known: BTreeMap::new() };
    walk.line(line, &Input::Inherited, &Context::default());
    walk.found
}

/// Where a shell reads what it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script<'a> {
    /// In this word of its command line.
    Word(&'a Word),
    /// In this file.
    File(&'a Word),
    /// On its standard input.
    Input,
}

/// Where a shell with these arguments reads what it runs.
fn script_of(words: &[Word]) -> Script<'_> {
    let (mut is_script, mut is_input) = (false, false);
    for (n, word) in words.iter().enumerate() {
        match word.text.strip_prefix(['-', '+']) {
            Some("") => return Script::Input,
            Some(letters) if letters.starts_with('-') => {}
            Some(letters) => {
                is_script |= letters.contains('c');
                is_input |= letters.contains('s');
            }
            None if n > 0 && words.get(n - 1).is_some_and(is_shell_option_with_value) => {}
            None if is_script => return Script::Word(word),
            None if is_input || word.text == "/dev/stdin" => return Script::Input,
            None => return Script::File(word),
        }
    }
    Script::Input
}

/// What holds for all programs of a line inside another one.
#[derive(Clone, Default)]
struct Context {
    via: Vec<String>,
    repeats: bool,
    is_elsewhere: bool,
    has_more_words: bool,
    depth: usize,
}

impl Context {
    fn inside(&self, via: &str) -> Context {
        let via = self.via.iter().cloned().chain([via.to_string()]).collect();
        Context { via, depth: self.depth + 1, ..self.clone() }
    }
}

struct Walk {
    found: Runs,
    /// How many bytes may still be parsed or copied.
    left: usize,
    /// Whether the programs that were seen may run others.
    known: BTreeMap<String, bool>,
}

impl Walk {
    /// Adds the programs of a line. `input` is what its commands read if nothing else is their input.
    fn line(&mut self, line: &str, input: &Input, context: &Context) {
        if context.depth > DEPTH || !self.spend(line.len()) {
            self.found.is_cut = true;
            return;
        }
        let parsed = parse(line);
        self.found.is_cut |= parsed.is_cut;
        let mut printed = Vec::new();
        for mut command in parsed.commands {
            if command.input == Input::Pipe
                && let Some(text) = printed.pop().flatten()
            {
                command.input = Input::Text(text);
            } else if command.input == Input::Inherited {
                command.input = self.copy(input);
            }
            if command.feeds {
                printed.push(printed_text(&command));
            }
            self.command(command, context);
        }
    }

    fn spend(&mut self, bytes: usize) -> bool {
        let is_left = bytes <= self.left;
        self.left = self.left.saturating_sub(bytes);
        is_left
    }

    /// The same input, as long as copies are not too long together.
    fn copy(&mut self, input: &Input) -> Input {
        match input {
            Input::Text(text) if !self.spend(text.len()) => {
                self.found.is_cut = true;
                Input::Pipe
            }
            input => input.clone(),
        }
    }

    fn command(&mut self, command: Command, context: &Context) {
        let Command { mut words, input, redirects, repeats, .. } = command;
        let assignments = words.iter().take_while(|word| word.is_assignment()).count();
        words.drain(..assignments);
        if !words.is_empty() || !redirects.is_empty() {
            self.run(Run { words, input, redirects, repeats, ..Run::default() }, context);
        }
    }

    /// Adds a program, and what it runs.
    fn run(&mut self, run: Run, context: &Context) {
        if self.found.runs.len() >= COMMANDS || context.depth > DEPTH {
            self.found.is_cut = true;
            return;
        }
        let repeats = run.repeats || context.repeats;
        let has_more_words = run.has_more_words || context.has_more_words;
        let (via, is_elsewhere) = (context.via.clone(), context.is_elsewhere);
        let run = Run { via, repeats, is_elsewhere, has_more_words, ..run };
        let inner = self.inner(&run, context);
        let place = self.found.runs.len();
        self.found.runs.push(run);
        for (inner, context) in inner {
            let given = match &inner {
                Inner::Script(_) => Input::Inherited,
                _ => self.given(place),
            };
            match inner {
                Inner::Script(line) | Inner::Line(line) => self.line(&line, &given, &context),
                Inner::Program(words) => self.run(Run { words, input: given, ..Run::default() }, &context),
            }
        }
    }

    /// What a program runs. A long line has the same programs many times, and there are many wrappers.
    fn inner(&mut self, run: &Run, context: &Context) -> Vec<(Inner, Context)> {
        let Some(name) = run.program() else { return Vec::new() };
        let may_run = self.known.get(name).copied().unwrap_or_else(|| {
            let may_run = may_run_others(name);
            self.known.insert(name.to_string(), may_run);
            may_run
        });
        if may_run { inner(name, run, context) } else { Vec::new() }
    }

    /// What a program that was found reads, for one that it runs.
    fn given(&mut self, place: usize) -> Input {
        let length = match self.found.runs.get(place).map(|run| &run.input) {
            Some(Input::Text(text)) => text.len(),
            _ => 0,
        };
        if !self.spend(length) {
            self.found.is_cut = true;
            return Input::Pipe;
        }
        self.found.runs.get(place).map(|run| run.input.clone()).unwrap_or_default()
    }
}

/// What `echo`, `printf` and `cat` print, if the line shows it.
fn printed_text(command: &Command) -> Option<String> {
    let (program, arguments) = command.words.split_first()?;
    let texts = || arguments.iter().map(|word| word.text.as_str());
    match base(&program.text).filter(|_| program.is_plain)? {
        "echo" => {
            let is_text = |text: &&str| !matches!(*text, "-e" | "-n" | "-E" | "-en" | "-ne");
            Some(texts().filter(is_text).collect::<Vec<_>>().join(" ").replace("\\n", "\n"))
        }
        "printf" => Some(formatted(&texts().skip_while(|text| *text == "--").collect::<Vec<_>>())),
        "cat" | "tee" => match &command.input {
            Input::Text(text) if program.text.ends_with("tee") || texts().all(|text| text == "-") => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// What `printf` prints: each argument in the place of a `%s` or another directive, or behind the format.
fn formatted(words: &[&str]) -> String {
    let Some((format, arguments)) = words.split_first() else { return String::new() };
    let mut arguments = arguments.iter();
    let mut text = String::new();
    for (n, part) in format.replace("%%", "\0").split('%').enumerate() {
        let is_flag = |c: char| c.is_ascii_digit() || "-+ #.*".contains(c);
        let letters = if n == 0 { part } else { part.trim_start_matches(is_flag) };
        let rest = if n == 0 { letters } else { letters.get(1..).unwrap_or_default() };
        text += if n == 0 { "" } else { arguments.next().copied().unwrap_or_default() };
        text += rest;
    }
    for argument in arguments {
        text.push('\n');
        text += argument;
    }
    text.replace('\0', "%").replace("\\n", "\n")
}

/// What a program runs.
enum Inner {
    /// A command line, whose commands read what the program reads.
    Line(String),
    /// A command line that the program itself reads.
    Script(String),
    /// A program.
    Program(Vec<Word>),
}

/// Whether a program of this name may run others.
fn may_run_others(name: &str) -> bool {
    let known = [SHELLS, FINDERS, LATER, &["trap"]];
    known.iter().any(|names| names.contains(&name)) || wrapper::is_one(name)
}

fn inner(name: &str, run: &Run, context: &Context) -> Vec<(Inner, Context)> {
    if SHELLS.contains(&name) {
        script(name, run, context).into_iter().collect()
    } else if FINDERS.contains(&name) {
        actions(name, run, context)
    } else if name == "trap" {
        trapped(run, context).into_iter().collect()
    } else if LATER.contains(&name) {
        read(name, run, context).into_iter().collect()
    } else if let Some((wrapper, words)) = wrapper::find(name, run.arguments()) {
        wrapped(name, wrapper, words, run, context).into_iter().collect()
    } else {
        Vec::new()
    }
}

/// `sh -c SCRIPT`, or a script on standard input.
fn script(name: &str, run: &Run, context: &Context) -> Option<(Inner, Context)> {
    match script_of(run.arguments()) {
        Script::Word(word) => Some((Inner::Line(word.text.clone()), context.within(run, &format!("{name} -c")))),
        Script::Input => read(name, run, context),
        Script::File(_) => None,
    }
}

/// A script on standard input.
fn read(name: &str, run: &Run, context: &Context) -> Option<(Inner, Context)> {
    let Input::Text(text) = &run.input else { return None };
    Some((Inner::Script(text.clone()), context.within(run, &format!("{name} <<"))))
}

/// `trap SCRIPT SIGNAL`
fn trapped(run: &Run, context: &Context) -> Option<(Inner, Context)> {
    let script = run.arguments().first().filter(|word| !word.text.starts_with('-'))?;
    Some((Inner::Line(script.text.clone()), context.within(run, "trap")))
}

/// `find -exec PROGRAM … ;`
fn actions(name: &str, run: &Run, context: &Context) -> Vec<(Inner, Context)> {
    let (mut found, mut rest) = (Vec::new(), run.arguments());
    while let Some(at) = rest.iter().position(|word| EXECUTES.contains(&word.text.as_str())) {
        let (action, after) = rest.split_at(at + 1);
        let option = action.last().map(|word| word.text.as_str()).unwrap_or_default();
        let length = after.iter().position(|word| matches!(word.text.as_str(), ";" | "+")).unwrap_or(after.len());
        let (words, after) = after.split_at(length);
        let context = Context { repeats: true, ..context.within(run, &format!("{name} {option}")) };
        found.push((Inner::Program(words.to_vec()), context));
        rest = after;
    }
    found
}

fn wrapped(name: &str, wrapper: &Wrapper, words: &[Word], run: &Run, context: &Context) -> Option<(Inner, Context)> {
    let mut context = context.within(run, name);
    context.repeats |= wrapper.repeats;
    context.is_elsewhere |= wrapper.is_elsewhere;
    context.has_more_words |= wrapper.adds_words;
    if let Some((script, after)) = wrapper.script(words) {
        let more = if name == "env" { join(after) } else { String::new() };
        return Some((Inner::Line(format!("{script} {more}")), context));
    }
    let words = wrapper.command(words);
    let inner = match wrapper.rest {
        Rest::Script if !words.is_empty() => Inner::Line(join(words)),
        Rest::Words if !words.is_empty() => Inner::Program(words.to_vec()),
        _ if !READERS.contains(&name) => return None,
        _ => match &run.input {
            Input::Text(text) => Inner::Script(text.clone()),
            _ => return None,
        },
    };
    Some((inner, context))
}

impl Context {
    fn within(&self, run: &Run, via: &str) -> Context {
        Context { repeats: run.repeats, has_more_words: run.has_more_words, ..self.inside(via) }
    }
}

fn base(path: &str) -> Option<&str> {
    path.rsplit(['/', '\\']).next().map(|name| name.strip_suffix(".exe").unwrap_or(name))
}

/// `-o NAME`, also with other letters before it.
fn is_shell_option_with_value(word: &Word) -> bool {
    let is_letter = word.text.starts_with(['-', '+']) && !word.text.starts_with("--");
    matches!(word.text.as_str(), "--rcfile" | "--init-file") || is_letter && word.text.ends_with(['o', 'O'])
}

fn join(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}
