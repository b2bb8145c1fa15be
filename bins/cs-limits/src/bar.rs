//! `bar`: one line for a bar of a terminal or a desktop. Must stay true: it reads only what is small, fails never, and
//! shows nothing where nothing is known.

mod skin;

use argh::{ArgsInfo, FromArgs};
use cli::{Out, Outcome, format};
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::config::Config;
use cs_core::paths::Home;
use cs_core::running;
use cs_core::state::State;
use cs_core::store::Store;
use cs_core::zone::Zone;
use limit_words::{format_limit, format_pace, format_runs_out, format_used, format_window};
use limits::card::{self, Card};
use limits::pace::Outlook;
use render::{Style, format_near_time, format_used_percent};
use skin::Skin;
use std::cell::OnceCell;

/// print one line for a bar: which sessions wait and work, and each limit with its reset, or with the time at which it is
/// used up. It always ends with 0, and prints nothing if nothing is known. A format is text with placeholders, as that of
/// cs-statusline: {waiting} {idle} {working} {limits} {runs_out} {limit:five_hour}
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "bar",
    example = "{command_name} --format tmux",
    example = "{command_name} --for tmux --format \"[{{waiting}} waiting, ]{{limit:five_hour}}\""
)]
pub struct Bar {
    /// the kind of bar: tmux, waybar or swiftbar; or a format of yours (default: plain text)
    #[argh(option)]
    format: Option<String>,
    /// the kind of bar that a format of yours is for, so that no value is an instruction there: tmux, waybar or swiftbar
    #[argh(option, long = "for", arg_name = "kind")]
    kind: Option<String>,
}

/// A text and its look.
type Piece = (String, Style);

/// What stands between two pieces.
const BETWEEN: &str = " · ";
/// What is urgent, the most urgent last; everything else is not.
const URGENT: [Style; 4] = [Style::Busy, Style::Turn, Style::Asking, Style::Wrong];
/// How long a window whose length is unknown is shown after its end.
const A_DAY: TimeDelta = TimeDelta::days(1);

impl Bar {
    pub fn run(self, mut out: Out) -> Outcome<()> {
        let is_kind = |word: &String| !word.contains('{') && !word.contains(' ');
        let kind = self.kind.as_ref().or(self.format.as_ref().filter(|word| is_kind(word)));
        if let Some(unknown) = kind.filter(|word| Skin::named(word).is_none()) {
            // A bar goes on, and shows nothing of it: the person reads it where the program is tried.
            cli::note(
                crate::PROGRAM,
                &format!("{unknown:?} is not a bar; use {}, or a format", Skin::NAMES.join(", ")),
            );
            return Ok(());
        }
        let skin = kind.and_then(|word| Skin::named(word)).unwrap_or(Skin::Plain(out.paint));
        let own = self.format.filter(|word| Skin::named(word).is_none());
        let facts = Facts::new(clock::now());
        let line = match own {
            Some(own) => format::fit(&format::parse(&own), &|name| facts.value(name), usize::MAX, &|text, style| {
                skin.paint(text, style)
            }),
            None => facts.line(&skin),
        };
        // Whatever is wrong with the reader of this line, there is nothing to say about it in a bar.
        let _ = skin.lines(&line, &facts).iter().try_for_each(|line| out.line(line)).and_then(|()| out.flush());
        Ok(())
    }
}

/// Everything that can be shown. Only what is shown is read.
struct Facts {
    store: Option<Store>,
    config: OnceCell<Config>,
    states: OnceCell<Vec<State>>,
    cards: OnceCell<Vec<Card>>,
    now: Instant,
}

impl Facts {
    fn new(now: Instant) -> Self {
        let store = Home::from_env().ok().map(|home| Store::for_hooks(home, agents::WITNESS));
        Facts { store, config: OnceCell::new(), states: OnceCell::new(), cards: OnceCell::new(), now }
    }

    fn config(&self, store: &Store) -> &Config {
        self.config.get_or_init(|| store.config())
    }

    /// The states that are counted.
    fn states(&self) -> &[State] {
        let is_counted = |state: State| state.needs_user() || state == State::Working;
        let read = |store: &Store| running::states(store, None, self.config(store).stale_after(), self.now, is_counted);
        self.states.get_or_init(|| self.store.as_ref().map(read).unwrap_or_default())
    }

    /// The limits; a window that has ended is shown for as long as it lasted. What cannot be read is left out.
    fn cards(&self) -> &[Card] {
        let is_recent = |card: &Card| self.now - card.window.resets_at < card.key.length().unwrap_or(A_DAY);
        self.cards.get_or_init(|| {
            let read = |store: &Store| card::all(&store.home, self.config(store), self.now).0;
            let mut cards = self.store.as_ref().map(read).unwrap_or_default();
            cards.retain(is_recent);
            cards
        })
    }

    fn count(&self, state: State) -> usize {
        self.states().iter().filter(|known| **known == state).count()
    }

    /// The value of a placeholder; `None` for an unknown name.
    fn value(&self, name: &str) -> Option<Piece> {
        let count = |state: State, style| {
            let count = self.count(state);
            (if count == 0 { String::new() } else { count.to_string() }, style)
        };
        Some(match name {
            "waiting" => count(State::Waiting, Style::Asking),
            "idle" => count(State::Idle, Style::Turn),
            "working" => count(State::Working, Style::Busy),
            "limits" => self.joined(|_| true),
            "runs_out" => {
                let texts = self.cards().iter().map(|card| format_runs_out(card, self.now, Zone::system()));
                (texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(BETWEEN), Style::Wrong)
            }
            _ => match name.strip_prefix("limit:") {
                Some(window) => self.joined(|card| card.key.window == window || card.key.stem() == window),
                None => return None,
            },
        })
    }

    /// Limits as one text, in the look of the most urgent one.
    fn joined(&self, is_wanted: impl Fn(&Card) -> bool) -> Piece {
        let pieces: Vec<Piece> =
            self.cards().iter().filter(|card| is_wanted(card)).map(|card| self.limit(card)).collect();
        let urgent = [Style::Wrong, Style::Turn, Style::Good];
        let style = urgent.into_iter().find(|style| pieces.iter().any(|(_, of)| of == style)).unwrap_or_default();
        (pieces.into_iter().map(|(text, _)| text).collect::<Vec<_>>().join(BETWEEN), style)
    }

    /// `5 h 57% →17:30`, or with the time at which it is used up: `5 h 82% full 16:40`; after its end `5 h ?`.
    fn limit(&self, card: &Card) -> Piece {
        let zone = Zone::system();
        let near = |at| format_near_time(at, &zone.day_of(self.now), zone);
        let account = if card.account.is_empty() { String::new() } else { format!(" {}", card.account) };
        let agents = self.cards().iter().any(|other| other.key.agent != card.key.agent);
        let agent = if agents { format!("{} ", card.key.agent.short()) } else { String::new() };
        let name = format!("{agent}{}{account}", format_window(&card.key));
        let used = format_used_percent(card.window.used);
        let text = match (card.pace.outlook, card.pace.full_at) {
            _ if card.has_ended(self.now) => format!("{name} ?"),
            _ if card.two_accounts => format!("{name} {}, two accounts?", format_used(card, self.now, zone)),
            (Outlook::Short, Some(at)) => format!("{name} {used} full {}", near(at)),
            _ => format!("{name} {}", format_used(card, self.now, zone)),
        };
        (text, crate::now::style(card, self.now))
    }

    /// All that is known: who waits, then each limit. tmux cuts the beginning of a line that is too long: there, what is
    /// urgent comes last.
    fn line(&self, skin: &Skin) -> String {
        let counted = [
            (State::Waiting, "waiting", Style::Asking),
            (State::Idle, "idle", Style::Turn),
            (State::Working, "working", Style::Busy),
        ];
        let counts = counted.into_iter().filter_map(|(state, word, style)| {
            let count = self.count(state);
            (count > 0).then(|| (format!("{count} {word}"), style))
        });
        let mut pieces: Vec<Piece> = counts.chain(self.cards().iter().map(|card| self.limit(card))).collect();
        if matches!(skin, Skin::Tmux) {
            pieces.sort_by_key(|(_, style)| URGENT.iter().position(|urgent| urgent == style));
        }
        pieces.iter().map(|(text, style)| skin.paint(text, *style)).collect::<Vec<_>>().join(BETWEEN)
    }

    /// A line of words for each limit.
    fn words(&self) -> Vec<(String, Style)> {
        let words = |card: &Card| {
            let used = if card.has_ended(self.now) { "?".to_string() } else { format_used_percent(card.window.used) };
            let says = format_pace(card, self.now, Zone::system());
            let text = format!("{}: {used}; {says}", format_limit(&card.key, &card.account));
            (text, crate::now::style(card, self.now))
        };
        self.cards().iter().map(words).collect()
    }
}
