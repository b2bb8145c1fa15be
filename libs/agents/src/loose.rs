//! Owns loose JSON decoding: objects are read field by field into a value, which keeps the fields read so far if the
//! text is torn. Wrong types are ignored instead of failing.

use crate::words;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A value that takes an object's fields one by one. `field` must consume exactly one value.
pub trait Fields {
    /// Takes the value that belongs to `key`.
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error>;

    /// Takes a text that is in the place of the object.
    fn bare(&mut self, _text: &str) {}
}

/// Reads an object into the value; ignores anything but an object.
pub struct Object<'a, T>(pub &'a mut T);

impl<'de, T: Fields> DeserializeSeed<'de> for Object<'_, T> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, T: Fields> Visitor<'de> for Object<'_, T> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            self.0.field(&key, &mut map)?;
        }
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        IgnoredAny.visit_seq(seq).map(drop)
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.bare(text);
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A text, or a number as text; anything else is `None`.
pub struct Text(pub Option<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a text")
    }
    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text(Some(text.to_string())))
    }
    fn visit_string<E>(self, text: String) -> Result<Text, E> {
        Ok(Text(Some(text)))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Text, E> {
        Ok(Text(Some(number.to_string())))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Text, E> {
        Ok(Text(Some(number.to_string())))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Text, E> {
        Ok(Text(None))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Text, E> {
        Ok(Text(None))
    }
    fn visit_unit<E>(self) -> Result<Text, E> {
        Ok(Text(None))
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Text, A::Error> {
        IgnoredAny.visit_map(map).map(|_| Text(None))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Text, A::Error> {
        IgnoredAny.visit_seq(seq).map(|_| Text(None))
    }
}

/// A command line: a text, or a list of words. Other lists, and anything else, are `None`.
pub struct Line(pub Option<String>);

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(LineVisitor)
    }
}

struct LineVisitor;

impl<'de> Visitor<'de> for LineVisitor {
    type Value = Line;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a text or words")
    }
    fn visit_str<E>(self, text: &str) -> Result<Line, E> {
        Ok(Line(Some(text.to_string())))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Line, E> {
        Ok(Line(Some(number.to_string())))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Line, E> {
        Ok(Line(Some(number.to_string())))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Line, E> {
        Ok(Line(None))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Line, E> {
        Ok(Line(None))
    }
    fn visit_unit<E>(self) -> Result<Line, E> {
        Ok(Line(None))
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Line, A::Error> {
        IgnoredAny.visit_map(map).map(|_| Line(None))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Line, A::Error> {
        let mut all = Some(Vec::new());
        while let Some(Text(word)) = seq.next_element()? {
            all = all.zip(word).map(|(mut all, word)| {
                all.push(word);
                all
            });
        }
        Ok(Line(all.filter(|all| !all.is_empty()).map(|all| words::line(&all))))
    }
}

/// Whether a value is `true`; anything else is not.
pub struct Flag(pub bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(FlagVisitor)
    }
}

struct FlagVisitor;

impl<'de> Visitor<'de> for FlagVisitor {
    type Value = Flag;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("true or false")
    }
    fn visit_bool<E>(self, is_true: bool) -> Result<Flag, E> {
        Ok(Flag(is_true))
    }
    fn visit_str<E>(self, _: &str) -> Result<Flag, E> {
        Ok(Flag(false))
    }
    fn visit_u64<E>(self, _: u64) -> Result<Flag, E> {
        Ok(Flag(false))
    }
    fn visit_i64<E>(self, _: i64) -> Result<Flag, E> {
        Ok(Flag(false))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Flag, E> {
        Ok(Flag(false))
    }
    fn visit_unit<E>(self) -> Result<Flag, E> {
        Ok(Flag(false))
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Flag, A::Error> {
        IgnoredAny.visit_map(map).map(|_| Flag(false))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Flag, A::Error> {
        IgnoredAny.visit_seq(seq).map(|_| Flag(false))
    }
}

/// The text of a message: a text, or the texts in a list of blocks, one per line; a number as text. A block is a text
/// or an object with the key `text`, as in the messages of both agents.
pub struct Said(pub Option<String>);

impl<'de> Deserialize<'de> for Said {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(SaidVisitor)
    }
}

struct SaidVisitor;

impl<'de> Visitor<'de> for SaidVisitor {
    type Value = Said;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a text or blocks")
    }
    fn visit_str<E>(self, text: &str) -> Result<Said, E> {
        Ok(Said(Some(text.to_string())))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Said, E> {
        Ok(Said(Some(number.to_string())))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Said, E> {
        Ok(Said(Some(number.to_string())))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Said, E> {
        Ok(Said(None))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Said, E> {
        Ok(Said(None))
    }
    fn visit_unit<E>(self) -> Result<Said, E> {
        Ok(Said(None))
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Said, A::Error> {
        let mut block = Block(None);
        Object(&mut block).visit_map(map)?;
        Ok(Said(block.0))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Said, A::Error> {
        let mut all: Option<String> = None;
        let mut block = Block(None);
        while seq.next_element_seed(Object(&mut block))?.is_some() {
            if let Some(text) = block.0.take() {
                let all = all.get_or_insert_default();
                all.push_str(if all.is_empty() { "" } else { "\n" });
                all.push_str(&text);
            }
        }
        Ok(Said(all))
    }
}

/// The text of a block.
struct Block(Option<String>);

impl Fields for Block {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "text" => self.0 = map.next_value::<Text>()?.0,
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }

    fn bare(&mut self, text: &str) {
        self.0 = Some(text.to_string());
    }
}

/// Maximum number of elements of a list that are kept.
const LIST_ELEMENTS: usize = 10_000;

/// The objects of a list; anything but a list reads as an empty one.
pub struct List<T>(pub Vec<T>);

impl<'de, T: Fields + Default> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut items = Items(Vec::new());
        from.deserialize_any(&mut items)?;
        Ok(List(items.0))
    }
}

struct Items<T>(Vec<T>);

impl<'de, T: Fields + Default> Visitor<'de> for &mut Items<T> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        loop {
            let mut item = T::default();
            match seq.next_element_seed(Object(&mut item))? {
                Some(()) if self.0.len() >= LIST_ELEMENTS => {}
                Some(()) => self.0.push(item),
                None => return Ok(()),
            }
        }
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        IgnoredAny.visit_map(map).map(drop)
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A key, borrowed if it has no escapes.
struct Key<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = Key<'de>;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Borrowed(key)))
    }
    fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Owned(key.to_string())))
    }
}
