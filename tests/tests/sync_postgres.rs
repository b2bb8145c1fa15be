//! PostgreSQL as a target: who sees what, that a push is all or nothing, that a pull gives back each byte, and what it
//! takes. With a server of its own for each test; without PostgreSQL they are skipped.

#[path = "sync_postgres/content.rs"]
mod content;
#[path = "sync_postgres/large.rs"]
mod large;
#[path = "sync_postgres/own.rs"]
mod own;
#[path = "sync_postgres/program.rs"]
mod program;
#[path = "sync_postgres/pull.rs"]
mod pull;
#[path = "sync_postgres/push.rs"]
mod push;
#[path = "sync_postgres/rights.rs"]
mod rights;
#[path = "sync_postgres/search.rs"]
mod search;
#[path = "sync_postgres/trouble.rs"]
mod trouble;
#[path = "sync_postgres/versions.rs"]
mod versions;
