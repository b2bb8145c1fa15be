//! Owns the routes. Every fact about a route is in its row of [`ROUTES`], and the rest is derived from the rows:
//! dispatch, unknown parameters, the templates, the table in `docs/API.md` (a test compares them; `/api` shows it), and
//! the test that requests every route. All routes accept GET and HEAD only, except the one for changes, which
//! accepts POST: `http::write`.

use crate::asked::Asked;
use crate::http::{Effort, Refusal, Reply, Request, write};
use crate::pages::{
    Template, activity, agents, api as about_api, audit, conversation, limits, machines, overview, project, review,
    reviewing, session,
};
use crate::param::Param;
use crate::pattern::name_in;
use crate::site::Site;
use crate::{api, assets};
use cs_core::id::{SeatId, SessionId, Slug, Uuid};
use serde::Serialize;

/// A route.
#[derive(Debug)]
pub struct Route {
    /// Its path, with at most one placeholder: `<id>` of a session, `<slug>` of a project, `<agent>` of a
    /// seat, `<uuid>` of a conversation, `<name>` of a file.
    pub path: &'static str,
    /// Its query parameters.
    pub params: &'static [Param],
    pub answer: Answer,
    /// A description of the answer, for `docs/API.md`.
    pub about: &'static str,
}

impl Route {
    /// Whether its answers are also made from the log of what tools did: lists of calls, and whole sessions.
    pub fn reads_log(&self) -> bool {
        let is_about_sessions = matches!(self.answer, Page(_, Handler::Session(_)) | Json(Handler::Session(_)));
        is_about_sessions || matches!(self.answer, Download(_)) || self.params.contains(&Verdict)
    }

    /// Whether it is answered only where the owner alone can read, and made from logs of agents, which change without a
    /// trace in the store.
    pub fn is_private(&self) -> bool {
        match self.answer {
            _ if self.is_review() || self.is_machines() => true,
            Lines(_) | Page(_, Handler::Conversation(_)) => true,
            Json(_) => self.path.ends_with("/what") || self.path == "/api/search",
            _ => false,
        }
    }

    /// Whether it is there only with `--review`, and needs the key.
    pub fn is_review(&self) -> bool {
        write::is_review(self.path)
    }

    /// Whether it is there only with `--also`, and made from folders of other machines.
    pub fn is_machines(&self) -> bool {
        self.path.starts_with("/machines") || self.path.starts_with("/api/machines")
    }

    /// Its path, if that is the path of one page with data.
    pub fn page(&self) -> Option<&'static str> {
        Some(self.path).filter(|path| matches!(self.answer, Page(..)) && !path.contains('<'))
    }
}

/// The kind of answer, and the function that makes it.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// A page with data.
    Page(Template, Handler),
    /// A page without data: it reads nothing of the store.
    Text(Template, fn(&Site) -> Answered),
    /// JSON with data.
    Json(Handler),
    /// Lines of JSON, which are made while the client reads them.
    Lines(Handler),
    /// A file that is saved, in the format that the query names.
    Download(Handler),
    /// Server-sent events.
    Events,
    /// A file that pages use.
    Asset(fn(&str) -> Answered),
    /// A change, which is sent as the body.
    Change,
    /// A key for a code, which is sent as the body.
    Key,
    /// JSON about the server itself.
    Health(fn(&Site) -> Reply),
}

/// A function that makes an answer from the store. The variant says what the path names.
#[derive(Clone, Copy, Debug)]
pub enum Handler {
    All(fn(&Asked) -> Answered),
    Session(fn(&Asked, &SessionId) -> Answered),
    Project(fn(&Asked, &Slug) -> Answered),
    Agent(fn(&Asked, &SeatId) -> Answered),
    Conversation(fn(&Asked, &Uuid) -> Answered),
}

/// An answer, or the reason why there is none.
pub type Answered = Result<Reply, Refusal>;

use Answer::{Asset, Change, Download, Events, Health, Json, Key, Lines, Page, Text};
use Param::{
    After, Before, Conversation, Cursor, Entry, Format, IncludeArchived, Kinds, Limit, Machine, Outcome, Owner, Q,
    Session, Since, Sort, State, Status, Tag, Tool, Turn, Until, Verdict,
};

/// The parameters that select sessions of one project, and of all.
const OF_PROJECT: &[Param] = &[Status, State, Since, Until, Q, Tag, Limit, Cursor, IncludeArchived];
const OF_ALL: &[Param] = &[Param::Project, Status, State, Since, Until, Q, Tag, Limit, Cursor, IncludeArchived];

/// The parameters that select calls of tools.
const OF_CALLS: &[Param] = &[Param::Project, Session, Tool, Verdict, Outcome, Since, Until, Q, Sort, Limit, Before];

/// The parameters that select sessions and conversations of other machines.
const OF_MACHINES: &[Param] = &[Machine, Owner, Param::Project, Q, Tag, Limit, Param::Page];

const OVERVIEW: Template = Template { name: "overview.html", text: include_str!("../../../web/overview.html") };
const SESSION: Template = Template { name: "session.html", text: include_str!("../../../web/session.html") };
const PROJECT: Template = Template { name: "project.html", text: include_str!("../../../web/project.html") };
const ACTIVITY: Template = Template { name: "activity.html", text: include_str!("../../../web/activity.html") };
const AGENTS: Template = Template { name: "agents.html", text: include_str!("../../../web/agents.html") };
const CONVERSATION: Template =
    Template { name: "conversation.html", text: include_str!("../../../web/conversation.html") };
const LIMITS: Template = Template { name: "limits.html", text: include_str!("../../../web/limits.html") };
const MACHINES: Template = Template { name: "machines.html", text: include_str!("../../../web/machines.html") };
const ELSEWHERE: Template = Template { name: "elsewhere.html", text: include_str!("../../../web/elsewhere.html") };
const AUDIT: Template = Template { name: "audit.html", text: include_str!("../../../web/audit.html") };
const REVIEW: Template = Template { name: "review.html", text: include_str!("../../../web/review.html") };
const REVIEWING: Template = Template { name: "reviewing.html", text: include_str!("../../../web/reviewing.html") };
const API: Template = Template { name: "api.html", text: include_str!("../../../web/api.html") };

/// Every route.
pub static ROUTES: [Route; 36] = [
    Route {
        path: "/",
        params: OF_ALL,
        answer: Page(OVERVIEW, Handler::All(overview::render)),
        about: "what is going on, or the sessions that the query selects",
    },
    Route {
        path: "/session/<id>",
        params: &[],
        answer: Page(SESSION, Handler::Session(session::render)),
        about: "one session",
    },
    Route {
        path: "/conversation/<uuid>",
        params: &[Turn, After],
        answer: Page(CONVERSATION, Handler::Conversation(conversation::render)),
        about: "one conversation, as its log has it; only where the owner alone can read",
    },
    Route {
        path: "/project/<slug>",
        params: OF_PROJECT,
        answer: Page(PROJECT, Handler::Project(project::render)),
        about: "one project and its sessions",
    },
    Route {
        path: "/activity",
        params: &[Since, Until],
        answer: Page(ACTIVITY, Handler::All(activity::render)),
        about: "sessions of the last year; what a range of days cost",
    },
    Route {
        path: "/agents",
        params: &[],
        answer: Page(AGENTS, Handler::All(agents::render)),
        about: "agents that work in seats, as a tree, and the leases that hold",
    },
    Route {
        path: "/limits",
        params: &[],
        answer: Page(LIMITS, Handler::All(limits::render)),
        about: "how much of each limit is used and whether it lasts, its windows, budgets, planned starts",
    },
    Route {
        path: "/audit",
        params: OF_CALLS,
        answer: Page(AUDIT, Handler::All(audit::render)),
        about: "what tools did: the calls that the query selects",
    },
    Route {
        path: "/machines",
        params: OF_MACHINES,
        answer: Page(MACHINES, Handler::All(machines::render)),
        about: "what other machines sent; needs `--also`, and only where the owner alone can read",
    },
    Route {
        path: "/machines/conversation/<uuid>",
        params: &[Machine],
        answer: Page(ELSEWHERE, Handler::Conversation(machines::conversation)),
        about: "one conversation of another machine",
    },
    Route {
        path: "/review",
        params: &[Q, Tag, Param::Page],
        answer: Page(REVIEW, Handler::All(review::render)),
        about: "conversations to review: those that a search finds, else the newest; needs `--review` and the key",
    },
    Route {
        path: "/review/<uuid>",
        params: &[Turn, Param::Page, Entry],
        answer: Page(REVIEWING, Handler::Conversation(reviewing::render)),
        about: "one turn of a conversation, as it is and as it may be shown; needs `--review` and the key",
    },
    Route { path: "/api", params: &[], answer: Text(API, about_api::render), about: "this description" },
    Route { path: "/assets/<name>", params: &[], answer: Asset(assets::find), about: "a file that the pages use" },
    Route {
        path: "/api/overview",
        params: &[],
        answer: Json(Handler::All(api::overview)),
        about: "every project with its active, parked and recent sessions",
    },
    Route {
        path: "/api/sessions",
        params: OF_ALL,
        answer: Json(Handler::All(api::sessions)),
        about: "the sessions that the query selects, newest first, page by page",
    },
    Route {
        path: "/api/session/<id>",
        params: &[],
        answer: Json(Handler::Session(api::session)),
        about: "one whole record with its state",
    },
    Route {
        path: "/api/session/<id>/what",
        params: &[],
        answer: Json(Handler::Session(api::conversation::what)),
        about: "what a session is doing, in short, and the last words of its conversation; only where the owner alone can read",
    },
    Route {
        path: "/api/conversation/<uuid>",
        params: &[Kinds, Turn, After],
        answer: Lines(Handler::Conversation(api::conversation::whole)),
        about: "the parts of one conversation, one a line; only where the owner alone can read",
    },
    Route {
        path: "/api/conversation/<uuid>/last",
        params: &[Kinds],
        answer: Lines(Handler::Conversation(api::conversation::last)),
        about: "the same of its last turn, without subagents",
    },
    Route {
        path: "/api/search",
        params: &[Q, Tag, Param::Project, Since, Until, Limit],
        answer: Json(Handler::All(api::conversation::search)),
        about: "where something was said in conversations, newest first; only where the owner alone can read",
    },
    Route {
        path: "/api/project/<slug>",
        params: OF_PROJECT,
        answer: Json(Handler::Project(api::project)),
        about: "one project, its weeks, and those of its sessions that the query selects",
    },
    Route {
        path: "/api/activity",
        params: &[Since, Until],
        answer: Json(Handler::All(api::activity)),
        about: "sessions of the last year, by day and project; what a range of days cost",
    },
    Route {
        path: "/api/audit",
        params: OF_CALLS,
        answer: Json(Handler::All(api::audit)),
        about: "the calls of tools that the query selects, newest first, page by page",
    },
    Route {
        path: "/api/limits",
        params: &[Since, Until],
        answer: Json(Handler::All(api::limits)),
        about: "each limit now, its windows in a range of time, budgets, planned starts",
    },
    Route {
        path: "/api/agents",
        params: &[],
        answer: Json(Handler::All(api::agents)),
        about: "the seats of agents, children after their parents",
    },
    Route {
        path: "/api/agents/<agent>",
        params: &[],
        answer: Json(Handler::Agent(api::agent)),
        about: "one seat, those below it, the messages that wait for it, its leases",
    },
    Route {
        path: "/api/leases",
        params: &[],
        answer: Json(Handler::All(api::leases)),
        about: "the leases of all projects that hold now",
    },
    Route {
        path: "/api/machines",
        params: OF_MACHINES,
        answer: Json(Handler::All(api::machines::all)),
        about: "other machines, their sessions and conversations, what they spent, secrets that were found, what a search finds",
    },
    Route {
        path: "/api/machines/conversation/<uuid>",
        params: &[Machine],
        answer: Lines(Handler::Conversation(api::machines::conversation)),
        about: "the parts of one conversation of another machine, one a line",
    },
    Route {
        path: "/api/export/session/<id>",
        params: &[Format],
        answer: Download(Handler::Session(api::export::session)),
        about: "one session as a file",
    },
    Route {
        path: "/api/export/project/<slug>",
        params: &[Format, IncludeArchived, Limit],
        answer: Download(Handler::Project(api::export::project)),
        about: "the sessions of a project as a file",
    },
    Route {
        path: "/api/events",
        params: &[Conversation],
        answer: Events,
        about: "an event whenever something changed",
    },
    Route {
        path: "/review/api/op",
        params: &[],
        answer: Change,
        about: "POST: a change; needs `--review` and the key",
    },
    Route {
        path: write::EXCHANGE,
        params: &[],
        answer: Key,
        about: "POST: the key of a tab, for the code in the address that `cs-serve open` prints; only where a key is required",
    },
    Route {
        path: "/healthz",
        params: &[],
        answer: Health(api::health),
        about: "whether the server runs, and who may read; needs no key and reads nothing of the store",
    },
];

/// The route of a path, and the part of the path at its placeholder.
pub fn find(path: &str) -> Result<(&'static Route, &str), Refusal> {
    let mut matching = ROUTES.iter().filter_map(|route| Some((route, name_in(route.path, path)?)));
    matching.next().ok_or_else(|| Refusal::new(404, "NOT_FOUND", "there is no such page; /api describes the API"))
}

/// What the answer takes. Picking calls out of the log is a search, too.
pub fn effort(request: &Request) -> Effort {
    let query = &request.target.query;
    let has_words = || query.iter().any(|(name, value)| name == Q.name() && !value.trim().is_empty());
    let Ok((route, _)) = find(&request.target.path) else { return Effort::Small };
    match route.answer {
        Download(_) => Effort::File,
        _ if route.params.contains(&Verdict) && !query.is_empty() => Effort::Search,
        _ if route.params.contains(&Q) && has_words() => Effort::Search,
        _ => Effort::Small,
    }
}

/// Whether a path needs no key, because its answer contains no data.
pub fn is_open(path: &str) -> bool {
    find(path).is_ok_and(|(route, _)| matches!(route.answer, Asset(_) | Health(_) | Key))
}

/// The templates of all pages.
pub fn templates() -> impl Iterator<Item = Template> {
    ROUTES.iter().filter_map(|route| match route.answer {
        Page(template, _) | Text(template, _) => Some(template),
        _ => None,
    })
}

/// A route as the page about the API shows it.
#[derive(Debug, Serialize)]
pub struct Description {
    pub path: &'static str,
    /// The URL for a link: the path, if it has no placeholder.
    pub url: Option<&'static str>,
    pub params: Vec<&'static str>,
    pub about: &'static str,
}

/// All routes in words.
pub fn descriptions() -> Vec<Description> {
    let describe = |route: &Route| Description {
        path: route.path,
        url: Some(route.path).filter(|path| !path.contains('<')),
        params: route.params.iter().map(|param| param.name()).collect(),
        about: route.about,
    };
    ROUTES.iter().map(describe).collect()
}

#[cfg(test)]
mod tests;
