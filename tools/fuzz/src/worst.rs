//! JSON files of the worst shapes for the memory and time of a reader.

use serde_json::Value;

/// The name of a shape and the piece that it repeats.
pub const SHAPES: [(&str, &str); 16] = [
    ("numbers", "0,"),
    ("empty texts", "\"\","),
    ("empty objects", "{},"),
    ("small objects", "{\"\":0},"),
    ("small objects of two", "{\"a\":0,\"b\":[]},"),
    ("empty lists", "[],"),
    ("lists in lists", "[[[[[[[[0]]]]]]]],"),
    ("escapes", "\"\\u0001\\u00e9\\ud83d\\ude00\","),
    ("huge numbers", "123456789012345678901234567890,"),
    ("long fractions", "0.1234567890123456789012345678901234567890,"),
    ("exponents", "1e-308,"),
    ("words", "null,"),
    ("events", "{\"timestamp\":\"\",\"message\":\"\"},"),
    ("tasks", "{\"id\":\"t\",\"subject\":\"\",\"status\":\"pending\"},"),
    ("to-dos", "{\"content\":\"a\",\"status\":\"pending\"},"),
    ("one text", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
];

/// The JSON object `base` with a field `name` in which a piece is repeated up to this many bytes.
pub fn list(base: &Value, name: &str, piece: &str, bytes: usize) -> String {
    let (mut text, end) = head(base);
    let is_text = !piece.ends_with(',');
    text.push_str(&format!("{name:?}:{}", if is_text { '"' } else { '[' }));
    while text.len() + piece.len() + end.len() + 3 < bytes {
        text.push_str(piece);
    }
    if !is_text {
        text.pop();
    }
    text.push(if is_text { '"' } else { ']' });
    text + &end
}

/// The object with many more fields: all different, or all with the same name.
pub fn fields(base: &Value, differ: bool, bytes: usize) -> String {
    let (mut text, end) = head(base);
    let mut n = 0;
    while text.len() + 24 < bytes {
        text.push_str(&format!("\"k{n:x}\":0,"));
        n += usize::from(differ);
    }
    text.pop();
    text + &end
}

/// The object with a field that opens lists and objects and never closes them.
pub fn nested(base: &Value, name: &str, piece: &str, bytes: usize) -> String {
    let head = format!("{}{name:?}:", head(base).0);
    let depth = bytes.saturating_sub(head.len()) / piece.len();
    head + &piece.repeat(depth)
}

/// The object up to the end of its last field (or of the last field inside that, if it is an object), and the text that
/// closes it.
fn head(base: &Value) -> (String, String) {
    let text = base.to_string();
    let open = text.trim_end_matches('}');
    let end = format!("{}\n", &text[open.len()..]);
    (if open.ends_with('{') { open.to_owned() } else { format!("{open},") }, end)
}

/// All worst shapes made from `base` with these field names, each with a description.
pub fn all(base: &Value, names: &[&str], bytes: usize) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for name in names {
        for (shape, piece) in SHAPES {
            all.push((format!("{shape} in {name}"), list(base, name, piece, bytes)));
        }
    }
    all.push(("many fields".into(), fields(base, true, bytes)));
    all.push(("one field many times".into(), fields(base, false, bytes)));
    for piece in ["[", "{\"\":"] {
        all.push((format!("endlessly nested {piece}"), nested(base, "later", piece, bytes)));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_json_of_the_requested_size() {
        let base = serde_json::json!({"a": 1, "z": {}});
        for (name, text) in
            all(&base, &["later"], 9999).iter().filter(|(name, _)| !name.starts_with("endlessly nested"))
        {
            let value: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert!(value["a"] == 1 && (9800..=9999).contains(&text.len()), "{name}: {}", text.len());
        }
    }
}
