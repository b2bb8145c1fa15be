use super::*;
use crate::record::{AuditHead, Commit, Event, Moment, Session, Task, Unknown};

const ID: &str = "sess_20261121T0300_ca5d";
const TEXTS: [&str; 8] = [
    "plain",
    "",
    "\"quoted\" \\ \\\"",
    "two\nlines\tand\r\u{8}\u{c}",
    "日本 é 🦀\u{7f}",
    "{,[]}],\n  ]",
    "\\u00e9 /",
    "1234567\"",
];

/// Numbers in no order, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }

    fn text(&mut self) -> String {
        (0..self.below(4)).map(|_| TEXTS[self.below(TEXTS.len())]).collect()
    }

    fn maybe(&mut self) -> Option<String> {
        (self.below(2) == 0).then(|| format!("{}x", self.text()))
    }

    fn some<T>(&mut self, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(3)).map(|_| one(self)).collect()
    }

    fn record(&mut self) -> Session {
        let unknown = Unknown::new;
        let status = [Status::Active, Status::Parked, Status::Completed][self.below(3)];
        Session {
            session_id: ID.into(),
            project_slug: self.text(),
            status,
            intent: self.text(),
            roadmap_ref: self.maybe(),
            started_at: self.text(),
            last_heartbeat: self.text(),
            ended_at: self.maybe(),
            outcome: self.maybe(),
            parked_reason: self.maybe(),
            current_activity: self.maybe(),
            awaiting_action: None,
            events: self.some(|dice| Event { timestamp: dice.text(), message: dice.text(), unknown: unknown() }),
            git_branch: self.text(),
            worktree_root: self.maybe(),
            claude_session_id: self.maybe(),
            files_changed: self.some(Self::text),
            commits: self.some(|dice| Commit { sha: dice.text(), message: dice.text(), unknown: unknown() }),
            decisions: self.some(Self::text),
            open_questions: self.some(Self::text),
            next_steps: self.some(Self::text),
            tasks: self.some(|dice| Task {
                id: dice.text(),
                subject: dice.text(),
                status: TASKS[dice.below(4)],
                added_at: dice.text(),
                updated_at: dice.text(),
                agent_key: dice.maybe(),
                set_by: dice.maybe(),
                claimed_by: dice.maybe(),
                claimed_at: dice.maybe(),
                unknown: unknown(),
            }),
            schema_version: SCHEMA_VERSION,
            agent: self.maybe(),
            ended_by: self.maybe(),
            written_by: self.maybe(),
            intent_by: self.maybe(),
            resumed_from: self.maybe(),
            resumed_as: self.maybe(),
            last_message: self.maybe(),
            history: self.some(|dice| Moment {
                at: dice.text(),
                kind: dice.text(),
                text: dice.text(),
                unknown: unknown(),
            }),
            also_in: self.some(Self::text),
            reopened: None,
            agent_id: self.maybe(),
            parent_session_id: self.maybe(),
            audit_head: self
                .some(|dice| AuditHead { file: dice.text(), seq: dice.below(1 << 20) as u64, ..AuditHead::default() })
                .pop()
                .map(Box::new),
            folded: self.maybe(),
            unknown: unknown(),
        }
    }
}

/// What the record, read and written again, is as a line.
fn read(bytes: &[u8]) -> Option<Vec<u8>> {
    let session = Session::read(bytes).ok().filter(|session| session.session_id == ID)?;
    serde_json::to_vec(&session).ok()
}

#[test]
fn a_record_is_printed_as_if_it_were_read() {
    let mut dice = Dice(1);
    for _ in 0..300 {
        let session = dice.record();
        let bytes = session.to_bytes();
        let line = of(&bytes, ID);
        assert!(line.is_some() && line == read(&bytes), "{}", String::from_utf8_lossy(&bytes));
        let line = serde_json::to_vec(&session).unwrap();
        assert_eq!(of(&line, ID), Some(line));
    }
}

#[test]
fn a_record_that_is_not_as_we_write_it_is_refused_or_printed_as_if_it_were_read() {
    const PIECES: [&str; 22] = [
        "",
        " ",
        "\n",
        "\"",
        "\\",
        "\\u0041",
        "\\/",
        "\\n",
        "\t",
        ",",
        "{",
        "}",
        "[",
        "]",
        ":",
        "null",
        "0",
        "7",
        "\"\"",
        "[]",
        "é",
        "\"zzz\": 1,",
    ];
    let mut dice = Dice(2);
    let mut printed = 0;
    for _ in 0..40 {
        let bytes = dice.record().to_bytes();
        for _ in 0..100 {
            let mut bytes = bytes.clone();
            let at = dice.below(bytes.len());
            let end = (at + dice.below(9) / 3).min(bytes.len());
            match dice.below(8) {
                0 => bytes[at] = u8::try_from(dice.below(256)).unwrap(),
                1 => bytes.truncate(at),
                2 => bytes.rotate_left(at),
                _ => drop(bytes.splice(at..end, PIECES[dice.below(PIECES.len())].bytes())),
            }
            if let Some(line) = of(&bytes, ID) {
                printed += 1;
                assert_eq!(Some(line), read(&bytes), "{}", String::from_utf8_lossy(&bytes));
            }
        }
    }
    assert!(printed > 200, "{printed}");
}

#[test]
fn what_reading_would_change_is_refused() {
    let mut session = Dice(3).record();
    (session.agent, session.project_slug) = (Some("codex".into()), "api".into());
    let text = String::from_utf8(session.to_bytes()).unwrap();
    assert!(of(text.as_bytes(), ID).is_some() && of(text.as_bytes(), "sess_20261121T0300_ca5e").is_none());
    let all = [
        ("\"agent\": \"codex\"", "\"agent\": null"),
        ("\"agent\": \"codex\"", "\"agent\": \"code\\u0078\""),
        ("\"agent\": \"codex\"", "\"agency\": \"codex\""),
        ("\"agent\": \"codex\"", "\"agent\": \"codex\", \"agent\": \"codex\""),
        ("\"awaiting_action\": null", "\"awaiting_action\": \"which?\""),
        ("\"schema_version\": 4", "\"schema_version\": 3"),
        ("\"schema_version\": 4", "\"schema_version\": 40"),
        ("\"project_slug\": \"api\"", "\"project_slug\": \"a\\/pi\""),
        ("\"project_slug\": \"api\"", "\"project_slug\": \"a\u{1}pi\""),
        ("\"project_slug\": \"api\",\n", ""),
        ("\"status\": \"", "\"status\": \"un"),
    ];
    for (from, to) in all {
        assert!(text.contains(from) && of(text.replacen(from, to, 1).as_bytes(), ID).is_none(), "{to}");
    }
}
