//! Owns arranging things that name their parents as a tree. Pure. Must stay true: nothing is lost or shown twice, even if
//! parents are missing or form a circle; the given order is kept among siblings.

use std::collections::{BTreeSet, HashMap};

/// The items with their depths, each after its parent; one whose parent is not among them is a root.
pub fn arrange<'a, T>(
    items: Vec<&'a T>,
    id: impl Fn(&'a T) -> &'a str,
    parent: impl Fn(&'a T) -> Option<&'a str>,
) -> Vec<(usize, &'a T)> {
    let known: BTreeSet<&str> = items.iter().map(|item| id(item)).collect();
    let mut children: HashMap<&str, Vec<&'a T>> = HashMap::new();
    let mut roots = Vec::new();
    for item in &items {
        match parent(item).filter(|parent| known.contains(parent)) {
            Some(parent) => children.entry(parent).or_default().push(item),
            None => roots.push(*item),
        }
    }
    let mut placed = BTreeSet::new();
    let mut tree = Vec::new();
    // The members of a circle have no root: the first of them becomes one.
    for root in roots.into_iter().chain(items) {
        let mut open = vec![(0, root)];
        while let Some((depth, item)) = open.pop() {
            if placed.insert(id(item)) {
                tree.push((depth, item));
                open.extend(children.get(id(item)).into_iter().flatten().rev().map(|child| (depth + 1, *child)));
            }
        }
    }
    tree
}

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
}
