//! Owns the values of query parameters, for pages and API.
//! Must stay true: the output of [`Query::to_string`] is parsed as the same query, so that a view can be bookmarked; an
//! empty value counts as none, because forms send empty values.

use crate::http::Refusal;
use crate::http::target::encode;
use crate::param::Param;
use agents::part::PartKind;
use audit::Outcome;
use cs_core::clock::Instant;
use cs_core::id::{SessionId, Slug, Uuid};
use cs_core::range::{self, Range};
use cs_core::record::Status;
use cs_core::search;
use cs_core::state::{STATES, State};
use cs_core::store::Selector;
use cs_core::zone::Zone;
use render::{FORMATS, Format};
use rules::Kind as Verdict;
use std::fmt;

/// The default and the maximum length of a list.
pub const LIMIT: usize = 50;
pub const MAX_LIMIT: usize = 500;
/// Longest text that is searched for, in characters.
const SEARCH: usize = 200;
/// Longest name of a part of a conversation, in bytes.
const ANCHOR: usize = 200;
/// The word of the order by duration.
const SLOWEST: &str = "slowest";

/// The sessions, or the calls of tools, to select.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    pub project: Option<Slug>,
    pub status: Option<Status>,
    pub state: Option<Wanted>,
    pub since: Option<When>,
    pub until: Option<When>,
    /// The search as it was typed; see [`Query::words`].
    pub q: Option<String>,
    /// A tag of their conversations.
    pub tag: Option<String>,
    pub include_archived: bool,
    pub limit: Option<usize>,
    /// The last session of the page before.
    pub cursor: Option<SessionId>,
    /// The format of an export.
    pub format: Option<Format>,
    /// The session whose calls are selected, as a person names it.
    pub session: Option<String>,
    /// The tool that was called.
    pub tool: Option<String>,
    pub verdict: Option<Verdict>,
    pub outcome: Option<Outcome>,
    /// Whether the slowest call comes first, instead of the newest.
    pub is_slowest_first: bool,
    /// The number of the last call of the page before.
    pub before: Option<u64>,
    /// The kinds of parts of a conversation, as they were written; see [`Query::part_kinds`].
    pub kinds: Option<String>,
    /// The turn of a conversation.
    pub turn: Option<u64>,
    /// The last part of a conversation that is known already.
    pub after: Option<String>,
    /// The conversation whose log is watched too.
    pub conversation: Option<Uuid>,
    /// The number of the page of a list, from 1.
    pub page: Option<u64>,
    /// The part of a conversation that is looked for.
    pub entry: Option<String>,
    /// Another machine, by its id or its name.
    pub machine: Option<String>,
    /// Who a machine belongs to.
    pub owner: Option<String>,
}

/// A filter by state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    One(State),
    /// Waiting or idle: the user has to act.
    NeedsMe,
    /// The last turn failed.
    Failed,
}

/// An instant, and its text as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct When {
    pub text: String,
    pub at: Instant,
}

/// How to treat a parameter that the route does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    Refused,
    Ignored,
}

impl Query {
    /// Reads the pairs of a URL. The route takes these parameters and no others.
    pub fn parse(
        pairs: &[(String, String)],
        known: &[Param],
        unknown: Unknown,
        now: Instant,
    ) -> Result<Query, Refusal> {
        let mut query = Query::default();
        let mut seen: Vec<Param> = Vec::new();
        for (name, value) in pairs {
            let Some(param) = known.iter().find(|param| param.name() == name).copied() else {
                match unknown {
                    Unknown::Ignored => continue,
                    Unknown::Refused => return Err(bad(format!("{name:?} is not a parameter here{}", list(known)))),
                }
            };
            if seen.contains(&param) {
                return Err(bad(format!("{name} is given twice")));
            }
            seen.push(param);
            let value = value.trim();
            if !value.is_empty() {
                query.set(param, value, now)?;
            }
        }
        Ok(query)
    }

    fn set(&mut self, param: Param, value: &str, now: Instant) -> Result<(), Refusal> {
        match param {
            Param::Project => self.project = Some(Slug::parse(value).map_err(|error| bad(error.to_string()))?),
            Param::Status => self.status = Some(status(value)?),
            Param::State => self.state = Some(state(value)?),
            Param::Since => self.since = Some(when(value, range::start(value, Zone::system(), now))?),
            Param::Until => self.until = Some(when(value, range::end(value, Zone::system(), now))?),
            Param::Q if value.chars().count() > SEARCH => {
                return Err(bad(format!("q may have at most {SEARCH} characters")));
            }
            Param::Q => self.q = Some(value.to_string()),
            Param::Tag if value.chars().count() > SEARCH => {
                return Err(bad(format!("tag may have at most {SEARCH} characters")));
            }
            Param::Tag => self.tag = Some(value.to_string()),
            Param::IncludeArchived => self.include_archived = flag(param.name(), value)?,
            Param::Session => self.session = Some(session(value)?),
            Param::Tool if value.chars().count() > SEARCH => {
                return Err(bad(format!("tool may have at most {SEARCH} characters")));
            }
            Param::Tool => self.tool = Some(value.to_string()),
            Param::Verdict => self.verdict = Some(verdict(value)?),
            Param::Outcome => self.outcome = Some(outcome(value)?),
            Param::Sort => self.is_slowest_first = is_slowest(value)?,
            Param::Before => self.before = Some(value.parse().map_err(|_| before(value))?),
            Param::Kinds => {
                kinds(value)?;
                self.kinds = Some(value.to_string());
            }
            Param::Turn => {
                self.turn = Some(value.parse().map_err(|_| bad(format!("turn must be a number, not {value:?}")))?)
            }
            Param::After if value.len() > ANCHOR => return Err(bad(format!("after may have at most {ANCHOR} bytes"))),
            Param::After => self.after = Some(value.to_string()),
            Param::Conversation => self.conversation = Some(Uuid::parse(value)?),
            Param::Page => {
                let is_page = |page: &u64| *page > 0;
                let page = value.parse().ok().filter(is_page);
                self.page = Some(page.ok_or_else(|| bad(format!("page must be a number from 1, not {value:?}")))?);
            }
            Param::Entry if value.len() > ANCHOR => return Err(bad(format!("entry may have at most {ANCHOR} bytes"))),
            Param::Entry => self.entry = Some(value.to_string()),
            Param::Machine | Param::Owner if value.chars().count() > SEARCH => {
                return Err(bad(format!("{} may have at most {SEARCH} characters", param.name())));
            }
            Param::Machine => self.machine = Some(value.to_string()),
            Param::Owner => self.owner = Some(value.to_string()),
            Param::Limit => self.limit = Some(limit(value)?),
            Param::Format => self.format = Some(format(value)?),
            Param::Cursor => {
                self.cursor = Some(
                    SessionId::parse(value)
                        .map_err(|_| bad("cursor is not a session id; use next_cursor of the page before".into()))?,
                )
            }
        }
        Ok(())
    }

    /// When the selected sessions began.
    pub fn range(&self, now: Instant) -> Range {
        let at = |when: &Option<When>| when.as_ref().map(|when| when.at);
        Range::new(at(&self.since), at(&self.until), now)
    }

    /// How many sessions at most.
    pub fn limit(&self) -> usize {
        self.limit.unwrap_or(LIMIT)
    }

    /// The words that must all occur, in lower case. Words in quotes stay together.
    pub fn words(&self) -> Vec<String> {
        search::words(&search::fold(self.q.as_deref().unwrap_or_default()))
    }

    /// The kinds of parts of a conversation that are wanted; empty: all.
    pub fn part_kinds(&self) -> Vec<PartKind> {
        self.kinds.as_deref().and_then(|text| kinds(text).ok()).unwrap_or_default()
    }

    /// Whether the query selects anything.
    pub fn is_filtered(&self) -> bool {
        let page = Query { limit: self.limit, ..Query::default() };
        *self != page
    }

    /// The same query, whatever its page.
    pub fn without_page(&self) -> Query {
        Query { page: None, ..self.clone() }
    }

    /// The same query, from its first page on.
    pub fn first_page(&self) -> Query {
        Query { cursor: None, before: None, ..self.clone() }
    }
}

impl fmt::Display for Query {
    /// Writes the query as in a URL, always in the same order.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.map(|wanted| match wanted {
            Wanted::One(state) => state.as_str(),
            Wanted::NeedsMe => "needs_me",
            Wanted::Failed => "failed",
        });
        let pairs = [
            (Param::Project, self.project.as_ref().map(Slug::to_string)),
            (Param::Status, self.status.map(|status| status.as_str().to_string())),
            (Param::State, state.map(str::to_string)),
            (Param::Since, self.since.as_ref().map(|when| when.text.clone())),
            (Param::Until, self.until.as_ref().map(|when| when.text.clone())),
            (Param::Q, self.q.clone()),
            (Param::Tag, self.tag.clone()),
            (Param::IncludeArchived, self.include_archived.then(|| "true".to_string())),
            (Param::Limit, self.limit.map(|limit| limit.to_string())),
            (Param::Format, self.format.map(|format| format.name().to_string())),
            (Param::Cursor, self.cursor.as_ref().map(SessionId::to_string)),
            (Param::Session, self.session.clone()),
            (Param::Tool, self.tool.clone()),
            (Param::Verdict, self.verdict.map(|verdict| verdict.word().to_string())),
            (Param::Outcome, self.outcome.map(|outcome| outcome.word().to_string())),
            (Param::Sort, self.is_slowest_first.then(|| SLOWEST.to_string())),
            (Param::Before, self.before.map(|number| number.to_string())),
            (Param::Kinds, self.kinds.clone()),
            (Param::Turn, self.turn.map(|turn| turn.to_string())),
            (Param::After, self.after.clone()),
            (Param::Conversation, self.conversation.as_ref().map(Uuid::to_string)),
            (Param::Page, self.page.map(|page| page.to_string())),
            (Param::Entry, self.entry.clone()),
            (Param::Machine, self.machine.clone()),
            (Param::Owner, self.owner.clone()),
        ];
        let given = pairs.into_iter().filter_map(|(param, value)| Some((param, value?)));
        for (n, (param, value)) in given.enumerate() {
            write!(f, "{}{}={}", if n == 0 { "" } else { "&" }, param.name(), encode(&value))?;
        }
        Ok(())
    }
}

fn session(word: &str) -> Result<String, Refusal> {
    Selector::parse(word).map(|_| word.to_string()).map_err(|error| bad(error.to_string()))
}

fn status(word: &str) -> Result<Status, Refusal> {
    let all = [Status::Active, Status::Parked, Status::Completed];
    let found = all.into_iter().find(|status| status.as_str() == word);
    found.ok_or_else(|| bad(format!("{word:?} is not a status; use active, parked or completed")))
}

fn state(word: &str) -> Result<Wanted, Refusal> {
    if word == "needs_me" {
        return Ok(Wanted::NeedsMe);
    }
    if word == "failed" {
        return Ok(Wanted::Failed);
    }
    let found = STATES.into_iter().find(|state| state.as_str() == word);
    let words = STATES.map(State::as_str).join(", ");
    found.map(Wanted::One).ok_or_else(|| bad(format!("{word:?} is not a state; use needs_me, failed, {words}")))
}

fn verdict(word: &str) -> Result<Verdict, Refusal> {
    let found = Verdict::ALL.into_iter().find(|verdict| verdict.word() == word);
    let words = Verdict::ALL.map(Verdict::word).join(", ");
    found.ok_or_else(|| bad(format!("{word:?} is not a verdict; use {words}")))
}

fn outcome(word: &str) -> Result<Outcome, Refusal> {
    let found = Outcome::ALL.into_iter().find(|outcome| outcome.word() == word);
    let words = Outcome::ALL.map(Outcome::word).join(", ");
    found.ok_or_else(|| bad(format!("{word:?} is not an outcome; use {words}")))
}

/// `said`, `all`, or words of kinds with commas between them; all is empty.
fn kinds(text: &str) -> Result<Vec<PartKind>, Refusal> {
    let mut kinds = Vec::new();
    for word in text.split(',').map(str::trim) {
        match (word, PartKind::of_word(word)) {
            ("all", _) => return Ok(Vec::new()),
            ("said", _) => kinds.extend(PartKind::SAID),
            (_, Some(kind)) => kinds.push(kind),
            (_, None) => {
                let words = PartKind::ALL.map(PartKind::word).join(", ");
                return Err(bad(format!("{word:?} is not a kind; use said, all, or some of {words}")));
            }
        }
    }
    Ok(kinds)
}

fn is_slowest(word: &str) -> Result<bool, Refusal> {
    match word {
        SLOWEST => Ok(true),
        "newest" => Ok(false),
        _ => Err(bad(format!("sort must be newest or {SLOWEST}, not {word:?}"))),
    }
}

fn before(value: &str) -> Refusal {
    bad(format!("before must be a number, not {value:?}; use next_before of the page before"))
}

fn format(word: &str) -> Result<Format, Refusal> {
    let words = FORMATS.map(Format::name).join(", ");
    Format::named(word).ok_or_else(|| bad(format!("{word:?} is not a format; use {words}")))
}

fn when(text: &str, at: cs_core::Result<Instant>) -> Result<When, Refusal> {
    at.map(|at| When { text: text.to_string(), at }).map_err(|error| bad(error.to_string()))
}

fn flag(name: &str, value: &str) -> Result<bool, Refusal> {
    match value {
        "true" | "1" | "on" => Ok(true),
        "false" | "0" | "off" => Ok(false),
        _ => Err(bad(format!("{name} must be true or false, not {value:?}"))),
    }
}

fn limit(value: &str) -> Result<usize, Refusal> {
    let number = value.parse().ok().filter(|number| (1..=MAX_LIMIT).contains(number));
    number.ok_or_else(|| bad(format!("limit must be a number from 1 to {MAX_LIMIT}, not {value:?}")))
}

fn list(known: &[Param]) -> String {
    let names: Vec<&str> = known.iter().map(|param| param.name()).collect();
    if names.is_empty() { "; there are none".to_string() } else { format!("; use {}", names.join(", ")) }
}

fn bad(text: String) -> Refusal {
    Refusal::new(400, "BAD_REQUEST", &text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cs_core::clock;

    const ALL: [Param; 23] = {
        use Param::{After, Conversation, Entry, Kinds, Machine, Owner, Page, Tool, Turn, Until, Verdict};
        use Param::{Before, Cursor, IncludeArchived, Limit, Outcome, Project, Q, Session, Since, Sort, State, Status};
        [
            Project,
            Status,
            State,
            Since,
            Until,
            Q,
            IncludeArchived,
            Limit,
            Cursor,
            Session,
            Tool,
            Verdict,
            Outcome,
            Sort,
            Before,
            Kinds,
            Turn,
            After,
            Conversation,
            Page,
            Entry,
            Machine,
            Owner,
        ]
    };

    fn read(text: &str) -> Result<Query, Refusal> {
        let target = crate::http::target::parse(&format!("/?{text}")).unwrap();
        Query::parse(&target.query, &ALL, Unknown::Refused, clock::parse("2026-11-21T10:00:00Z").unwrap())
    }

    #[test]
    fn a_query_survives_writing_and_parsing() {
        let text = "project=api&status=parked&state=needs_me&since=7d&until=2026-11-20&q=a%26b%20%22c%20d%22\
            &include_archived=true&limit=7&cursor=sess_20261121T0337_ca5d\
            &session=sess_20261121T0337_ca5d&tool=mcp__a%26b&verdict=destructive&outcome=denied&sort=slowest&before=17\
            &kinds=said%2Ccall&turn=3&after=a-b%230&conversation=5e1f0000-0000-4000-8000-0000000000aa&page=2&entry=a%230&machine=my%20laptop&owner=mira";
        let query = read(text).unwrap();
        assert_eq!(query.to_string(), text);
        assert_eq!(read(&query.to_string()).unwrap(), query);
        assert_eq!(query.words(), ["a&b", "c d"]);
        assert_eq!(clock::stamp(query.until.unwrap().at), "2026-11-21T00:00:00.000000+00:00");
        assert_eq!(read("project=&q=+&limit=").unwrap(), Query::default());
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "x=1",
            "status=done",
            "state=busy",
            "since=soon",
            "limit=0",
            "limit=501",
            "limit=-1",
            "cursor=x",
            "q=a&q=b",
            "verdict=bad",
            "outcome=ended",
            "sort=size",
            "before=-1",
            "session=ca5d/..",
            "kinds=prompts",
            "turn=-1",
            "conversation=x",
            "page=0",
        ] {
            assert_eq!(read(text).unwrap_err().status, 400, "{text}");
        }
        assert!(read("project=../x").is_err() && read(&format!("q={}", "a".repeat(201))).is_err());
    }
}
