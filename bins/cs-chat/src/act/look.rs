//! `/what`, `/message`, `/usage`, `/limits`: looking, which changes nothing.

use super::Call;
use crate::bot::Fault;
use crate::program::{not_done, row, rows, run, text};
use crate::reply::Reply;
use crate::who::Who;
use serde_json::Value;

/// The most entries of a list in a summary.
const MOST: usize = 8;

impl Call<'_, '_> {
    /// What an agent or a session is at.
    pub fn what(&self, who: &Who) -> Result<(), Fault> {
        let known = match who.agent.is_empty() {
            false => row("cs-agent", &["what"], &[&who.agent]),
            true => row("cs-session", &["show"], &[&who.session]),
        };
        let known = match known {
            Ok(known) => known,
            Err(text) => return self.reply(&not_done(&text)),
        };
        let guard = &self.desk.guard;
        let mut reply = guard.text(&format!("{} ({}) {}\n", who.name(), who.project, who.state));
        let mut add = |label: &str, text: &str| {
            if !text.is_empty() {
                let line = guard.text(&format!("{label}: ")).then(&guard.line(&who.conversation, text).cut(700));
                reply = reply.then(&line).then(&guard.text("\n"));
            }
        };
        // The evidence may be a question, which was said in the conversation.
        add("state", &who.reason);
        add("for", text(&known, "intent"));
        add("asks", text(&known, "asks"));
        add("wants", text(&known, "awaiting_action"));
        add("doing", text(&known, "doing"));
        add("failed", text(&known, "failed"));
        add("said", text(&known, "said"));
        add("outcome", text(&known, "outcome"));
        add("branch", text(&known, "git_branch"));
        for (label, key) in
            [("done", "tasks_done"), ("to do", "tasks_open"), ("commits", "commits"), ("questions", "open_questions")]
        {
            add(label, &list(known.get(key)));
        }
        let tasks = known.get("tasks").and_then(Value::as_array).map(|tasks| of_tasks(tasks)).unwrap_or_default();
        add("tasks", &tasks);
        if let Some(cost) = known.get("cost_usd").and_then(Value::as_f64) {
            add("cost", &render::format_dollars(cost));
        }
        self.answer(&Reply::from(reply))
    }

    /// The last answer, whole.
    pub fn last_answer(&self, who: &Who) -> Result<(), Fault> {
        if !self.desk.guard.has_texts() {
            return self.reply("Texts are not sent: capture_prompts is off in config.json.");
        }
        if who.conversation.is_empty() {
            return self.reply(&format!("{} has no conversation yet.", who.name()));
        }
        match crate::last::turn(self.desk.store, &who.conversation) {
            Ok(last) if !last.answer.is_empty() => {
                let text = self.desk.guard.said(&who.conversation, &last.answer);
                self.answer(&Reply::from(text))
            }
            Ok(_) => self.reply(&format!("{} has not answered yet.", who.name())),
            Err(text) => self.reply(&not_done(&text)),
        }
    }

    /// What today cost.
    pub fn usage(&self) -> Result<(), Fault> {
        let days = match rows("cs-usage", &["daily", "--since", "today"], &[]) {
            Ok(days) => days,
            Err(text) => return self.reply(&not_done(&text)),
        };
        match days.iter().rev().find(|row| row.get("date").is_some() || row.get("day").is_some()) {
            None => self.reply("Nothing was used today."),
            Some(day) => {
                let number = |key: &str| day.get(key).and_then(Value::as_u64).unwrap_or_default();
                let total = number("total_tokens");
                let cost = day.get("cost_usd").and_then(Value::as_f64).map_or("unknown".into(), render::format_dollars);
                self.reply(&format!("today: {cost} at list prices, {} tokens", render::format_count(total)))
            }
        }
    }

    /// How much of the limits is used.
    pub fn limits(&self) -> Result<(), Fault> {
        match run("cs-limits", &["bar", "--format", "{limits}\n{runs_out}"], &[]) {
            Ok(line) if !line.trim().is_empty() => self.reply(line.trim()),
            Ok(_) => self.reply("No limit is known yet; docs/LIMITS.md says how it is recorded."),
            Err(text) => self.reply(&not_done(&text)),
        }
    }
}

fn list(value: Option<&Value>) -> String {
    let texts: Vec<&str> = value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let more = texts.len().saturating_sub(MOST);
    let mut line = texts.iter().take(MOST).copied().collect::<Vec<_>>().join("; ");
    if more > 0 {
        line.push_str(&format!("; and {more} more"));
    }
    line
}

fn of_tasks(tasks: &[Value]) -> String {
    let line = |task: &Value| format!("[{}] {}", text(task, "status"), text(task, "content"));
    tasks.iter().take(MOST).map(line).collect::<Vec<_>>().join("; ")
}
