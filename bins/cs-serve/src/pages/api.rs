//! `/api`: `docs/API.md` as a page.

use super::document::{self, Block};
use crate::http::{Refusal, Reply};
use crate::site::Site;
use serde::Serialize;
use std::sync::LazyLock;

const DOCUMENT: &str = include_str!("../../../../docs/API.md");

static BLOCKS: LazyLock<Vec<Block>> = LazyLock::new(|| document::read(DOCUMENT));

/// The variables of `api.html`, besides `routes`, which every template has.
#[derive(Serialize)]
pub struct ApiPage<'a> {
    pub blocks: &'a [Block],
}

/// The page.
pub fn render(site: &Site) -> Result<Reply, Refusal> {
    site.pages.render("api.html", &ApiPage { blocks: &BLOCKS })
}
