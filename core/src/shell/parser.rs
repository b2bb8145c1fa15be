//! Owns commands: operators, keywords, and the limits of the work.

use super::script::{Awaited, Script, Source};
use super::{Command, Commands, Input, NESTED, WORDS};

/// Longest arithmetic expression that is recognized.
const ARITHMETIC: usize = 1000;

/// Reads a line from its beginning to its end.
pub struct Parser<'a> {
    pub(super) text: &'a [u8],
    pub(super) at: usize,
    pub(super) depth: usize,
    /// Each with the index of the text that is its input.
    done: Vec<(Command, Option<usize>)>,
    pub(super) bodies: Vec<String>,
    pub(super) awaited: Vec<Awaited>,
    loops: usize,
    has_functions: bool,
    is_cut: bool,
    /// How many commands and nested scripts may still follow.
    pub(super) left: usize,
    /// For each compound command that is open, whether a pipe is its input.
    piped: Vec<bool>,
}

impl<'a> Parser<'a> {
    /// A parser of a text at this depth, for at most `left` commands and nested scripts.
    pub fn new(text: &'a [u8], depth: usize, left: usize) -> Self {
        let (done, bodies, awaited, piped) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Parser { text, at: 0, depth, done, bodies, awaited, loops: 0, has_functions: false, is_cut: false, piped, left }
    }

    /// All commands of a script.
    pub fn commands(mut self) -> Commands {
        self.script(None);
        self.finish()
    }

    /// The commands in the expansions of a text, in which quotes mean nothing: a here-document.
    pub(super) fn commands_in_text(mut self) -> Commands {
        self.expansions();
        self.finish()
    }

    fn finish(self) -> Commands {
        let (mut bodies, has_functions) = (self.bodies, self.has_functions);
        let finish = |(command, body): (Command, Option<usize>)| {
            let text = body.and_then(|n| bodies.get_mut(n)).map(std::mem::take);
            let input = text.map_or(command.input, Input::Text);
            Command { input, repeats: command.repeats || has_functions, ..command }
        };
        Commands { commands: self.done.into_iter().map(finish).collect(), is_cut: self.is_cut }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    pub(super) fn after(&self, count: usize) -> Option<u8> {
        self.text.get(self.at + count).copied()
    }

    /// The text from an earlier place to the present one.
    pub(super) fn since(&self, start: usize) -> &'a [u8] {
        self.text.get(start..self.at).unwrap_or_default()
    }

    pub(super) fn place(&self) -> usize {
        self.at
    }

    pub(super) fn skip(&mut self, count: usize) {
        self.at = (self.at + count).min(self.text.len());
    }

    /// Goes back by a byte that was read.
    pub(super) fn back(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    pub(super) fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// Parses to the end, or through the unmatched byte `until`.
    fn script(&mut self, until: Option<u8>) {
        let mut script = Script::default();
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' => self.skip(1),
                b'#' => self.comment(),
                _ if script.in_pattern => self.pattern(&mut script),
                b'\\' if self.after(1) == Some(b'\n') => self.skip(2),
                b'&' if self.after(1) == Some(b'>') => self.redirect(&mut script),
                b'<' | b'>' if self.after(1) != Some(b'(') => self.redirect(&mut script),
                b'(' => self.open(&mut script),
                b')' if until == Some(b')') => {
                    self.skip(1);
                    break;
                }
                b'\n' => {
                    self.skip(1);
                    self.flush(&mut script);
                    self.here_documents();
                }
                b'|' if self.after(1) != Some(b'|') => {
                    self.skip(1 + usize::from(self.after(1) == Some(b'&')));
                    self.flush(&mut script);
                    script.is_piped = true;
                    self.feed();
                }
                b';' if matches!(self.after(1), Some(b';' | b'&')) => {
                    self.skip(2);
                    self.flush(&mut script);
                    script.in_pattern = script.cases > 0;
                }
                b';' | b'&' | b'|' | b')' => {
                    self.skip(1);
                    self.flush(&mut script);
                }
                _ => self.take_word(&mut script),
            }
        }
        self.flush(&mut script);
    }

    /// Parses the text in parentheses, after the opening one.
    pub(super) fn nested(&mut self) {
        self.deeper(|parser| parser.script(Some(b')')));
    }

    /// Runs `read` one level deeper; at the deepest level it skips the rest of the text.
    pub(super) fn deeper(&mut self, read: impl FnOnce(&mut Self)) {
        if self.depth >= NESTED || !self.spend() {
            return self.cut();
        }
        self.depth += 1;
        read(self);
        self.depth -= 1;
    }

    /// Parses the text between backquotes, without the backquotes.
    pub(super) fn quoted_script(&mut self, text: &[u8]) {
        if self.depth >= NESTED || !self.spend() {
            return self.cut();
        }
        self.adopt(Parser::new(text, self.depth + 1, self.left).commands());
    }

    /// Takes one of the commands and scripts that are left; `false` if none is.
    fn spend(&mut self) -> bool {
        let is_left = self.left > 0;
        self.left = self.left.saturating_sub(1);
        is_left
    }

    /// Skips the rest of the text.
    fn cut(&mut self) {
        self.is_cut = true;
        self.at = self.text.len();
    }

    /// Adds the commands of a text that was parsed by itself.
    pub(super) fn adopt(&mut self, parsed: Commands) {
        let repeats = self.loops > 0;
        let inside = |command: Command| Command { repeats: command.repeats || repeats, ..command };
        self.left = self.left.saturating_sub(parsed.commands.len());
        self.done.extend(parsed.commands.into_iter().map(|command| (inside(command), None)));
        self.is_cut |= parsed.is_cut;
    }

    fn comment(&mut self) {
        while self.peek().is_some_and(|byte| byte != b'\n') {
            self.skip(1);
        }
    }

    /// A subshell, arithmetic, or the definition of a function.
    fn open(&mut self, script: &mut Script) {
        if self.skip_arithmetic() {
            return;
        }
        self.skip(1);
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.skip(1);
        }
        if self.peek() == Some(b')') && !script.words.is_empty() {
            self.skip(1);
            self.has_functions = true;
            script.words.clear();
            return;
        }
        self.piped.push(script.is_piped);
        self.flush(script);
        self.nested();
        self.piped.pop();
    }

    /// Skips `((…))` if it comes next: nothing in it is a command or a redirection.
    pub(super) fn skip_arithmetic(&mut self) -> bool {
        if (self.peek(), self.after(1)) != (Some(b'('), Some(b'(')) {
            return false;
        }
        let mut open = 0_usize;
        let rest = self.text.get(self.at..).unwrap_or_default();
        for (n, byte) in rest.iter().take(ARITHMETIC).enumerate() {
            match byte {
                b'(' => open += 1,
                b')' => open -= 1,
                b'\n' => return false,
                _ => {}
            }
            if open == 0 {
                let is_arithmetic = self.after(n.saturating_sub(1)) == Some(b')');
                if is_arithmetic {
                    self.skip(n + 1);
                }
                return is_arithmetic;
            }
        }
        false
    }

    /// A word, which may be a keyword where a command begins.
    fn take_word(&mut self, script: &mut Script) {
        let word = self.word();
        let is_number = !word.is_quoted && word.is_plain && word.text.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && matches!(self.peek(), Some(b'<' | b'>')) {
            return;
        }
        let is_keyword = script.words.is_empty() && !word.is_quoted && self.keyword(&word.text, script);
        if !is_keyword && script.words.len() < WORDS {
            script.words.push(word);
        } else if !is_keyword {
            self.is_cut = true;
        }
        if let [word] = script.words.as_slice()
            && word.text == "[["
            && !word.is_quoted
        {
            self.test(script);
        }
        let is_definition = script.words.first().is_some_and(|word| word.text == "function" && !word.is_quoted);
        if is_definition && script.words.len() == 2 {
            self.has_functions = true;
            script.words.clear();
        }
        if let [first, _, last] = script.words.as_slice()
            && (first.text.as_str(), last.text.as_str()) == ("case", "in")
        {
            script.words.clear();
            script.in_pattern = true;
        }
    }

    /// Reads `[[ … ]]`, in which `<`, `>`, `(`, `|` and `&` are no operators of the shell.
    fn test(&mut self, script: &mut Script) {
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' | b';' => return,
                b'<' | b'>' if self.after(1) == Some(b'(') => drop(self.word()),
                b' ' | b'\t' | b'\r' | b'<' | b'>' | b'(' | b')' | b'|' | b'&' => self.skip(1),
                _ => {
                    let word = self.word();
                    let is_end = word.text == "]]" && !word.is_quoted;
                    if script.words.len() < WORDS {
                        script.words.push(word);
                    }
                    if is_end {
                        return;
                    }
                }
            }
        }
    }

    /// Reads a part of the pattern of a `case`, through the `)` after it.
    fn pattern(&mut self, script: &mut Script) {
        match self.peek() {
            Some(b'(' | b'|' | b'\n' | b';' | b'&' | b'<' | b'>') => self.skip(1),
            Some(b')') => {
                self.skip(1);
                script.in_pattern = false;
            }
            _ => {
                let word = self.word();
                if word.text == "esac" && !word.is_quoted {
                    script.in_pattern = false;
                    self.keyword("esac", script);
                }
            }
        }
    }

    /// Whether the word is a keyword that is followed by a command or by nothing.
    fn keyword(&mut self, word: &str, script: &mut Script) -> bool {
        match word {
            "if" | "while" | "until" | "for" | "select" | "case" | "{" => self.piped.push(script.is_piped),
            "fi" | "done" | "esac" | "}" => drop(self.piped.pop()),
            _ => {}
        }
        match word {
            "if" | "then" | "elif" | "else" | "fi" | "do" | "!" | "{" | "}" | "coproc" => true,
            "while" | "until" => {
                self.loops += 1;
                true
            }
            "for" | "select" => {
                self.loops += 1;
                false
            }
            "done" => {
                self.loops = self.loops.saturating_sub(1);
                true
            }
            "case" => {
                script.cases += 1;
                false
            }
            "esac" => {
                script.cases = script.cases.saturating_sub(1);
                true
            }
            _ => false,
        }
    }

    /// The output of the last command goes into a pipe.
    fn feed(&mut self) {
        if let Some((command, _)) = self.done.last_mut() {
            command.feeds = true;
        }
    }

    /// Ends the command that was being read.
    fn flush(&mut self, script: &mut Script) {
        let is_piped = std::mem::take(&mut script.is_piped) || self.piped.contains(&true);
        let (words, redirects) = (std::mem::take(&mut script.words), std::mem::take(&mut script.redirects));
        let (input, body) = match std::mem::take(&mut script.input) {
            Source::Text(body) => (Input::Inherited, Some(body)),
            Source::File => (Input::File, None),
            Source::Inherited if is_piped => (Input::Pipe, None),
            Source::Inherited => (Input::Inherited, None),
        };
        if words.is_empty() && redirects.is_empty() {
            return;
        }
        if self.spend() {
            let repeats = self.loops > 0;
            self.done.push((Command { words, input, redirects, feeds: false, repeats }, body));
        } else {
            self.cut();
        }
    }
}
