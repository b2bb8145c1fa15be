//! What an agent may do to other agents, and how many it may start.

use std::fs;

use serde_json::json;

use crate::team::{PATIENCE, Team, text};

#[test]
fn an_agent_chooses_nothing_of_what_a_client_may_do() {
    let Some(team) = Team::new() else { return };
    team.spawn("boss", "hello");
    let (code, told) = team.in_shell(
        "boss",
        "cs-agent spawn --agent codex --permission-mode plan x; cs-agent spawn --permission-mode plan x",
    );
    assert_eq!((code, told.matches("an agent may not give --permission-mode").count()), (64, 2), "{told}");
    let refused = [
        "--settings x",
        "--settings={}",
        "--allowedTools Bash",
        "--allowed-tools=Bash",
        "--disallowedTools x",
        "--mcp-config x",
        "--add-dir /",
        "--permission-mode plan",
        "--dangerously-skip-permissions",
        "--agents x",
        "--plugin-dir /x",
        "--append-system-prompt x",
        "--system-prompt x",
        "--model opus",
        "-c x=1",
        "--config x=1",
        "--sandbox danger-full-access",
        "-s workspace-write",
        "-a never",
        "--full-auto",
        "--yolo",
        "--cd /",
        "word",
    ];
    let calls: Vec<String> = refused.iter().map(|words| format!("cs-agent spawn x -- {words}; echo code $?")).collect();
    let (_, told) = team.in_shell("boss", &calls.join("; "));
    assert_eq!(told.matches("code 64").count(), refused.len(), "{told}");
    assert_eq!(team.seats().len(), 1);
}

#[test]
fn an_agent_owns_what_it_started_and_nothing_else() {
    let Some(team) = Team::new() else { return };
    team.spawn("one", "sh cs-agent spawn --name kid hello");
    team.wait_for("shell", |seen| seen["code"] == 0);
    team.spawn("two", "hello");
    let calls = ["kill kid", "clear kid --now", "interrupt kid", "name kid mine", "fork kid", "restore kid"];
    for call in calls {
        let (code, told) = team.in_shell("two", &format!("cs-agent {call}"));
        assert!(code == 1 && told.contains("not your descendant"), "{call}: {told}");
    }
    let (code, told) = team.in_shell("one", "cs-agent kill one");
    assert!(code == 1 && told.contains("your own seat"), "{told}");
    let kid = team.seat("kid");
    let forged = format!("CS_AGENT={} cs-agent kill kid", text(&team.seat("one"), "agent_id"));
    let (code, told) = team.in_shell("two", &forged);
    assert!(code == 1 && told.contains("no process above this one"), "{told}");
    assert_eq!(team.seat("kid")["pid"], kid["pid"]);
    let (code, told) =
        team.in_shell("one", "cs-agent name kid worker && cs-agent name chief && cs-agent kill worker -q");
    assert_eq!(code, 0, "{told}");
    assert_eq!(
        (text(&team.seat("worker"), "status"), team.seat("worker")["ended_by"].clone()),
        ("killed", team.seat("chief")["agent_id"].clone())
    );
}

#[test]
fn a_loop_of_spawns_ends() {
    let Some(team) = Team::new() else { return };
    team.spawn("boss", "hello");
    let (_, told) =
        team.in_shell("boss", "for n in 1 2 3 4 5 6; do cs-agent spawn -q --name kid$n hello; echo code $?; done");
    assert_eq!((told.matches("code 0").count(), told.matches("code 75").count()), (4, 2), "{told}");
    assert_eq!(team.seats().len(), 5);
    let config = json!({"version": 1, "agents": {"max_children": 4, "spawns_a_minute": 100}});
    fs::write(team.sandbox.data().join("config.json"), config.to_string()).unwrap();
    let (code, told) = team.in_shell("boss", "cs-agent spawn hello");
    assert!(code == 1 && told.contains("4 agents that you spawned are running"), "{told}");
    team.line(&["kill", "kid1"]);
    let (code, told) = team.in_shell("boss", "cs-agent spawn -q hello");
    assert_eq!(code, 0, "one that ended does not count: {told}");
    let kid = team.seat("kid2");
    team.sandbox.sh(&format!("kill -9 {}", kid["pid"]));
    let is_gone = || cs_core::process::find(kid["pid"].as_u64().unwrap() as u32).is_none();
    assert!(cs_tests::eventually(PATIENCE, is_gone));
    let (code, told) = team.in_shell("boss", "cs-agent spawn -q hello");
    assert_eq!(code, 0, "nor does one whose client died unseen: {told}");
}

#[test]
fn agents_below_agents_have_a_limit() {
    let Some(team) = Team::new() else { return };
    // Each starts one below, which gets the same prompt through its own name.
    let script = team.sandbox.home().join("deeper");
    fs::write(&script, "cs-agent spawn -q --name x$1 \"sh sh ~/deeper $(($1 + 1))\" || echo refused $1 >>~/refused\n")
        .unwrap();
    team.spawn("x0", "sh sh ~/deeper 1");
    let refused = team.sandbox.home().join("refused");
    // The shell makes the file before it writes to it.
    let told = || fs::read_to_string(&refused).unwrap_or_default();
    assert!(cs_tests::eventually(PATIENCE, || told() == "refused 4\n"), "{:?} {:?}", told(), team.seen("shell"));
    assert_eq!(team.seat("x3")["depth"], 3);
    assert_eq!(team.seats().len(), 4);
}
