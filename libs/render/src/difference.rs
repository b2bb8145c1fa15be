//! Owns which lines of a text went and came when it became another one. Must stay true: linear in the texts; only what is the
//! same at the beginning and at the end is found.

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is in both.
    Same,
    /// It is only in the old text.
    Gone,
    /// It is only in the new text.
    Come,
}

/// The lines of both texts in the order in which a person compares them.
pub fn compare_lines<'t>(old: &'t str, new: &'t str) -> Vec<(Fate, &'t str)> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (same, old) = old.split_at(head);
    let new = new.split_at(head).1;
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let (gone, rest) = old.split_at(old.len() - tail);
    let come = new.split_at(new.len() - tail).0;
    let parts = [(Fate::Same, same), (Fate::Gone, gone), (Fate::Come, come), (Fate::Same, rest)];
    parts.into_iter().flat_map(|(fate, lines)| lines.iter().map(move |line| (fate, *line))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_stands_around_what_changed() {
        let compared = compare_lines("a\nb\nc\nd", "a\nx\ny\nd");
        let marks: String = compared
            .iter()
            .map(|(fate, _)| match fate {
                Fate::Same => ' ',
                Fate::Gone => '-',
                Fate::Come => '+',
            })
            .collect();
        assert_eq!(marks, " --++ ");
        assert_eq!(compared.iter().map(|(_, line)| *line).collect::<String>(), "abcxyd");
        assert_eq!(compare_lines("", "a"), [(Fate::Come, "a")]);
        assert_eq!(compare_lines("a\na", "a"), [(Fate::Same, "a"), (Fate::Gone, "a")]);
        assert!(compare_lines("", "").is_empty());
    }
}
