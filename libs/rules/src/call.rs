//! Owns what is judged: a call of a tool, as far as rules look at it.

/// A call of a tool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call<'a> {
    /// The command line, if the tool is a shell.
    pub command: Option<&'a str>,
    /// Whether that is only its beginning.
    pub is_cut: bool,
    /// The files that another tool reads or writes.
    pub paths: Vec<&'a str>,
}

impl<'a> Call<'a> {
    /// A shell that gets this command line.
    pub fn shell(command: &'a str) -> Self {
        Call { command: Some(command), ..Call::default() }
    }

    /// Another tool that reads or writes this file.
    pub fn file(path: &'a str) -> Self {
        Call { paths: vec![path], ..Call::default() }
    }
}
