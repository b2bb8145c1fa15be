//! `/activity`: the last year.

use crate::app::Asked;
use crate::http::{Refusal, Reply};
use crate::view::history::Day;
use serde::Serialize;
use std::collections::BTreeMap;

/// The variables of `activity.html`.
#[derive(Serialize)]
pub struct Page {
    /// All days, oldest first, from a Monday on: `date`, `sessions`, `projects` (slug → number).
    pub days: Vec<Day>,
    /// The busiest day's number, for charts; at least 1.
    pub most: usize,
    pub total: usize,
    /// Projects and their sessions in the year, the busiest first.
    pub projects: Vec<(String, usize)>,
}

/// The page.
pub fn page(asked: &Asked) -> Result<Reply, Refusal> {
    let days = asked.days()?;
    let mut sums: BTreeMap<&str, usize> = BTreeMap::new();
    for (slug, number) in days.iter().flat_map(|day| &day.projects) {
        *sums.entry(slug).or_default() += number;
    }
    let mut projects: Vec<(String, usize)> = sums.into_iter().map(|(slug, sum)| (slug.to_string(), sum)).collect();
    projects.sort_by_key(|(_, sum)| std::cmp::Reverse(*sum));
    let page = Page {
        most: days.iter().map(|day| day.sessions).max().unwrap_or_default().max(1),
        total: days.iter().map(|day| day.sessions).sum(),
        projects,
        days,
    };
    asked.app.pages.render("activity.html", &page)
}
