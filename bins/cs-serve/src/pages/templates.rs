//! Owns the templates in `web/`, and rendering a page from a value.

use crate::assets;
use crate::http::reply::HTML;
use crate::http::{Refusal, Reply};
use crate::power::Power;
use cs_core::visible::visible;
use minijinja::value::Serde;
use minijinja::{Environment, Output, State, UndefinedBehavior, Value};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A template: its name and its text.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    pub name: &'static str,
    pub text: &'static str,
}

/// The templates that belong to no route: other templates use them, or they replace a page.
const SHARED: [Template; 11] = [
    Template { name: "base.html", text: include_str!("../../../../web/base.html") },
    Template { name: "parts.html", text: include_str!("../../../../web/parts.html") },
    Template { name: "found.html", text: include_str!("../../../../web/found.html") },
    Template { name: "entries.html", text: include_str!("../../../../web/entries.html") },
    Template { name: "reviewed.html", text: include_str!("../../../../web/reviewed.html") },
    Template { name: "remarks.html", text: include_str!("../../../../web/remarks.html") },
    Template { name: "talk.html", text: include_str!("../../../../web/talk.html") },
    Template { name: "usage.html", text: include_str!("../../../../web/usage.html") },
    Template { name: "limit.html", text: include_str!("../../../../web/limit.html") },
    Template { name: "key.html", text: include_str!("../../../../web/key.html") },
    Template { name: "error.html", text: include_str!("../../../../web/error.html") },
];

/// The templates, ready to be filled in.
#[derive(Debug)]
pub struct Pages {
    environment: Environment<'static>,
}

impl Pages {
    /// Parses the templates of the pages and the shared ones. Each gets `routes`, and `has_log()`: whether calls of tools
    /// were ever logged, in this folder; if not, nothing about them is shown. `has_review` says whether something may be
    /// changed with the key, `has_control` whether agents may be controlled with it, too.
    pub fn new(
        templates: impl Iterator<Item = Template>,
        routes: Vec<impl Serialize>,
        log: PathBuf,
        power: Power,
    ) -> Result<Self, minijinja::Error> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        for template in templates.chain(SHARED) {
            environment.add_template(template.name, template.text)?;
        }
        environment.add_global("asset", Serde(assets::urls().into_iter().collect::<BTreeMap<_, _>>()));
        environment.add_global("routes", Serde(routes));
        environment.add_global("has_review", power >= Power::Review);
        environment.add_global("has_control", power >= Power::Control);
        environment.add_function("has_log", move || log.exists());
        environment.add_global("has_machines", false);
        environment.add_global("version", env!("CARGO_PKG_VERSION"));
        super::filters::add(&mut environment);
        environment.set_formatter(format);
        Ok(Pages { environment })
    }

    /// Whether pages lead to the one about other machines.
    pub fn show_machines(&mut self, has_machines: bool) {
        self.environment.add_global("has_machines", has_machines);
    }

    /// Renders a page. The value's fields are the template's variables.
    pub fn render(&self, template: &str, value: &impl Serialize) -> Result<Reply, Refusal> {
        let rendered = self.environment.get_template(template).and_then(|template| template.render(Serde(value)));
        match rendered {
            Ok(text) => Ok(Reply::new(HTML, text.into_bytes())),
            Err(error) => Err(Refusal::new(500, "TEMPLATE", &format!("{template} cannot be shown: {error:#}"))),
        }
    }

    /// Renders a piece of a page.
    pub fn fragment(&self, template: &str, value: &impl Serialize) -> Vec<u8> {
        self.render(template, value)
            .map_or_else(|refusal| refusal.text.replace('<', "&lt;").into_bytes(), |reply| reply.body.to_vec())
    }

    /// The error page of a refusal; `page` is the path of the page that was asked for.
    pub fn refusal(&self, refusal: &Refusal, page: Option<&str>) -> Reply {
        #[derive(Serialize)]
        struct ErrorPage<'a> {
            status: u16,
            code: &'a str,
            text: &'a str,
            /// The page that was asked for, as it is without a query.
            page: Option<&'a str>,
        }
        let shown = ErrorPage { status: refusal.status, code: refusal.code, text: &refusal.text, page };
        self.render("error.html", &shown).map_or_else(|_| Reply::refusal(refusal), |reply| reply.refused(refusal))
    }

    /// The page that requests the others with the key; it contains no data.
    pub fn shell(&self, port: u16, power: Power) -> Reply {
        #[derive(Serialize)]
        struct KeyPage {
            port: u16,
            is_review: bool,
        }
        let is_review = power >= Power::Review;
        let page = self.render("key.html", &KeyPage { port, is_review });
        let page = page.unwrap_or_else(|refusal| Reply::refusal(&refusal));
        // The document of every review: its script fetches the rest with the key.
        if is_review { page.with_style(&reports::style_source()) } else { page }
    }
}

/// Escapes text, and makes characters visible that would hide something or change the direction of writing.
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
    fn an_error_page_has_the_status_of_its_refusal() {
        let pages = Pages::new(std::iter::empty(), vec![()], "/nowhere".into(), Power::Look).unwrap();
        assert_eq!(pages.refusal(&Refusal::new(404, "NOT_FOUND", "<b>"), None).status, 404);
    }
}
