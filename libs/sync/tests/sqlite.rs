//! SQLite as a target, with a real `sqlite3`: what is pushed is there once and comes back byte for byte, and whoever is
//! killed leaves the file as it was.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

#[path = "sqlite/figures.rs"]
mod figures;
#[path = "sqlite/folders.rs"]
mod folders;
#[path = "sqlite/forget.rs"]
mod forget;
#[path = "sqlite/killed.rs"]
mod killed;
#[path = "sqlite/made.rs"]
mod made;
#[path = "sqlite/model.rs"]
mod model;
#[path = "sqlite/push.rs"]
mod push;
#[path = "sqlite/versions.rs"]
mod versions;
#[path = "sqlite/views.rs"]
mod views;
