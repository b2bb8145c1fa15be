//! Owns the target of a request: percent-encoding is decoded only here.
//! Must stay true: guard and routes see the decoded target, and nothing is decoded again. A path is never normalized
//! (`..` is an ordinary name, which no route has), and ambiguous characters such as an encoded slash or a NUL are refused.

use super::refusal::Refusal;

/// Path and query of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Decoded; begins with a slash.
    pub path: String,
    /// Decoded names and values, in their order.
    pub query: Vec<(String, String)>,
    /// The host in the target, if a whole URL was sent instead of a path.
    pub authority: Option<String>,
}

/// Parses a target.
pub fn parse(raw: &str) -> Result<Target, Refusal> {
    if !raw.bytes().all(|byte| matches!(byte, 0x21..=0x7e)) || raw.contains('#') {
        return Err(bad("the target has characters that must be percent-encoded"));
    }
    let (authority, rest) = split_authority(raw)?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let decoded = decode(path, false)?;
    if decoded.len() != path.len() && count(&decoded, '/') != count(path, '/') {
        return Err(bad("the path has an encoded slash"));
    }
    Ok(Target { path: decoded, query: pairs(query)?, authority })
}

fn split_authority(raw: &str) -> Result<(Option<String>, &str), Refusal> {
    if raw.starts_with('/') {
        return Ok((None, raw));
    }
    let is_http = raw.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"));
    let rest = raw.get(7..).filter(|_| is_http).ok_or_else(|| bad("the target is neither a path nor a URL"))?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if path.starts_with('?') {
        return Err(bad("the URL has no path"));
    }
    Ok((Some(authority.to_string()), if path.is_empty() { "/" } else { path }))
}

fn pairs(query: &str) -> Result<Vec<(String, String)>, Refusal> {
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        Ok((decode(name, true)?, decode(value, true)?))
    };
    query.split('&').filter(|part| !part.is_empty()).map(pair).collect()
}

/// Decodes `%41`, and in a query `+` as a space.
fn decode(text: &str, plus_is_space: bool) -> Result<String, Refusal> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let (high, low) = (rest.next().and_then(digit), rest.next().and_then(digit));
                let (Some(high), Some(low)) = (high, low) else {
                    return Err(bad("% must be followed by two hexadecimal digits"));
                };
                high * 16 + low
            }
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    let text = String::from_utf8(bytes).map_err(|_| bad("the target is not UTF-8"))?;
    if text.chars().any(char::is_control) {
        return Err(bad("the target has a control character"));
    }
    Ok(text)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn count(text: &str, wanted: char) -> usize {
    text.chars().filter(|c| *c == wanted).count()
}

fn bad(text: &str) -> Refusal {
    Refusal::new(400, "BAD_REQUEST", text)
}

/// Encodes a value for a query or a path.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_decoded_exactly_once() {
        let target = parse("/session/%73ess?q=a%2Bb+c&flag&x=%252e").unwrap();
        assert_eq!(target.path, "/session/sess");
        let pair = |name: &str, value: &str| (name.to_string(), value.to_string());
        assert_eq!(target.query, [pair("q", "a+b c"), pair("flag", ""), pair("x", "%2e")]);
        assert_eq!(parse("/%252e%252e/x").unwrap().path, "/%2e%2e/x");
        assert_eq!(parse("/a/%2e%2e/b").unwrap().path, "/a/../b", "a name like any other");
    }

    #[test]
    fn ambiguous_targets_are_refused() {
        for raw in ["/a%2fb", "/%00", "/%0d%0a", "/%", "/%4", "/%zz", "/%ff", "/a b", "/é", "*", "a", "", "/a#b"] {
            assert!(parse(raw).is_err(), "{raw}");
        }
        for raw in ["https://x/", "ftp://x/", "http:/x", "//", "http://x?y"] {
            assert!(parse(raw).is_err() || parse(raw).unwrap().path == "//", "{raw}");
        }
    }

    #[test]
    fn a_full_url_is_split_into_host_and_path() {
        let target = parse("HTTP://127.0.0.1:9000/api?x=1").unwrap();
        assert_eq!((target.path.as_str(), target.authority.as_deref()), ("/api", Some("127.0.0.1:9000")));
        assert_eq!(parse("http://h").unwrap().path, "/");
    }

    #[test]
    fn encoding_then_decoding_gives_the_same_text() {
        let hostile = "a&b=c d/é\"<%";
        assert_eq!(parse(&format!("/?q={}", encode(hostile))).unwrap().query[0].1, hostile);
    }
}
