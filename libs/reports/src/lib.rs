//! Reports of conversations that can be published: what people asked, what was done, tokens, evidence; for ids, a project, a
//! time, a tag, or the commits of a range. `cs-report`, the API and the review pages give the same bytes.
//!
//! Must stay true: every text goes through [`marks::Sanitizer`] unless it is asked for raw; what was left out is counted in
//! the head; nothing here starts a program or writes a file with a name.

mod columns;
mod commits;
mod evidence;
mod head;
mod html;
mod make;
mod markdown;
mod marked;
mod one;
mod people;
mod record;
mod request;
mod row;
mod select;
mod source;
mod sources;
mod spool;
mod talk;
mod texts;
mod tokens;
mod verify;
mod writer;

pub use commits::{Commits, Committed, How, MatchedCommit, Repository, Unmatched, find as find_commits};
pub use head::{Head, MARK, Parsed, content_digest, parse, style_source};
pub use make::{make, make_of, nothing, unmatched};
pub use one::One;
pub use record::{Counts, Known, MANUAL, Records, Replaced, Spoken, engine, engine_for, engine_of_all};
pub use request::{Format, MODES, Mode, Request, Scope, With};
pub use row::{Row, Value};
pub use select::{Chosen, select};
pub use source::is_same;
pub use sources::Sources;
pub use texts::Texts;
pub use verify::{Problem, Verified, verify};
pub use writer::{LARGEST, Made, Pieces, Writer};
