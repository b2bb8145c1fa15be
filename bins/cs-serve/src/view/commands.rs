//! Owns which commands a session is offered for, ready to be copied. The server is read-only and runs none of them.
//! Must stay true: a conversation that runs is never offered to be continued, and no word of a record ends its quotes.

use cs_core::reach::Reach;
use cs_core::record::Status;
use serde::Serialize;

/// A command that a person may copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// `attach`, `jump`, `open`, `by-hand`, `resume`, `park` or `complete`.
    pub key: &'static str,
    /// What it does, for people.
    pub label: &'static str,
    /// The command for a shell, up to its options.
    pub command: String,
    /// Its options. Empty quotes are for the person to fill in; without a text the command is refused.
    pub options: &'static str,
}

/// What is known about a session.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub id: &'a str,
    pub status: Status,
    pub reach: Reach,
    /// Whether its conversation is known, so that it can be continued.
    pub has_conversation: bool,
    /// Whether another session continues it.
    pub is_continued: bool,
}

/// The commands for a session, the most useful first.
pub fn offers(known: &Known) -> Vec<Offer> {
    let is_active = known.status == Status::Active;
    let can_open = known.reach == Reach::Open && known.has_conversation && !known.is_continued;
    let can_resume = !is_active && !known.is_continued && known.reach != Reach::Jump;
    let all = [
        ("jump", "Go to its terminal", "", known.reach == Reach::Jump),
        ("open", "Continue it in its folder", "", can_open),
        ("resume", "Continue it as a new session", "", can_resume),
        ("park", "Park it: the reason between the quotes", "--reason ''", is_active),
        ("complete", "Complete it: the outcome between the quotes", "--outcome ''", is_active),
    ];
    let offered = all.into_iter().filter(|(_, _, _, is_right)| *is_right);
    let id = cli::quote_word(known.id);
    let offer = |(key, label, options, _)| Offer { key, label, command: format!("cs-session {key} {id}"), options };
    offered.map(offer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(status: Status, reach: Reach) -> Known<'static> {
        Known { id: "sess_20261121T0337_ca5d", status, reach, has_conversation: true, is_continued: false }
    }

    fn keys(known: &Known) -> Vec<&'static str> {
        offers(known).iter().map(|offer| offer.key).collect()
    }

    #[test]
    fn each_kind_of_session_has_its_commands() {
        assert_eq!(keys(&known(Status::Active, Reach::Jump)), ["jump", "park", "complete"]);
        assert_eq!(keys(&known(Status::Active, Reach::Open)), ["open", "park", "complete"]);
        assert_eq!(keys(&known(Status::Active, Reach::Unknown)), ["park", "complete"]);
        assert_eq!(keys(&known(Status::Parked, Reach::Open)), ["open", "resume"]);
        assert_eq!(keys(&known(Status::Parked, Reach::Jump)), ["jump"], "its conversation runs");
        let by_hand = Known { has_conversation: false, ..known(Status::Completed, Reach::Open) };
        assert_eq!(keys(&by_hand), ["resume"]);
        assert_eq!(keys(&Known { is_continued: true, ..by_hand }), [""; 0]);
    }

    #[test]
    fn an_id_stays_one_word() {
        let hostile = Known { id: "x'; rm -r ~", ..known(Status::Active, Reach::Jump) };
        assert_eq!(offers(&hostile)[0].command, r"cs-session jump 'x'\''; rm -r ~'");
    }
}
