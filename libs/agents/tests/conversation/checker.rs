//! Holds a value against a JSON schema. It knows only the words that `docs/conversation.schema.json` uses, and refuses
//! others. The fuzzer uses it too.

use serde_json::Value;

/// What is wrong with a value; nothing if the schema allows it.
pub fn wrong(root: &Value, rule: &Value, value: &Value) -> Option<String> {
    let words = rule.as_object().unwrap();
    words.iter().find_map(|(word, wanted)| match word.as_str() {
        "$schema" | "title" | "description" | "$defs" => None,
        "$ref" => wrong(root, root.pointer(wanted.as_str().unwrap().trim_start_matches('#')).unwrap(), value),
        "oneOf" => of_kind(root, value),
        "const" => (wanted != value).then(|| format!("{value} is not {wanted}")),
        "enum" => (!wanted.as_array().unwrap().contains(value)).then(|| format!("{value} is none of {wanted}")),
        "type" => (!is_of(wanted.as_str().unwrap(), value)).then(|| format!("{value} is not of type {wanted}")),
        "minimum" => (value.as_f64() < wanted.as_f64()).then(|| format!("{value} is too small")),
        "items" => value.as_array().unwrap().iter().find_map(|one| wrong(root, wanted, one)),
        "required" => {
            let missing = wanted.as_array().unwrap().iter().find(|name| value.get(name.as_str().unwrap()).is_none());
            missing.map(|name| format!("{name} is missing"))
        }
        "properties" => value.as_object().unwrap().iter().find_map(|(name, one)| {
            let found = wrong(root, wanted.get(name)?, one);
            found.map(|what| format!("{name}: {what}"))
        }),
        "additionalProperties" => {
            let known = words["properties"].as_object().unwrap();
            let other = value.as_object().unwrap().keys().find(|name| !known.contains_key(*name));
            other.map(|name| format!("{name} is not known"))
        }
        other => panic!("the checker does not know {other}"),
    })
}

/// The rule for a line is that of its kind, so that a mistake is explained.
fn of_kind(root: &Value, value: &Value) -> Option<String> {
    let kind = value["kind"].as_str().unwrap_or_default();
    match root["$defs"].get(kind) {
        Some(rule) => wrong(root, rule, value).map(|what| format!("{kind}: {what}")),
        None => Some(format!("{kind} is not a kind")),
    }
}

fn is_of(name: &str, value: &Value) -> bool {
    match name {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the checker does not know the type {other}"),
    }
}
