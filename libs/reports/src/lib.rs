//! Reports of conversations that can be published: what people asked, what was done, tokens, evidence; for ids, a project, a
//! time, a tag, or the commits of a range. `cs-report`, the API and the review pages give the same bytes.
//!
//! Must stay true: every text goes through [`marks::Sanitizer`] unless it is asked for raw; what was left out is counted in
//! the head; nothing here starts a program or writes a file.

mod commits;
mod evidence;
mod head;
mod make;
mod request;
mod row;
mod sources;
mod texts;
mod writer;

pub use commits::{Commit, Commits, How};
pub use head::{Head, MARK, Parsed, content_digest, parse};
pub use make::{One, make, select};
pub use request::{Format, MODES, Mode, Request, Scope, With};
pub use row::{Row, Value};
pub use sources::Sources;
pub use texts::Texts;
pub use writer::Writer;
