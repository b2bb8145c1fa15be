//! Owns commands: operators, keywords, redirections and here-documents.

use super::{Command, DEPTH, Word};

/// A here-document whose lines have not been read yet.
struct Awaited {
    delimiter: String,
    /// Whether tabs at the beginning of a line are ignored (`<<-`).
    is_indented: bool,
    /// The index of its text.
    body: usize,
}

/// Reads a line from its beginning to its end.
pub struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
    /// Each with the index of the text that is its input.
    done: Vec<(Command, Option<usize>)>,
    bodies: Vec<String>,
    awaited: Vec<Awaited>,
    loops: usize,
    has_functions: bool,
}

/// The state of one script: the line, or the text between parentheses.
#[derive(Default)]
struct Script {
    words: Vec<Word>,
    input: Option<usize>,
    /// How many `case` are open: inside them a `)` ends a pattern.
    cases: usize,
}

impl<'a> Parser<'a> {
    pub fn new(text: &'a [u8], depth: usize) -> Self {
        let (done, bodies, awaited) = (Vec::new(), Vec::new(), Vec::new());
        Parser { text, at: 0, depth, done, bodies, awaited, loops: 0, has_functions: false }
    }

    /// All commands.
    pub fn commands(mut self) -> Vec<Command> {
        self.script(None);
        let (mut bodies, has_functions) = (self.bodies, self.has_functions);
        let finish = |(command, input): (Command, Option<usize>)| Command {
            input: input.and_then(|n| bodies.get_mut(n)).map(std::mem::take).or(command.input),
            repeats: command.repeats || has_functions,
            words: command.words,
        };
        self.done.into_iter().map(finish).collect()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    pub(super) fn after(&self, count: usize) -> Option<u8> {
        self.text.get(self.at + count).copied()
    }

    pub(super) fn skip(&mut self, count: usize) {
        self.at = (self.at + count).min(self.text.len());
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
                b'\\' if self.after(1) == Some(b'\n') => self.skip(2),
                b'#' => self.comment(),
                b'&' if self.after(1) == Some(b'>') => self.redirect(&mut script),
                b'<' | b'>' if self.after(1) != Some(b'(') => self.redirect(&mut script),
                b'(' => self.open(&mut script),
                b')' if until == Some(b')') && script.cases == 0 => {
                    self.skip(1);
                    break;
                }
                b'\n' => {
                    self.skip(1);
                    self.flush(&mut script);
                    self.here_documents();
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
        if self.depth >= DEPTH {
            self.at = self.text.len();
            return;
        }
        self.depth += 1;
        read(self);
        self.depth -= 1;
    }

    /// Parses the text between backquotes, without the backquotes.
    pub(super) fn quoted_script(&mut self, text: &[u8]) {
        if self.depth < DEPTH {
            let commands = Parser::new(text, self.depth + 1).commands();
            let repeats = self.loops > 0;
            let inside = |command: Command| Command { repeats: command.repeats || repeats, ..command };
            self.done.extend(commands.into_iter().map(|command| (inside(command), None)));
        }
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
        self.flush(script);
        self.nested();
    }

    /// Skips `((…))` if it comes next: nothing in it is a command or a redirection.
    pub(super) fn skip_arithmetic(&mut self) -> bool {
        if (self.peek(), self.after(1)) != (Some(b'('), Some(b'(')) {
            return false;
        }
        let mut open = 0_usize;
        for (n, byte) in self.text.get(self.at..).unwrap_or_default().iter().enumerate() {
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
        if !is_keyword {
            script.words.push(word);
        }
        let is_definition = script.words.first().is_some_and(|word| word.text == "function" && !word.is_quoted);
        if is_definition && script.words.len() == 2 {
            self.has_functions = true;
            script.words.clear();
        }
    }

    /// Whether the word is a keyword that is followed by a command or by nothing.
    fn keyword(&mut self, word: &str, script: &mut Script) -> bool {
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

    /// A redirection with its target; the lines of a here-document follow after the line.
    fn redirect(&mut self, script: &mut Script) {
        let start = self.at;
        self.skip(1);
        while matches!(self.peek(), Some(b'<' | b'>' | b'&' | b'|')) && self.after(1) != Some(b'(') {
            self.skip(1);
        }
        if self.text.get(start..self.at) == Some(b"<<") && self.peek() == Some(b'-') {
            self.skip(1);
        }
        let operator = self.text.get(start..self.at).unwrap_or_default();
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.skip(1);
        }
        if matches!(self.peek(), None | Some(b'\n' | b';' | b'|' | b')')) {
            return;
        }
        let word = self.word();
        let body = self.bodies.len();
        match operator {
            b"<<<" => self.bodies.push(word.text),
            b"<<" | b"<<-" => {
                self.bodies.push(String::new());
                self.awaited.push(Awaited { delimiter: word.text, is_indented: operator == b"<<-", body });
            }
            _ => return,
        }
        script.input = Some(body);
    }

    /// Reads the here-documents that the line before announced.
    fn here_documents(&mut self) {
        for awaited in std::mem::take(&mut self.awaited) {
            let start = self.at;
            let mut end = start;
            while self.at < self.text.len() {
                end = self.at;
                let line = self.line();
                let tabs = line.iter().take_while(|&&byte| awaited.is_indented && byte == b'\t').count();
                if line.get(tabs..) == Some(awaited.delimiter.as_bytes()) {
                    break;
                }
                end = self.at;
            }
            if let (Some(body), Some(text)) = (self.bodies.get_mut(awaited.body), self.text.get(start..end)) {
                *body = String::from_utf8_lossy(text).into_owned();
            }
        }
    }

    /// The rest of the line, without its end, which is skipped.
    fn line(&mut self) -> &'a [u8] {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
        self.skip(length + 1);
        rest.get(..length).unwrap_or_default()
    }

    fn flush(&mut self, script: &mut Script) {
        let (words, input) = (std::mem::take(&mut script.words), script.input.take());
        if !words.is_empty() {
            self.done.push((Command { words, input: None, repeats: self.loops > 0 }, input));
        }
    }
}
