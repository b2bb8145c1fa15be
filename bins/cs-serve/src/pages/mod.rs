//! Owns the pages: a view of the store becomes a value, and a template in `web/` makes a page of it.
//!
//! How a page is made, for those who change one:
//!
//! 1. A row of [`crate::routes::ROUTES`] says which path it has, which parameters it takes, its template and the
//!    function that makes it. `app` reads the URL's query with [`crate::query::Query::parse`] (the same for pages
//!    and API) and takes one [`crate::view::Snapshot`] of the store.
//! 2. That function, in a module here, makes the page's value, a `Serialize` struct: [`overview::OverviewPage`],
//!    [`session::SessionPage`], [`project::ProjectPage`], [`activity::ActivityPage`]. These are the
//!    templates' variables; each field is described there. Everything that a page shows comes from its value, and
//!    templates only decide how it looks.
//! 3. [`crate::asked::Asked::render`] renders the row's template with it. All templates extend `web/base.html`.
//!
//! Every template also has `asset` (file name → URL, for example `asset["app.js"]`), `version`, and the
//! filters of [`filters`]: `day`, `moment`, `linked`, `percent`. Autoescape is on for all of them, so texts are
//! safe anywhere between tags or in quoted attributes; they must never be in an unquoted attribute, in a URL's
//! scheme, or in a script. The Content-Security-Policy forbids inline script
//! and style, `style="…"` too: use classes, `<progress>`, and attributes of SVG.
//!
//! Live: `/api/events` sends `change` whenever something on disk or a state changed. A page then requests
//! its own URL again (with its ETag: 304 if it has not changed) and updates the parts that differ. A page's bytes
//! depend only on the store and the minute, so a page without ages does not change by itself.
//! `web/tell.js` counts in the title of a hidden page, and sends notifications of the browser.
//! Reasons of states have no age (`state_reason`); the instant is a field of its own (`state_at`).

pub mod activity;
pub mod agents;
pub mod api;
pub mod audit;
mod charts;
pub mod conversation;
mod document;
mod figures;
mod filters;
pub mod found;
mod lanes;
mod limit_charts;
pub mod limits;
pub mod machines;
pub mod overview;
pub mod project;
pub mod review;
mod review_entries;
pub mod reviewing;
mod rows;
pub mod session;
mod stacks;
mod talk;
mod templates;
mod text;
mod usage;

pub use templates::{Pages, Template};
