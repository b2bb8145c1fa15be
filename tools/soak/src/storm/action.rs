//! The random operations of people. A new command is a function and a line in [`ACTIONS`].

use std::fs;

use cs_tests::Sandbox;

use super::super::random::Random;
use super::PROJECTS;
use super::claim::Change;

/// One call of a program.
#[derive(Clone, Debug)]
pub struct Action {
    pub name: &'static str,
    pub program: &'static str,
    pub words: Vec<String>,
    pub input: String,
    pub change: Change,
    /// The session, project or conversation that it concerns.
    pub of: String,
    pub token: String,
}

/// The input for an action: a unique token, existing sessions, random numbers.
pub struct Material<'a> {
    pub token: String,
    pub ids: &'a [String],
    pub random: &'a mut Random,
    pub sandbox: &'a Sandbox,
}

type Make = fn(&mut Material) -> Option<Action>;

/// Each kind of action, and how often it comes up.
const ACTIONS: [(u64, Make); 22] = [
    (14, create),
    (16, event),
    (6, decision),
    (6, question),
    (6, commit),
    (14, update),
    (8, task_add),
    (2, heartbeat),
    (4, request),
    (8, park),
    (6, complete),
    (8, resume),
    (3, delete),
    (3, restore),
    (5, roadmap),
    (2, rename),
    (2, list),
    (3, archive),
    (1, cleanup_all),
    (1, cleanup_index),
    (1, sweep),
    (4, delete_cache),
];

/// A random action; `None` if it needs a session and there is none yet.
pub fn any(material: &mut Material) -> Option<Action> {
    let mut left = material.random.below(ACTIONS.iter().map(|(weight, _)| weight).sum());
    for (weight, make) in ACTIONS {
        if left < weight {
            return make(material);
        }
        left -= weight;
    }
    None
}

impl Material<'_> {
    fn call(&self, name: &'static str, change: Change, of: &str, words: &[&str]) -> Action {
        let program = name.split(' ').next().unwrap_or_default();
        let words = words.iter().map(|word| word.to_string()).chain(["-q".to_owned()]).collect();
        Action { name, program, words, input: String::new(), change, of: of.to_owned(), token: self.token.clone() }
    }

    /// One of the newest sessions, where the workers compete.
    fn id(&mut self) -> Option<String> {
        let recent = &self.ids[self.ids.len().saturating_sub(24)..];
        self.random.pick(recent).cloned()
    }

    fn project(&mut self) -> &'static str {
        PROJECTS[self.random.below(PROJECTS.len() as u64) as usize]
    }
}

fn create(m: &mut Material) -> Option<Action> {
    let (slug, t) = (m.project(), m.token.clone());
    let words = ["create", "--project", slug, "--intent", &t, "--roadmap-ref", &t, "--branch", &t];
    Some(m.call("cs-session create", Change::Create, slug, &words))
}

fn event(m: &mut Material) -> Option<Action> {
    let (id, t) = (m.id()?, m.token.clone());
    Some(m.call("cs-session event", Change::Add("events"), &id, &["event", &id, "--message", &t]))
}

fn decision(m: &mut Material) -> Option<Action> {
    let (id, t) = (m.id()?, m.token.clone());
    Some(m.call("cs-session decision", Change::Add("decisions"), &id, &["decision", &id, "--text", &t]))
}

fn question(m: &mut Material) -> Option<Action> {
    let (id, t) = (m.id()?, m.token.clone());
    Some(m.call("cs-session question", Change::Add("open_questions"), &id, &["question", &id, "--text", &t]))
}

fn commit(m: &mut Material) -> Option<Action> {
    let (id, t) = (m.id()?, m.token.clone());
    let sha = format!("{:016x}", m.random.number());
    Some(m.call("cs-session commit", Change::Add("commits"), &id, &["commit", &id, "--sha", &sha, "--message", &t]))
}

fn update(m: &mut Material) -> Option<Action> {
    let (id, t) = (m.id()?, m.token.clone());
    let words = ["update", &id, "--intent", &t, "--roadmap-ref", &t, "--branch", &t];
    Some(m.call("cs-session update", Change::Update, &id, &words))
}

fn task_add(m: &mut Material) -> Option<Action> {
    let (id, t) = (m.id()?, m.token.clone());
    let words = ["add", &id, "--subject", &t, "--subject", &format!("{t} too")];
    Some(m.call("cs-task add", Change::Add("tasks"), &id, &words))
}

fn heartbeat(m: &mut Material) -> Option<Action> {
    let id = m.id()?;
    Some(m.call("cs-session heartbeat", Change::Nothing, &id, &["heartbeat", &id]))
}

fn request(m: &mut Material) -> Option<Action> {
    let (id, t) = (m.id()?, m.token.clone());
    Some(m.call("cs-session request-action", Change::Nothing, &id, &["request-action", &id, "--reason", &t]))
}

fn park(m: &mut Material) -> Option<Action> {
    let (id, t) = (m.id()?, m.token.clone());
    Some(m.call("cs-session park", Change::Park, &id, &["park", &id, "--reason", &t, "--next-step", &t]))
}

fn complete(m: &mut Material) -> Option<Action> {
    let (id, t) = (m.id()?, m.token.clone());
    let words = ["complete", &id, "--outcome", &t, "--next-step", &t];
    Some(m.call("cs-session complete", Change::Complete, &id, &words))
}

fn resume(m: &mut Material) -> Option<Action> {
    let (id, t) = (m.id()?, m.token.clone());
    Some(m.call("cs-session resume", Change::Resume, &id, &["resume", &id, "--intent", &t]))
}

fn delete(m: &mut Material) -> Option<Action> {
    let id = m.id()?;
    Some(m.call("cs-session delete", Change::Delete, &id, &["delete", &id, "--yes"]))
}

fn restore(m: &mut Material) -> Option<Action> {
    let id = m.id()?;
    Some(m.call("cs-session restore", Change::Nothing, &id, &["restore", &id]))
}

fn roadmap(m: &mut Material) -> Option<Action> {
    let (slug, t) = (m.project(), m.token.clone());
    let words = ["update", slug, "--current-phase", &t, "--in-progress", &t, "--next-up", &t];
    Some(m.call("cs-project update", Change::Roadmap, slug, &words))
}

fn rename(m: &mut Material) -> Option<Action> {
    let (slug, t) = (m.project(), m.token.clone());
    let path = m.sandbox.home().join(slug).to_string_lossy().into_owned();
    Some(m.call("cs-project register", Change::Rename, slug, &["register", "--path", &path, "--name", &t]))
}

fn list(m: &mut Material) -> Option<Action> {
    Some(m.call("cs-project overview", Change::Nothing, "", &["overview"]))
}

/// Archives completed sessions at once.
fn archive(m: &mut Material) -> Option<Action> {
    cleanup(m, "cs-cleanup archive", &["archive", "--days", "0"])
}

fn cleanup_all(m: &mut Material) -> Option<Action> {
    cleanup(m, "cs-cleanup all", &["all"])
}

fn cleanup_index(m: &mut Material) -> Option<Action> {
    cleanup(m, "cs-cleanup index", &["index"])
}

fn sweep(m: &mut Material) -> Option<Action> {
    let (name, word) = *m.random.pick(&[
        ("cs-cleanup tmp", "tmp"),
        ("cs-cleanup locks", "locks"),
        ("cs-cleanup stale", "stale"),
        ("cs-cleanup gone", "gone"),
    ])?;
    cleanup(m, name, &[word])
}

fn cleanup(m: &Material, name: &'static str, words: &[&str]) -> Option<Action> {
    cs_tests::programs().join("cs-cleanup").exists().then(|| m.call(name, Change::Nothing, "", words))
}

/// Deletes a cache by hand while others work.
fn delete_cache(m: &mut Material) -> Option<Action> {
    let data = m.sandbox.data();
    match m.random.below(3) {
        0 => _ = fs::remove_file(data.join("sessions/_index.json")),
        1 => _ = fs::remove_dir_all(data.join("context")),
        _ => _ = fs::remove_dir_all(data.join("ended")),
    }
    let words = ["list", "--status", "active"];
    Some(m.call("cs-session list, a cache is gone", Change::Nothing, "", &words))
}
