//! Owns the placeholders about limits and budgets. Must stay true: what they need is read only if the format names them;
//! all of them are about the account of this status line.

use super::facts::Facts;
use super::style::Style;
use agents::Agent;
use cs_core::clock::Instant;
use cs_core::config::Config;
use cs_core::store::Store;
use cs_core::zone::Zone;
use limit_words::{format_runs_out, format_spent, format_used};
use limits::account;
use limits::budget;
use limits::card::Card;
use limits::file;
use limits::key::Key;
use limits::pace::Outlook;
use limits::settings::Settings;
use render::format_ratio;
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

/// What stands between two limits.
const BETWEEN: &str = " · ";

/// Where the values come from.
pub struct Windows<'a> {
    facts: &'a Facts<'a>,
    store: Option<&'a Store>,
    now: Instant,
    /// The account of this status line.
    account: OnceCell<Option<String>>,
    /// The limits that were read: several placeholders may show one.
    cards: RefCell<Vec<(String, Option<Rc<Card>>)>>,
}

impl<'a> Windows<'a> {
    pub fn new(facts: &'a Facts) -> Self {
        Windows { facts, store: facts.store, now: facts.now, account: OnceCell::new(), cards: RefCell::default() }
    }

    /// A placeholder's value and style; `None` for a name of another kind.
    pub fn value(&self, name: &str) -> Option<(String, Style)> {
        Some(match name {
            "pace_5h" => self.shown("five_hour", |card| card.pace.ratio.map(format_ratio).unwrap_or_default()),
            "runs_out" => (self.runs_out(), Style::Wrong),
            "budget" => self.budget(),
            _ => self.shown(name.strip_prefix("limit:")?, |card| format_used(card, self.now, Zone::system())),
        })
    }

    /// A limit in some words; nothing of a window that has ended.
    fn shown(&self, window: &str, words: impl Fn(&Card) -> String) -> (String, Style) {
        let card = self.card(window).filter(|card| !card.has_ended(self.now));
        card.map(|card| (words(&card), look(&card))).unwrap_or_default()
    }

    /// A limit of this account; `None` if it was never reported.
    fn card(&self, window: &str) -> Option<Rc<Card>> {
        if let Some((_, card)) = self.cards.borrow().iter().find(|(name, _)| name == window) {
            return card.clone();
        }
        let card = self.read(window).map(Rc::new);
        self.cards.borrow_mut().push((window.to_string(), card.clone()));
        card
    }

    fn read(&self, window: &str) -> Option<Card> {
        let key = Key::new(Agent::Claude, self.account(), window)?;
        // No placeholder shows the name of the account, for which the configuration would be read.
        Card::of(&self.store?.home, &key, &Config::default(), self.now).ok()?
    }

    fn account(&self) -> Option<&str> {
        self.account.get_or_init(|| account::of_env(Agent::Claude)).as_deref()
    }

    /// The limits that do not last, and when each is used up.
    fn runs_out(&self) -> String {
        let keys = self.store.and_then(|store| file::keys(&store.home).ok()).unwrap_or_default();
        let own = keys.iter().filter(|key| key.agent == Agent::Claude && key.account.as_deref() == self.account());
        let cards = own.filter_map(|key| self.card(&key.window));
        let texts = cards.map(|card| format_runs_out(&card, self.now, Zone::system()));
        texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(BETWEEN)
    }

    /// The budget that is used up the most, among those that count this conversation.
    fn budget(&self) -> (String, Style) {
        let nearest = || {
            let store = self.store?;
            let (settings, _) = Settings::read(&store.config(), &store.home.config());
            let spent = budget::all(store, &settings.budgets, self.now);
            let spent = budget::nearest(&spent, Some(&self.facts.slug_or_root()))?;
            Some((format_spent(spent), Style::of_used(spent.percent()?)))
        };
        nearest().unwrap_or_default()
    }
}

/// The look of a limit: by whether it lasts, else by how much is used.
fn look(card: &Card) -> Style {
    match card.pace.outlook {
        Outlook::Full | Outlook::Short => Style::Wrong,
        Outlook::Tight => Style::Turn,
        Outlook::Ok | Outlook::Unknown => Style::of_used(card.window.used),
    }
}
