//! `project`: registers a project, and gives it the skills if there is no plugin. Must stay true: a skill that we did not
//! write, or that was changed, is never replaced or removed. Ours end with a checksum of the text before it.

use crate::client::Registered;
use crate::diff;
use crate::document::Document;
use crate::entries;
use crate::places::{Places, text_of};
use crate::plan::{Consent, Plan};
use crate::swap::{self, Seen};
use argh::{ArgsInfo, FromArgs};
use cli::{Out, Outcome};
use cs_core::error::{Error, Result};
use cs_core::store::Store;
use cs_core::{clock, git};
use std::path::{Path, PathBuf};

const SKILLS: [(&str, &str); 5] = [
    ("agents", include_str!("../../../skills/agents/SKILL.md")),
    ("report", include_str!("../../../skills/report/SKILL.md")),
    ("session-end", include_str!("../../../skills/session-end/SKILL.md")),
    ("session-start", include_str!("../../../skills/session-start/SKILL.md")),
    ("sessions", include_str!("../../../skills/sessions/SKILL.md")),
];
const MARK: &str = "<!-- made by cs-setup project, ";

/// register a project; without the plugin, give it the skills too
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "project", example = "{command_name} ~/src/api", example = "{command_name} . --remove")]
pub struct Project {
    /// a directory in the project
    #[argh(positional)]
    path: String,
    /// the display name (default: that of the directory)
    #[argh(option)]
    name: Option<String>,
    /// remove the skills; the project stays registered
    #[argh(switch)]
    remove: bool,
    /// only show the changes
    #[argh(switch)]
    dry_run: bool,
    /// do not ask for confirmation
    #[argh(switch, short = 'y')]
    yes: bool,
}

impl Project {
    pub fn run(self, places: &Places, out: &mut Out) -> Outcome<()> {
        let consent = Consent { is_given: self.yes, dry_run: self.dry_run };
        let root = root_of(&self.path)?;
        let mut plan = Plan::default();
        if self.remove {
            let files = planned_removal(&root, &mut plan)?;
            return plan.carry_out(out, consent, |_| Ok(remove(&files)?));
        }
        let store = Store::for_people(places.data.clone(), agents::WITNESS);
        let path = text_of(&root)?.to_string();
        let known = store.config().project_of(&path).map(str::to_string);
        if known.is_none() || self.name.is_some() {
            plan.step("register", &path, "conversations in it belong to one project");
        }
        let files = planned_skills(places, &root, &mut plan)?;
        plan.carry_out(out, consent, |_| {
            store.register(&path, self.name.as_deref(), clock::now())?;
            Ok(files.iter().try_for_each(|(seen, text)| seen.replace(text))?)
        })
    }
}

/// The main work tree that contains the directory; without one, the directory.
fn root_of(path: &str) -> Result<PathBuf> {
    let dir = Path::new(path).canonicalize().ok().filter(|dir| dir.is_dir());
    let dir = dir.ok_or_else(|| Error::Invalid(format!("no such directory: {path:?}")))?;
    Ok(git::find(&dir).map_or(dir, |found| found.main_root))
}

fn skill_file(root: &Path, name: &str) -> PathBuf {
    root.join(".claude/skills").join(name).join("SKILL.md")
}

/// Returns the skills to write; with the plugin there are none.
fn planned_skills(places: &Places, root: &Path, plan: &mut Plan) -> Result<Vec<(Seen, String)>> {
    let settings = Document::read(&places.settings())?;
    if Registered::look(&settings.value, places).is_enabled == Some(true) {
        plan.note(
            "the skills come with the plugin: /cs-sessions:sessions, :session-start, :session-end, :agents and :report",
        );
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for (name, template) in SKILLS {
        let seen = swap::look(&skill_file(root, name))?;
        let text = signed(&entries::direct(template).replace("${CLAUDE_PLUGIN_ROOT}", text_of(&places.share)?));
        match seen.text.clone() {
            Some(old) if old == text => continue,
            Some(old) if !is_ours(&old) => {
                plan.note(format!(
                    "{} was not made by cs-setup, or was changed since, and is kept",
                    seen.path.display()
                ));
                continue;
            }
            old => {
                seen.check_writable()?;
                let lines = old.map(|old| diff::lines(&old, &text)).unwrap_or_default();
                plan.write(seen.path.display(), format!("the skill /{name}"), lines);
                plan.note_links(&seen);
                files.push((seen, text));
            }
        }
    }
    Ok(files)
}

/// Returns our skills in a project, to be removed.
pub fn planned_removal(root: &Path, plan: &mut Plan) -> Result<Vec<Seen>> {
    let mut files = Vec::new();
    for (name, _) in SKILLS {
        let seen = swap::look(&skill_file(root, name))?;
        match seen.text.as_deref() {
            Some(text) if is_ours(text) => {
                plan.step("remove", seen.path.display(), format!("the skill /{name}"));
                files.push(seen);
            }
            Some(_) => plan
                .note(format!("{} was not made by cs-setup, or was changed since, and is kept", seen.path.display())),
            None => {}
        }
    }
    Ok(files)
}

/// Returns our skills in all registered projects, to be removed.
pub fn planned_removal_everywhere(places: &Places, plan: &mut Plan) -> Vec<Seen> {
    let config = Store::for_people(places.data.clone(), agents::WITNESS).config();
    let roots = config.projects.values().map(|project| PathBuf::from(&project.path)).filter(|root| root.is_absolute());
    let mut found = Vec::new();
    for root in roots {
        // A project that is gone or cannot be read has nothing to remove. Files that are not ours are not reported.
        let mut own = Plan::default();
        found.extend(planned_removal(&root, &mut own).unwrap_or_default());
        plan.actions.append(&mut own.actions);
    }
    found
}

/// Removes the files, and the folders that are then empty.
pub fn remove(files: &[Seen]) -> Result<()> {
    for seen in files {
        seen.remove()?;
        for dir in seen.path.ancestors().skip(1).take(3) {
            if std::fs::remove_dir(dir).is_err() {
                break;
            }
        }
    }
    Ok(())
}

/// Appends the checksum to a text.
fn signed(text: &str) -> String {
    format!("{text}\n{MARK}{:016x} -->\n", checksum(text))
}

/// Whether a text was written by us and has not been changed.
pub fn is_ours(text: &str) -> bool {
    text.rsplit_once(MARK).is_some_and(|(body, _)| signed(body.strip_suffix('\n').unwrap_or(body)) == text)
}

/// FNV-1a, 64 bit. It detects accidents, not malice.
fn checksum(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_skills_are_those_of_the_plugin() {
        let mut names: Vec<String> = std::fs::read_dir("../../skills")
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, SKILLS.map(|(name, _)| name));
    }

    #[test]
    fn a_changed_skill_is_not_ours() {
        let text = signed("a\nskill\n");
        assert!(is_ours(&text) && !is_ours("a\nskill\n") && !is_ours(""));
        assert!(!is_ours(&text.replace("skill", "spell")) && !is_ours(&format!("{text}more\n")));
    }
}
