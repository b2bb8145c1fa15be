//! What a new conversation is told: parked sessions, next steps of the last session, who else
//! works in the checkout. Nothing to say is an empty text.

use cs_core::clock;
use cs_core::id::Slug;
use cs_core::intake::Intake;
use cs_core::live::Live;
use cs_core::{process, validate};

/// Most characters in all.
const LIMIT: usize = 1000;
const INTENT: usize = 80;

pub fn text(intake: &Intake, live: &Live) -> String {
    let mut lines = Vec::new();
    if let Some(slug) = live.project_slug.as_deref().and_then(|slug| Slug::parse(slug).ok()) {
        lines.extend(of_project(intake, &slug));
    }
    lines.extend(neighbours(intake, live));
    let text = lines.join("\n");
    if text.is_empty() {
        return text;
    }
    let kept: String = format!("claude-sessions:\n{text}").chars().take(LIMIT - 1).collect();
    format!("{kept}\n")
}

fn of_project(intake: &Intake, slug: &Slug) -> Vec<String> {
    let context = intake.store.context(slug);
    let mut lines = Vec::new();
    for parked in &context.parked {
        let reason = validate::cut(&parked.reason, INTENT);
        lines.push(format!("- parked {}: {} ({reason})", parked.session_id, validate::cut(&parked.intent, INTENT)));
    }
    if !lines.is_empty() {
        lines.push("- to go on with a parked session when the user wants it: cs-session resume ID".to_string());
    }
    if let Some(last) = &context.last {
        let steps: Vec<String> = last.next_steps.iter().map(|step| validate::cut(step, INTENT)).collect();
        lines.push(format!(
            "- next steps of the last session ({}): {}",
            validate::cut(&last.intent, INTENT),
            steps.join("; ")
        ));
    }
    lines
}

/// Other conversations that run in the same checkout.
fn neighbours(intake: &Intake, live: &Live) -> Vec<String> {
    let Some(root) = &live.worktree_root else { return Vec::new() };
    let all = intake.store.all_live().unwrap_or_default();
    let others = all.iter().filter(|other| {
        other.claude_session_id != live.claude_session_id
            && other.worktree_root.as_ref() == Some(root)
            && other.process().and_then(|process| process::is_alive(&process)) == Some(true)
    });
    let lines = others.take(3).map(|other| {
        let heard = clock::parse(&other.last_event_at)
            .map_or_else(String::new, |at| format!(", {}", clock::ago(at, intake.now)));
        let id = other.session_id.as_deref().unwrap_or(&other.claude_session_id);
        format!("- another conversation runs in this checkout: {id}{heard}")
    });
    lines.collect()
}
