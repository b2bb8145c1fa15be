//! Owns what the user has chosen: the selected row, the filters, the text that is being typed. Pure: keys go in, actions
//! come out.

use crate::input::Input;
use cs_core::board::BoardRow;
use cs_core::id::SessionId;
use cs_core::record::Status;
use cs_core::search;
use cs_core::state::State;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What the screen shows besides the sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The list.
    Browse,
    /// Lines instead of the list, the help or a whole session, and the first of them that is visible.
    Text(Vec<String>, usize),
    /// A line of text, and what it is for.
    Typing(Question, Input),
}

/// The help.
pub const HELP: [&str; 12] = [
    "j k ↑ ↓   next, previous session",
    "g G       first, last; space PgUp: pages",
    "Enter     jump to its terminal, or read",
    "o         open it here, once it ended",
    "s         show all of it",
    "p c n     park, complete, note: with words",
    "r         resume it in a new record",
    "/         only sessions with a text",
    "f         only its project, or all again",
    "Esc       show all sessions",
    "2!        so many destructive calls",
    "? q       these keys, quit",
];

/// What a typed text is for. All but the filter are about the session on whose row the key was pressed, whatever happens
/// to the list meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Show only rows with this text.
    Filter,
    /// Go to the next line with this text, in these lines from this one on.
    Find(Vec<String>, usize),
    /// Why the session is parked.
    Park(SessionId),
    /// What came of it.
    Complete(SessionId),
    /// A line for its timeline.
    Note(SessionId),
    /// What the new session is for that continues it.
    Resume(SessionId),
}

impl Question {
    /// The words before the text.
    pub fn prompt(&self) -> &'static str {
        match self {
            Question::Filter => "filter: ",
            Question::Find(..) => "find: ",
            Question::Park(_) => "park, because: ",
            Question::Complete(_) => "complete, outcome: ",
            Question::Note(_) => "note: ",
            Question::Resume(_) => "resume in a new record, for (empty: the same): ",
        }
    }

    /// The session that it is about.
    pub fn session(&self) -> Option<&SessionId> {
        match self {
            Question::Filter | Question::Find(..) => None,
            Question::Park(id) | Question::Complete(id) | Question::Note(id) | Question::Resume(id) => Some(id),
        }
    }
}

/// What a key asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Draw again.
    Draw,
    /// End.
    Quit,
    /// Stop until the shell continues the program.
    Suspend,
    /// Run `cs-session` with these arguments for this session.
    Change(SessionId, Vec<String>),
    /// Go to the terminal of the session.
    Jump(SessionId),
    /// Read the conversation of the session, which has ended.
    Read(SessionId),
    /// Continue the session in this terminal.
    Open(SessionId),
    /// Show the whole session.
    Show(SessionId),
}

/// The view.
#[derive(Clone, Debug)]
pub struct View {
    /// The row that keys act on; `None` before the first row is known.
    pub selected: Option<SessionId>,
    /// The number of its row, from which the next one is chosen when it is gone.
    pub row: usize,
    /// The first visible item.
    pub top: usize,
    /// Only rows with this text in id, project, intent or state.
    pub filter: String,
    /// Only rows of this project.
    pub project: Option<String>,
    /// What the screen shows besides the sessions.
    pub mode: Mode,
    /// The text that was looked for in a text.
    pub sought: String,
    /// The result of the last action.
    pub message: Option<String>,
}

impl View {
    /// All sessions, or those of one project.
    pub fn new(project: Option<String>) -> Self {
        let (filter, mode) = (String::new(), Mode::Browse);
        View { selected: None, row: 0, top: 0, filter, project, mode, sought: String::new(), message: None }
    }

    /// Whether a row is to be shown.
    pub fn shows(&self, row: &BoardRow) -> bool {
        let is_in = |project: &String| row.entry.project_slug == project.as_str();
        let text = search::fold(&self.filter);
        let has = |field: &str| search::fold(field).contains(&text);
        let said = row.verdict.said.as_deref().unwrap_or_default();
        let fields = [row.id.as_str(), &row.entry.intent, &row.entry.project_slug, &row.verdict.reason, said];
        self.project.as_ref().is_none_or(is_in)
            && (text.is_empty() || has(&row.verdict.label()) || fields.into_iter().any(has))
    }

    /// Keeps the selected session selected in these rows; if it is gone, the one in its place is.
    pub fn settle(&mut self, rows: &[BoardRow]) {
        let at = self.selected.as_ref().and_then(|id| rows.iter().position(|row| row.id == id));
        self.row = at.unwrap_or(self.row.min(rows.len().saturating_sub(1)));
        self.selected = rows.get(self.row).map(|row| row.id.clone());
    }

    /// Moves the selection by so many rows.
    pub fn go(&mut self, rows: &[BoardRow], by: isize) {
        self.row = self.row.saturating_add_signed(by).min(rows.len().saturating_sub(1));
        self.selected = rows.get(self.row).map(|row| row.id.clone());
    }

    /// Reacts to a key. `page` is the number of visible rows.
    pub fn press(&mut self, key: KeyEvent, rows: &[BoardRow], page: usize) -> Action {
        self.message = None;
        let has_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match (&mut self.mode, key.code) {
            (_, KeyCode::Char('z')) if has_control => Action::Suspend,
            (Mode::Typing(..), code) => self.type_key(code, has_control),
            (Mode::Text(lines, first), KeyCode::Char('/')) => {
                self.mode = Mode::Typing(Question::Find(std::mem::take(lines), *first), Input::default());
                Action::Draw
            }
            (Mode::Text(..), KeyCode::Char('n')) => self.find(1),
            (Mode::Text(..), KeyCode::Char('N')) => self.find(-1),
            (Mode::Text(lines, first), code) => match scroll_text(code, lines.len(), *first, page) {
                Some(next) => {
                    *first = next;
                    Action::Draw
                }
                None => self.back(),
            },
            (Mode::Browse, KeyCode::Char(c)) if has_control => self.press_control(c, rows, page),
            (Mode::Browse, code) => self.browse(code, rows, page),
        }
    }

    /// Adds pasted text to the one that is typed. It never acts as keys.
    pub fn paste(&mut self, text: &str) {
        if let Mode::Typing(_, input) = &mut self.mode {
            input.insert(text);
            self.follow_filter();
        }
    }

    /// Moves the selection by so many rows, unless something is typed.
    pub fn scroll(&mut self, rows: &[BoardRow], by: isize) {
        if self.mode == Mode::Browse {
            self.go(rows, by);
        }
    }

    fn press_control(&mut self, c: char, rows: &[BoardRow], page: usize) -> Action {
        let page = isize::try_from(page).unwrap_or(1);
        match c {
            'c' => return Action::Quit,
            'd' | 'f' => self.go(rows, page),
            'u' | 'b' => self.go(rows, -page),
            'n' => self.go(rows, 1),
            'p' => self.go(rows, -1),
            _ => {}
        }
        Action::Draw
    }

    /// Back to the list, or to the text in which something was to be found.
    fn back(&mut self) -> Action {
        self.mode = match std::mem::replace(&mut self.mode, Mode::Browse) {
            Mode::Typing(Question::Find(lines, first), _) => Mode::Text(lines, first),
            _ => Mode::Browse,
        };
        Action::Draw
    }

    /// Goes to the next line with the sought text, or to the one before.
    fn find(&mut self, by: isize) -> Action {
        let Mode::Text(lines, first) = &mut self.mode else { return Action::Draw };
        let sought = cs_core::search::fold(&self.sought);
        let has = |line: &String| !sought.is_empty() && cs_core::search::fold(line).contains(&*sought);
        let found = match by {
            1.. => lines.iter().enumerate().skip(*first + 1).find(|(_, line)| has(line)),
            _ => lines.iter().enumerate().take(*first).rev().find(|(_, line)| has(line)),
        };
        match found {
            Some((at, _)) => *first = at,
            None => self.message = Some(format!("“{}” is not found any more", self.sought)),
        }
        Action::Draw
    }

    fn browse(&mut self, code: KeyCode, rows: &[BoardRow], page: usize) -> Action {
        let page = isize::try_from(page).unwrap_or(1);
        match code {
            KeyCode::Char('q') => return Action::Quit,
            KeyCode::Char('j') | KeyCode::Down => self.go(rows, 1),
            KeyCode::Char('k') | KeyCode::Up => self.go(rows, -1),
            KeyCode::PageDown | KeyCode::Char(' ') => self.go(rows, page),
            KeyCode::PageUp => self.go(rows, -page),
            KeyCode::Char('g') | KeyCode::Home => self.go(rows, isize::MIN),
            KeyCode::Char('G') | KeyCode::End => self.go(rows, isize::MAX),
            KeyCode::Char('?') | KeyCode::F(1) => self.mode = Mode::Text(HELP.map(str::to_string).to_vec(), 0),
            KeyCode::Char('/') => self.mode = Mode::Typing(Question::Filter, Input::new(&self.filter)),
            KeyCode::Char('f') => self.filter_by_project(rows),
            KeyCode::Esc => {
                self.filter.clear();
                self.project = None;
            }
            _ => return self.act(code, rows),
        }
        Action::Draw
    }

    /// The keys that do something with the selected session.
    fn act(&mut self, code: KeyCode, rows: &[BoardRow]) -> Action {
        let Some(id) = rows.get(self.row).map(|row| row.id.clone()) else { return Action::Draw };
        let ask = |question| Mode::Typing(question, Input::default());
        match code {
            KeyCode::Enter if rows.get(self.row).is_some_and(has_ended) => return Action::Read(id),
            KeyCode::Enter => return Action::Jump(id),
            KeyCode::Char('o') => return Action::Open(id),
            KeyCode::Char('s') => return Action::Show(id),
            KeyCode::Char('r') => self.mode = ask(Question::Resume(id)),
            KeyCode::Char('p') => self.mode = ask(Question::Park(id)),
            KeyCode::Char('c') => self.mode = ask(Question::Complete(id)),
            KeyCode::Char('n') => self.mode = ask(Question::Note(id)),
            _ => {}
        }
        Action::Draw
    }

    /// Shows only the selected row's project, or all projects again.
    fn filter_by_project(&mut self, rows: &[BoardRow]) {
        self.project = match self.project {
            Some(_) => None,
            None => rows.get(self.row).map(|row| row.entry.project_slug.to_string()),
        };
    }

    fn type_key(&mut self, code: KeyCode, has_control: bool) -> Action {
        let Mode::Typing(question, input) = &mut self.mode else { return Action::Draw };
        match code {
            KeyCode::Esc => return self.back(),
            KeyCode::Char('c' | 'g') if has_control => return self.back(),
            KeyCode::Enter => {
                let (question, text) = (question.clone(), input.text().trim().to_string());
                self.mode = Mode::Browse;
                return self.answer(question, text);
            }
            code => drop(input.press(code, has_control)),
        }
        self.follow_filter();
        Action::Draw
    }

    /// The list is filtered while the text is typed.
    fn follow_filter(&mut self) {
        if let Mode::Typing(Question::Filter, input) = &self.mode {
            self.filter = input.text();
        }
    }

    fn answer(&mut self, question: Question, text: String) -> Action {
        let change = |id, words: &[&str]| Action::Change(id, words.iter().map(|word| word.to_string()).collect());
        match question {
            Question::Filter => self.filter = text,
            Question::Find(lines, first) => {
                self.mode = Mode::Text(lines, first);
                self.sought = text;
                return self.find(1);
            }
            // Without an outcome, the session keeps the one that it has.
            Question::Complete(id) if text.is_empty() => return change(id, &["complete"]),
            Question::Complete(id) => return change(id, &["complete", "--outcome", &text]),
            Question::Resume(id) if text.is_empty() => return change(id, &["resume"]),
            Question::Resume(id) => return change(id, &["resume", "--intent", &text]),
            _ if text.is_empty() => self.message = Some("cancelled, nothing was changed".into()),
            Question::Park(id) => return change(id, &["park", "--reason", &text]),
            Question::Note(id) => return change(id, &["event", "--message", &text]),
        }
        Action::Draw
    }
}

/// Whether a session has no conversation that could still be running.
fn has_ended(row: &BoardRow) -> bool {
    row.entry.status != Status::Active || matches!(row.verdict.state, State::Gone | State::Unknown)
}

/// The line to which a key scrolls; `None` for a key that leaves the text.
fn scroll_text(code: KeyCode, lines: usize, first: usize, page: usize) -> Option<usize> {
    let next = match code {
        KeyCode::Char('j') | KeyCode::Down => first + 1,
        KeyCode::Char('k') | KeyCode::Up => first.saturating_sub(1),
        KeyCode::Char(' ') | KeyCode::PageDown => first + page,
        KeyCode::Char('b') | KeyCode::PageUp => first.saturating_sub(page),
        KeyCode::Char('g') | KeyCode::Home => 0,
        KeyCode::Char('G') | KeyCode::End => lines,
        _ => return None,
    };
    Some(next.min(lines.saturating_sub(page)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn type_in(view: &mut View, text: &str) -> Action {
        let mut last = Action::Draw;
        for c in text.chars() {
            let code = match c {
                '\n' => KeyCode::Enter,
                '\u{1b}' => KeyCode::Esc,
                '\u{8}' => KeyCode::Backspace,
                c => KeyCode::Char(c),
            };
            last = view.press(KeyEvent::new(code, KeyModifiers::NONE), &[], 10);
        }
        last
    }

    fn id() -> SessionId {
        SessionId::parse("sess_20261121T0337_ca5d").unwrap()
    }

    #[test]
    fn keys_without_a_row_change_nothing_and_typed_text_is_not_a_key() {
        let mut view = View::new(None);
        assert_eq!(type_in(&mut view, "pjkGrcn\n"), Action::Draw);
        assert_eq!(view.mode, Mode::Browse);
        assert_eq!(type_in(&mut view, "/qui\u{8}"), Action::Draw);
        assert_eq!((view.filter.as_str(), &view.mode), ("qu", &Mode::Typing(Question::Filter, Input::new("qu"))));
        assert_eq!(type_in(&mut view, "\n"), Action::Draw);
        assert_eq!((view.filter.as_str(), &view.mode), ("qu", &Mode::Browse));
        assert_eq!(type_in(&mut view, "\u{1b}?"), Action::Draw);
        assert_eq!((view.filter.as_str(), &view.mode), ("", &Mode::Text(HELP.map(str::to_string).to_vec(), 0)));
        view.paste("q\nq");
        assert_eq!(type_in(&mut view, "xq"), Action::Quit);
    }

    #[test]
    fn answers_are_about_the_session_of_the_question_and_never_options() {
        let mut view = View::new(None);
        let change = |words: &[&str]| Action::Change(id(), words.iter().map(|word| word.to_string()).collect());
        view.mode = Mode::Typing(Question::Park(id()), Input::default());
        // The selection moves on meanwhile: a row vanished, the wheel was turned, Ctrl-F was pressed.
        view.settle(&[]);
        view.scroll(&[], 3);
        view.press(KeyEvent::new(KeyCode::Char('f'), KeyModifiers::CONTROL), &[], 10);
        assert_eq!(type_in(&mut view, "--help\n"), change(&["park", "--reason", "--help"]));
        view.mode = Mode::Typing(Question::Park(id()), Input::new(" "));
        assert_eq!(type_in(&mut view, "\n"), Action::Draw);
        assert_eq!(view.message.as_deref(), Some("cancelled, nothing was changed"));
        view.mode = Mode::Typing(Question::Complete(id()), Input::default());
        view.paste("all\nis well");
        assert_eq!(type_in(&mut view, "\n"), change(&["complete", "--outcome", "all is well"]));
        view.mode = Mode::Typing(Question::Complete(id()), Input::default());
        assert_eq!(type_in(&mut view, "\n"), change(&["complete"]));
    }

    #[test]
    fn a_text_is_searched_up_and_down_and_left_as_it_was() {
        let mut view = View::new(None);
        let lines: Vec<String> = ["one", "Two", "three", "two again"].map(str::to_string).to_vec();
        view.mode = Mode::Text(lines.clone(), 0);
        type_in(&mut view, "/TWO\n");
        assert_eq!(view.mode, Mode::Text(lines.clone(), 1));
        type_in(&mut view, "n");
        assert_eq!(view.mode, Mode::Text(lines.clone(), 3));
        type_in(&mut view, "nN");
        assert_eq!(view.mode, Mode::Text(lines.clone(), 1));
        type_in(&mut view, "/x\u{1b}");
        assert_eq!(view.mode, Mode::Text(lines, 1));
        type_in(&mut view, "\u{1b}");
        assert_eq!(view.mode, Mode::Browse);
    }
}
