//! Owns answering a request that has passed `http`, by its route.
//! Must stay true: an answer that depends on the store is made from one snapshot of it; only `ops` writes.

use crate::asked::Asked;
use crate::cache::{Cache, LogEnd, Validity};
use crate::code::Codes;
use crate::http::refused::Note;
use crate::http::{Refusal, Reply, Request, Start, guard, trim_memory, write};
use crate::ops;
use crate::pages::Pages;
use crate::pages::conversation::{self, Part};
use crate::pages::found;
use crate::param::Param;
use crate::power::Power;
use crate::query::{Query, Unknown};
use crate::routes::{self, Answer, Answered, Handler, Route};
use crate::site::Site;
use crate::view::Caches;
use agents::logs::Roots;
use cs_core::clock;
use cs_core::id::{SeatId, SessionId, Slug, Uuid};
use cs_core::store::Store;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tiny_http::{HTTPVersion, Method};

/// After answers of this size, free memory is returned to the system.
const TRIM_BYTES: usize = 256 * 1024;

/// Everything that answers are made from.
pub struct App {
    pub site: Site,
    caches: Arc<Caches>,
    cache: Cache,
    trimmed_for: AtomicU64,
    /// The codes for which tabs get a key, if one is required.
    pub codes: Option<Codes>,
}

impl App {
    /// Creates the app without reading the store.
    pub fn new(store: Store, roots: Roots, power: Power, also: Vec<PathBuf>) -> Result<Self, minijinja::Error> {
        let mut pages = Pages::new(routes::templates(), routes::descriptions(), store.home.audit_dir(), power)?;
        pages.show_machines(!also.is_empty());
        let mut caches = Caches::new(store, roots);
        caches.machines.dirs = also;
        Ok(App {
            site: Site { pages: Arc::new(pages), readers: "everyone", power },
            caches: Arc::new(caches),
            cache: Cache::default(),
            trimmed_for: AtomicU64::new(0),
            codes: None,
        })
    }

    /// Answers a request.
    pub fn answer(&self, request: &Request) -> Reply {
        let made = routes::find(&request.target.path).map_err(|refusal| (refusal, None));
        let made = made.and_then(|(route, name)| self.make(route, name, request).map_err(|why| (why, route.page())));
        match made {
            Ok(reply) => reply.for_request(request),
            Err((refusal, page)) => {
                let note = self.codes.as_ref().and_then(|codes| Note::of(&codes.home, request, &refusal));
                note.iter().for_each(Note::write);
                self.refuse(request, &refusal, page)
            }
        }
    }

    /// Returns the present generation of the store; 0 if it cannot be read.
    pub fn look(&self) -> u64 {
        self.generation(Instant::now()).unwrap_or_default()
    }

    /// The error; `page` is the path of the page that was asked for.
    fn refuse(&self, request: &Request, refusal: &Refusal, page: Option<&'static str>) -> Reply {
        let wants_page = request.field("accept").is_some_and(|kinds| kinds.contains("text/html"));
        if guard::is_api(&request.target.path) || !wants_page {
            return Reply::refusal(refusal);
        }
        self.site.pages.refusal(refusal, page)
    }

    /// The generation of the store and of the conversations that somebody watches.
    fn generation(&self, asked_at: Instant) -> Result<u64, Refusal> {
        Ok(self.caches.keeper.latest(asked_at)?.generation + self.caches.conversations.growth())
    }

    fn make(&self, route: &Route, name: &str, request: &Request) -> Answered {
        if route.is_private() && !route.is_review() && !self.site.is_of_owner() {
            return Err(owner_only());
        }
        if matches!(route.answer, Answer::Key) {
            return self.exchange(request);
        }
        if route.is_review() && !self.site.is_review() {
            return Err(no_review());
        }
        if request.method == Method::Post && !matches!(route.answer, Answer::Change) {
            return Err(write::method_not_allowed("GET, HEAD"));
        }
        match route.answer {
            Answer::Change if request.method == Method::Post => {
                let made = ops::make(&self.caches, self.site.power, &request.body)?;
                let is_too_old = made.rest.is_some() && request.version == HTTPVersion(1, 0);
                if is_too_old { Err(too_old("reports")) } else { Ok(made) }
            }
            Answer::Change | Answer::Key => Err(write::method_not_allowed("POST")),
            Answer::Text(_, make) => make(&self.site),
            Answer::Health(make) => Ok(make(&self.site)),
            Answer::Asset(find) => find(name),
            Answer::Events => self.events(request),
            // Pages ignore unknown parameters, because other software appends some to links. The API refuses them, so
            // that a program notices its mistake.
            Answer::Page(template, handler) => {
                let query = Query::parse(&request.target.query, route.params, Unknown::Ignored, clock::now())?;
                let (turn, after) = (query.turn, query.after.clone());
                let searched = Some(query.clone()).filter(|query| query.q.is_some() && self.site.is_of_owner());
                let page = self.answer_from_store(route, handler, name, template.name, query, request)?;
                if route.is_review() {
                    let is_too_old = page.rest.is_some() && request.version == HTTPVersion(1, 0);
                    return if is_too_old { Err(too_old("reviews")) } else { Ok(page) };
                }
                if route.is_machines() {
                    return Ok(page);
                }
                if let Some(query) =
                    searched.filter(|_| request.field("x-part").is_none() && request.version != HTTPVersion(1, 0))
                {
                    return Ok(found::fill(&self.caches, &self.site.pages, &page, query));
                }
                self.with_conversation(handler, name, page, (turn, after.as_deref()), request)
            }
            Answer::Lines(_) if request.version == HTTPVersion(1, 0) => Err(too_old("conversations")),
            Answer::Json(handler) | Answer::Lines(handler) | Answer::Download(handler) => {
                let query = Query::parse(&request.target.query, route.params, Unknown::Refused, clock::now())?;
                self.answer_from_store(route, handler, name, "", query, request)
            }
        }
    }

    /// Gives a tab a key for its code.
    fn exchange(&self, request: &Request) -> Answered {
        let codes = self.codes.as_ref().ok_or_else(no_review)?;
        if request.method != Method::Post {
            return Err(write::method_not_allowed("POST"));
        }
        codes.exchange(&request.body)
    }

    fn events(&self, request: &Request) -> Answered {
        if request.version == HTTPVersion(1, 0) {
            return Err(too_old("events"));
        }
        let params = &[Param::Conversation];
        let query = Query::parse(&request.target.query, params, Unknown::Ignored, clock::now())?;
        let watch = |id: Uuid| {
            let found = self.caches.conversations.find(self.caches.store(), &id).ok()?;
            Some(self.caches.conversations.watch(&found))
        };
        let held = query.conversation.filter(|_| self.site.is_of_owner()).and_then(watch);
        Ok(Reply::events(Start { generation: self.generation(request.received_at)?, held }))
    }

    /// The page with its conversation in it, if it has one: for a browser that shows it, but not for a script that looks
    /// for changes of the page (`X-Part: page`) or of the conversation (`X-Part: conversation`).
    fn with_conversation(
        &self,
        handler: Handler,
        name: &str,
        page: Reply,
        (turn, after): (Option<u64>, Option<&str>),
        request: &Request,
    ) -> Answered {
        let part = request.field("x-part");
        let is_own = matches!(handler, Handler::Conversation(_));
        let uuid = match handler {
            Handler::Conversation(_) => Uuid::parse(name).ok(),
            Handler::Session(_) if self.site.is_of_owner() => self.conversation_of(name),
            _ => None,
        };
        let Some(uuid) = uuid.filter(|_| part != Some("page") && request.version != HTTPVersion(1, 0)) else {
            return Ok(page);
        };
        let Ok(found) = self.caches.conversations.find(self.caches.store(), &uuid) else { return Ok(page) };
        let (caches, pages) = (&self.caches, &self.site.pages);
        Ok(match after.filter(|_| part == Some("conversation")) {
            Some(after) => conversation::news(caches, pages, &found, after),
            None => conversation::fill(caches, pages, &page, &found, &Part { after, turn, is_own }),
        })
    }

    /// The conversation of a session.
    fn conversation_of(&self, session: &str) -> Option<Uuid> {
        let (session, _) = self.caches.store().located(&SessionId::parse(session).ok()?).ok()?;
        Uuid::parse(&session.claude_session_id?).ok()
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
        let cached = if route.is_private() { None } else { self.cache.get(validity, log, &url) };
        if let Some(reply) = cached {
            return Ok(reply);
        }
        let is_of_owner = self.site.is_of_owner();
        let asked =
            Asked { caches: &self.caches, snapshot, query, path, pages: &self.site.pages, template, is_of_owner };
        let reply = match handler {
            Handler::All(make) => make(&asked),
            Handler::Session(make) => make(&asked, &SessionId::parse(name)?),
            Handler::Project(make) => make(&asked, &Slug::parse(name)?),
            Handler::Agent(make) => make(&asked, &SeatId::parse(name)?),
            Handler::Conversation(make) => make(&asked, &Uuid::parse(name)?),
        }?;
        if !route.is_private() {
            self.cache.put(validity, log, url, &reply);
        }
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

/// What is sent in pieces cannot be sent to a client that knows only HTTP 1.0.
fn too_old(what: &str) -> Refusal {
    Refusal::new(505, "HTTP_VERSION", &format!("{what} need HTTP 1.1"))
}

fn no_review() -> Refusal {
    let text = "this dashboard is read-only; start it with --review to review conversations and to change something";
    Refusal::new(404, "READ_ONLY", text)
}

fn owner_only() -> Refusal {
    let text = "conversations are shown only by a dashboard that nobody but its owner can read: one that was started \
        without --token-file, --allow-users and --allow-remote";
    Refusal::new(403, "OWNER_ONLY", text)
}
