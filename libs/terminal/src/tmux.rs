//! Owns tmux's commands (tmux(1), 3.3). A pane's number is unique in a server, and stays the same when the pane moves.

/// The format of a line about a pane, for `-F`. The session's name is the last, because it may contain spaces.
const FORMAT: &str = "#{pane_id} #{window_index} #{pane_index} #{session_attached} #{pane_tty} #{session_name}";

/// A pane as its server reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pane {
    /// Its number, such as `%5`.
    pub id: String,
    /// The name of its session.
    pub session: String,
    /// Its terminal, such as `/dev/pts/6`.
    pub tty: String,
    /// The numbers of its window in the session, and of the pane in the window.
    index: (String, String),
    /// Whether a terminal shows the session.
    pub is_attached: bool,
}

impl Pane {
    /// Where it is: `work:2.1`.
    pub fn position(&self) -> String {
        format!("{}:{}.{}", self.session, self.index.0, self.index.1)
    }
}

/// Words for a program.
pub fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| word.to_string()).collect()
}

/// The command that lists all panes of a server, for [`panes`]. Without `-u`, tmux replaces letters outside ASCII if the
/// locale is not UTF-8.
pub fn list(socket: &str) -> Vec<String> {
    words(&["tmux", "-u", "-S", socket, "list-panes", "-a", "-F", FORMAT])
}

/// Reads the answer to [`list`]. A pane that several sessions show is listed once for each.
pub fn panes(answer: &str) -> Vec<Pane> {
    answer.lines().filter_map(pane).collect()
}

fn pane(line: &str) -> Option<Pane> {
    let mut fields = line.splitn(6, ' ').map(str::to_string);
    let (id, index) = (fields.next()?, (fields.next()?, fields.next()?));
    let is_attached = fields.next()? != "0";
    let tty = fields.next()?;
    Some(Pane { id, session: fields.next()?, tty, index, is_attached })
}

/// The command for a terminal of the same server: it shows the session, window and pane.
pub fn switch(socket: &str, pane: &str) -> Vec<String> {
    words(&["tmux", "-S", socket, "switch-client", "-t", pane])
}

/// The commands that make a pane the current one of its session, wherever that is shown.
pub fn select(socket: &str, pane: &str) -> Vec<Vec<String>> {
    let select = |command: &str| words(&["tmux", "-S", socket, command, "-t", pane]);
    vec![select("select-window"), select("select-pane")]
}

/// The command that shows a session in this terminal. `=` asks for exactly this name.
pub fn attach(socket: &str, session: &str) -> Vec<String> {
    words(&["tmux", "-S", socket, "attach-session", "-t", &format!("={session}")])
}
