//! Readers beside the writers of a storm. Whatever the others do, a session that nobody touches is in each answer, once and
//! whole; so is one whose intent is changed again and again, with the old intent or the new one; and no session is in an
//! answer twice.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use cs_tests::{Sandbox, stderr, stdout};
use serde_json::Value;

use super::super::report::Tally;
use super::PROJECTS;

/// A session that no operation of the storm touches: its id and its intent. The last two are touched by [`touch`].
pub type Bystander = (String, String);
/// How many of the sessions get other intents.
const TOUCHED: usize = 2;

/// Creates a few sessions that nobody touches.
pub fn bystanders(sandbox: &Sandbox) -> Vec<Bystander> {
    let create = |n: usize| {
        let intent = format!("the bystander {n}, whose words have quotes \"\" and more {}", "words ".repeat(n));
        let slug = PROJECTS[n % PROJECTS.len()];
        let output = sandbox.cs("cs-session", &["create", "--project", slug, "--intent", &intent, "-q"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        (stdout(&output).trim().to_owned(), intent.trim().to_owned())
    };
    (0..6).map(create).collect()
}

/// Gives the last sessions a longer intent and the old one by turns until the storm is over: their lines move.
pub fn touch(sandbox: &Sandbox, bystanders: &[Bystander], is_over: &AtomicBool) -> Tally {
    let mut tally = Tally::new("random operations");
    for n in 0_usize.. {
        let (id, intent) = &bystanders[bystanders.len() - 1 - n / 2 % TOUCHED];
        let longer = if n % 2 == 0 { " and more".repeat(n % 40) } else { String::new() };
        let words = ["update", id, "--intent", &(intent.clone() + &longer), "-q"];
        let output = sandbox.cs("cs-session", &words);
        let fault = || format!("ended with {}: {}", output.status, stderr(&output));
        let faults = (!matches!(output.status.code(), Some(0 | 75))).then(fault).into_iter().collect();
        tally.tried("a changed intent beside them", false, &words.join(" "), faults);
        if is_over.load(Ordering::Relaxed) {
            break;
        }
    }
    tally
}

/// Reads until the storm is over.
pub fn read(sandbox: &Sandbox, bystanders: &[Bystander], is_over: &AtomicBool) -> Tally {
    let mut tally = Tally::new("random operations");
    for n in 0.. {
        let words: &[&str] = match n % 3 {
            0 => &["list", "--json"],
            1 => &["list", "--status", "active", "--json"],
            _ => &["show", &bystanders[n % bystanders.len()].0, "--json"],
        };
        let output = sandbox.cs("cs-session", words);
        let faults = match output.status.code() {
            Some(0) if words[0] == "list" => faults(&stdout(&output), bystanders),
            Some(0) => Vec::new(),
            _ => vec![format!("ended with {}: {}", output.status, stderr(&output))],
        };
        tally.tried("a reader beside them", false, &words.join(" "), faults);
        if is_over.load(Ordering::Relaxed) {
            break;
        }
    }
    tally
}

/// What is wrong with a list: a session twice, a bystander missing or not whole.
fn faults(list: &str, bystanders: &[Bystander]) -> Vec<String> {
    let mut faults = Vec::new();
    let rows: Vec<Value> = list.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    if rows.len() != list.lines().count() {
        faults.push("a line is not JSON".to_owned());
    }
    let mut seen = BTreeSet::new();
    let twice = rows.iter().filter_map(|row| row["session_id"].as_str()).filter(|id| !seen.insert(*id));
    faults.extend(twice.map(|id| format!("{id} twice")));
    for (at, (id, intent)) in bystanders.iter().enumerate() {
        let is_touched = at + TOUCHED >= bystanders.len() && bystanders.len() > TOUCHED;
        let is_whole = |said: &str| match is_touched {
            true => said.strip_prefix(intent.as_str()).is_some_and(|more| more.replace(" and more", "").is_empty()),
            false => said == intent,
        };
        let row = rows.iter().find(|row| row["session_id"].as_str() == Some(id));
        match row.map(|row| (row["intent"].as_str(), row["status"].as_str())) {
            None => faults.push(format!("{id} is missing")),
            Some((said, status)) if !said.is_some_and(is_whole) || status != Some("active") => {
                faults.push(format!("{id} is not whole: {said:?}, {status:?}"));
            }
            Some(_) => {}
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_that_is_missing_doubled_or_half_is_a_fault() {
        let bystanders = vec![("a".to_owned(), "the whole intent".to_owned())];
        let row = |id: &str, intent: &str| {
            format!("{{\"session_id\":\"{id}\",\"intent\":\"{intent}\",\"status\":\"active\"}}\n")
        };
        let whole = row("a", "the whole intent");
        let found = |list: &str| faults(list, &bystanders).len();
        assert_eq!(found(&(whole.clone() + &row("b", ""))), 0);
        assert_eq!([found(&row("b", "")), found(&row("a", "the w"))], [1, 1]);
        assert_eq!([found(&(whole.clone() + &whole)), found(&(whole.clone() + "{\"ses"))], [1, 1]);
        let three = ["a", "b", "c"].map(|id| (id.to_owned(), "work".to_owned()));
        let rows =
            |intents: [&str; 3]| -> String { ["a", "b", "c"].iter().zip(intents).map(|(id, i)| row(id, i)).collect() };
        let found = |intents| faults(&rows(intents), &three).len();
        assert_eq!(found(["work", "work and more and more", "work"]), 0, "the old intent or the new one");
        assert_eq!([found(["work and more", "work", "work"]), found(["work", "work and mo", "wor"])], [1, 2]);
    }
}
