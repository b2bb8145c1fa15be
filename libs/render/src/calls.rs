//! Owns how calls of tools are described to people: what they come to, and the details of one.

use super::number::{format_number, format_quantity};
use super::time::{format_local_minute, format_took};
use audit::{Call, Outcome, Subagent, Sums, worst};
use cs_core::clock;
use cs_core::zone::Zone;

/// `128 calls, 3 failed, 1 denied, 2 destructive, 4 opaque`
pub fn format_calls(sums: &Sums) -> String {
    let count = |count: u64, words: &str| (count > 0).then(|| format!(", {} {words}", format_number(count)));
    let counts = [
        count(sums.failed, "failed"),
        count(sums.denied, "denied"),
        count(sums.destructive, "destructive"),
        count(sums.sensitive, "sensitive"),
        count(sums.install, "install"),
        count(sums.privilege, "privilege"),
        count(sums.opaque, "opaque"),
    ];
    format_quantity(sums.calls, "call") + &counts.into_iter().flatten().collect::<String>()
}

/// The command or the file of a call on one line; `⏎` is a line end, because after a comment that makes a difference.
pub fn format_subject(call: &Call) -> String {
    call.subject().replace('\n', "⏎")
}

/// What a call did: its command or file, with the tool's name unless it is a shell's.
pub fn format_call(call: &Call) -> String {
    let subject = format_subject(call);
    match call.input.command {
        Some(_) => subject,
        None if subject.is_empty() => call.tool.clone(),
        None => format!("{} {subject}", call.tool),
    }
}

/// How a call ended: `done after 1.2 s`, `denied; the guard asked`
pub fn format_call_end(call: &Call) -> String {
    let outcome = match (call.outcome, call.ms) {
        (Outcome::Unknown, _) => "how it ended is not known".to_string(),
        (Outcome::Denied, _) => Outcome::Denied.word().to_string(),
        (outcome, Some(ms)) => format!("{} after {}", outcome.word(), format_took(ms)),
        (outcome, None) => outcome.word().to_string(),
    };
    match call.decision.as_deref() {
        None => outcome,
        Some("deny") if call.outcome == Outcome::Denied => format!("{outcome} by the guard"),
        Some("ask") => format!("{outcome}; the guard asked"),
        Some("deny") => format!("{outcome}; the guard denied it"),
        Some(other) => format!("{outcome}; the guard: {other}"),
    }
}

/// What is known about a call besides: `rm-recursive; done after 1.2 s; subagent Explore`
pub fn format_call_details(call: &Call) -> String {
    let verdict = worst(call);
    let said = call.verdicts.iter().filter(|said| verdict.is_some_and(|verdict| said.verdict == verdict.word()));
    let rules: Vec<&str> = said.map(|said| said.rule.as_str()).collect();
    let subagent = call.agent_id.as_deref().map(|id| format!("subagent {}", call.agent_type.as_deref().unwrap_or(id)));
    let parts = [Some(rules.join(", ")).filter(|rules| !rules.is_empty()), Some(format_call_end(call)), subagent];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// What is known about a subagent: `Explore a1b2: find the parser, 12 calls, ended 2026-11-21 10:04`
pub fn format_subagent(one: &Subagent, zone: &Zone) -> String {
    let kind = one.agent_type.as_deref().map(|kind| format!("{kind} ")).unwrap_or_default();
    let purpose = one.purpose.as_deref().map(|purpose| format!(": {purpose}")).unwrap_or_default();
    let calls = format_quantity(one.calls, "call");
    let ended = one.ended.as_deref().map(|at| clock::parse(at).map(|at| format_local_minute(at, zone)));
    let ended = match ended {
        Some(at) => format!("ended {}", at.unwrap_or_default()),
        None if one.is_running => match one.began.as_deref().and_then(clock::parse) {
            Some(at) => format!("running since {}", format_local_minute(at, zone)),
            None => "running".to_string(),
        },
        None => "no end was reported".to_string(),
    };
    format!("{kind}{}{purpose}, {calls}, {ended}", one.agent_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use audit::{Input, Said};

    #[test]
    fn only_what_happened_is_told() {
        assert_eq!(format_calls(&Sums { calls: 1, ..Sums::default() }), "1 call");
        let sums = Sums { calls: 1280, failed: 3, denied: 1, destructive: 2, opaque: 4, ..Sums::default() };
        assert_eq!(format_calls(&sums), "1,280 calls, 3 failed, 1 denied, 2 destructive, 4 opaque");
    }

    #[test]
    fn a_call_is_told_with_the_evidence_of_its_end() {
        let said = |rule: &str, verdict: &str| Said { rule: rule.into(), verdict: verdict.into(), severity: 2 };
        let mut call = Call {
            tool: "Bash".into(),
            input: Input { command: Some("rm -rf build".into()), ..Input::default() },
            verdicts: vec![said("rm-recursive", "destructive"), said("sudo", "privilege")],
            ..Call::default()
        };
        assert_eq!(format_call(&call), "rm -rf build");
        let two = Input { command: Some("ls # all\nrm b".into()), ..Input::default() };
        assert_eq!(format_call(&Call { input: two, ..call.clone() }), "ls # all⏎rm b");
        assert_eq!(format_call_details(&call), "rm-recursive; how it ended is not known");
        call = Call { outcome: Outcome::Done, ms: Some(1200), agent_type: Some("Explore".into()), ..call };
        call = Call { agent_id: Some("a1".into()), decision: Some("ask".into()), ..call };
        assert_eq!(format_call_details(&call), "rm-recursive; done after 1.2 s; the guard asked; subagent Explore");
        call =
            Call { outcome: Outcome::Denied, input: Input { path: Some(".env".into()), ..Input::default() }, ..call };
        call = Call { tool: "Read".into(), verdicts: Vec::new(), agent_id: None, decision: None, ..call };
        assert_eq!((format_call(&call).as_str(), format_call_details(&call).as_str()), ("Read .env", "denied"));
        call.decision = Some("deny".into());
        assert_eq!(format_call_end(&call), "denied by the guard");
    }
}
