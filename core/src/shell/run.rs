//! Owns which programs a command line runs: those of its simple commands, after wrappers such as
//! `env` and `timeout`, in `sh -c '…'` and in the text that a shell reads, and by `find -exec`.
//!
//! Must stay true: the work is proportional to the length of the line; what a limit has cut off, or
//! cannot be seen in the line, is named as such.

use super::wrapper::{self, Rest, Wrapper};
use super::{COMMANDS, Command, Input, Redirect, Word, parse};

/// Deepest nesting of command lines in command lines that is followed.
pub const DEPTH: usize = 8;

/// The shells whose language is parsed.
const SHELLS: &[&str] = &["sh", "bash", "dash", "zsh", "ksh", "ash", "fish"];
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
    let mut walk = Walk::default();
    walk.line(line, &Context::default());
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
            None if is_input => return Script::Input,
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
    depth: usize,
}

impl Context {
    fn inside(&self, via: &str) -> Context {
        let via = self.via.iter().cloned().chain([via.to_string()]).collect();
        Context { via, depth: self.depth + 1, ..self.clone() }
    }
}

#[derive(Default)]
struct Walk {
    found: Runs,
}

impl Walk {
    fn line(&mut self, line: &str, context: &Context) {
        if context.depth > DEPTH {
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
            }
            if command.feeds {
                printed.push(printed_text(&command.words));
            }
            self.command(command, context);
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
        let run = Run { via: context.via.clone(), repeats, is_elsewhere: context.is_elsewhere, ..run };
        let inner = inner(&run, context);
        self.found.runs.push(run);
        for (inner, context) in inner {
            match inner {
                Inner::Line(line) => self.line(&line, &context),
                Inner::Program(run) => self.run(run, &context),
            }
        }
    }
}

/// What `echo` and `printf` print, if the line shows it.
fn printed_text(words: &[Word]) -> Option<String> {
    let (program, arguments) = words.split_first()?;
    let is_text = |word: &&Word| !matches!(word.text.as_str(), "-e" | "-n" | "-en" | "-ne");
    let is_printer = program.is_plain && matches!(base(&program.text)?, "echo" | "printf");
    is_printer.then(|| {
        let texts: Vec<&str> = arguments.iter().filter(is_text).map(|word| word.text.as_str()).collect();
        texts.join(" ").replace("\\n", "\n")
    })
}

/// What a program runs.
enum Inner {
    /// A command line.
    Line(String),
    /// A program.
    Program(Run),
}

fn inner(run: &Run, context: &Context) -> Vec<(Inner, Context)> {
    let Some(name) = run.program() else { return Vec::new() };
    if SHELLS.contains(&name) {
        script(name, run, context).into_iter().collect()
    } else if FINDERS.contains(&name) {
        actions(name, run, context)
    } else if let Some((wrapper, words)) = wrapper::find(name, run.arguments()) {
        wrapped(name, wrapper, words, run, context).into_iter().collect()
    } else {
        Vec::new()
    }
}

/// `sh -c SCRIPT`, or a script on standard input.
fn script(name: &str, run: &Run, context: &Context) -> Option<(Inner, Context)> {
    let (line, sign) = match (script_of(run.arguments()), &run.input) {
        (Script::Word(word), _) => (&word.text, "-c"),
        (Script::Input, Input::Text(text)) => (text, "<<"),
        _ => return None,
    };
    Some((Inner::Line(line.clone()), context.within(run, &format!("{name} {sign}"))))
}

/// `find -exec PROGRAM … ;`
fn actions(name: &str, run: &Run, context: &Context) -> Vec<(Inner, Context)> {
    let (mut found, mut rest) = (Vec::new(), run.arguments());
    while let Some(at) = rest.iter().position(|word| EXECUTES.contains(&word.text.as_str())) {
        let (action, after) = rest.split_at(at + 1);
        let option = action.last().map(|word| word.text.as_str()).unwrap_or_default();
        let length = after.iter().position(|word| matches!(word.text.as_str(), ";" | "+")).unwrap_or(after.len());
        let (words, after) = after.split_at(length);
        let program = Run { words: words.to_vec(), input: run.input.clone(), repeats: true, ..Run::default() };
        found.push((Inner::Program(program), context.within(run, &format!("{name} {option}"))));
        rest = after;
    }
    found
}

fn wrapped(name: &str, wrapper: &Wrapper, words: &[Word], run: &Run, context: &Context) -> Option<(Inner, Context)> {
    let mut context = context.within(run, name);
    context.repeats |= wrapper.repeats;
    context.is_elsewhere |= wrapper.is_elsewhere;
    if let Some((script, after)) = wrapper.script(words) {
        let more = if name == "env" { join(after) } else { String::new() };
        return Some((Inner::Line(format!("{} {more}", script.text)), context));
    }
    let words = wrapper.command(words);
    let inner = match wrapper.rest {
        _ if words.is_empty() => return None,
        Rest::Script => Inner::Line(join(words)),
        Rest::Words => {
            let has_more_words = run.has_more_words || wrapper.adds_words;
            Inner::Program(Run { words: words.to_vec(), input: run.input.clone(), has_more_words, ..Run::default() })
        }
    };
    Some((inner, context))
}

impl Context {
    fn within(&self, run: &Run, via: &str) -> Context {
        Context { repeats: run.repeats, ..self.inside(via) }
    }
}

fn base(path: &str) -> Option<&str> {
    path.rsplit(['/', '\\']).next().map(|name| name.strip_suffix(".exe").unwrap_or(name))
}

/// `-o NAME`, also with other letters before it.
fn is_shell_option_with_value(word: &Word) -> bool {
    word.text.starts_with(['-', '+']) && !word.text.starts_with("--") && word.text.ends_with('o')
}

fn join(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}
