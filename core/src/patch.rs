//! Owns changes of single top-level fields of a JSON object without decoding the others. The program that runs at every
//! turn changes records this way. The other values keep their bytes and their order. Deliberately absent: the rules of
//! a record (see `session`).

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The fields of an object, in order, with the text of their values.
#[derive(Debug, Default)]
pub struct Patch<'a>(Vec<(String, Cow<'a, str>)>);

impl<'a> Patch<'a> {
    /// Splits an object into its fields; the error says why the bytes are not an object.
    pub fn of(bytes: &'a [u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }

    /// The text in a field; `None` for anything else.
    pub fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.value(name)?).ok()
    }

    /// The version of the object if it is newer than the known one; the message says why it is not a version.
    pub fn newer_version(&self, known: u64) -> Result<Option<u64>, String> {
        let Some(value) = self.value("schema_version") else { return Ok(None) };
        let version: u64 = value.parse().map_err(|_| format!("schema_version is {value}"))?;
        Ok((version > known).then_some(version))
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_ref()))
    }

    /// The text of a field's value.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_ref())
    }

    /// The fields that are not among the known ones, with the text of their values.
    pub fn others(self, known: &[&str]) -> Vec<(String, String)> {
        let others = self.0.into_iter().filter(|(name, _)| !known.contains(&name.as_str()));
        others.map(|(name, value)| (name, value.into_owned())).collect()
    }

    /// Sets a field to a text or null.
    pub fn set(&mut self, name: &str, text: Option<&str>) {
        self.set_value(name, serde_json::to_string(&text).unwrap_or_else(|_| "null".into()));
    }

    /// Sets a field to a value, which must be JSON.
    pub fn set_value(&mut self, name: &str, value: String) {
        match self.0.iter_mut().rev().find(|(known, _)| known == name) {
            Some(field) => field.1 = Cow::Owned(value),
            None => self.0.push((name.to_string(), Cow::Owned(value))),
        }
    }

    /// Removes a field.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    /// The object as text, one field on each line.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.to_text(0);
        out.push('\n');
        out.into_bytes()
    }

    /// Like [`Patch::to_bytes`], as the value of a field with this indentation.
    pub fn to_text(&self, indent: usize) -> String {
        let mut out = String::from("{");
        for (n, (name, value)) in self.0.iter().enumerate() {
            let name = serde_json::to_string(name).unwrap_or_default();
            out.push_str(if n == 0 { "\n" } else { ",\n" });
            out.extend(std::iter::repeat_n(' ', indent + 2));
            out.push_str(&name);
            out.push_str(": ");
            out.push_str(value);
        }
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent));
        out.push('}');
        out
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Patch<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Patch<'de>;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Patch<'de>, A::Error> {
        let mut fields = Vec::with_capacity(32);
        while let Some(name) = map.next_key::<String>()? {
            let value: &'de RawValue = map.next_value()?;
            fields.push((name, Cow::Borrowed(value.get())));
        }
        Ok(Patch(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_field_changes() {
        let text = "{\n  \"a\": \"x\",\n  \"b\": {\n    \"c\": [1.50, \"\\u00e9\"]\n  },\n  \"d\": null\n}\n";
        let mut patch = Patch::of(text.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(patch.to_bytes()).unwrap(), text);
        patch.set("a", Some("y\"z"));
        patch.set("d", None);
        patch.set("e", Some("new"));
        let expected = text.replace("\"x\"", "\"y\\\"z\"").replace("null\n", "null,\n  \"e\": \"new\"\n");
        assert_eq!(String::from_utf8(patch.to_bytes()).unwrap(), expected);
        assert_eq!((patch.text("a").as_deref(), patch.text("b"), patch.text("zz")), (Some("y\"z"), None, None));
        for bad in ["", "[]", "{", "{\"a\":}", "{} x"] {
            assert!(Patch::of(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn newer_versions_are_recognised() {
        let newer = |text: &str| Patch::of(text.as_bytes()).unwrap().newer_version(4);
        assert_eq!(newer("{}"), Ok(None));
        assert_eq!(newer("{\"schema_version\": 4}"), Ok(None));
        assert_eq!(newer("{\"schema_version\": 5}"), Ok(Some(5)));
        assert!(newer("{\"schema_version\": \"4\"}").is_err());
    }
}
