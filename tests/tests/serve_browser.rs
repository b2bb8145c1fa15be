//! The dashboard in a real browser, on real files that the real programs write. What a page looks like is for
//! people to judge; here is what it must do: show, filter, keep up, stay in bounds, be usable without a mouse,
//! without a script, on a phone, with a screen reader.
//!
//! Needs Chromium or Chrome; the accessibility check needs axe-core, too (see `.ci/run`).

#[path = "serve_browser/access.rs"]
mod access;
#[path = "serve_browser/ages.rs"]
mod ages;
#[path = "serve_browser/chromium.rs"]
mod chromium;
#[path = "serve_browser/dashboard.rs"]
mod dashboard;
#[path = "serve_browser/filters.rs"]
mod filters;
#[path = "serve_browser/hostile.rs"]
mod hostile;
#[path = "serve_browser/key.rs"]
mod key;
#[path = "serve_browser/keys.rs"]
mod keys;
#[path = "serve_browser/live.rs"]
mod live;
#[path = "serve_browser/pages.rs"]
mod pages;
#[path = "serve_browser/screenshots.rs"]
mod screenshots;
#[path = "serve_browser/usage.rs"]
mod usage;
