//! Reports of conversations that can be published: what people asked, what was done, tokens, evidence; for ids, a project, a
//! time, a tag, or the commits of a range. `cs-report`, the API and the review pages give the same bytes.
//!
//! Must stay true: every text goes through [`marks::Sanitizer`] unless it is asked for raw; what was left out is counted in
//! the head; nothing here starts a program or writes a file.

mod request;

pub use request::{Mode, Request, With};
