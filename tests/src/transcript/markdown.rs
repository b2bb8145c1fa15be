//! Turns Markdown into steps. Pure. A block that would silently not run is an error.

/// One command and its expected outcome.
#[derive(Debug, PartialEq)]
pub struct Step {
    /// Line in the file, from 1.
    pub line: usize,
    pub command: String,
    pub expected: Vec<String>,
    pub status: i32,
}

/// The console blocks of one file.
#[derive(Debug, Default, PartialEq)]
pub struct Transcript {
    /// The steps of all blocks, in order.
    pub steps: Vec<Step>,
    /// The number of blocks marked `no-run`.
    pub skipped: usize,
}

/// Reads a Markdown file; the error names the line.
pub fn parse(text: &str) -> Result<Transcript, String> {
    let mut transcript = Transcript::default();
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    while let Some((number, line)) = lines.next() {
        let Some(fence) = Fence::open(line) else {
            continue;
        };
        let mut block = Vec::new();
        loop {
            let (number, line) = lines.next().ok_or(format!("line {number}: the block is never closed"))?;
            if fence.is_closed_by(line) {
                break;
            }
            block.push((number, fence.dedent(line)));
        }
        match fence.info {
            "console" => transcript.steps.extend(steps(number, &block)?),
            "console no-run" => transcript.skipped += 1,
            info if info.starts_with("console") => return Err(format!("line {number}: what is {info:?}?")),
            _ => {}
        }
    }
    Ok(transcript)
}

/// The line that opens a code block.
struct Fence<'a> {
    indent: usize,
    marks: &'a str,
    info: &'a str,
}

impl<'a> Fence<'a> {
    fn open(line: &'a str) -> Option<Fence<'a>> {
        let rest = line.trim_start_matches(' ');
        let mark = rest.chars().next().filter(|mark| "`~".contains(*mark))?;
        let info = rest.trim_start_matches(mark);
        let (indent, marks) = (line.len() - rest.len(), &rest[..rest.len() - info.len()]);
        let opens = marks.len() >= 3 && !info.contains('`');
        opens.then_some(Fence { indent, marks, info: info.trim() })
    }

    fn is_closed_by(&self, line: &str) -> bool {
        let line = line.trim();
        line.len() >= self.marks.len()
            && line.starts_with(self.marks)
            && line.trim_start_matches(&self.marks[..1]).is_empty()
    }

    /// Removes the indentation of the fence, which a block in a list has.
    fn dedent<'b>(&self, line: &'b str) -> &'b str {
        let spaces = line.len() - line.trim_start_matches(' ').len();
        &line[spaces.min(self.indent)..]
    }
}

/// The steps of the block that begins at line `start`.
fn steps(start: usize, block: &[(usize, &str)]) -> Result<Vec<Step>, String> {
    let mut steps: Vec<Step> = Vec::new();
    let mut lines = block.iter().peekable();
    while let Some((line, text)) = lines.next() {
        let command = text.strip_prefix("$ ").ok_or(format!("line {line}: expected a command, `$ …`: {text}"))?;
        let mut step = Step { line: *line, command: command.to_owned(), expected: Vec::new(), status: 0 };
        while let Some((_, text)) = lines.next_if(|(_, text)| *text == ">" || text.starts_with("> ")) {
            step.command += "\n";
            step.command += text.get(2..).unwrap_or_default();
        }
        while let Some((_, text)) = lines.next_if(|(_, text)| !text.starts_with("$ ") && !text.starts_with("? ")) {
            step.expected.push((*text).to_owned());
        }
        if let Some((line, text)) = lines.next_if(|(_, text)| text.starts_with("? ")) {
            step.status = text[2..].parse().map_err(|e| format!("line {line}: {e}: {text}"))?;
        }
        steps.push(step);
    }
    if steps.is_empty() { Err(format!("line {start}: a block without a command")) } else { Ok(steps) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_become_steps() {
        let text = "Prose\n```sh\n$ other\n```\n```console\n$ a \\\n> b\n>\n> c\nout\n\n[..]$ x\n? 65\n$ d\n```\n\
                    - list\n  ~~~~ console\n  $ e\n    f\n  ~~~\n  ~~~~\n```console no-run\n$ g\n```\n";
        let transcript = parse(text).unwrap();
        let seen: Vec<_> = transcript.steps.iter().map(|s| (s.line, s.command.as_str(), s.status)).collect();
        assert_eq!(seen, [(6, "a \\\nb\n\nc", 65), (14, "d", 0), (18, "e", 0)]);
        assert_eq!(transcript.steps[0].expected, ["out", "", "[..]$ x"]);
        assert_eq!(transcript.steps[2].expected, ["  f", "~~~"]);
        assert_eq!(transcript.skipped, 1);
    }

    #[test]
    fn a_block_that_would_not_run_is_an_error() {
        let blocks = [
            "```console\n$ a\n",              // never closed
            "```console\n```\n",              // empty
            "```console\nout\n$ a\n```\n",    // output before a command
            "```console\n$ a\n? 1\nb\n```\n", // output after the status
            "```console\n$ a\n? one\n```\n",  // no number
            "```console norun\n$ a\n```\n",   // unknown mark
        ];
        for block in blocks {
            assert!(parse(block).is_err(), "{block}");
        }
    }
}
