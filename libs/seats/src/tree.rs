//! Owns arranging things that name their parents as a tree. Pure. Must stay true: nothing is lost or shown twice, even if
//! parents are missing or form a circle; the given order is kept among siblings.

use std::collections::HashMap;

/// The items with their depths, each after its parent; one whose parent is not among them is a root.
pub fn arrange<'a, T>(
    items: Vec<&'a T>,
    id: impl Fn(&'a T) -> &'a str,
    parent: impl Fn(&'a T) -> Option<&'a str>,
) -> Vec<(usize, &'a T)> {
    let numbers: HashMap<&str, usize> = items.iter().enumerate().map(|(number, item)| (id(item), number)).collect();
    let parents: Vec<Option<usize>> =
        items.iter().map(|item| parent(item).and_then(|id| numbers.get(id).copied())).collect();
    order(&parents).into_iter().filter_map(|(depth, row)| Some((depth, *items.get(row)?))).collect()
}

/// The order of rows in a tree, each with its depth. `parents` has the number of each row's parent; one that is not
/// among the rows counts as none. A family stands where its first row stood.
pub fn order(parents: &[Option<usize>]) -> Vec<(usize, usize)> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); parents.len()];
    let mut tree = Vec::with_capacity(parents.len());
    for (row, parent) in parents.iter().enumerate() {
        if let Some(below) = parent.and_then(|parent| children.get_mut(parent)) {
            below.push(row);
        }
    }
    let mut is_placed = vec![false; parents.len()];
    for row in 0..parents.len() {
        let mut open = vec![(0, top(row, parents))];
        while let Some(next) = open.pop() {
            let (depth, row) = next;
            let Some(placed) = is_placed.get_mut(row).filter(|placed| !**placed) else { continue };
            *placed = true;
            tree.push(next);
            let below = children.get(row).into_iter().flatten().rev();
            open.extend(below.map(|row| (depth + 1, *row)));
        }
    }
    tree
}

/// The topmost row above this one; in a circle, the row itself.
fn top(row: usize, parents: &[Option<usize>]) -> usize {
    let above = |row: usize| parents.get(row).copied().flatten().filter(|parent| *parent < parents.len());
    let mut at = row;
    for _ in 0..parents.len() {
        let Some(parent) = above(at) else { return at };
        at = parent;
    }
    row
}

/// The mark before the text of a row at this depth.
pub fn mark(depth: usize) -> String {
    match depth {
        0 => String::new(),
        depth => format!("{}└ ", "  ".repeat(depth.min(DEEPEST) - 1)),
    }
}

/// The depth from which rows are no longer moved to the right.
const DEEPEST: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(items: &[(&'static str, &'static str)]) -> String {
        let lines = arrange(items.iter().collect(), |item| item.0, |item| Some(item.1));
        lines.iter().map(|(depth, item)| format!("{}{} ", "-".repeat(*depth), item.0)).collect()
    }

    #[test]
    fn children_follow_their_parents_in_the_given_order() {
        assert_eq!(tree(&[("a", ""), ("b", "a"), ("c", ""), ("d", "b"), ("e", "a")]), "a -b --d -e c ");
        assert_eq!(tree(&[("b", "a"), ("a", "gone")]), "a -b ");
    }

    #[test]
    fn a_circle_loses_nothing() {
        assert_eq!(tree(&[("a", "b"), ("b", "a"), ("c", "c"), ("d", "a")]), "a -b -d c ");
    }

    #[test]
    fn a_family_stands_where_its_first_row_stood() {
        // The first row is a grandchild of the last one.
        assert_eq!(order(&[Some(2), None, Some(4), Some(4), None]), [(0, 4), (1, 2), (2, 0), (1, 3), (0, 1)]);
        assert_eq!(order(&[Some(9), None]), [(0, 0), (0, 1)], "a parent that is not shown");
        assert_eq!(order(&[Some(1), Some(2), Some(1)]).len(), 3, "below a circle");
    }

    #[test]
    fn the_mark_grows_with_the_depth_up_to_a_limit() {
        assert_eq!([mark(0), mark(1), mark(2)], ["", "└ ", "  └ "]);
        assert_eq!(mark(6), mark(60));
    }
}
