//! The client's own status: its date is when it began, not when it was last true, and no status is ignored.

use crate::*;

#[test]
fn a_client_status_counts_once_the_last_event_has_settled() {
    for (word, state) in [("idle", "idle"), ("shell", "background"), ("waiting", "waiting")] {
        let stage = stage();
        write_registry(&stage, 30, UUID, word);
        assert_state(&stage, 62, UUID, "working", "UserPromptSubmit 2 s ago");
        assert_state(&stage, 63, UUID, state, &format!("the client says {word} since 33 s"));
    }
    let stage = stage();
    send_event(&stage, 70, UUID, "Stop", json!({}));
    write_registry(&stage, 65, UUID, "busy");
    assert_state(&stage, 100, UUID, "idle", "your turn (Stop 30 s ago)");
}

#[test]
fn a_subagent_that_keeps_the_client_busy_is_not_a_turn() {
    let stage = stage();
    send_event(&stage, 70, UUID, "Stop", json!({"background_tasks": [{"id": "a", "type": "subagent"}]}));
    write_registry(&stage, 71, UUID, "busy");
    assert_state(&stage, 90, UUID, "background", "1 background tasks");
}

#[test]
fn the_end_of_a_turn_beside_a_background_shell_is_known_without_stop() {
    let stage = stage();
    write_registry(&stage, 70, UUID, "shell");
    assert_state(&stage, 75, UUID, "background", "a shell or monitor runs in the background");
    prompt(&stage, 80, UUID);
    write_registry(&stage, 80, UUID, "busy");
    assert_state(&stage, 90, UUID, "working", "UserPromptSubmit");
}

#[test]
fn an_unknown_client_status_is_shown_and_makes_the_state_unknown() {
    for word in ["dreaming", "", "IDLE", "7"] {
        let stage = stage();
        write_registry(&stage, 70, UUID, word);
        assert_state(&stage, 75, UUID, "unknown", &format!("the client says {word:?}"));
        send_event(&stage, 80, UUID, "Stop", json!({}));
        assert_state(&stage, 81, UUID, "idle", "your turn (Stop 1 s ago)");
        assert_state(&stage, 83, UUID, "unknown", &format!("the client says {word:?}"));
    }
}

#[test]
fn another_dialog_is_shown_in_the_clients_words() {
    let stage = stage();
    ask(&stage, 70, UUID);
    write_registry(&stage, 72, UUID, "idle");
    assert_state(&stage, 75, UUID, "idle", "after the question");
    write_registry_waiting(&stage, 76, UUID, "dialog open");
    assert_state(&stage, 80, UUID, "waiting", "dialog open (the client says waiting since 4 s)");
    lists::check_asks_nothing(&stage, 80, UUID);
    // The next question counts as one again.
    ask(&stage, 90, UUID);
    write_registry_waiting(&stage, 90, UUID, "permission prompt");
    assert_state(&stage, 95, UUID, "waiting", "permission for Bash: make (PermissionRequest 5 s ago)");
}

#[test]
fn a_menu_opened_by_a_person_is_not_waiting() {
    let stage = stage();
    send_event(&stage, 70, UUID, "Stop", json!({}));
    write_registry_waiting(&stage, 80, UUID, "dialog open");
    assert_state(&stage, 85, UUID, "idle", "your turn (Stop 15 s ago)");
    // A dialog that the agent opens during a turn does.
    prompt(&stage, 90, UUID);
    write_registry_waiting(&stage, 92, UUID, "dialog open");
    assert_state(&stage, 95, UUID, "waiting", "dialog open");
}

#[test]
fn a_question_keeps_its_text_while_its_dialog_may_be_open() {
    let stage = stage();
    let questions = json!({"questions": [{"question": "Which one?"}]});
    send_event(&stage, 70, UUID, "PermissionRequest", json!({"tool_name": "AskUserQuestion", "tool_input": questions}));
    write_registry_waiting(&stage, 71, UUID, "dialog open");
    assert_state(&stage, 200, UUID, "waiting", "answer: Which one?");
    // It was dismissed and, much later, a menu was opened.
    write_registry_waiting(&stage, 190, UUID, "dialog open");
    assert_state(&stage, 200, UUID, "waiting", "dialog open (the client says waiting since 10 s)");
}
