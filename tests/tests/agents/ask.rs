//! `cs-agent what --ask`.

use std::time::{Duration, Instant};

use cs_tests::{status, stderr};

use crate::team::{Team, text};

/// It waited for five minutes.
#[test]
fn an_agent_whose_turn_ends_without_a_reply_is_not_waited_for() {
    let Some(team) = Team::new() else { return };
    let seat = team.spawn("builder", "hello");
    // A client is idle before its first turn, too.
    assert_eq!(status(&team.agent(&["wait", "builder", "--timeout", "20"])), 0);
    let began = Instant::now();
    let output = team.agent(&["what", "builder", "--ask"]);
    let told = stderr(&output);
    assert_eq!(status(&output), 1, "{told}");
    let id = text(&seat, "agent_id");
    assert!(told.contains(&format!("builder ({id}) ended its turn without a reply to {id}/m000001")), "{told}");
    assert!(told.contains(&format!("cs-agent what {id} --deep shows what it said last")), "{told}");
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    assert!(team.seen("wake").iter().any(|seen| text(seen, "text").contains("What are you working on")));
}

#[test]
fn the_reply_of_an_agent_is_shown() {
    let Some(team) = Team::new() else { return };
    let reply = "until cs-message send user \"all is well\" --reply-to m000001 -q; do sleep 0.2; done";
    team.spawn("builder", &format!("sh {reply}"));
    assert_eq!(text(&team.line(&["what", "builder", "--ask"]), "reply"), "all is well");
}

#[test]
fn the_end_of_an_agent_that_is_asked_is_told() {
    let Some(team) = Team::new() else { return };
    team.spawn("builder", "sleep 2\nsh kill -9 $PPID");
    let output = team.agent(&["what", "builder", "--ask"]);
    let told = stderr(&output);
    // It may have got the question with its prompt.
    let is_told = [") ended before it got ", ") ended without a reply to "].iter().any(|how| told.contains(how));
    assert!(status(&output) == 1 && is_told, "{told}");
}
