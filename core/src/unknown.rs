//! Owns the fields that this program does not know and writes back unchanged. Must stay true: they survive at every
//! level, to the last digit, and use no more memory than in the file, because they are kept as text. A tree of values
//! would use up to a hundred times as much, and would round long numbers.

use crate::patch::Patch;
use serde::Deserialize;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde::ser::{Error as _, Serialize, SerializeMap, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The fields as the text of a JSON object; empty without fields.
///
/// A struct that keeps them has it as `#[serde(flatten, skip_deserializing)] unknown`, derives with
/// `#[serde(remote = "Self")]` and is named in [`keeps_unknown`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unknown(String);

impl Unknown {
    /// No fields.
    pub fn new() -> Self {
        Unknown(String::new())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is a field with this name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.fields().any(|(known, _)| known == name)
    }

    /// The value of a field; the last one if several have this name.
    pub fn get(&self, name: &str) -> Option<Value> {
        let (_, text) = self.fields().filter(|(known, _)| known == name).last()?;
        serde_json::from_str(&text).ok()
    }

    /// Sets a field, and returns its previous value.
    pub fn insert(&mut self, name: String, value: Value) -> Option<Value> {
        let before = self.get(&name);
        self.retain(|known, _| *known != name);
        self.keep(&name, &value.to_string());
        before
    }

    /// Removes the fields for which `wanted` returns false. Its arguments are the name and the text of the value.
    pub fn retain(&mut self, mut wanted: impl FnMut(&String, &str) -> bool) {
        let fields: Vec<(String, String)> = self.fields().filter(|(name, value)| wanted(name, value)).collect();
        self.0.clear();
        fields.iter().for_each(|(name, value)| self.keep(name, value));
    }

    /// Names and texts of the values.
    fn fields(&self) -> impl Iterator<Item = (String, String)> {
        let all = Patch::of(self.0.as_bytes()).map(|fields| fields.others(&[])).unwrap_or_default();
        all.into_iter()
    }

    fn keep(&mut self, name: &str, value: &str) {
        self.0.pop();
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0.push_str(&serde_json::to_string(name).unwrap_or_default());
        self.0.push(':');
        self.0.push_str(value);
        self.0.push('}');
    }
}

impl Serialize for Unknown {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        if !self.is_empty() {
            let fields = Patch::of(self.0.as_bytes()).map_err(S::Error::custom)?;
            for (name, value) in fields.iter() {
                map.serialize_entry(name, serde_json::from_str::<&RawValue>(value).map_err(S::Error::custom)?)?;
            }
        }
        map.end()
    }
}

/// Implements reading and writing for structs that keep unknown fields; see [`Unknown`].
#[macro_export]
macro_rules! keeps_unknown {
    ($($name:ident),*) => {$(
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
                let mut unknown = $crate::unknown::Unknown::new();
                let mut found = $name::deserialize($crate::unknown::Keeping { from, unknown: &mut unknown })?;
                found.unknown = unknown;
                Ok(found)
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
                $name::serialize(self, to)
            }
        }
    )*};
}
pub use keeps_unknown;

/// Reads a struct, and keeps the fields that it does not name. For [`keeps_unknown`].
#[derive(Debug)]
pub struct Keeping<'u, D> {
    /// The deserializer of the struct.
    pub from: D,
    /// Where the other fields go.
    pub unknown: &'u mut Unknown,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Keeping<'_, D> {
    type Error = D::Error;
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.from.deserialize_any(visitor)
    }
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.from.deserialize_map(KeepingVisitor { visitor, fields, unknown: self.unknown })
    }
    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

struct KeepingVisitor<'u, V> {
    visitor: V,
    fields: &'static [&'static str],
    unknown: &'u mut Unknown,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for KeepingVisitor<'_, V> {
    type Value = V::Value;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.visitor.expecting(f)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(KeepingMap { map, fields: self.fields, next: 0, unknown: self.unknown })
    }
}

struct KeepingMap<'u, A> {
    map: A,
    fields: &'static [&'static str],
    /// The place in `fields` after the field that was read last.
    next: usize,
    unknown: &'u mut Unknown,
}

/// A name in an object, borrowed from the text unless it is written with escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de, A: MapAccess<'de>> MapAccess<'de> for KeepingMap<'_, A> {
    type Error = A::Error;
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(Key(name)) = self.map.next_key::<Key>()? {
            // Most files have the fields in the order of the struct.
            let next = self.fields.get(self.next..).unwrap_or_default();
            let known = next.iter().position(|field| *field == name).map(|at| at + self.next);
            match known.or_else(|| self.fields.iter().position(|field| *field == name)) {
                Some(at) => {
                    self.next = at + 1;
                    return seed.deserialize(StrDeserializer::new(&name)).map(Some);
                }
                None => self.unknown.keep(&name, self.map.next_value::<Box<RawValue>>()?.get()),
            }
        }
        Ok(None)
    }
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(remote = "Self")]
    struct Known {
        a: u8,
        #[serde(default)]
        list: Vec<Known>,
        #[serde(flatten, skip_deserializing)]
        unknown: Unknown,
    }
    keeps_unknown!(Known);

    #[test]
    fn unknown_fields_survive_to_the_last_digit() {
        let texts = [
            r#"{"a":1,"list":[]}"#,
            r#"{"a":1,"list":[{"a":2,"list":[],"b":92233720368547775807}],"z":{"b":[1.50,"é\n",null,{}]},"\"":-7}"#,
            r#"{"a":1,"list":[],"twice":0.1234567890123456789,"twice":1e300}"#,
        ];
        for text in texts {
            let known: Known = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&known).unwrap(), text);
            let pretty = serde_json::to_string_pretty(&known).unwrap();
            assert_eq!(serde_json::from_str::<Known>(&pretty).unwrap(), known);
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_value(&known).unwrap(), value);
            assert_eq!(serde_json::from_value::<Known>(value).unwrap().a, 1);
        }
        for bad in [r#"{"a":1,"a":2}"#, r#"{"b":1}"#, "[1]", "{", r#"{"a":1,"b":}"#] {
            assert!(serde_json::from_str::<Known>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn single_fields_can_be_read_and_changed() {
        let mut unknown = serde_json::from_str::<Known>(r#"{"a":1,"b":[1.50],"c":"x","c":null}"#).unwrap().unknown;
        assert!(unknown.contains_key("b") && !unknown.contains_key("a"));
        assert_eq!((unknown.get("c"), unknown.get("z")), (Some(Value::Null), None));
        assert_eq!(unknown.insert("c".into(), 7.into()), Some(Value::Null));
        assert_eq!(serde_json::to_string(&unknown).unwrap(), r#"{"b":[1.50],"c":7}"#);
        unknown.retain(|name, text| name == "b" && text == "[1.50]");
        assert_eq!(serde_json::to_string(&unknown).unwrap(), r#"{"b":[1.50]}"#);
        unknown.retain(|_, _| false);
        assert!(unknown.is_empty());
    }
}
