//! Owns reading a struct together with the names of its fields in serde, so that a struct that keeps unknown fields
//! lists its own ones only once. Must stay true: the result is that of a plain `from_slice`.

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::forward_to_deserialize_any;

/// The names of a struct's fields, as written in the file.
pub type Names = &'static [&'static str];

/// Reads a struct from a JSON object, and returns the names of its fields; `None` if the text is not such an object.
/// More text may follow the object.
pub fn read<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Option<(T, Names)> {
    let (mut from, mut names): (_, Names) = (serde_json::Deserializer::from_slice(bytes), &[]);
    let read = T::deserialize(Naming { from: &mut from, names: &mut names }).ok()?;
    Some((read, names))
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
