//! Owns what becomes of a request that was let pass: the route decides who answers it.
//! Must stay true: an answer that depends on the store is made from one snapshot of it; nothing is written.

use crate::cache::Cache;
use crate::http::{Refusal, Reply, Request, guard, trim_memory};
use crate::pages::Pages;
use crate::query::{Query, Unknown};
use crate::router::{Route, route};
use crate::view::archive::Archive;
use crate::view::history::TasksDone;
use crate::view::search::Search;
use crate::view::usage::Usage;
use crate::view::{Keeper, Snapshot};
use crate::{api, assets, pages};
use cs_core::clock;
use cs_core::store::Store;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tiny_http::HTTPVersion;

/// After answers that had to read so much, free memory goes back to the system.
const TRIM_BYTES: usize = 256 * 1024;

/// Everything that answers are made of.
pub struct App {
    pub keeper: Keeper,
    pub archive: Archive,
    pub search: Search,
    pub tasks_done: TasksDone,
    pub usage: Usage,
    pub pages: Pages,
    /// Who may read, in a word.
    pub readers: &'static str,
    cache: Cache,
    trimmed_for: AtomicU64,
}

/// What an answer is made with.
pub struct Asked<'a> {
    pub app: &'a App,
    pub snapshot: Arc<Snapshot>,
    pub query: Query,
    pub path: &'a str,
}

impl App {
    /// Reads nothing of the store yet.
    pub fn new(store: Store) -> Result<Self, minijinja::Error> {
        Ok(App {
            keeper: Keeper::new(store),
            archive: Archive::default(),
            search: Search::default(),
            tasks_done: TasksDone::default(),
            usage: Usage::default(),
            pages: Pages::new()?,
            readers: "everyone",
            cache: Cache::default(),
            trimmed_for: AtomicU64::new(0),
        })
    }

    /// The answer to a request.
    pub fn answer(&self, request: &Request) -> Reply {
        let answered = route(&request.target.path).and_then(|route| self.find(&route, request));
        match answered {
            Ok(reply) => reply.for_request(request),
            Err(refusal) => self.refuse(request, &refusal),
        }
    }

    /// The generation that is there now; the last one that could be read.
    pub fn look(&self) -> u64 {
        self.keeper.latest(Instant::now()).map_or(0, |snapshot| snapshot.generation)
    }

    fn refuse(&self, request: &Request, refusal: &Refusal) -> Reply {
        let wants_page = request.field("accept").is_some_and(|kinds| kinds.contains("text/html"));
        if guard::is_api(&request.target.path) || !wants_page {
            return Reply::refusal(refusal);
        }
        self.pages.refusal(refusal)
    }

    fn find(&self, route: &Route, request: &Request) -> Result<Reply, Refusal> {
        match route {
            Route::Health => {
                let health = serde_json::json!({"status": "ok", "readers": self.readers});
                Ok(Reply::json(&health).with("Cache-Control", "no-store"))
            }
            Route::Asset(name) => assets::find(name),
            Route::Api => Ok(self.pages.api()),
            _ => self.find_in_store(route, request),
        }
    }

    fn find_in_store(&self, route: &Route, request: &Request) -> Result<Reply, Refusal> {
        let snapshot = self.keeper.latest(request.received_at)?;
        if *route == Route::Events && request.version == HTTPVersion(1, 0) {
            return Err(Refusal::new(505, "HTTP_VERSION", "events need HTTP 1.1"));
        }
        if *route == Route::Events {
            return Ok(Reply::events(snapshot.generation));
        }
        let unknown = if guard::is_api(&request.target.path) { Unknown::Refused } else { Unknown::Ignored };
        let query = Query::parse(&request.target.query, known(route), unknown, clock::now())?;
        let age = (snapshot.generation, clock::now().timestamp() / 60);
        let url = format!("{}?{query}", request.target.path);
        if let Some(reply) = self.cache.get(age, &url) {
            return Ok(reply);
        }
        let asked = Asked { app: self, snapshot, query, path: &request.target.path };
        let reply = make(route, &asked)?;
        self.cache.put(age, url, &reply);
        self.give_back(&reply, age.0);
        Ok(reply)
    }

    /// Making a snapshot or a long answer takes memory for a moment.
    fn give_back(&self, reply: &Reply, generation: u64) {
        let is_new = self.trimmed_for.swap(generation, Ordering::Relaxed) != generation;
        if is_new || reply.body.len() > TRIM_BYTES {
            trim_memory();
        }
    }
}

fn make(route: &Route, asked: &Asked) -> Result<Reply, Refusal> {
    match route {
        Route::Overview => pages::overview::page(asked),
        Route::Session(id) => pages::session::page(asked, id),
        Route::Project(slug) => pages::project::page(asked, slug),
        Route::Activity => pages::activity::page(asked),
        Route::ApiOverview => Ok(api::overview(asked)),
        Route::ApiSessions => api::sessions(asked),
        Route::ApiSession(id) => api::session(asked, id),
        Route::ApiProject(slug) => api::project(asked, slug),
        Route::ApiActivity => api::activity(asked),
        Route::ExportSession(id) => api::export::session(asked, id),
        Route::ExportProject(slug) => api::export::project(asked, slug),
        Route::Asset(_) | Route::Api | Route::Events | Route::Health => {
            Err(Refusal::new(404, "NOT_FOUND", "there is no such page"))
        }
    }
}

/// The names that mean something behind the `?` of a route.
fn known(route: &Route) -> &'static [&'static str] {
    match route {
        Route::Overview | Route::ApiSessions => {
            &["project", "status", "state", "since", "until", "q", "limit", "cursor", "include_archived"]
        }
        Route::Project(_) | Route::ApiProject(_) => {
            &["status", "state", "since", "until", "q", "limit", "cursor", "include_archived"]
        }
        Route::Activity | Route::ApiActivity => &["since", "until"],
        Route::ExportSession(_) => &["format"],
        Route::ExportProject(_) => &["format", "include_archived", "limit"],
        _ => &[],
    }
}
