//! Owns which sessions the options of `list` select.

use super::StateFilter;
use cli::{Context, Failure, Outcome};
use cs_core::id::{SessionId, Slug};
use cs_core::index::IndexEntry;
use cs_core::range::Range;
use cs_core::record::{Session, Status};
use cs_core::refs::{self, Links};
use cs_core::search::{self, Sought};
use cs_core::store::{Records, of_repo};

/// The parsed filters.
pub struct Wanted {
    pub project: Option<Slug>,
    /// Projects with the repository.
    pub clones: Option<Vec<String>>,
    pub status: Option<Status>,
    pub state: Option<StateFilter>,
    /// The range of their start times.
    pub range: Range,
    pub search: Option<Sought>,
    /// The issue that their records name, and where issues are.
    pub issue: Option<(String, Links)>,
    /// Whether whole records are searched.
    pub full: bool,
}

impl Wanted {
    /// A filter on raw lines of the index, for speed only; `takes` decides.
    pub fn line_filter(&self) -> impl Fn(&str) -> bool {
        let project = self.project.as_ref().map(|slug| cs_core::index::of_project(slug.as_str()));
        let status = self.status.map(cs_core::index::of_status);
        move |line| project.as_ref().is_none_or(|fits| fits(line)) && status.as_ref().is_none_or(|fits| fits(line))
    }

    pub fn takes(&self, id: &SessionId, entry: &IndexEntry) -> bool {
        self.project.as_ref().is_none_or(|slug| entry.project_slug == slug.as_str())
            && self.clones.as_ref().is_none_or(|clones| clones.iter().any(|slug| *slug == entry.project_slug))
            && self.status.is_none_or(|status| entry.status == status)
            && self.range.contains_text(&entry.started_at)
            && (self.full || self.search.as_ref().is_none_or(|text| contains(id, entry, text.folded())))
    }

    /// The same as [`Wanted::takes_record`] for a record of another machine.
    pub fn takes_body(&self, body: &str) -> bool {
        if self.issue.is_none() && (self.search.is_none() || !self.full) {
            return true;
        }
        let Ok(session) = Session::read(body.as_bytes()) else { return false };
        let names = |(issue, links): &(String, Links)| names_issue(&session, issue, links);
        let says = |text: &Sought| search::says(&session, text.folded());
        self.issue.as_ref().is_none_or(names) && self.search.as_ref().filter(|_| self.full).is_none_or(says)
    }

    /// Whether the record fits, as far as that is not known from the index.
    pub fn takes_record(&self, records: &Records, id: &SessionId) -> bool {
        let names = |(issue, links): &(String, Links)| {
            records.session(id).is_ok_and(|record| names_issue(&record, issue, links))
        };
        self.issue.as_ref().is_none_or(names)
            && self.search.as_ref().filter(|_| self.full).is_none_or(|text| records.saying(id, text).is_some())
    }
}

fn names_issue(session: &Session, issue: &str, links: &Links) -> bool {
    refs::of_record(session, links).iter().any(|own| refs::is_named(own, issue))
}

/// Finds the projects that are clones of a repository.
pub fn clones(context: &Context, repo: &str) -> Outcome<Vec<String>> {
    let repo = cli::repo::named(repo)?;
    let config = context.config();
    let clones: Vec<String> = of_repo(&config, &repo).into_iter().map(str::to_string).collect();
    if clones.is_empty() { Err(Failure::Nothing(format!("no project has the repository {repo}"))) } else { Ok(clones) }
}

fn contains(id: &SessionId, entry: &IndexEntry, text: &str) -> bool {
    [id.as_str(), &entry.intent, &entry.project_slug].iter().any(|field| search::fold(field).contains(text))
}
