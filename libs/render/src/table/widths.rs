//! Owns which columns of a table fit into a room, and how wide they are. Only numbers.

/// What stands between two columns.
pub const GAP: &str = "  ";

/// What a column wants. A natural width of 0 means that the column has no values and is hidden.
#[derive(Clone, Copy, Debug, Default)]
pub struct Want {
    /// The width at which nothing is cut.
    pub natural: usize,
    /// The width to which it may shrink.
    pub floor: Option<usize>,
    /// `None`: it is never left out.
    pub worth: Option<u8>,
    /// Whether it is left out where anything would have to be cut.
    pub is_extra: bool,
    /// How many percent of the room it keeps as long as anything else can go; 0 unless it is the main one.
    pub share: usize,
}

impl Want {
    /// The width without a room.
    pub fn natural(&self) -> Option<usize> {
        (self.natural > 0).then_some(self.natural)
    }

    /// The smallest width while the main column keeps its share of `for_main`.
    fn smallest(&self, for_main: usize) -> usize {
        let floor = self.floor.unwrap_or(self.natural);
        floor.max((for_main * self.share).div_ceil(100)).min(self.natural)
    }
}

/// The width of each column; `None` for a column that is left out. Returns `None` if not even the columns that are never
/// left out fit. Extra columns go before anything is cut.
pub fn fit(wants: &[Want], room: usize) -> Option<Vec<Option<usize>>> {
    let mut kept: Vec<Option<Want>> = wants.iter().map(|want| (want.natural > 0).then_some(*want)).collect();
    let shown = || kept.iter().flatten();
    if gaps(shown().count()) + shown().map(|want| want.natural).sum::<usize>() > room {
        kept.iter_mut().for_each(|want| *want = want.filter(|want| !want.is_extra));
    }
    loop {
        if let Some(widths) = shrink(&kept, room, room) {
            return Some(widths);
        }
        let worths = kept.iter().enumerate().rev().filter_map(|(n, want)| Some((want.as_ref()?.worth?, n)));
        // The first of the least worthy ones in this order is the last one in the table.
        let Some((_, least)) = worths.min_by_key(|(worth, _)| *worth) else { break };
        *kept.get_mut(least)? = None;
    }
    shrink(&kept, room, 0)
}

/// The width of the gaps between so many columns.
fn gaps(columns: usize) -> usize {
    GAP.len() * columns.saturating_sub(1)
}

/// The widths if all these columns fit. The widest column that may shrink is shortened first.
fn shrink(kept: &[Option<Want>], room: usize, for_main: usize) -> Option<Vec<Option<usize>>> {
    let shown = || kept.iter().flatten();
    let gaps = gaps(shown().count());
    if gaps + shown().map(|want| want.smallest(for_main)).sum::<usize>() > room {
        return None;
    }
    let widest = |want: &Want| want.natural.min(room.max(want.smallest(for_main)));
    let mut widths: Vec<Option<usize>> = kept.iter().map(|want| want.as_ref().map(widest)).collect();
    let total = |widths: &[Option<usize>]| gaps + widths.iter().flatten().sum::<usize>();
    while total(&widths) > room {
        let can_shrink = |(_, (width, want)): &(usize, (&Option<usize>, &Option<Want>))| {
            width.zip(want.as_ref()).is_some_and(|(width, want)| width > want.smallest(for_main))
        };
        let (longest, _) =
            widths.iter().zip(kept).enumerate().filter(can_shrink).max_by_key(|(_, (width, _))| **width)?;
        let longest = widths.get_mut(longest)?;
        *longest = longest.map(|width| width - 1);
    }
    Some(widths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn want(natural: usize, floor: Option<usize>, worth: Option<u8>) -> Want {
        Want { natural, floor, worth, is_extra: false, share: 0 }
    }

    #[test]
    fn the_least_worthy_column_goes_first_and_the_main_one_keeps_half() {
        let main = Want { natural: 100, floor: Some(8), worth: None, is_extra: false, share: 50 };
        let wants = [want(10, None, None), want(12, Some(6), Some(50)), want(10, None, Some(20)), main];
        assert_eq!(fit(&wants, 200), Some(vec![Some(10), Some(12), Some(10), Some(100)]));
        assert_eq!(fit(&wants, 80), Some(vec![Some(10), Some(12), Some(10), Some(42)]));
        assert_eq!(fit(&wants, 70), Some(vec![Some(10), Some(9), Some(10), Some(35)]));
        assert_eq!(fit(&wants, 60), Some(vec![Some(10), Some(12), None, Some(34)]));
        assert_eq!(fit(&wants, 30), Some(vec![Some(10), None, None, Some(18)]));
        assert_eq!(fit(&wants, 20), Some(vec![Some(10), None, None, Some(8)]));
        assert_eq!(fit(&wants, 19), None);
        let modest = Want { share: 35, ..main };
        assert_eq!(
            fit(&[wants[0], wants[1], wants[2], modest], 60),
            Some(vec![Some(10), Some(12), Some(10), Some(22)])
        );
        let extra = Want { is_extra: true, ..want(20, Some(8), Some(10)) };
        assert_eq!(fit(&[extra, main], 122), Some(vec![Some(20), Some(100)]));
        assert_eq!(fit(&[extra, main], 121), Some(vec![None, Some(100)]));
        assert_eq!(fit(&[want(0, None, None), want(5, None, None)], 5), Some(vec![None, Some(5)]));
    }
}
