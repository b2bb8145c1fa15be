//! `rules`: the rules, ours and those of the user. Writes nothing.

use crate::wanted;
use argh::{ArgsInfo, FromArgs};
use cli::{Block, Context, Form, Outcome, found};
use rules::{Kind, Rule};

/// list the rules with their conditions, those that are named with all of them; a rule may have several entries, of which
/// one must apply
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "rules",
    example = "{command_name} git-push-force",
    example = "{command_name} --verdict install --json"
)]
pub struct List {
    /// only this verdict: destructive, sensitive, install, privilege or opaque
    #[argh(option, from_str_fn(wanted::parse_verdict))]
    verdict: Option<Kind>,
    /// only the rules of these names; * stands for any characters
    #[argh(positional)]
    rules: Vec<String>,
}

impl List {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let kind = self.verdict;
        let is_asked = |id: &str| self.rules.is_empty() || self.rules.iter().any(|asked| rules::matches(asked, id));
        let all = crate::own::rules(context);
        let of_kind = |rule: &&Rule| kind.is_none_or(|kind| rule.kind == kind);
        let found: Vec<&Rule> = all.iter().filter(of_kind).filter(|rule| is_asked(&rule.id)).collect();
        let with_opaque = kind.is_none_or(|kind| kind == Kind::Opaque);
        let opaque: Vec<&rules::Opaque> =
            rules::OPAQUE.into_iter().filter(|reason| with_opaque && is_asked(reason.id)).collect();
        if found.is_empty() && opaque.is_empty() {
            let known = wanted::known(&all);
            let asked = self.rules.first().map(String::as_str).unwrap_or_default();
            return Err(found::unknown_name("there is no such rule".into(), asked, &known));
        }
        let is_table = context.out.form == Form::Table && !context.out.quiet;
        match is_table && !self.rules.is_empty() {
            true => print_whole(context, &found, &opaque)?,
            false => print(context, &found, &opaque)?,
        }
        context.out.flush()
    }
}

/// With all words of all conditions.
fn print_whole(context: &mut Context, rules: &[&Rule], opaque: &[&rules::Opaque]) -> Outcome<()> {
    for rule in rules {
        let mut block = Block::new(&format!("{} ({}, severity {})", rule.id, rule.kind.word(), rule.severity));
        for (name, words) in rule.conditions() {
            let between = if words.iter().any(|word| word.contains(' ')) { " | " } else { " " };
            block.field(name, &words.iter().collect::<Vec<_>>().join(between));
        }
        if rule.args_least > 0 {
            block.field("args_least", &rule.args_least.to_string());
        }
        block.print(&mut context.out)?;
    }
    for reason in opaque {
        let mut block = Block::new(&format!("{} ({}, severity 1)", reason.id, Kind::Opaque.word()));
        block.field("about", reason.about);
        block.print(&mut context.out)?;
    }
    Ok(())
}

fn print(context: &mut Context, found: &[&Rule], opaque: &[&rules::Opaque]) -> Outcome<()> {
    let word = Kind::Opaque.word();
    if context.out.quiet {
        let mut ids: Vec<&str> = found.iter().map(|rule| rule.id.as_ref()).collect();
        ids.dedup();
        return ids.into_iter().chain(opaque.iter().map(|reason| reason.id)).try_for_each(|id| context.out.line(id));
    }
    if context.out.form == Form::Json {
        found.iter().try_for_each(|rule| context.out.json(rule))?;
        let shown =
            |reason: &&rules::Opaque| serde_json::json!({"id": reason.id, "verdict": word, "about": reason.about});
        return opaque.iter().try_for_each(|reason| context.out.json(&shown(reason)));
    }
    let rule = |rule: &&Rule| {
        let (kind, severity) = (rule.kind.word().to_string(), rule.severity.to_string());
        vec![rule.id.to_string(), kind, severity, rule.describe()]
    };
    let reason = |reason: &&rules::Opaque| {
        vec![reason.id.to_string(), word.to_string(), "1".to_string(), reason.about.to_string()]
    };
    let rows: Vec<Vec<String>> = found.iter().map(rule).chain(opaque.iter().map(reason)).collect();
    context.out.table(&["rule", "verdict", "severity", "applies to"], &rows)
}
