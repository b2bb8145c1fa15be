//! Owns where things are on the screen: which columns a width has room for, how high a row is, and which lines are
//! visible. Pure. Must stay true: what a session says has at least half of the width; a screen of 40 × 12 works.

use cs_core::board::Group;
use std::ops::Range;

/// Narrower screens have two lines for each row.
const TWO_LINES_BELOW: usize = 60;
/// Lower screens have no titles above groups.
const TITLES_FROM: usize = 18;

/// The widths of the columns; 0 for a column that is left out. A column is followed by a space, except the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    pub state: usize,
    pub age: usize,
    pub project: usize,
    pub words: usize,
    pub alarms: usize,
    pub tasks: usize,
    pub context: usize,
    pub cost: usize,
    /// Whether the words have a line of their own.
    pub is_two_lines: bool,
}

/// The widths that the cells need.
#[derive(Clone, Copy, Debug, Default)]
pub struct Needs {
    pub state: usize,
    pub age: usize,
    pub project: usize,
    pub alarms: usize,
    pub tasks: usize,
    pub context: usize,
    pub cost: usize,
}

/// Shares out `width` columns, of which the first marks the selected row. Destructive calls go last
/// of the figures, then the cost; tasks go first.
pub fn share(width: usize, needs: &Needs) -> Columns {
    let is_two_lines = width < TWO_LINES_BELOW;
    let mut columns = Columns {
        state: needs.state.min(12),
        age: needs.age,
        project: needs.project.min((width / 6).max(8)),
        is_two_lines,
        ..Columns::default()
    };
    let taken = |columns: &Columns| {
        let widths =
            [columns.state, columns.age, columns.project, columns.alarms, columns.tasks, columns.context, columns.cost];
        1 + widths.iter().filter(|width| **width > 0).map(|width| width + 1).sum::<usize>()
    };
    let least = if is_two_lines { 0 } else { width.div_ceil(2) };
    type Column = fn(&mut Columns) -> &mut usize;
    let figures: [(Column, usize); 4] = [
        (|columns| &mut columns.alarms, needs.alarms),
        (|columns| &mut columns.cost, needs.cost),
        (|columns| &mut columns.context, needs.context),
        (|columns| &mut columns.tasks, needs.tasks),
    ];
    for (column, need) in figures {
        let mut wider = columns;
        *column(&mut wider) = need;
        if taken(&wider) + least <= width {
            columns = wider;
        }
    }
    columns.words = if is_two_lines { width.saturating_sub(3) } else { width.saturating_sub(taken(&columns)) };
    columns
}

/// A line, or two, of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// The title of a group, and how many sessions it has.
    Title(Group, usize),
    /// The row with this number.
    Row(usize),
}

/// The items of rows, on a screen of this height. Each row has the group in which it stands, and its own.
pub fn itemize(groups: impl Iterator<Item = (Group, Group)>, height: usize) -> Vec<Item> {
    let groups: Vec<(Group, Group)> = groups.collect();
    let mut items = Vec::with_capacity(groups.len() + 6);
    let mut last = None;
    for (row, (group, _)) in groups.iter().enumerate() {
        if last != Some(group) && height >= TITLES_FROM {
            items.push(Item::Title(*group, groups.iter().filter(|(_, own)| own == group).count()));
        }
        last = Some(group);
        items.push(Item::Row(row));
    }
    items
}

/// The items that are visible in `height` lines, beginning at `top` or as near to it as the selected row allows.
pub fn scroll(items: &[Item], columns: &Columns, height: usize, top: usize, selected: usize) -> Range<usize> {
    let lines = |item: &Item| if matches!(item, Item::Row(_)) && columns.is_two_lines { 2 } else { 1 };
    let at = items.iter().position(|item| *item == Item::Row(selected)).unwrap_or(0);
    let fits = |range: Range<usize>| items.get(range).unwrap_or_default().iter().map(lines).sum::<usize>() <= height;
    let mut first = top.min(at).min(items.len());
    // The title above the first row belongs to it.
    if first == 1 && at == 1 {
        first = 0;
    }
    while first < at && !fits(first..at + 1) {
        first += 1;
    }
    let mut end = first;
    while end < items.len() && fits(first..end + 1) {
        end += 1;
    }
    while first > 0 && end == items.len() && fits(first - 1..end) {
        first -= 1;
    }
    first..end
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDS: Needs = Needs { state: 10, age: 6, project: 30, alarms: 2, tasks: 5, context: 4, cost: 7 };

    #[test]
    fn words_keep_half_of_every_width_and_lines_fit() {
        for width in 20..220 {
            let columns = share(width, &NEEDS);
            let fixed = [
                columns.state,
                columns.age,
                columns.project,
                columns.alarms,
                columns.tasks,
                columns.context,
                columns.cost,
            ];
            let line = 1 + fixed.iter().filter(|width| **width > 0).map(|width| width + 1).sum::<usize>();
            if columns.is_two_lines {
                assert!(columns.words + 3 == width && (width < 40 || line <= width), "{width}: {columns:?}");
            } else {
                assert!(columns.words * 2 >= width && line + columns.words == width, "{width}: {columns:?}");
            }
        }
        assert!(share(80, &NEEDS).tasks == 0 && share(200, &NEEDS).tasks == 5);
    }

    #[test]
    fn the_selected_row_is_always_visible_and_no_line_is_wasted() {
        let groups = || [Group::NeedsUser; 3].into_iter().chain([Group::Parked; 40]);
        for (width, height) in [(40, 10), (80, 22), (200, 48)] {
            let (items, columns) = (itemize(groups().map(|group| (group, group)), height + 2), share(width, &NEEDS));
            let mut top = 0;
            for selected in (0..43).chain((0..43).rev()).chain([20, 3, 42]) {
                let seen = scroll(&items, &columns, height, top, selected);
                top = seen.start;
                assert!(
                    items[seen.clone()].contains(&Item::Row(selected)),
                    "{width} × {height}: {selected} in {seen:?}"
                );
            }
        }
        let few = itemize([(Group::Working, Group::Working)].into_iter(), 24);
        assert_eq!(few, [Item::Title(Group::Working, 1), Item::Row(0)]);
        assert_eq!(scroll(&few, &share(80, &NEEDS), 22, 1, 0), 0..2);
    }
}
