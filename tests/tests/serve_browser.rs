//! The dashboard in a real browser, on real files written by the real programs. People judge how a page looks; these
//! tests check what it must do: show, filter, update, stay in bounds, and be usable without a mouse, without scripts,
//! on a phone, with a screen reader.
//!
//! Needs Chromium or Chrome; the accessibility check needs axe-core, too (see `.ci/run`).

#[path = "serve_browser/access.rs"]
mod access;
#[path = "serve_browser/agents.rs"]
mod agents;
#[path = "serve_browser/ages.rs"]
mod ages;
#[path = "serve_browser/audit.rs"]
mod audit;
#[path = "serve_browser/chromium.rs"]
mod chromium;
#[path = "serve_browser/commands.rs"]
mod commands;
#[path = "serve_browser/conversation.rs"]
mod conversation;
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
#[path = "serve_browser/limits.rs"]
mod limits;
#[path = "serve_browser/live.rs"]
mod live;
#[path = "serve_browser/machines.rs"]
mod machines;
#[path = "serve_browser/narrow.rs"]
mod narrow;
#[path = "serve_browser/pages.rs"]
mod pages;
#[path = "serve_browser/review.rs"]
mod review;
#[path = "serve_browser/screenshots.rs"]
mod screenshots;
#[path = "serve_browser/tell.rs"]
mod tell;
#[path = "serve_browser/truth.rs"]
mod truth;
#[path = "serve_browser/usage.rs"]
mod usage;
#[path = "serve_browser/write.rs"]
mod write;
