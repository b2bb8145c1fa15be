//! Owns how the agent's list of tasks is laid out.

use super::{Readable, StyledLine};
use crate::Style;
use agents::entry::{PlanItem, PlanStep};

impl Readable<'_> {
    pub(super) fn plan(&mut self, step: PlanStep, items: &[PlanItem], text: &str, lines: &mut Vec<StyledLine>) {
        if step == PlanStep::Proposed {
            return self.text(text, "| ", Style::Plain, lines);
        }
        if !text.is_empty() {
            self.note(text, Style::Plain, lines);
        }
        for item in items {
            let status = item.status.as_deref().unwrap_or_default();
            let known = item.id.as_deref().and_then(|id| self.tasks.get(id).cloned());
            let subject = item.subject.as_deref().map(str::to_string).or(known);
            let subject = subject.or_else(|| item.id.as_deref().map(|id| format!("task {id}"))).unwrap_or_default();
            if let Some(id) = &item.id {
                self.tasks.insert(id.to_string(), subject.clone());
            }
            let (mark, style) = match status {
                "completed" => ("[x]", Style::Good),
                "in_progress" | "inProgress" => ("[>]", Style::Busy),
                "deleted" | "cancelled" => ("[-]", Style::Dim),
                _ => ("[ ]", Style::Plain),
            };
            self.note(&format!("{mark} {subject}"), style, lines);
        }
    }
}
