//! Owns the pages: a view of the store becomes a value, and a template in `web/` makes a page of it.
//!
//! How a page comes about, for who changes one:
//!
//! 1. `router` finds the route; `app` reads the URL's query with [`crate::query::Query::parse`] (the same
//!    for pages and API; which names a route takes stands in `app::known`) and takes one
//!    [`crate::view::Snapshot`] of the store.
//! 2. The page's module here makes its value, a `Serialize` struct: [`overview::Page`], [`session::Page`],
//!    [`project::Page`], [`activity::Page`]. These are the templates' variables; each field is described
//!    there. Everything a page shows comes from its value: templates compute nothing but how it looks.
//! 3. [`Pages::render`] renders `web/<name>.html` with it. All templates extend `web/base.html`.
//!
//! Every template also has `asset` (file name → URL, for example `asset["app.js"]`), `version`, and the
//! filters of [`filters`]: `day`, `moment`, `linked`, `percent`. Autoescape is on for all of them, so text of
//! people is safe wherever it stands between tags or in quoted attributes; it must never stand in an
//! unquoted attribute, in a URL's scheme, or in a script. The Content-Security-Policy forbids inline script
//! and style, `style="…"` too: use classes, `<progress>`, and attributes of SVG.
//!
//! Live: `/api/events` sends `change` whenever something on disk or a state changed. A page then asks for its
//! own URL again (with its ETag: 304 if nothing of it changed) and takes over what is different. A page's
//! bytes depend on nothing but the store and the minute, so what has no age in it does not change by itself.
//! Reasons for states are without their age (`state_reason`), the instant stands beside (`state_at`).

pub mod activity;
mod charts;
mod figures;
mod filters;
pub mod overview;
pub mod project;
mod rows;
pub mod session;
mod stacks;
mod usage;

use crate::assets;
use crate::http::reply::HTML;
use crate::http::{Refusal, Reply};
use cs_core::visible::visible;
use minijinja::value::Serde;
use minijinja::{Environment, Output, State, UndefinedBehavior, Value};
use serde::Serialize;
use std::collections::BTreeMap;

const TEMPLATES: [(&str, &str); 10] = [
    ("base.html", include_str!("../../../../web/base.html")),
    ("parts.html", include_str!("../../../../web/parts.html")),
    ("usage.html", include_str!("../../../../web/usage.html")),
    ("overview.html", include_str!("../../../../web/overview.html")),
    ("session.html", include_str!("../../../../web/session.html")),
    ("project.html", include_str!("../../../../web/project.html")),
    ("activity.html", include_str!("../../../../web/activity.html")),
    ("api.html", include_str!("../../../../web/api.html")),
    ("key.html", include_str!("../../../../web/key.html")),
    ("error.html", include_str!("../../../../web/error.html")),
];

/// The templates, ready to be filled in.
#[derive(Debug)]
pub struct Pages {
    environment: Environment<'static>,
}

impl Pages {
    /// Reads all templates; fails when one is wrong.
    pub fn new() -> Result<Self, minijinja::Error> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        for (name, text) in TEMPLATES {
            environment.add_template(name, text)?;
        }
        environment.add_global("asset", Serde(assets::urls().into_iter().collect::<BTreeMap<_, _>>()));
        environment.add_global("version", env!("CARGO_PKG_VERSION"));
        filters::add(&mut environment);
        environment.set_formatter(format);
        Ok(Pages { environment })
    }

    /// A page. The value's fields are the template's variables.
    pub fn render(&self, template: &str, value: &impl Serialize) -> Result<Reply, Refusal> {
        let rendered = self.environment.get_template(template).and_then(|template| template.render(Serde(value)));
        match rendered {
            Ok(text) => Ok(Reply::new(HTML, text.into_bytes())),
            Err(error) => Err(Refusal::new(500, "TEMPLATE", &format!("{template} cannot be shown: {error:#}"))),
        }
    }

    /// What is said to people instead of a page.
    pub fn refusal(&self, refusal: &Refusal) -> Reply {
        #[derive(Serialize)]
        struct Page<'a> {
            status: u16,
            code: &'a str,
            text: &'a str,
        }
        let page = Page { status: refusal.status, code: refusal.code, text: &refusal.text };
        self.render("error.html", &page).map_or_else(|_| Reply::refusal(refusal), |reply| reply.refused(refusal))
    }

    /// The page that fetches the others with the key: it holds no data.
    pub fn shell(&self, port: u16) -> Reply {
        #[derive(Serialize)]
        struct Page {
            port: u16,
        }
        self.render("key.html", &Page { port }).unwrap_or_else(|refusal| Reply::refusal(&refusal))
    }

    /// The page about the API.
    pub fn api(&self) -> Reply {
        #[derive(Serialize)]
        struct Page {
            text: &'static str,
        }
        let page = Page { text: include_str!("../../../../docs/API.md") };
        self.render("api.html", &page).unwrap_or_else(|refusal| Reply::refusal(&refusal))
    }
}

/// Text is escaped, and what in it would turn the direction of writing or hide something can be seen.
fn format(out: &mut Output, state: &mut State, value: &Value) -> Result<(), minijinja::Error> {
    match value.as_str() {
        Some(text) if !value.is_safe() && text.bytes().any(|byte| !(b' '..=b'~').contains(&byte)) => {
            minijinja::escape_formatter(out, state, &Value::from(visible(text)))
        }
        _ => minijinja::escape_formatter(out, state, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_templates_can_be_read() {
        let pages = Pages::new().unwrap();
        assert_eq!(pages.refusal(&Refusal::new(404, "NOT_FOUND", "<b>")).status, 404);
        let text = String::from_utf8(pages.api().body.to_vec()).unwrap();
        assert!(text.contains("overview") && !text.contains("<script>"));
    }
}
