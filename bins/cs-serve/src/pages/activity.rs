//! `/activity`: the last year.

use super::charts::{self, Columns, HeatMap};
use super::figures::Top;
use super::stacks::{self, Chart};
use super::usage::{self, AmountTable};
use crate::asked::Asked;
use crate::http::{Refusal, Reply};
use crate::view::history::Day;
use crate::view::spending;
use crate::view::usage::DayRange;
use cs_core::clock;
use render::format_count;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How many days the chart of projects has, and how many projects have their own series.
const DAYS: usize = 30;
const SERIES: usize = 5;
/// The name of the series of all other projects.
const OTHERS: &str = "others";

/// The variables of `activity.html`.
#[derive(Serialize)]
pub struct ActivityPage<'a> {
    pub top: Top,
    /// Days on which sessions began, newest first: `date`, `sessions`, `projects` (slug → number).
    pub days: Vec<&'a Day>,
    pub map: HeatMap,
    /// The last days by project.
    pub recent: Columns,
    /// Names of the chart's series, from the bottom up.
    pub series: Vec<&'a str>,
    pub total: usize,
    /// The day on which most sessions began.
    pub busiest: Option<&'a Day>,
    /// Projects and their sessions in the year, the busiest first.
    pub projects: Vec<(&'a str, usize)>,
    /// The usage in the range; `None` if nothing was counted yet.
    pub used: Option<RangeUse>,
    pub ranges: Vec<Span>,
}

/// The usage in a range.
#[derive(Serialize)]
pub struct RangeUse {
    pub kept_at: String,
    pub is_old: bool,
    pub chart: Chart,
    pub models: AmountTable,
    pub projects: AmountTable,
    /// Slugs that have a page.
    pub known: Vec<String>,
    /// UTC days that only the agent's own statistics know: day, tokens, models; newest first.
    pub remembered: Vec<(String, String, String)>,
}

/// A range that is one click away.
#[derive(Serialize)]
pub struct Span {
    pub label: &'static str,
    pub url: String,
    pub is_on: bool,
}

/// The page.
pub fn render(asked: &Asked) -> Result<Reply, Refusal> {
    let days = asked.days()?;
    let range = spending::range(&asked.query);
    let last = days.get(days.len().saturating_sub(DAYS)..).unwrap_or_default();
    let series = series(last);
    let dates: Vec<(String, Vec<usize>)> = last.iter().map(|day| (day.date.clone(), values(day, &series))).collect();
    let page = ActivityPage {
        top: asked.top(),
        map: charts::heat_map(&days),
        recent: charts::columns(&dates),
        series,
        total: days.iter().map(|day| day.sessions).sum(),
        busiest: days.iter().filter(|day| day.sessions > 0).max_by_key(|day| day.sessions),
        projects: by_number(&days),
        days: days.iter().rev().filter(|day| day.sessions > 0).collect(),
        used: asked.caches.used().map(|used| in_range(asked, &used, range)),
        ranges: ranges(range),
    };
    asked.render(&page)
}

fn in_range(asked: &Asked, used: &crate::view::usage::Rollup, range: DayRange) -> RangeUse {
    let sum = used.sum(None, range);
    let known = asked.snapshot.overview.projects.iter().map(|project| project.slug.clone());
    let remembered = used.remembered(range).map(|(day, models)| {
        let names: Vec<&str> = models.keys().map(String::as_str).collect();
        (day.clone(), format_count(models.values().sum()), names.join(", "))
    });
    let mut remembered: Vec<_> = remembered.collect();
    remembered.reverse();
    RangeUse {
        kept_at: used.kept_at.clone(),
        is_old: usage::is_old(&used.kept_at, clock::now()),
        chart: stacks::chart(used, None, range),
        models: usage::by_model(&sum),
        projects: usage::table(used.projects(range).into_iter(), &sum.amount),
        known: known.collect(),
        remembered,
    }
}

fn ranges(range: DayRange) -> Vec<Span> {
    let spans = [("7 days", 7_u64), ("30 days", 30), ("90 days", 90), ("A year", 364)];
    let span = |(label, days): (&'static str, u64)| Span {
        label,
        url: format!("/activity?since={}d#usage", days - 1),
        is_on: range == spending::last_days(days),
    };
    spans.into_iter().map(span).collect()
}

/// Projects and how many sessions they had on these days, the busiest first.
fn by_number(days: &[Day]) -> Vec<(&str, usize)> {
    let mut sums: BTreeMap<&str, usize> = BTreeMap::new();
    for (slug, number) in days.iter().flat_map(|day| &day.projects) {
        *sums.entry(slug).or_default() += number;
    }
    let mut projects: Vec<(&str, usize)> = sums.into_iter().collect();
    projects.sort_by_key(|(_, sum)| Reverse(*sum));
    projects
}

/// The projects with their own series; all others together are the last series.
fn series(days: &[Day]) -> Vec<&str> {
    let mut names: Vec<&str> = by_number(days).into_iter().map(|(slug, _)| slug).collect();
    if names.len() > SERIES {
        names.truncate(SERIES);
        names.push(OTHERS);
    }
    names
}

fn values(day: &Day, series: &[&str]) -> Vec<usize> {
    let of = |name: &&str| day.projects.get(*name).copied().unwrap_or_default();
    let named = series.iter().take(SERIES);
    let mut values: Vec<usize> = named.map(of).collect();
    if series.len() > SERIES {
        values.push(day.sessions.saturating_sub(values.iter().sum()));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smaller_projects_share_one_series() {
        let projects: BTreeMap<String, usize> = (1..=8).map(|n| (format!("p{n}"), n)).collect();
        let day = Day { date: "2026-11-21".into(), sessions: 36, projects };
        let names = series(std::slice::from_ref(&day));
        assert_eq!(names, ["p8", "p7", "p6", "p5", "p4", "others"]);
        assert_eq!(values(&day, &names), [8, 7, 6, 5, 4, 6]);
        let few = Day { projects: BTreeMap::from([("a".into(), 36)]), ..day };
        assert_eq!((series(std::slice::from_ref(&few)), values(&few, &["a"])), (vec!["a"], vec![36]));
    }
}
