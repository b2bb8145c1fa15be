//! Conversations of which only the prompts are left that the client remembers.

use super::ground::entry;
use super::*;
use crate::sources::Request;

fn texts(target: &ground::Target, name: &str) -> Vec<String> {
    target.values(name).iter().filter_map(|row| row["body"]["text"].as_str().map(str::to_string)).collect()
}

fn wanted() -> Request {
    Request { prompts: true, ..Request::default() }
}

#[test]
fn what_the_client_remembers_is_sent_and_grows() {
    let ground = Ground::new();
    let (prompts, head) = (format!("talk/{ID}/prompts"), format!("head/{ID}"));
    ground.remembered(ID, &["first", "my mail is ann@example.org"]);
    let target = &mut ground.push();
    assert_eq!(target.names(), [head.clone(), prompts.clone()]);
    assert_eq!(texts(target, &prompts)[0], "first");
    assert!(!target.all().contains("ann@example.org"), "{}", target.all());
    let row = &target.values(&head)[0];
    assert_eq!((&row["body"]["source"], row["agent"].as_str()), (&"history".into(), Some("claude-code")));
    assert_eq!((row["project"].as_str(), row["at"].is_string()), (Some("api"), true), "{row}");
    assert_eq!(ground.push_to(target).len(), 0, "the same again");
    ground.remembered(ID, &["first", "my mail is ann@example.org", "third"]);
    ground.push_to(target);
    assert_eq!(texts(target, &prompts)[2], "third");
    // The client forgets the oldest: the target keeps what it has.
    ground.remembered(ID, &["third"]);
    ground.push_to(target);
    assert_eq!(texts(target, &prompts).len(), 3);
}

#[test]
fn they_never_stand_beside_or_instead_of_what_says_more() {
    let ground = Ground::new();
    let (prompts, main) = (format!("talk/{ID}/prompts"), format!("talk/{ID}/main"));
    ground.remembered(ID, &["first"]);
    let log = ground.log(ID, &[prompt(1, "first"), answer(2, "done")]);
    let target = &mut ground.push();
    let before = target.all();
    assert_eq!(texts(target, &main), ["first", "done"]);
    // The client deletes its log.
    let lines = fs::read(&log).unwrap();
    fs::remove_file(&log).unwrap();
    assert_eq!(ground.push_to(target).len(), 0);
    assert_eq!(target.all(), before);
    // Another target gets what is left, but one that cannot be asked does not.
    let blind = Request { is_blind: true, ..wanted() };
    let other = &mut ground::Target::default();
    ground.run_with(other, &blind);
    assert_eq!(other.names(), [""; 0]);
    ground.push_to(other);
    assert_eq!(texts(other, &prompts), ["first"]);
    // The log is back.
    fs::write(&log, lines).unwrap();
    ground.push_to(other);
    assert_eq!((texts(other, &main).len(), other.names().contains(&prompts)), (2, false));
    assert_eq!(ground.push_to(other).len(), 0);
    // Or a copy of it was kept.
    let (copied, all) = (Ground::new(), &mut ground::Target::default());
    copied.remembered(ID, &["first"]);
    let log = copied.log(ID, &[prompt(1, "first"), answer(2, "done")]);
    copied.keep();
    fs::remove_file(&log).unwrap();
    copied.run_with(all, &blind);
    assert_eq!((texts(all, &main).len(), all.names().contains(&prompts)), (2, false));
}

#[test]
fn their_project_decides_whether_they_are_sent() {
    let ground = Ground::new();
    ground.remembered(ID, &["first"]);
    let only = |slug: &str| Request { projects: Some([slug.to_string()].into()), ..wanted() };
    let target = &mut ground::Target::default();
    ground.run_with(target, &only("web"));
    assert_eq!(target.names(), [""; 0]);
    ground.run_with(target, &only("api"));
    assert_eq!(target.names().len(), 2, "the client remembers the folder, too");
}

#[test]
fn they_are_sent_only_if_a_person_wants_that() {
    let ground = Ground::new();
    ground.remembered(ID, &["first"]);
    let target = &mut ground::Target::default();
    ground.run_with(target, &Request::default());
    assert_eq!(target.names(), [""; 0]);
    ground.push_to(target);
    assert_eq!(target.names().len(), 2);
    ground.run_with(target, &Request::default());
    assert_eq!(target.names(), [""; 0], "what was made from them goes, too");
    // But not what a log said.
    let log = ground.log(ID, &[prompt(1, "first"), answer(2, "done")]);
    ground.push_to(target);
    fs::remove_file(&log).unwrap();
    ground.run_with(target, &Request::default());
    assert_eq!(target.names(), [format!("head/{ID}"), format!("talk/{ID}/main")]);
}

#[test]
fn what_was_forgotten_with_its_redactions_is_never_sent() {
    let ground = Ground::new();
    ground.remembered(ID, &["mail Jane Roe"]);
    let log = ground.log(ID, &[prompt(1, "mail Jane Roe")]);
    ground.redact(ID, &entry(1), "mail Jane Roe", "Jane Roe");
    ground.keep();
    fs::remove_file(&log).unwrap();
    let (home, uuid) = (&ground.store.home, cs_core::id::Uuid::parse(ID).unwrap());
    kept::forget(home, agents::Agent::Claude, &uuid, "ann", "asked", cs_core::clock::now()).unwrap();
    marks::forget(&ground.store, ID).unwrap();
    assert_eq!(ground.push().names(), [""; 0]);
    // Nor if that cannot be read.
    let manifest = home.kept("claude-code", &uuid).join("manifest.json");
    assert!(manifest.is_file());
    fs::write(manifest, "{").unwrap();
    let target = &mut ground::Target::default();
    assert_eq!((ground.run_with(target, &wanted()).failures.len(), target.names().len()), (1, 0));
}
