//! `/new`: starts an agent, in a project that is allowed, or one that was prepared.

use super::Call;
use crate::bot::Fault;
use crate::program::{row_of_text, text};
use cs_core::config::Config;
use serde_json::Value;

impl Call<'_, '_> {
    pub fn new_agent(&self, word: &str, prompt: &str) -> Result<(), Fault> {
        let config = self.desk.store.config();
        let is_template = has_template(&config, word);
        let folder = config.projects.get(word).map(|project| project.path.clone());
        let is_allowed = self.desk.settings.new_projects.contains(word);
        let spawned = match (is_allowed, folder, is_template) {
            (true, Some(_), _) if prompt.is_empty() => {
                return self.reply(&format!("Write what it is to do: /new {word} TEXT."));
            }
            (true, Some(folder), _) => row_of_text("cs-agent", &["spawn", &format!("--cwd={folder}")], &[], prompt),
            (_, _, true) => self.of_template(&config, word, prompt),
            _ => {
                let may: Vec<&str> = self.desk.settings.new_projects.iter().map(String::as_str).collect();
                let may =
                    if may.is_empty() { "none; see chat.telegram.new in config.json".into() } else { may.join(", ") };
                return self.reply(&format!("Not done: {word} is no project in which agents may be started here (allowed: {may}), and no prepared agent."));
            }
        };
        self.answer_result(
            spawned.map(|seat| format!("{} was started ({})", text(&seat, "name"), text(&seat, "agent_id"))),
        )
    }

    /// Starts a prepared agent in the only project that is allowed, or in the one that the first word names.
    fn of_template(&self, config: &Config, template: &str, prompt: &str) -> Result<Value, String> {
        let (first, rest) = prompt.split_once(char::is_whitespace).unwrap_or((prompt, ""));
        let allowed = &self.desk.settings.new_projects;
        let (slug, prompt) = match (allowed.contains(first), allowed.iter().next().filter(|_| allowed.len() == 1)) {
            (true, _) => (first, rest.trim()),
            (false, Some(only)) => (only.as_str(), prompt),
            (false, None) => return Err(format!("say in which project: /new {template} PROJECT TEXT")),
        };
        let folder =
            config.projects.get(slug).map(|project| project.path.clone()).ok_or(format!("{slug} is no project"))?;
        if prompt.is_empty() {
            return Err(format!("write what it is to do: /new {template} {slug} TEXT"));
        }
        row_of_text("cs-agent", &["spawn", &format!("--template={template}"), &format!("--cwd={folder}")], &[], prompt)
    }
}

/// Whether `agents.templates` of `config.json` has one of this name.
fn has_template(config: &Config, name: &str) -> bool {
    let group = config.group("agents").unwrap_or_default();
    group.get("templates").and_then(|templates| templates.get(name)).is_some()
}
