//! Owns the terminal and the loop: read the store, draw, sleep until something happens.
//! Must stay true: the terminal is as it was before, however the program ends; without changes, only ages are drawn anew.

use crate::draw::draw;
use crate::facts::Records;
use crate::frame::{Source, compose, config_for, describe_damage, explain_empty, select};
use crate::read;
use crate::run;
use crate::view::{Action, Mode, View};
use crate::wake::{Wake, Wakes};
use cli::{Context, Outcome};
use cs_core::board::{self, Board};
use cs_core::clock;
use cs_core::id::SessionId;
use cs_core::index::IndexEntry;
use cs_core::stamp::{Stamp, unchanged};
use cs_core::state::State;
use cs_core::states::States;
use cs_core::store::Store;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{Event, KeyEventKind, MouseEventKind};
use seats::Seating;
use std::collections::BTreeSet;
use std::io::{Write, stdout};
use std::time::Duration;

/// States are derived again after this time, because processes end without a trace on disk.
const PATIENCE: Duration = Duration::from_secs(5);
/// While an age is shown in seconds.
const SECOND: Duration = Duration::from_secs(1);

/// Why the loop over one version of the index ended.
enum End {
    Quit,
    IndexChanged,
}

/// Shows the sessions until the user quits.
pub fn run(context: &Context, view: View) -> Outcome<()> {
    // Reported before the screen is taken.
    let _ = context.config();
    let mut top = Top {
        store: &context.store,
        wakes: Wakes::new(&context.store.home),
        records: Records::default(),
        view,
        asking: None,
        page: 1,
    };
    let mut terminal = take_terminal()?;
    let result = top.wakes.read_terminal().map_err(Into::into).and_then(|()| top.follow(&mut terminal));
    give_back_terminal();
    result
}

/// Pasted text is marked as such, so that it never acts as keys (mode 2004). The wheel sends arrow keys (mode 1007): the
/// mouse itself is not taken, so that text can still be selected with it.
const MODES_ON: &str = "\x1b[?2004h\x1b[?1007h";
const MODES_OFF: &str = "\x1b[?1007l\x1b[?2004l";

fn take_terminal() -> Outcome<DefaultTerminal> {
    let terminal = ratatui::try_init()?;
    set_modes(MODES_ON)?;
    Ok(terminal)
}

fn give_back_terminal() {
    let _ = set_modes(MODES_OFF);
    ratatui::restore();
}

fn set_modes(modes: &str) -> std::io::Result<()> {
    let mut out = stdout();
    out.write_all(modes.as_bytes())?;
    out.flush()
}

struct Top<'a> {
    store: &'a Store,
    wakes: Wakes,
    records: Records,
    view: View,
    /// The sessions that waited for an answer at the last look; `None` before the first.
    asking: Option<BTreeSet<SessionId>>,
    /// How many rows were visible.
    page: usize,
}

type Entries<'e> = [(SessionId, IndexEntry<'e>)];

impl Top<'_> {
    fn follow(&mut self, terminal: &mut DefaultTerminal) -> Outcome<()> {
        loop {
            let stamps = index_stamps(self.store);
            let index = self.store.index()?;
            let entries = index.entries(|_| true);
            let trouble = index.damaged().count();
            if let End::Quit = self.follow_states(terminal, &entries, trouble, &stamps)? {
                return Ok(());
            }
        }
    }

    /// Until the index changes.
    fn follow_states(
        &mut self,
        terminal: &mut DefaultTerminal,
        entries: &Entries,
        damaged: usize,
        stamps: &[Option<Stamp>; 3],
    ) -> Outcome<End> {
        let empty = explain_empty(entries.len());
        let trouble = describe_damage(damaged);
        loop {
            let config = config_for(self.store.config(), &self.view);
            let states = States::read(self.store, config.stale_after(), clock::now())?;
            let seating = Seating::read(self.store, states.lives(), states.now());
            self.wakes.watch_present(&self.store.home, &states, &seating);
            let board = board::arrange(&states, &config, entries, board::RECENT);
            self.ring(&board);
            let source = Source {
                store: self.store,
                states: &states,
                board: &board,
                seating: &seating,
                empty: &empty,
                trouble: trouble.as_deref(),
            };
            if let Some(end) = self.follow_keys(terminal, &source)? {
                return Ok(end);
            }
            let now = index_stamps(self.store);
            if !stamps.iter().zip(&now).all(|(before, now)| unchanged(before.as_ref(), now.as_ref())) {
                return Ok(End::IndexChanged);
            }
        }
    }

    /// Draws and reacts to keys until something changed or time passed.
    fn follow_keys(&mut self, terminal: &mut DefaultTerminal, source: &Source) -> Outcome<Option<End>> {
        loop {
            let rows = select(source.board, &self.view, source.seating);
            let size = terminal.size()?;
            let size = (usize::from(size.width), usize::from(size.height));
            let screen = compose(source, &mut self.records, &mut self.view, &rows, size);
            self.page = screen.items.len().max(1);
            terminal.draw(|frame| draw(&screen, frame.area(), frame.buffer_mut()))?;
            let is_young = |since: clock::Instant| (source.states.now() - since).num_seconds() < 60;
            let young = rows.iter().any(|row| row.verdict.since.is_some_and(is_young));
            match self.wakes.next(if young { SECOND } else { PATIENCE }) {
                Wake::Disk | Wake::Time => return Ok(None),
                Wake::Closed => return Ok(Some(End::Quit)),
                Wake::Input(Event::Key(key)) if key.kind != KeyEventKind::Release => {
                    let action = self.view.press(key, &rows, self.page);
                    match action {
                        Action::Quit => return Ok(Some(End::Quit)),
                        Action::Draw => {}
                        other => {
                            self.act(terminal, other)?;
                            return Ok(None);
                        }
                    }
                }
                Wake::Input(Event::Mouse(mouse)) => match mouse.kind {
                    MouseEventKind::ScrollDown => self.view.scroll(&rows, 1),
                    MouseEventKind::ScrollUp => self.view.scroll(&rows, -1),
                    _ => {}
                },
                Wake::Input(Event::Paste(text)) => self.view.paste(&text),
                Wake::Input(_) | Wake::Resized => {}
            }
        }
    }

    fn act(&mut self, terminal: &mut DefaultTerminal, action: Action) -> Outcome<()> {
        self.view.message = match action {
            Action::Change(id, words) => Some(run::change(&words, id.as_str())),
            Action::Jump(id) => self.without_screen(terminal, || run::jump(id.as_str()))?,
            Action::Open(id) => self.without_screen(terminal, || run::open(id.as_str()))?,
            Action::Suspend => self.without_screen(terminal, suspend)?,
            Action::Read(id) => match read::lines(self.store, &id, usize::from(terminal.size()?.width)) {
                Ok(lines) => {
                    self.view.mode = Mode::Text(lines, 0);
                    None
                }
                Err(error) => Some(error.to_string()),
            },
            Action::Show(id) => {
                let width = usize::from(terminal.size()?.width);
                self.view.mode = Mode::Text(run::show(id.as_str(), width), 0);
                None
            }
            Action::Draw | Action::Quit => None,
        };
        Ok(())
    }

    /// Gives the terminal back while `work` runs.
    fn without_screen<T>(&mut self, terminal: &mut DefaultTerminal, work: impl FnOnce() -> T) -> Outcome<T> {
        give_back_terminal();
        let result = self.wakes.without_keys(work);
        *terminal = take_terminal()?;
        Ok(result)
    }

    /// Tells the terminal when a session begins to wait: a bell, and a notice where the terminal shows one (OSC 9).
    fn ring(&mut self, board: &Board) {
        let rows = || board.rows.iter().filter(|row| row.verdict.state == State::Waiting);
        let asking: BTreeSet<SessionId> = rows().map(|row| row.id.clone()).collect();
        if let Some(before) = self.asking.replace(asking) {
            for row in rows().filter(|row| !before.contains(row.id)) {
                let text = format!("{} waits: {}", row.entry.project_slug, row.verdict.evidence);
                let _ = write!(stdout(), "\x07\x1b]9;{}\x1b\\", cli::sanitize(&text));
            }
            let _ = stdout().flush();
        }
    }
}

/// Stops this program, as Ctrl-Z does, until the shell continues it.
fn suspend() -> Option<String> {
    let own = rustix::process::getpid();
    rustix::process::kill_process(own, rustix::process::Signal::TSTP).err().map(|error| error.to_string())
}

fn index_stamps(store: &Store) -> [Option<Stamp>; 3] {
    let home = &store.home;
    [home.index(), home.index_pending(), home.index_folding()].map(|path| Stamp::of(&path))
}
