//! Owns starting curl, the only way of this program to the network. Must stay true: the token is in curl's standard input
//! and nowhere else, not in its command line or environment; a setting of curl from elsewhere (`~/.curlrc`) is not read;
//! no redirect is followed, since it would take the token elsewhere; what is shown of an error has no token.

use chat::{Request, TokenFile};
use cli::call;
use std::time::Duration;

/// How long it may take until there is a connection.
const CONNECT_SECONDS: u64 = 10;
/// How much longer than curl itself we wait for its end.
const MARGIN: Duration = Duration::from_secs(5);
/// What curl is asked to add after the body: the status, and the server's time. `%header{}` needs curl 7.84; older ones
/// print it as it is.
const WRITE_OUT: &str = "\\n%{http_code} %header{date}";

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status of HTTP.
    pub status: u16,
    /// The server's `Date`, if curl could tell.
    pub date: Option<String>,
    /// The body.
    pub body: String,
}

/// Makes a call of the Bot API; it may take this long. The error says what failed, without the token.
pub fn call(api: &str, file: &TokenFile, request: &Request, limit: Duration) -> Result<Reply, String> {
    let words = ["curl", "-q", "--config", "-"].map(str::to_string);
    let config = config(api, file, request, limit);
    let said =
        call::answer_to_us(&words, config.as_bytes(), limit + MARGIN).map_err(|error| file.token.hide_in(&error))?;
    reply(&said).ok_or_else(|| {
        "curl printed no status: the answer is longer than a megabyte, or this is another curl".to_string()
    })
}

/// The configuration that curl reads.
fn config(api: &str, file: &TokenFile, request: &Request, limit: Duration) -> String {
    let fields = serde_json::to_string(&request.fields).unwrap_or_default();
    let protocol = if api.starts_with("https://") { "=https" } else { "=http" };
    let url = format!("{api}/bot{}/{}", file.token.secret(), request.method);
    let mut text = String::from("silent\nshow-error\nmax-redirs = 0\n");
    let mut add = |name: &str, value: &str| text.push_str(&format!("{name} = \"{}\"\n", quoted(value)));
    add("url", &url);
    add("proto", protocol);
    add("header", "Content-Type: application/json");
    add("data-raw", &fields);
    add("connect-timeout", &CONNECT_SECONDS.min(limit.as_secs().max(1)).to_string());
    add("max-time", &limit.as_secs().max(1).to_string());
    text.push_str(&format!("write-out = \"{WRITE_OUT}\"\n"));
    file.options.iter().for_each(|line| text.push_str(&format!("{line}\n")));
    text
}

/// A text between quotation marks in a configuration of curl, which knows these escapes (curl(1), `--config`).
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            c => quoted.push(c),
        }
    }
    quoted
}

/// Takes apart what curl printed: the body, and the line that [`WRITE_OUT`] adds.
fn reply(said: &str) -> Option<Reply> {
    let (body, line) = said.rsplit_once('\n')?;
    let (status, date) = line.split_once(' ').unwrap_or((line, ""));
    let date = Some(date.trim()).filter(|date| !date.is_empty() && !date.starts_with('%')).map(str::to_string);
    Some(Reply { status: status.parse().ok()?, date, body: body.to_string() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_has_one_option_a_line_whatever_the_text() {
        let token = "123456:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K";
        let file = TokenFile::parse(&format!("token = {token}\nproxy = \"http://p\"")).unwrap();
        let hostile = "a\"\noutput = \"/etc/passwd\"\n\\\" @/etc/passwd";
        let request = Request::new("sendMessage").with("text", hostile);
        let text = config("https://api.example.org", &file, &request, Duration::from_secs(20));
        assert_eq!(text.lines().count(), 11, "{text}");
        assert!(!text.lines().any(|line| line.starts_with("output")), "{text}");
        assert!(text.contains(&format!("url = \"https://api.example.org/bot{token}/sendMessage\"")));
    }

    #[test]
    fn the_last_line_is_the_status() {
        let read = |text: &str| reply(text).unwrap();
        let with = read("{\"ok\":true}\n\n200 Tue, 01 Dec 2026 03:00:00 GMT");
        assert_eq!((with.status, with.body.trim(), with.date.is_some()), (200, "{\"ok\":true}", true));
        assert_eq!(read("\n502 %header{date}").date, None);
        assert_eq!(reply("200"), None);
        assert_eq!(reply("\nx y"), None);
    }
}
