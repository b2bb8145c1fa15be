//! Owns the tasks of a session: those that people add, and those that mirror the agent's own list.
//! Must stay true: a mirrored task is known by its key, so events may come twice or out of order;
//! tasks of people, and those that a person has changed, are never touched by the mirror.

use crate::clock::{self, Instant};
use crate::error::{Error, Result};
use crate::id::{self, Uuid};
use crate::record::{Session, Task, TaskStatus, Unknown};
use crate::session;
use crate::validate;

/// Adds a task, once per subject.
pub fn add(session: &mut Session, subject: &str, now: Instant) -> Result<()> {
    let subject = validate::text("task subject", subject, validate::TASK_SUBJECT)?;
    if session.tasks.iter().any(|task| task.subject == subject) {
        return Ok(());
    }
    let mut id = id::random_task_id();
    while session.tasks.iter().any(|task| task.id == id) {
        id = id::random_task_id();
    }
    session.tasks.push(task(id, subject, None, now));
    session::beat(session, now);
    Ok(())
}

fn task(id: String, subject: String, agent_key: Option<String>, now: Instant) -> Task {
    let stamp = clock::stamp(now);
    let status = TaskStatus::Pending;
    Task {
        id,
        subject,
        status,
        added_at: stamp.clone(),
        updated_at: stamp,
        agent_key,
        set_by: None,
        claimed_by: None,
        claimed_at: None,
        unknown: Unknown::new(),
    }
}

/// `set_by` of a task of the agent's list that a person has changed.
const BY_PERSON: &str = "person";

/// Applies a person's change to the task whose id is `wanted` or uniquely starts with it.
pub fn update(
    session: &mut Session,
    wanted: &str,
    status: Option<TaskStatus>,
    subject: Option<&str>,
    now: Instant,
) -> Result<()> {
    let subject = validate::optional("task subject", subject, validate::TASK_SUBJECT)?;
    let found = find(session, wanted)?;
    if let Some(task) = session.tasks.iter_mut().find(|task| task.id == found) {
        task.status = status.unwrap_or(task.status);
        task.subject = subject.unwrap_or_else(|| task.subject.clone());
        task.updated_at = clock::stamp(now);
        task.set_by = task.agent_key.is_some().then(|| BY_PERSON.to_string());
        if task.status == TaskStatus::Pending {
            (task.claimed_by, task.claimed_at) = (None, None);
        }
    }
    session::beat(session, now);
    Ok(())
}

/// The first task that nobody works on: a pending one, or one whose claim fell. `fell` is whether the claim of an owner
/// no longer counts, because it ended.
pub fn next(session: &Session, mut fell: impl FnMut(&str) -> bool) -> Option<&Task> {
    session.tasks.iter().find(|task| match (task.status, &task.claimed_by) {
        (TaskStatus::Pending, _) => true,
        (TaskStatus::InProgress, Some(owner)) => fell(owner),
        _ => false,
    })
}

/// Claims the task that [`next`] finds, and returns its id. It is in progress then. A mirrored task is still changed by
/// the agent's list, but only forward.
pub fn claim(session: &mut Session, by: &str, fell: impl FnMut(&str) -> bool, now: Instant) -> Result<String> {
    let Some(id) = next(session, fell).map(|task| task.id.clone()) else {
        return Err(Error::Missing(format!("no task of {} is left", session.session_id)));
    };
    if let Some(task) = session.tasks.iter_mut().find(|task| task.id == id) {
        let stamp = clock::stamp(now);
        task.status = TaskStatus::InProgress;
        task.claimed_by = Some(by.to_string());
        task.claimed_at = Some(stamp.clone());
        task.updated_at = stamp;
    }
    session::beat(session, now);
    Ok(id)
}

fn is_of_person(task: &Task) -> bool {
    task.set_by.as_deref() == Some(BY_PERSON)
}

fn find(session: &Session, wanted: &str) -> Result<String> {
    if let Some(task) = session.tasks.iter().find(|task| task.id == wanted) {
        return Ok(task.id.clone());
    }
    let fits: Vec<&Task> =
        session.tasks.iter().filter(|task| !wanted.is_empty() && task.id.starts_with(wanted)).collect();
    match fits.as_slice() {
        [one] => Ok(one.id.clone()),
        [] => Err(Error::Missing(format!("no task {wanted:?} in {}", session.session_id))),
        many => {
            let ids: Vec<&str> = many.iter().map(|task| task.id.as_str()).collect();
            Err(Error::Refused(format!("task {wanted:?} is ambiguous: {}", ids.join(", "))))
        }
    }
}

/// A report of the agent about one task of its own list.
#[derive(Clone, Debug, Default)]
pub struct Report<'a> {
    /// The agent's name for the task within the conversation.
    pub key: &'a str,
    /// Its text, if the report has it.
    pub subject: Option<&'a str>,
    /// Its status before, if the report has it.
    pub from: Option<TaskStatus>,
    /// Its status now, if the report has it.
    pub to: Option<TaskStatus>,
}

/// Mirrors one report. Reports may arrive late, so a status applies only if it moves the task forward, or if the task
/// still has the status before. Beyond the limit no tasks are added.
pub fn mirror(session: &mut Session, uuid: &Uuid, report: &Report, now: Instant) {
    let key = validate::cut(report.key, validate::TASK_KEY);
    let id = id::agent_task_id(uuid, &key);
    if !session.tasks.iter().any(|task| task.id == id) {
        if session.tasks.len() >= validate::MIRRORED_TASKS {
            return;
        }
        let subject = format!("task {key}");
        session.tasks.push(task(id.clone(), subject, Some(key), now));
    }
    let Some(task) = session.tasks.iter_mut().find(|task| task.id == id && !is_of_person(task)) else { return };
    let subject =
        report.subject.map(|subject| validate::cut(subject, validate::TASK_SUBJECT)).filter(|s| !s.is_empty());
    let is_backward = |to: TaskStatus| task.claimed_by.is_some() && rank(to) < rank(task.status);
    let status = report.to.filter(|to| report.from == Some(task.status) || rank(*to) > rank(task.status));
    let status = status.filter(|to| !is_backward(*to));
    if subject.as_ref().is_some_and(|subject| *subject != task.subject)
        || status.is_some_and(|status| status != task.status)
    {
        task.updated_at = clock::stamp(now);
    }
    task.subject = subject.unwrap_or_else(|| task.subject.clone());
    task.status = status.unwrap_or(task.status);
}

fn rank(status: TaskStatus) -> u8 {
    match status {
        TaskStatus::Pending => 0,
        TaskStatus::InProgress => 1,
        TaskStatus::Completed | TaskStatus::Skipped => 2,
    }
}

/// Mirrors a whole list (a to-do list or a plan), in which the text is the key. Open mirrored tasks that are no longer
/// in the list are skipped.
pub fn mirror_list(session: &mut Session, uuid: &Uuid, list: &[(String, TaskStatus)], now: Instant) {
    let list = list.get(..validate::MIRRORED_TASKS).unwrap_or(list);
    let keys: Vec<String> = list.iter().map(|(subject, _)| list_key(subject)).collect();
    for task in session.tasks.iter_mut().filter(|task| task.status.is_open() && !is_of_person(task)) {
        let ours = task.agent_key.as_ref().is_some_and(|key| key.starts_with(LIST) && !keys.contains(key));
        if ours {
            task.status = TaskStatus::Skipped;
            task.updated_at = clock::stamp(now);
        }
    }
    for ((subject, status), key) in list.iter().zip(&keys) {
        let known = session.tasks.iter().find(|task| task.agent_key.as_ref() == Some(key)).map(|task| task.status);
        let from = known.or(Some(TaskStatus::Pending));
        mirror(session, uuid, &Report { key, subject: Some(subject), from, to: Some(*status) }, now);
    }
}

const LIST: &str = "list:";

fn list_key(subject: &str) -> String {
    format!("{LIST}{:016x}", id::fnv1a(validate::cut(subject, validate::TASK_SUBJECT).as_bytes()))
}

/// The agents' words for a task's status.
pub fn agent_status(word: &str) -> Option<TaskStatus> {
    match word {
        "pending" => Some(TaskStatus::Pending),
        "in_progress" => Some(TaskStatus::InProgress),
        "completed" => Some(TaskStatus::Completed),
        "deleted" | "cancelled" => Some(TaskStatus::Skipped),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{SessionId, Slug};
    use crate::session::{self, Start};

    fn fixture() -> (Session, Uuid, Instant) {
        let now = clock::parse("2026-11-21T03:37:00Z").unwrap();
        let id = SessionId::parse("sess_20261121T0337_ca5d").unwrap();
        let start = Start { intent: "x".into(), ..Start::default() };
        let session = session::create(&id, &Slug::parse("api").unwrap(), start, now).unwrap();
        (session, Uuid::parse("1efc27bb-f68f-47d0-bb52-fc872cee82d8").unwrap(), now)
    }

    #[test]
    fn reports_may_be_repeated_and_out_of_order() {
        use TaskStatus::{Completed as C, InProgress as I, Pending as P};
        let reports = [
            Report { key: "1", subject: Some("First"), ..Report::default() },
            Report { key: "1", subject: None, from: Some(P), to: Some(I) },
            Report { key: "1", subject: None, from: Some(I), to: Some(C) },
        ];
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let (mut session, uuid, now) = fixture();
            for n in order.into_iter().chain(order) {
                mirror(&mut session, &uuid, &reports[n], now);
            }
            assert_eq!(session.tasks.len(), 1);
            assert_eq!((session.tasks[0].subject.as_str(), session.tasks[0].status), ("First", C), "{order:?}");
        }
        let (mut session, uuid, now) = fixture();
        mirror(&mut session, &uuid, &reports[2], now);
        mirror(&mut session, &uuid, &Report { key: "1", subject: None, from: Some(C), to: Some(I) }, now);
        assert_eq!(session.tasks[0].status, I, "a task that was reopened is open");
    }

    #[test]
    fn a_new_list_keeps_the_tasks_that_people_added() {
        let (mut session, uuid, now) = fixture();
        add(&mut session, "mine", now).unwrap();
        add(&mut session, "mine", now).unwrap();
        mirror_list(
            &mut session,
            &uuid,
            &[("a".into(), TaskStatus::Completed), ("b".into(), TaskStatus::Pending)],
            now,
        );
        mirror_list(&mut session, &uuid, &[("c".into(), TaskStatus::InProgress)], now);
        let shown: Vec<_> = session.tasks.iter().map(|task| (task.subject.as_str(), task.status.as_str())).collect();
        assert_eq!(shown, [("mine", "pending"), ("a", "completed"), ("b", "skipped"), ("c", "in_progress")]);
    }

    #[test]
    fn a_persons_change_of_a_task_stays() {
        use TaskStatus::{Completed as C, InProgress as I, Pending as P, Skipped as S};
        let list = |status| [("write tests".to_string(), status)];
        for (before, said, after) in [(P, C, P), (I, C, I), (C, P, C), (P, S, I), (P, I, C)] {
            let (mut session, uuid, now) = fixture();
            mirror_list(&mut session, &uuid, &list(before), now);
            let id = session.tasks[0].id.clone();
            update(&mut session, &id, Some(said), Some("write good tests"), now).unwrap();
            mirror_list(&mut session, &uuid, &list(after), now);
            mirror_list(&mut session, &uuid, &[], now);
            let shown: Vec<_> = session.tasks.iter().map(|task| (task.subject.as_str(), task.status)).collect();
            assert_eq!(shown, [("write good tests", said)], "{before:?} {after:?}");
            let (mut session, uuid, now) = fixture();
            let report = |to| Report { key: "1", subject: Some("write tests"), from: Some(said), to: Some(to) };
            mirror(&mut session, &uuid, &report(before), now);
            let id = session.tasks[0].id.clone();
            update(&mut session, &id, Some(said), None, now).unwrap();
            mirror(&mut session, &uuid, &report(after), now);
            assert_eq!((session.tasks.len(), session.tasks[0].status), (1, said), "{before:?} {after:?}");
        }
    }

    #[test]
    fn a_claimed_task_is_given_once_until_its_claim_falls() {
        use TaskStatus::{Completed as C, InProgress as I, Pending as P};
        let (mut session, _, now) = fixture();
        ["a", "b", "c"].iter().for_each(|subject| add(&mut session, subject, now).unwrap());
        session.tasks[0].status = I;
        let subject =
            |session: &Session, id: &str| session.tasks.iter().find(|it| it.id == id).unwrap().subject.clone();
        let mut take = |by: &str, fallen: &[&str]| {
            let id = claim(&mut session, by, |owner| fallen.contains(&owner), now)?;
            Ok::<_, Error>((subject(&session, &id), session.clone()))
        };
        assert_eq!(take("x", &[]).unwrap().0, "b", "what is in progress without a claim is the agent's own");
        assert_eq!(take("y", &[]).unwrap().0, "c");
        assert!(matches!(take("z", &[]), Err(Error::Missing(_))));
        let (again, mut session) = take("z", &["x"]).unwrap();
        assert_eq!(
            (again.as_str(), session.tasks[1].claimed_by.as_deref(), session.tasks[1].status),
            ("b", Some("z"), I)
        );
        assert_eq!(session.tasks[1].claimed_at.as_deref(), Some(clock::stamp(now).as_str()));
        let id = session.tasks[1].id.clone();
        update(&mut session, &id, Some(C), None, now).unwrap();
        assert_eq!(session.tasks[1].claimed_by.as_deref(), Some("z"), "who did it");
        update(&mut session, &id, Some(P), None, now).unwrap();
        assert_eq!((session.tasks[1].claimed_by.as_ref(), session.tasks[1].claimed_at.as_ref()), (None, None));
        assert_eq!(next(&session, |_| false).unwrap().id, id);
    }

    #[test]
    fn the_agents_list_moves_a_claimed_task_forward_only() {
        use TaskStatus::{Completed as C, InProgress as I, Pending as P};
        let list = |status| [("write tests".to_string(), status)];
        for (reported, after) in [(P, I), (I, I), (C, C)] {
            let (mut session, uuid, now) = fixture();
            mirror_list(&mut session, &uuid, &list(P), now);
            claim(&mut session, "x", |_| false, now).unwrap();
            mirror_list(&mut session, &uuid, &list(reported), now);
            assert_eq!((session.tasks.len(), session.tasks[0].status), (1, after), "{reported:?}");
            assert_eq!(session.tasks[0].claimed_by.as_deref(), Some("x"));
        }
        let (mut session, uuid, now) = fixture();
        let report = |from, to| Report { key: "1", subject: Some("write tests"), from: Some(from), to: Some(to) };
        mirror(&mut session, &uuid, &report(P, P), now);
        claim(&mut session, "x", |_| false, now).unwrap();
        mirror(&mut session, &uuid, &report(I, P), now);
        assert_eq!(session.tasks[0].status, I);
        mirror(&mut session, &uuid, &report(I, C), now);
        assert_eq!(session.tasks[0].status, C);
    }

    #[test]
    fn endless_lists_and_keys_are_cut() {
        let (mut session, uuid, now) = fixture();
        let list: Vec<_> = (0..30_000).map(|n| (format!("step {n}"), TaskStatus::Pending)).collect();
        mirror_list(&mut session, &uuid, &list, now);
        assert_eq!(session.tasks.len(), validate::MIRRORED_TASKS);
        session.tasks.clear();
        let key = "x".repeat(1 << 20);
        for _ in 0..2 {
            mirror(&mut session, &uuid, &Report { key: &key, ..Report::default() }, now);
        }
        assert_eq!(session.tasks.len(), 1);
        assert!(session.to_bytes().len() < 2000 && session.tasks[0].subject.len() < validate::TASK_SUBJECT);
    }

    #[test]
    fn a_task_is_found_by_the_start_of_its_id() {
        let (mut session, _, now) = fixture();
        add(&mut session, "mine", now).unwrap();
        let id = session.tasks[0].id.clone();
        update(&mut session, &id[..5], Some(TaskStatus::Completed), Some("yours"), now).unwrap();
        assert_eq!(session.tasks[0].subject, "yours");
        for unknown in ["", "t", "tzz"] {
            let found = update(&mut session, unknown, None, None, now);
            assert_eq!(found.is_ok(), unknown == "t", "{unknown:?}");
        }
    }
}
