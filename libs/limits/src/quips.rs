//! Owns our own lines at the end of notices, by how serious they are. Pure: the same notice has the same line.

use cs_core::id::fnv1a;

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// So many percent are used, of a limit or a budget.
    Used(u8),
    /// It will not last.
    Short,
    /// It begins again.
    Reset,
    /// Work is to begin.
    Start,
}

const HALF: &[&str] = &[
    "Half empty is also half full.",
    "Still time for a refactoring. A small one.",
    "The first half was the easy one.",
    "Nothing to see here, keep typing.",
    "A good moment to commit.",
    "So far, so good.",
    "The road goes on.",
    "Plenty left, if nobody asks for a rewrite.",
];
const MANY: &[&str] = &[
    "Perhaps the smaller model can write the tests.",
    "Now is the time for short prompts.",
    "One clear question is cheaper than three vague ones.",
    "Think first, then ask.",
    "The last quarter is for what matters.",
    "A glance at the open tasks would not hurt.",
    "It was a busy day already.",
    "Long contexts cost twice.",
];
const NEARLY: &[&str] = &[
    "Land the plane.",
    "Commit before it gets quiet.",
    "Say what comes next while somebody is listening.",
    "Last orders, please.",
    "Finish the sentence, not the novel.",
    "The tank has a reserve. This is it.",
    "Write down the next steps now.",
];
const FULL: &[&str] = &[
    "Time for coffee.",
    "The machine rests. So may you.",
    "A walk never broke a build.",
    "Your own head has no limit.",
    "Read what it wrote. There is plenty.",
    "Done for now; the keyboard still works.",
];
const SHORT: &[&str] = &[
    "Slow is smooth, and smooth lasts.",
    "At this speed the road ends before the journey.",
    "One conversation at a time would do.",
    "Somebody is in a hurry.",
];
const RESET: &[&str] =
    &["Fresh as the morning.", "Where were we?", "The tank is full again.", "A new window, the same bugs."];
const START: &[&str] =
    &["The early prompt catches the bug.", "Coffee first is fine, too.", "The day is yours.", "On your marks."];

/// The line of a notice. `name` says about which window, or what else, it is.
pub fn line(mood: Mood, name: &str) -> &'static str {
    let lines = match mood {
        Mood::Used(0..75) => HALF,
        Mood::Used(75..90) => MANY,
        Mood::Used(90..100) => NEARLY,
        Mood::Used(_) => FULL,
        Mood::Short => SHORT,
        Mood::Reset => RESET,
        Mood::Start => START,
    };
    let count = u64::try_from(lines.len()).unwrap_or(u64::MAX).max(1);
    let name = match mood {
        Mood::Used(level) => format!("{name}/{level}"),
        _ => name.to_string(),
    };
    let at = usize::try_from(fnv1a(name.as_bytes()) % count).unwrap_or_default();
    lines.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const ALL: [&[&str]; 7] = [HALF, MANY, NEARLY, FULL, SHORT, RESET, START];

    #[test]
    fn each_line_is_one_short_sentence_that_occurs_once() {
        let lines: Vec<&str> = ALL.iter().flat_map(|lines| lines.iter().copied()).collect();
        assert_eq!(lines.iter().collect::<BTreeSet<_>>().len(), lines.len());
        assert!((38..=45).contains(&lines.len()), "about forty: {}", lines.len());
        for line in lines {
            let is_short = line.len() <= 60 && line.is_ascii();
            assert!(is_short && line.ends_with(['.', '?']) && line.trim() == line, "{line}");
        }
    }

    #[test]
    fn the_same_notice_has_the_same_line_and_all_lines_are_used() {
        let moods =
            [Mood::Used(50), Mood::Used(75), Mood::Used(99), Mood::Used(100), Mood::Short, Mood::Reset, Mood::Start];
        for (mood, lines) in moods.into_iter().zip(ALL) {
            let names = || (0..200).map(|n| format!("limit/claude-five_hour/{n}"));
            let used: BTreeSet<&str> = names().map(|name| line(mood, &name)).collect();
            assert_eq!(used, lines.iter().copied().collect(), "{mood:?}");
            assert!(names().all(|name| line(mood, &name) == line(mood, &name)));
        }
        // Each percentage of a window has its own: about every seventh has the same by chance.
        let name = |n: u32| format!("limit/claude-five_hour/{n}");
        let same = (0..70).filter(|n| line(Mood::Used(90), &name(*n)) == line(Mood::Used(95), &name(*n))).count();
        assert!(same < 35, "{same} of 70");
        assert!(FULL.contains(&line(Mood::Used(200), "x")) && HALF.contains(&line(Mood::Used(0), "x")));
    }
}
