//! Owns roff, the language of manual pages. Must stay true: text goes through [`escape`], so that none of it is read as
//! a request or an escape; every request begins a line.

/// The columns of an example: a page has 78, and the example is indented twice.
const ROOM: usize = 64;

/// A manual page that is being written.
#[derive(Debug)]
pub struct Page(String);

/// Text that is shown as it is: all of it ASCII, with every character that roff reads in its own way replaced.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        match c {
            '\\' => escaped.push_str("\\e"),
            '-' => escaped.push_str("\\-"),
            '\'' => escaped.push_str("\\(aq"),
            '`' => escaped.push_str("\\(ga"),
            '^' => escaped.push_str("\\(ha"),
            '~' => escaped.push_str("\\(ti"),
            '"' => escaped.push_str("\\(dq"),
            // At the beginning of a line it would begin a request.
            '.' if escaped.is_empty() => escaped.push_str("\\&."),
            ' '..='~' => escaped.push(c),
            c if c.is_control() => {}
            c => escaped.push_str(&format!("\\[u{:04X}]", u32::from(c))),
        }
    }
    escaped
}

/// Words to type as they are.
pub fn bold(text: &str) -> String {
    format!("\\fB{}\\fR", escape(text))
}

/// A word that stands for another.
pub fn italic(text: &str) -> String {
    format!("\\fI{}\\fR", escape(text))
}

impl Page {
    /// A page of a program, as of a day.
    pub fn new(name: &str, day: &str) -> Page {
        let package = concat!("claude-sessions ", env!("CARGO_PKG_VERSION"));
        Page(format!(".TH {} 1 {day} \"{package}\" \"claude-sessions\"\n", escape(&name.to_uppercase())))
    }

    /// The page as text.
    pub fn text(self) -> String {
        self.0
    }

    pub fn section(&mut self, title: &str) -> &mut Page {
        self.line(&format!(".SH {title}"))
    }

    pub fn subsection(&mut self, title: &str) -> &mut Page {
        self.line(&format!(".SS {}", escape(title)))
    }

    /// A line that was escaped.
    pub fn line(&mut self, text: &str) -> &mut Page {
        self.0.push_str(text);
        self.0.push('\n');
        self
    }

    /// A paragraph that was escaped.
    pub fn paragraph(&mut self, text: &str) -> &mut Page {
        self.part().line(text)
    }

    /// Begins a paragraph, which a title has done already.
    fn part(&mut self) -> &mut Page {
        let last = self.0.lines().last().unwrap_or_default();
        if last.starts_with(".SH") || last.starts_with(".SS") { self } else { self.line(".PP") }
    }

    /// A term that was escaped, and what it means.
    pub fn item(&mut self, term: &str, meaning: &str) -> &mut Page {
        let meaning = escape(meaning);
        self.line(".TP").line(term).line(if meaning.is_empty() { "\\&" } else { &meaning })
    }

    /// Command lines, each on lines of its own, which no terminal has to divide.
    pub fn example(&mut self, commands: &[String]) -> &mut Page {
        self.part().line(".nf").line(".RS");
        for line in commands.iter().flat_map(|command| cli::command_lines(command, "", ROOM)) {
            let indent = line.len() - line.trim_start().len();
            self.line(&format!("{}{}", "\\ ".repeat(indent), escape(&line)));
        }
        self.line(".RE").line(".fi")
    }

    /// Other pages of this section of the manual.
    pub fn references(&mut self, names: &[&str]) -> &mut Page {
        for (n, name) in names.iter().enumerate() {
            let comma = if n + 1 < names.len() { "," } else { "" };
            self.line(&format!(".BR {} (1){comma}", escape(name)));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_request_or_an_escape() {
        assert_eq!(escape(".TH x"), "\\&.TH x");
        assert_eq!(escape("'br \\fB\n.SH"), "\\(aqbr \\efB .SH");
        assert_eq!(escape("a--b ~`^\" é\u{1b}"), "a\\-\\-b \\(ti\\(ga\\(ha\\(dq \\[u00E9]");
        let mut page = Page::new("cs-x", "2026-11-21");
        page.section("NAME").item("x", ".so /etc/passwd\n.so x").example(&[".ex".into()]);
        let requests = page.text().lines().filter(|line| line.starts_with(['.', '\''])).count();
        assert_eq!(requests, 8, ".TH .SH .TP .PP .nf .RS .RE .fi");
    }
}
