//! Owns PostgreSQL as a target and a source: the tables and rights, the text of a push, and what is asked. Starts `psql`,
//! which has the connection, the password and the encryption. Must stay true: a push changes no table's form, and is one
//! transaction; the database decides what a row's owner is.
//!
//! Two pushes of one machine at once wait for each other (a lock of the transaction). A push whose `psql`, program or
//! connection ends early changes nothing.

mod arguments;
mod complaint;
mod line;
pub mod own;
mod psql;
mod pull;
mod schema;
mod script;
mod session;
mod text;

pub use pull::pull;
pub use schema::schema;
pub use script::Script;
pub use session::Session;
