//! Owns answering a request that has passed `http`, by its route.
//! Must stay true: an answer that depends on the store is made from one snapshot of it; nothing is written.

use crate::asked::Asked;
use crate::cache::{Cache, LogEnd, Validity};
use crate::http::{Refusal, Reply, Request, guard, trim_memory};
use crate::pages::Pages;
use crate::query::{Query, Unknown};
use crate::routes::{self, Answer, Answered, Handler, Route};
use crate::site::Site;
use crate::view::Caches;
use cs_core::clock;
use cs_core::id::{SeatId, SessionId, Slug};
use cs_core::store::Store;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tiny_http::HTTPVersion;

/// After answers of this size, free memory is returned to the system.
const TRIM_BYTES: usize = 256 * 1024;

/// Everything that answers are made from.
pub struct App {
    pub site: Site,
    caches: Caches,
    cache: Cache,
    trimmed_for: AtomicU64,
}

impl App {
    /// Creates the app without reading the store.
    pub fn new(store: Store) -> Result<Self, minijinja::Error> {
        let pages = Pages::new(routes::templates(), routes::descriptions(), store.home.audit_dir())?;
        Ok(App {
            site: Site { pages, readers: "everyone" },
            caches: Caches::new(store),
            cache: Cache::default(),
            trimmed_for: AtomicU64::new(0),
        })
    }

    /// Answers a request.
    pub fn answer(&self, request: &Request) -> Reply {
        let made = routes::find(&request.target.path).map_err(|refusal| (refusal, None));
        let made = made.and_then(|(route, name)| self.make(route, name, request).map_err(|why| (why, route.page())));
        match made {
            Ok(reply) => reply.for_request(request),
            Err((refusal, page)) => self.refuse(request, &refusal, page),
        }
    }

    /// Returns the present generation of the store; 0 if it cannot be read.
    pub fn look(&self) -> u64 {
        self.caches.keeper.latest(Instant::now()).map_or(0, |snapshot| snapshot.generation)
    }

    /// The error; `page` is the path of the page that was asked for.
    fn refuse(&self, request: &Request, refusal: &Refusal, page: Option<&'static str>) -> Reply {
        let wants_page = request.field("accept").is_some_and(|kinds| kinds.contains("text/html"));
        if guard::is_api(&request.target.path) || !wants_page {
            return Reply::refusal(refusal);
        }
        self.site.pages.refusal(refusal, page)
    }

    fn make(&self, route: &Route, name: &str, request: &Request) -> Answered {
        match route.answer {
            Answer::Text(_, make) => make(&self.site),
            Answer::Health(make) => Ok(make(&self.site)),
            Answer::Asset(find) => find(name),
            Answer::Events => self.events(request),
            // Pages ignore unknown parameters, because other software appends some to links. The API refuses them, so
            // that a program notices its mistake.
            Answer::Page(template, handler) => {
                let query = Query::parse(&request.target.query, route.params, Unknown::Ignored, clock::now())?;
                self.answer_from_store(route, handler, name, template.name, query, request)
            }
            Answer::Json(handler) | Answer::Download(handler) => {
                let query = Query::parse(&request.target.query, route.params, Unknown::Refused, clock::now())?;
                self.answer_from_store(route, handler, name, "", query, request)
            }
        }
    }

    fn events(&self, request: &Request) -> Answered {
        if request.version == HTTPVersion(1, 0) {
            return Err(Refusal::new(505, "HTTP_VERSION", "events need HTTP 1.1"));
        }
        Ok(Reply::events(self.caches.keeper.latest(request.received_at)?.generation))
    }

    fn answer_from_store(
        &self,
        route: &Route,
        handler: Handler,
        name: &str,
        template: &'static str,
        query: Query,
        request: &Request,
    ) -> Answered {
        let snapshot = self.caches.keeper.latest(request.received_at)?;
        let path = request.target.path.as_str();
        let validity = Validity { generation: snapshot.generation, minute: clock::now().timestamp() / 60 };
        let log = if route.reads_log() { self.log_end() } else { None };
        let url = format!("{path}?{query}");
        if let Some(reply) = self.cache.get(validity, log, &url) {
            return Ok(reply);
        }
        let asked = Asked { caches: &self.caches, snapshot, query, path, pages: &self.site.pages, template };
        let reply = match handler {
            Handler::All(make) => make(&asked),
            Handler::Session(make) => make(&asked, &SessionId::parse(name)?),
            Handler::Project(make) => make(&asked, &Slug::parse(name)?),
            Handler::Agent(make) => make(&asked, &SeatId::parse(name)?),
        }?;
        self.cache.put(validity, log, url, &reply);
        self.give_back(&reply, validity.generation);
        Ok(reply)
    }

    /// Where the log of what tools did ends.
    fn log_end(&self) -> LogEnd {
        let head = std::fs::symlink_metadata(self.caches.store().home.audit_head()).ok()?;
        Some((head.ino(), head.mtime(), head.mtime_nsec()))
    }

    /// Returns memory to the system after a snapshot or a long answer was made.
    fn give_back(&self, reply: &Reply, generation: u64) {
        let is_new = self.trimmed_for.swap(generation, Ordering::Relaxed) != generation;
        if is_new || reply.body.len() > TRIM_BYTES {
            trim_memory();
        }
    }
}
