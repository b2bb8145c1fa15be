//! Owns how an agent is named: by its id, a unique part of the id, its name, `claude:UUID`, or a session's id. Must stay
//! true: an ended seat never wins over a running one; two running seats of one name are refused, and both are named.
//! Deliberately absent: which seat is [`ME`], which the caller decides.

use crate::limits::NAME;
use crate::seat::Seat;
use crate::store::missing;
use cs_core::error::{Error, Result};
use cs_core::id::{SeatId, SessionId, Uuid};
use cs_core::validate;
use cs_core::who;

/// The caller's own seat.
pub const ME: &str = "me";
/// A part of an id has at least so many characters.
const PART: usize = 4;
/// The beginning of every id, and of no name.
const PREFIX: &str = "agent_";

/// The seat that a text names.
pub fn find<'s>(seats: &'s [Seat], text: &str) -> Result<&'s Seat> {
    let matching = |fits: &dyn Fn(&Seat) -> bool| -> Vec<&'s Seat> { seats.iter().filter(|seat| fits(seat)).collect() };
    let found = if let Some(uuid) = who::conversation(text) {
        let uuid = Uuid::parse(uuid)?;
        matching(&|seat| seat.claude_session_id.as_deref() == Some(uuid.as_str()))
    } else if SeatId::parse(text).is_ok() {
        matching(&|seat| seat.agent_id == text)
    } else if SessionId::parse(text).is_ok() {
        matching(&|seat| seat.session_id.as_deref() == Some(text))
    } else {
        let named = |seat: &Seat| seat.name == text;
        let is_open = |seat: &Seat| seat.status.is_open() && (named(seat) || is_part(seat, text));
        // A name never hides another running agent that the same text means by its id.
        let open = matching(&is_open);
        let known = if open.is_empty() { matching(&named) } else { open };
        if known.is_empty() { matching(&|seat| is_part(seat, text)) } else { known }
    };
    choose(found, text, seats)
}

/// Whether a text is the beginning or the end of a seat's id.
fn is_part(seat: &Seat, text: &str) -> bool {
    let begins = text.starts_with(PREFIX) && seat.agent_id.starts_with(text);
    text.len() >= PART && (begins || seat.agent_id.ends_with(text))
}

fn choose<'s>(found: Vec<&'s Seat>, text: &str, seats: &[Seat]) -> Result<&'s Seat> {
    let open: Vec<&Seat> = found.iter().copied().filter(|seat| seat.status.is_open()).collect();
    let candidates = if open.is_empty() { found } else { open };
    match candidates.as_slice() {
        [] => Err(unknown(text, seats)),
        [one] => Ok(one),
        // The newest of several that ended.
        [.., last] if !last.status.is_open() => Ok(last),
        several => {
            let titles: Vec<String> = several.iter().map(|seat| seat.title()).collect();
            Err(Error::Refused(format!("{text:?} names {} agents: {}; use an id", several.len(), titles.join(", "))))
        }
    }
}

/// The running seat with this name, other than the one with this id.
pub fn named<'s>(seats: &'s [Seat], name: &str, id: &str) -> Option<&'s Seat> {
    seats.iter().find(|seat| seat.status.is_open() && seat.name == name && seat.agent_id != id)
}

/// A name that no running seat has: this one, else with a number after it.
pub fn free_name(seats: &[Seat], name: &str) -> String {
    let numbered = (2..).map(|number| {
        let end = format!(" {number}");
        format!("{}{end}", validate::cut(name, NAME - end.len()))
    });
    let mut names = std::iter::once(validate::cut(name, NAME)).chain(numbered);
    names.find(|name| named(seats, name, "").is_none()).unwrap_or_default()
}

fn unknown(text: &str, seats: &[Seat]) -> Error {
    let near: Vec<&str> =
        seats.iter().filter(|seat| is_near(&seat.name, text)).map(|seat| &*seat.name).take(3).collect();
    match near.as_slice() {
        [] => missing(&format!("{text:?}")),
        near => Error::Missing(format!("no agent {text:?}; did you mean {}?", near.join(" or "))),
    }
}

/// Whether two names differ in one letter, in case, or in what follows.
fn is_near(name: &str, text: &str) -> bool {
    let (name, text) = (name.to_lowercase(), text.to_lowercase());
    let (longer, shorter) = if name.len() >= text.len() { (&name, &text) } else { (&text, &name) };
    if shorter.chars().count() >= 3 && longer.contains(shorter.as_str()) {
        return true;
    }
    let same_at_start = longer.chars().zip(shorter.chars()).take_while(|(a, b)| a == b).count();
    let (rest, other): (Vec<char>, Vec<char>) =
        (longer.chars().skip(same_at_start).collect(), shorter.chars().skip(same_at_start).collect());
    let same_at_end = rest.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    rest.len() - same_at_end <= 1 && longer.chars().count() > 2
}

/// Checks the name of a seat: 1 to 60 characters on one line, not the form of an id, of its last part, or of an option.
pub fn name(text: &str) -> Result<String> {
    let text = validate::text("name", text, NAME)?;
    let is_id = SeatId::parse(&text).is_ok() || SessionId::parse(&text).is_ok() || Uuid::parse(&text).is_ok();
    let is_word = [ME, "parent", "children", who::USER, "-"].contains(&text.as_str());
    let is_odd = who::conversation(&text).is_some()
        || text.starts_with(PREFIX)
        || text.starts_with("sess_")
        || text.starts_with('-');
    let is_part = text.len() == PART && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id || is_word || is_odd || is_part {
        return Err(Error::Invalid(format!("{text:?} cannot be a name: it already means something else")));
    }
    if text.contains(['\n', '\t']) {
        return Err(Error::Invalid("name has more than one line, or a tab".into()));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seat::SeatStatus;
    use crate::store::tests::seat;

    fn seats() -> Vec<Seat> {
        let of = |id: &str, name: &str, status| Seat { agent_id: id.into(), status, ..seat(name) };
        vec![
            of("agent_20261129T1134_1f0c", "builder", SeatStatus::Ended),
            of("agent_20261129T1134_2f0c", "builder", SeatStatus::Running),
            of("agent_20261129T1134_3f0c", "tester", SeatStatus::Running),
            of("agent_20261129T1134_4f0c", "tester", SeatStatus::Starting),
            of("agent_20261129T1134_5f0c", "old", SeatStatus::Ended),
        ]
    }

    #[test]
    fn a_seat_is_found_by_id_part_or_name_and_an_ended_one_never_wins() {
        let seats = seats();
        let id = |text: &str| find(&seats, text).map(|seat| seat.agent_id.clone());
        assert_eq!(id("builder").unwrap(), "agent_20261129T1134_2f0c");
        assert_eq!(id("agent_20261129T1134_1f0c").unwrap(), "agent_20261129T1134_1f0c");
        assert_eq!(id("1f0c").unwrap(), "agent_20261129T1134_1f0c");
        assert_eq!(id("old").unwrap(), "agent_20261129T1134_5f0c");
        let both = id("tester").unwrap_err().to_string();
        assert!(both.contains("3f0c") && both.contains("4f0c"), "{both}");
        assert!(id("bulder").unwrap_err().to_string().contains("did you mean builder"));
        assert!(matches!(id("nobody"), Err(Error::Missing(_))));
        assert!(matches!(id("f0c"), Err(Error::Missing(_))), "too short a part");
    }

    #[test]
    fn a_name_that_is_a_part_of_another_id_reaches_neither() {
        let mut seats = seats();
        seats[3].name = "2f0c".into();
        let both = find(&seats, "2f0c").unwrap_err().to_string();
        assert!(both.contains("builder") && both.contains("4f0c") && both.contains("use an id"), "{both}");
        seats[1].status = SeatStatus::Ended;
        assert_eq!(find(&seats, "2f0c").unwrap().agent_id, "agent_20261129T1134_4f0c");
        seats[3].name = "agent".into();
        assert_eq!(find(&seats, "agent").unwrap().name, "agent", "it is no part of every id");
        assert!(find(&seats, "agent_2026").is_err());
    }

    #[test]
    fn a_name_in_use_is_found_and_another_one_is_made() {
        let seats = seats();
        assert!(named(&seats, "old", "").is_none(), "it ended");
        assert!(named(&seats, "builder", "agent_20261129T1134_2f0c").is_none(), "its own");
        assert_eq!(named(&seats, "builder", "").unwrap().agent_id, "agent_20261129T1134_2f0c");
        assert_eq!((free_name(&seats, "old"), free_name(&seats, "builder")), ("old".into(), "builder 2".into()));
        let long = "x".repeat(70);
        let seats =
            [Seat { agent_id: "agent_x".into(), status: SeatStatus::Running, ..seat(&validate::cut(&long, NAME)) }];
        let made = free_name(&seats, &long);
        assert!(made.ends_with(" 2") && name(&made).is_ok(), "{made}");
    }

    #[test]
    fn a_name_is_short_and_means_nothing_else() {
        assert_eq!(name(" builder 1 ").unwrap(), "builder 1");
        let long = "x".repeat(61);
        for bad in [
            "",
            "8d5f",
            "parent",
            "me",
            "-x",
            "agent_x",
            "claude:1",
            "a\nb",
            "agent_20261129T1134_1f0c",
            "\u{1b}[1m",
            &long,
        ] {
            assert!(name(bad).is_err(), "{bad:?}");
        }
    }
}
