//! Owns the versions of the tables in databases, and the steps between them.

use cs_core::error::{Error, Result};

/// The version that `push` and `pull` need.
pub const VERSION: u32 = 2;

/// A step between two versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// To this version from the one before it; to 1 from nothing.
    Up(u32),
    /// From this version to the one before it.
    Back(u32),
}

/// The steps from a version (by default from nothing) to another (by default the present one).
pub fn steps(from: Option<u32>, to: Option<u32>) -> Result<Vec<Step>> {
    let (start, end) = (from.unwrap_or(0), to.unwrap_or(VERSION));
    let known = |version: &u32| (1..=VERSION).contains(version);
    if let Some(unknown) = [from, to].into_iter().flatten().find(|version| !known(version)) {
        return Err(Error::Invalid(format!("there is no version {unknown} of the tables; there are 1 to {VERSION}")));
    }
    match start.cmp(&end) {
        std::cmp::Ordering::Less => Ok((start + 1..=end).map(Step::Up).collect()),
        std::cmp::Ordering::Equal => Err(Error::Invalid(format!("version {end} is what there is already"))),
        std::cmp::Ordering::Greater => Ok((end + 1..=start).rev().map(Step::Back).collect()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn steps_lead_from_one_version_to_another() {
        assert_eq!(steps(None, None).unwrap(), [Step::Up(1), Step::Up(2)]);
        assert_eq!(steps(None, Some(1)).unwrap(), [Step::Up(1)]);
        assert_eq!(steps(Some(1), None).unwrap(), [Step::Up(2)]);
        assert_eq!(steps(Some(2), Some(1)).unwrap(), [Step::Back(2)]);
        for (from, to) in [(Some(2), None), (Some(3), None), (None, Some(0)), (Some(0), None)] {
            assert!(steps(from, to).is_err(), "{from:?} {to:?}");
        }
    }
}
