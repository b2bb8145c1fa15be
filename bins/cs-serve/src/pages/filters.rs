//! Owns the filters that templates apply to values.
//! Must stay true: text is marked as safe only if it was escaped here.

use crate::http::target::encode;
use cs_core::clock::{self, Instant};
use cs_core::visible::visible;
use cs_core::zone::Zone;
use minijinja::{Environment, Value};
use render::{format_ago_by_minute, format_local_minute, format_quantity, format_until};

/// Adds the filters to an environment.
pub fn add(environment: &mut Environment<'static>) {
    environment.add_filter("moment", moment);
    environment.add_filter("encoded", |text: &str| encode(text));
    environment.add_filter("linked", |text: &str| Value::from_safe_string(linked(text)));
    environment
        .add_filter("percent", |part: u64, of: u64| part.saturating_mul(100).checked_div(of).unwrap_or_default());
    environment.add_filter("ago", |text: &str| from_now(text, format_ago_by_minute));
    environment.add_filter("ahead", |text: &str| from_now(text, format_until));
    environment.add_filter("plural", |count: u64, noun: &str| format_quantity(count, noun));
    let home = std::env::home_dir().map(|home| home.to_string_lossy().into_owned()).unwrap_or_default();
    environment.add_filter("homely", move |path: &str| homely(path, &home));
    environment.add_function("minute", || clock::stamp(clock::now()).get(..16).unwrap_or_default().to_string());
}

/// An instant as people read it, in local time: `2026-11-21 03:37`. Any other text stays as it is.
fn moment(text: &str) -> String {
    clock::parse(text).map_or_else(|| text.to_string(), |at| format_local_minute(at, Zone::system()))
}

/// An instant relative to now; a text that is not an instant is returned unchanged.
fn from_now(text: &str, format: fn(Instant, Instant) -> String) -> String {
    clock::parse(text).map_or_else(|| text.to_string(), |at| format(at, clock::now()))
}

/// A path with `~` for the home directory.
fn homely(path: &str, home: &str) -> String {
    match path.strip_prefix(home.trim_end_matches('/')) {
        Some(rest) if home.len() > 1 && (rest.is_empty() || rest.starts_with('/')) => format!("~{rest}"),
        _ => path.to_string(),
    }
}

/// Text with links for http and https URLs; everything else is escaped.
fn linked(text: &str) -> String {
    let text = visible(text);
    let mut html = String::with_capacity(text.len() + 16);
    let mut rest = text.as_str();
    while let Some(at) = url_start(rest) {
        let (before, from) = rest.split_at(at);
        let (url, after) = from.split_at(url_length(from));
        escape(&mut html, before);
        html.push_str("<a rel=\"noreferrer noopener\" href=\"");
        escape(&mut html, url);
        html.push_str("\">");
        escape(&mut html, url);
        html.push_str("</a>");
        rest = after;
    }
    escape(&mut html, rest);
    html
}

/// Where a URL begins: at the start of a word.
fn url_start(text: &str) -> Option<usize> {
    let starts = text.match_indices("http").map(|(at, _)| at);
    let is_start = |at: &usize| {
        let (before, from) = text.split_at(*at);
        let begins = from.strip_prefix("https://").or(from.strip_prefix("http://"));
        !before.ends_with(|c: char| c.is_alphanumeric())
            && begins.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '['))
    };
    starts.filter(|at| text.is_char_boundary(*at)).find(is_start)
}

fn url_length(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || c.is_control() || "<>\"'`\\{}|^⟨".contains(c);
    let end = text.find(ends).unwrap_or(text.len());
    // Punctuation and brackets around the URL are not part of it.
    text.get(..end).unwrap_or_default().trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']']).len()
}

fn escape(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#x27;"),
            c => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_directory_is_a_tilde() {
        let paths = ["/home/dev/api", "/home/dev", "/home/developer", "/srv"];
        assert_eq!(paths.map(|path| homely(path, "/home/dev")), ["~/api", "~", "/home/developer", "/srv"]);
        assert_eq!((homely("/srv", ""), homely("/srv", "/")), ("/srv".into(), "/srv".into()));
    }

    #[test]
    fn only_web_addresses_become_links_and_nothing_escapes() {
        let link = |url: &str| format!("<a rel=\"noreferrer noopener\" href=\"{url}\">{url}</a>");
        assert_eq!(linked("see https://a.example/x?y=1, ok"), format!("see {}, ok", link("https://a.example/x?y=1")));
        assert_eq!(linked("(http://a.b)"), format!("({})", link("http://a.b")));
        assert_eq!(linked("https://a?b&c"), link("https://a?b&amp;c"));
        for text in ["javascript:alert(1)", "xhttp://a", "http://", "https:// a", "data:text/html,x", "httpx"] {
            assert_eq!(linked(text), text, "{text}");
        }
        let hostile = linked("http://a\"onmouseover=alert(1) <script>'é\u{202e}http://b\u{202e}c");
        assert!(
            !hostile.contains("<script") && hostile.contains(&link("http://a")) && hostile.contains(&link("http://b"))
        );
        assert!(hostile.contains("&quot;onmouseover="), "{hostile}");
    }
}
