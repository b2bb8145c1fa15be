//! Owns reading a struct together with the names of its fields in serde, so that a struct that keeps unknown fields
//! lists its own ones only once. Must stay true: the result is that of a plain `from_slice`.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use std::borrow::Cow;
use std::fmt;

/// The names of a struct's fields, as written in the file.
pub type Names = &'static [&'static str];

/// Reads a struct from a JSON object, and returns the names of its fields; `None` if the text is not such an object.
/// More text may follow the object.
pub fn read<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Option<(T, Names)> {
    let (mut from, mut names): (_, Names) = (serde_json::Deserializer::from_slice(bytes), &[]);
    let read = T::deserialize(Naming { from: &mut from, names: &mut names }).ok()?;
    Some((read, names))
}

/// The first value with this name in an object of which only the beginning may be there; `None` if it has none there.
pub fn first<'de, T: Deserialize<'de>>(bytes: &'de [u8], name: &str) -> Option<T> {
    let mut found = None;
    // An error says only that the object goes on.
    let _ = serde_json::Deserializer::from_slice(bytes).deserialize_map(FirstVisitor { name, found: &mut found });
    found
}

struct FirstVisitor<'n, T> {
    name: &'n str,
    found: &'n mut Option<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for FirstVisitor<'_, T> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<str>>()? {
            if key == self.name {
                *self.found = Some(map.next_value()?);
                break;
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// Captures the names that a struct asks for.
struct Naming<'n, D> {
    from: D,
    names: &'n mut Names,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Naming<'_, D> {
    type Error = D::Error;
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.from.deserialize_any(visitor)
    }
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: Names,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        *self.names = fields;
        self.from.deserialize_struct(name, fields, visitor)
    }
    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_at_the_beginning_of_an_object() {
        let text = b"{\"tasks\":[{\"status\":1}],\"a\":\"\\\"status\\\":2\",\"status\": \"three\", \"events\": [{\"x";
        assert_eq!(first::<String>(text, "status").as_deref(), Some("three"));
        let end = text.len() - "\", \"events\": [{\"x".len();
        assert!((0..=end).all(|end| first::<String>(&text[..end], "status").is_none()));
        assert!((end + 1..text.len()).all(|end| first::<String>(&text[..end], "status").is_some()));
        assert_eq!((first::<u8>(text, "status"), first::<String>(b"[]", "status")), (None, None));
    }
}
