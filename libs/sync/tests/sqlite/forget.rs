//! What is forgotten is gone on all machines of its owner, and is never taken again.

use crate::made::{File, Sent, everything, machine, row, source, whole};
use sync::Visibility;

/// A machine with two conversations, their sessions, and a log about both.
fn two(number: u8) -> Vec<Sent> {
    let mut ops = vec![Sent::Machine(machine(number))];
    let about = |name: &str, conversation: &str| {
        let mut row = row(&source(name), "x");
        row.conversation = Some(conversation.into());
        row
    };
    for (conversation, session) in [("c1", "s1"), ("c2", "s2")] {
        for name in ["head/ID", "talk/ID/main", "talk/ID/agent-7", "mark/ID"] {
            let name = name.replace("ID", conversation);
            ops.extend(whole(&name, &[row(&source(&name), "x")], Some(Visibility::Team)));
        }
        let name = format!("record/{session}");
        ops.extend(whole(&name, &[about(&name, conversation)], None));
    }
    let audit = "audit/2026-11-21";
    ops.extend(whole(audit, &[about(audit, "c2"), about(audit, "c1"), about(audit, "c2")], None));
    ops
}

fn forget(id: &str) -> Vec<Sent> {
    vec![Sent::Machine(machine(1)), Sent::Forget(id.into())]
}

#[test]
fn all_of_a_conversation_goes_away_everywhere_and_stays_away() {
    let Some(file) = File::new() else { return };
    for (owner, number) in [("anna", 1), ("anna", 2), ("bert", 1)] {
        file.push(owner, &two(number));
    }
    assert_eq!(file.push("anna", &forget("c1")), 1 + 2 * 6);
    let left = |owner: &str| file.say(&format!("select count(*) from outgoing where owner = '{owner}';"));
    assert_eq!((left("anna"), left("bert")), ("14\n".into(), "13\n".into()));
    let of_it = "select count(*) from outgoing where owner = 'anna'
        and (conversation = 'c1' or source || '/' like '%/c1/%' or source = 'record/s1');
        select count(*) from cursor where owner = 'anna' and (source || '/' like '%/c1/%' or source = 'record/s1');";
    assert_eq!(file.say(of_it), "0\n0\n");
    assert_eq!(file.push("anna", &forget("c1")), 0);
    let content = file.content();
    assert_eq!(file.pipe("anna", &two(2)), "0 rows changed\n", "another machine sends it again, without asking");
    assert_eq!(file.say(of_it), "0\n0\n");
    assert_eq!(file.content(), content);
    let known = file.known("anna", &machine(2));
    assert_eq!(known.forgotten.iter().collect::<Vec<_>>(), ["c1"]);
    let audit = &known.sources[&source("audit/2026-11-21")];
    assert_eq!((audit.digest.as_str(), audit.stamp.as_str()), ("", ""), "its owner sends it again");
    assert!(file.known("bert", &machine(1)).forgotten.is_empty());
}

#[test]
fn lines_of_a_machine_without_a_row_are_forgotten_too() {
    let Some(file) = File::new() else { return };
    file.push("anna", &two(1));
    file.push("anna", &two(2));
    file.say(&format!("delete from machine where machine = '{}';", machine(2).id));
    file.push("anna", &forget("c1"));
    assert_eq!(file.say("select count(*) from entry where source like 'talk/c1/%';"), "0\n");
    assert_eq!(file.say("select count(*) from entry where source like 'talk/c2/%';"), "4\n");
}

#[test]
fn a_session_without_a_conversation_can_be_forgotten() {
    let Some(file) = File::new() else { return };
    file.push("anna", &everything(1));
    assert_eq!(file.push("anna", &forget("s1")), 1 + crate::made::HOSTILE.len() as u64);
    assert_eq!(file.say("select count(*) from record;"), "0\n");
}

#[test]
fn a_pull_tells_what_is_forgotten_once() {
    let Some(file) = File::new() else { return };
    file.push("anna", &two(1));
    file.push("anna", &forget("c1"));
    let known = file.known("anna", &machine(1));
    for (known, times) in [(vec![], 1), (vec![("anna".to_string(), machine(1).id, known)], 0)] {
        let mut told = 0;
        let failures = sync::sqlite::pull(&file.database, &known, &mut |pulled| {
            told += usize::from(matches!(pulled.op, sync::Op::Forget("c1")));
            Ok(())
        });
        assert!(failures.unwrap().is_empty());
        assert_eq!(told, times);
    }
}
