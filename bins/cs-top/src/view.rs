//! Owns what the user has chosen: the selected row, the filters, the text that is being typed. Pure: keys go in, actions
//! come out.

use cs_core::board::BoardRow;
use cs_core::id::SessionId;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Maximum number of characters that can be typed.
const TYPED: usize = 500;

/// What the screen shows besides the sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The list.
    Browse,
    /// The keys.
    Help,
    /// A line of text for `Question`.
    Typing(Question, String),
}

/// What a typed text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Show only rows with this text.
    Filter,
    /// Why the session is parked.
    Park,
    /// What came of it.
    Complete,
    /// A line for its timeline.
    Note,
}

impl Question {
    /// The words before the text.
    pub fn prompt(self) -> &'static str {
        match self {
            Question::Filter => "filter: ",
            Question::Park => "park, because: ",
            Question::Complete => "complete, outcome: ",
            Question::Note => "note: ",
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
    /// Run `cs-session` with these arguments; the session's id comes last.
    Change(Vec<String>),
    /// Go to the terminal of the session.
    Jump,
    /// Continue the session in this terminal.
    Open,
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
    /// The result of the last action.
    pub message: Option<String>,
}

impl View {
    /// All sessions, or those of one project.
    pub fn new(project: Option<String>) -> Self {
        let (filter, mode) = (String::new(), Mode::Browse);
        View { selected: None, row: 0, top: 0, filter, project, mode, message: None }
    }

    /// Whether a row is to be shown.
    pub fn shows(&self, row: &BoardRow) -> bool {
        let is_in = |project: &String| row.entry.project_slug == project.as_str();
        let text = self.filter.to_lowercase();
        let has = |field: &str| field.to_lowercase().contains(&text);
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
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return self.press_control(key.code, rows, page);
        }
        match (&mut self.mode, key.code) {
            (Mode::Typing(..), code) => self.type_text(code),
            (Mode::Help, _) => self.back(),
            (Mode::Browse, code) => self.browse(code, rows, page),
        }
    }

    fn press_control(&mut self, code: KeyCode, rows: &[BoardRow], page: usize) -> Action {
        let page = isize::try_from(page).unwrap_or(1);
        match code {
            KeyCode::Char('c') if self.mode == Mode::Browse => return Action::Quit,
            KeyCode::Char('c' | 'g') => return self.back(),
            KeyCode::Char('z') => return Action::Suspend,
            KeyCode::Char('d' | 'f') => self.go(rows, page),
            KeyCode::Char('u') if matches!(self.mode, Mode::Typing(..)) => {
                if let Mode::Typing(_, text) = &mut self.mode {
                    text.clear();
                }
            }
            KeyCode::Char('u' | 'b') => self.go(rows, -page),
            _ => {}
        }
        Action::Draw
    }

    fn back(&mut self) -> Action {
        self.mode = Mode::Browse;
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
            KeyCode::Char('?') | KeyCode::F(1) => self.mode = Mode::Help,
            KeyCode::Char('/') => self.mode = Mode::Typing(Question::Filter, self.filter.clone()),
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
        if rows.is_empty() {
            return Action::Draw;
        }
        let ask = |question| Mode::Typing(question, String::new());
        match code {
            KeyCode::Enter => return Action::Jump,
            KeyCode::Char('o') => return Action::Open,
            KeyCode::Char('r') => return Action::Change(vec!["resume".into()]),
            KeyCode::Char('p') => self.mode = ask(Question::Park),
            KeyCode::Char('c') => self.mode = ask(Question::Complete),
            KeyCode::Char('n') => self.mode = ask(Question::Note),
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

    fn type_text(&mut self, code: KeyCode) -> Action {
        let Mode::Typing(question, text) = &mut self.mode else { return Action::Draw };
        match code {
            KeyCode::Esc => return self.back(),
            KeyCode::Enter => {
                let (question, text) = (*question, text.trim().to_string());
                self.mode = Mode::Browse;
                return self.answer(question, text);
            }
            KeyCode::Backspace => {
                text.pop();
            }
            KeyCode::Char(c) if text.chars().count() < TYPED => text.push(c),
            _ => {}
        }
        if let Mode::Typing(Question::Filter, text) = &self.mode {
            self.filter.clone_from(text);
        }
        Action::Draw
    }

    fn answer(&mut self, question: Question, text: String) -> Action {
        let words = |words: &[&str]| words.iter().map(|word| word.to_string()).collect::<Vec<_>>();
        match question {
            Question::Filter => self.filter = text,
            // Without an outcome, the session keeps the one that it has.
            Question::Complete if text.is_empty() => return Action::Change(words(&["complete"])),
            Question::Complete => return Action::Change(words(&["complete", "--outcome", &text])),
            _ if text.is_empty() => self.message = Some("cancelled, nothing was changed".into()),
            Question::Park => return Action::Change(words(&["park", "--reason", &text])),
            Question::Note => return Action::Change(words(&["event", "--message", &text])),
        }
        Action::Draw
    }
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

    #[test]
    fn keys_without_a_row_change_nothing_and_typed_text_is_not_a_key() {
        let mut view = View::new(None);
        assert_eq!(type_in(&mut view, "pjkG\n"), Action::Draw);
        assert_eq!(view.mode, Mode::Browse);
        assert_eq!(type_in(&mut view, "/qui\u{8}"), Action::Draw);
        assert_eq!((view.filter.as_str(), &view.mode), ("qu", &Mode::Typing(Question::Filter, "qu".into())));
        assert_eq!(type_in(&mut view, "\n"), Action::Draw);
        assert_eq!((view.filter.as_str(), &view.mode), ("qu", &Mode::Browse));
        assert_eq!(type_in(&mut view, "\u{1b}?"), Action::Draw);
        assert_eq!((view.filter.as_str(), &view.mode), ("", &Mode::Help));
        assert_eq!(type_in(&mut view, "xq"), Action::Quit);
    }

    #[test]
    fn answers_become_arguments_and_never_options() {
        let mut view = View::new(None);
        view.mode = Mode::Typing(Question::Park, String::new());
        let park = |text: &str| Action::Change(vec!["park".into(), "--reason".into(), text.into()]);
        assert_eq!(type_in(&mut view, "--help\n"), park("--help"));
        view.mode = Mode::Typing(Question::Park, " ".into());
        assert_eq!(type_in(&mut view, "\n"), Action::Draw);
        assert_eq!(view.message.as_deref(), Some("cancelled, nothing was changed"));
        view.mode = Mode::Typing(Question::Complete, String::new());
        assert_eq!(type_in(&mut view, "\n"), Action::Change(vec!["complete".into()]));
    }
}
