//! Owns which model a name means, whatever a provider or a gateway adds to it.

/// A model's name as in the table of prices: lower case, without provider, region, version, snapshot date and other
/// suffixes. `us.anthropic.claude-opus-4-5-20251101-v1:0`, `anthropic/claude-opus-4.5`, `claude-opus-4-5@20251101`,
/// `claude-opus-4-5-thinking` and `claude-opus-4-5[1m]` are one model.
pub fn plain_name(model: &str) -> String {
    let name = model.to_ascii_lowercase();
    let name = own_part(&name);
    let name = name.rsplit_once("anthropic.").map_or(name, |(_, rest)| rest);
    let name = name.split(['@', '[']).next().unwrap_or(name);
    if name.contains("claude") { of_claude(name) } else { without_ending(name, &VERSIONS).to_string() }
}

/// The part of the world in which a name requests inference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Anywhere, or the region that the request is sent to.
    Global,
    /// A geographic profile of Bedrock: `us.anthropic.…`.
    Geographic,
    /// Government regions.
    Government,
}

/// The profile that a name requests.
pub fn profile(model: &str) -> Profile {
    // Most names are plain, and this is called for every row.
    if !model.contains('.') {
        return Profile::Global;
    }
    let name = model.to_ascii_lowercase();
    match own_part(&name).split_once(".anthropic.").map(|(profile, _)| profile) {
        None | Some("" | "global") => Profile::Global,
        Some(profile) if profile.ends_with("-gov") => Profile::Government,
        Some(_) => Profile::Geographic,
    }
}

/// Whether the name itself requests fast mode, as with some gateways.
pub fn is_fast(model: &str) -> bool {
    if !model.as_bytes().windows(5).any(|part| part.eq_ignore_ascii_case(b"-fast")) {
        return false;
    }
    let name = model.to_ascii_lowercase();
    let name = own_part(&name);
    name.contains("claude") && name.split(['@', '[']).next().unwrap_or(name).ends_with("-fast")
}

/// The part of a path or a URL that names the model.
fn own_part(name: &str) -> &str {
    name.rsplit(['/', ':']).find(|part| part.contains("claude") || part.contains("gpt")).unwrap_or(name)
}

/// Dots in versions are dashes in Anthropic's own names; `-0` is the first version of a generation; older names have
/// the version before the family, newer ones after it.
fn of_claude(name: &str) -> String {
    let dashed = name.replace('.', "-");
    let name = without_ending(&dashed, &MODES);
    let parts: Vec<&str> = name.split('-').collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_family = |part: &&str| ["opus", "sonnet", "haiku", "fable", "mythos"].contains(part);
    let family: Vec<&str> = parts.iter().copied().filter(is_family).collect();
    let version: Vec<&str> = parts.iter().copied().filter(is_number).collect();
    match (parts.first(), family.as_slice(), version.as_slice()) {
        (Some(&"claude"), [family], [major, ..]) if version.len() + 2 == parts.len() => {
            let version = version.strip_suffix(&["0"]).filter(|rest| !rest.is_empty()).unwrap_or(&version).join("-");
            // Up to the third generation.
            let is_old = major.parse().is_ok_and(|major: u32| major <= 3);
            if is_old { format!("claude-{version}-{family}") } else { format!("claude-{family}-{version}") }
        }
        _ => name.to_string(),
    }
}

/// Suffixes that providers add: the version of an API, or an alias.
const VERSIONS: [&str; 3] = ["-v1", "-v2", "-latest"];
/// Suffixes that gateways add to Anthropic's names.
const MODES: [&str; 5] = ["-v1", "-v2", "-latest", "-thinking", "-fast"];

/// The name without such suffixes, and without a snapshot date.
fn without_ending<'a>(mut name: &'a str, endings: &[&str]) -> &'a str {
    loop {
        let dated = without_date(name);
        let shorter = endings.iter().find_map(|ending| dated.strip_suffix(ending)).unwrap_or(dated);
        if shorter == name {
            return name;
        }
        name = shorter;
    }
}

/// The name without a snapshot date at its end, `-20251101` or `-2025-11-01`.
fn without_date(name: &str) -> &str {
    let is_date = |tail: &str| tail.len() == 8 && tail.bytes().all(|byte| byte.is_ascii_digit());
    let digits = |tail: &str| tail.replace('-', "");
    for length in [9, 11] {
        if let Some((head, tail)) = name.len().checked_sub(length).and_then(|at| name.split_at_checked(at))
            && tail.starts_with('-')
            && is_date(&digits(tail))
        {
            return head;
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_providers_are_normalised() {
        for name in [
            "us.anthropic.claude-opus-4-5-20251101-v1:0",
            "arn:aws:bedrock:eu-west-1:1:inference-profile/eu.anthropic.claude-opus-4-5-20251101-v1:0",
            "anthropic/claude-opus-4-5",
            "anthropic/claude-opus-4.5:thinking",
            "openrouter/anthropic/claude-opus-4.5",
            "claude-opus-4.5",
            "claude-4.5-opus",
            "claude-opus-4-5@20251101",
            "claude-opus-4-5[1m]",
            "claude-opus-4-5-20251101",
            "claude-opus-4-5-latest",
            "claude-opus-4-5-20251101-thinking",
            "Claude-Opus-4-5",
        ] {
            assert_eq!(plain_name(name), "claude-opus-4-5", "{name}");
        }
        for (name, plain) in [
            ("gpt-5-2026-04-01", "gpt-5"),
            ("openai/gpt-5.6-sol", "gpt-5.6-sol"),
            ("claude-3-5-sonnet-20241022", "claude-3-5-sonnet"),
            ("claude-3-5-sonnet-latest", "claude-3-5-sonnet"),
            ("anthropic/claude-3.7-sonnet", "claude-3-7-sonnet"),
            ("claude-sonnet-3.7", "claude-3-7-sonnet"),
            ("claude-opus-4-0", "claude-opus-4"),
            ("claude-sonnet-4-0", "claude-sonnet-4"),
            ("claude-sonnet-4@20250514", "claude-sonnet-4"),
            ("anthropic/claude-opus-4.8-fast", "claude-opus-4-8"),
            ("claude-next", "claude-next"),
            ("claude-opus-latest", "claude-opus"),
            ("some.thing-1.5", "some.thing-1.5"),
        ] {
            assert_eq!(plain_name(name), plain, "{name}");
        }
    }

    #[test]
    fn a_profile_is_recognised_after_any_prefix() {
        for (name, is) in [
            ("us.anthropic.claude-opus-5", Profile::Geographic),
            ("bedrock/jp.anthropic.claude-opus-5", Profile::Geographic),
            ("a:b/eu.anthropic.claude-x-v1:0", Profile::Geographic),
            ("us-gov.anthropic.claude-opus-5", Profile::Government),
            ("global.anthropic.claude-opus-5", Profile::Global),
            ("anthropic.claude-opus-5", Profile::Global),
            ("anthropic/claude-opus-5", Profile::Global),
        ] {
            assert_eq!(profile(name), is, "{name}");
        }
        assert!(is_fast("anthropic/claude-opus-4.8-fast") && !is_fast("claude-opus-4-8") && !is_fast("grok-fast"));
    }
}
