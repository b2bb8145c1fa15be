//! `/api`: the routes, and the rest of `docs/API.md`.

use crate::http::{Refusal, Reply};
use crate::site::Site;
use serde::Serialize;

const DOCUMENT: &str = include_str!("../../../../docs/API.md");

/// The variables of `api.html`, besides `routes`, which every template has.
#[derive(Serialize)]
pub struct ApiPage {
    /// The document up to its list of routes, which the page shows as a table.
    pub intro: &'static str,
    pub text: &'static str,
}

/// The page.
pub fn render(site: &Site) -> Result<Reply, Refusal> {
    let (intro, rest) = DOCUMENT.split_once("## Routes\n").unwrap_or((DOCUMENT, ""));
    let text = rest.find("## ").and_then(|at| rest.get(at..)).unwrap_or_default();
    site.pages.render("api.html", &ApiPage { intro, text })
}
