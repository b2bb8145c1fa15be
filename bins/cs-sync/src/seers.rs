//! Owns what is said of who sees what a run sends: for people, and as JSON. Must stay true: each run that sends something,
//! or changes who sees it, says so; what only a database with roles can keep apart is not promised of a file or a folder.

use serde::Serialize;
use sync::{Amount, Amounts, Exposure, Turn};

/// What keeps the readers of a target apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Roles of a database.
    Roles,
    /// The same, but it cannot be asked what the team sees already.
    Unasked {
        /// Whether it was said who is to see what is sent.
        is_said: bool,
    },
    /// Nothing: everybody who can read it sees everything.
    Everybody,
}

/// Who sees what is sent, as JSON.
#[derive(Debug, Serialize)]
pub struct Seers {
    #[serde(skip)]
    readers: Readers,
    /// Whether the target has roles: otherwise everybody who can read it sees everything.
    roles: bool,
    /// What the team sees from now on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    opened: Vec<Of>,
    /// What is added to what the team sees already, or changed in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    added: Vec<Of>,
    /// What the team no longer sees.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    closed: Vec<Of>,
    /// What nobody else sees but reviewers and the administrator.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    private: Vec<Of>,
}

/// How much of a project.
#[derive(Debug, Serialize)]
struct Of {
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<String>,
    #[serde(flatten)]
    amount: Amount,
}

impl Seers {
    /// Of a run into a target with such readers.
    pub fn of(exposure: &Exposure, readers: Readers) -> Seers {
        let all = |turn| -> Vec<Of> {
            let amounts = exposure.of(turn).into_iter().flatten();
            amounts.map(|(project, amount)| Of { project: project.clone(), amount: *amount }).collect()
        };
        let [opened, added, closed, private] = [Turn::Opened, Turn::Added, Turn::Closed, Turn::Private].map(all);
        Seers { readers, roles: readers != Readers::Everybody, opened, added, closed, private }
    }

    /// What keeps its readers apart.
    pub fn readers(&self) -> Readers {
        self.readers
    }

    /// Whether nothing was sent, and everybody sees what they saw.
    pub fn is_empty(&self) -> bool {
        [&self.opened, &self.added, &self.closed, &self.private].iter().all(|all| all.is_empty())
    }

    /// The projects that the team sees from now on.
    pub fn opened_projects(&self) -> impl Iterator<Item = &str> {
        self.opened.iter().filter_map(|of| of.project.as_deref())
    }

    /// The projects of which the team no longer sees something.
    pub fn closed_projects(&self) -> impl Iterator<Item = &str> {
        self.closed.iter().filter_map(|of| of.project.as_deref())
    }
}

/// The lines for people.
pub fn lines(exposure: &Exposure, readers: Readers, dry_run: bool) -> Vec<String> {
    let seers = Seers::of(exposure, readers);
    if seers.is_empty() {
        return Vec::new();
    }
    let mut lines = Vec::new();
    if readers == Readers::Everybody {
        lines.push(format!("everybody who can read it {} all of it", if dry_run { "would see" } else { "sees" }));
    }
    let mut say = |turn, words: [&str; 4]| {
        let [dry, now, dry_marked, marked] = words;
        let words = match (readers, dry_run) {
            (Readers::Everybody, true) => dry_marked,
            (Readers::Everybody, false) => marked,
            (Readers::Roles | Readers::Unasked { .. }, true) => dry,
            (Readers::Roles | Readers::Unasked { .. }, false) => now,
        };
        lines.extend(exposure.of(turn).map(|amounts| format!("{words}: {}", by_project(amounts))));
    };
    // What it saw before is not known.
    let is_asked = !matches!(readers, Readers::Unasked { .. });
    let opened = [
        if is_asked { "would become visible to the team" } else { "the team would see" },
        if is_asked { "the team now sees" } else { "the team sees" },
        "would be marked for the team, for when it comes into PostgreSQL",
        "marked for the team, for when it comes into PostgreSQL",
    ];
    say(Turn::Opened, opened);
    let added = [
        "would be added or changed in what the team sees",
        "added or changed in what the team sees",
        "would be added or changed in what is marked for the team",
        "added or changed in what is marked for the team",
    ];
    say(Turn::Added, added);
    let closed = [
        "the team would no longer see",
        "the team no longer sees",
        "would no longer be marked for the team",
        "no longer marked for the team",
    ];
    say(Turn::Closed, closed);
    if readers != Readers::Everybody {
        let see = if dry_run { "would see" } else { "see" };
        let before =
            if (readers == Readers::Unasked { is_said: false }) { ", unless it was shared before" } else { "" };
        let only = format!("only you, reviewers and the administrator {see}{before}");
        lines.extend(exposure.of(Turn::Private).map(|amounts| format!("{only}: {}", amount(&sum(amounts)))));
    }
    lines
}

/// `project api (2 conversations, 1 session), 1 conversation`.
fn by_project(amounts: &Amounts) -> String {
    let one = |(project, of): (&Option<String>, &Amount)| match project {
        Some(project) => format!("project {project} ({})", amount(of)),
        None => amount(of),
    };
    // What has no project comes last.
    let (without, with): (Vec<_>, Vec<_>) = amounts.iter().partition(|(project, _)| project.is_none());
    with.into_iter().chain(without).map(one).collect::<Vec<_>>().join(", ")
}

fn sum(amounts: &Amounts) -> Amount {
    let add = |sum: Amount, one: &Amount| Amount {
        conversations: sum.conversations + one.conversations,
        sessions: sum.sessions + one.sessions,
        others: sum.others + one.others,
    };
    amounts.values().fold(Amount::default(), add)
}

fn amount(of: &Amount) -> String {
    let counts = [(of.conversations, "conversation"), (of.sessions, "session"), (of.others, "other source")];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    counts.map(|(count, noun)| render::format_quantity(count, noun)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_named_by_project() {
        let of = |conversations, sessions, others| Amount { conversations, sessions, others };
        let amounts: Amounts =
            [(None, of(1, 0, 0)), (Some("api".into()), of(2, 2, 0)), (Some("web".into()), of(0, 0, 1))].into();
        let told = "project api (2 conversations, 2 sessions), project web (1 other source), 1 conversation";
        assert_eq!(by_project(&amounts), told);
        assert_eq!(amount(&sum(&amounts)), "3 conversations, 2 sessions, 1 other source");
        assert_eq!(
            lines(&Exposure::default(), Readers::Everybody, true),
            [""; 0],
            "nothing is sent, so nothing is said"
        );
    }
}
