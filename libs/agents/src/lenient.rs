//! Owns decoding single fields of lines that other programs wrote. Must stay true: a field with an unexpected type is
//! converted if possible, otherwise ignored; the other fields of the line are still read.

use cs_core::clock;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// A text, or a number as text.
pub fn text<'de: 'a, 'a, D: Deserializer<'de>>(from: D) -> Result<Option<Cow<'a, str>>, D::Error> {
    Ok(match Scalar::deserialize(from)? {
        Scalar::Text(text) => Some(text),
        Scalar::Whole(number) => Some(number.to_string().into()),
        Scalar::Float(number) => Some(number.to_string().into()),
        Scalar::Flag(_) | Scalar::Nothing => None,
    })
}

/// Like [`text`], as an owned string.
pub fn string<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    text(from).map(|text| text.map(Cow::into_owned))
}

/// A count: a number without its fraction, also as a text; a negative one is 0.
pub fn count<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    known_count(from).map(Option::unwrap_or_default)
}

/// Like [`count`], but `None` if there is none.
pub fn known_count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let float = |number: f64| number as u64;
    Ok(match Scalar::deserialize(from)? {
        Scalar::Whole(number) => Some(u64::try_from(number).unwrap_or(0)),
        Scalar::Float(number) => Some(float(number)),
        Scalar::Text(text) => text.parse().ok().or_else(|| text.parse().ok().map(float)),
        Scalar::Flag(_) | Scalar::Nothing => None,
    })
}

/// Yes or no.
pub fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    Ok(match Scalar::deserialize(from)? {
        Scalar::Flag(flag) => Some(flag),
        Scalar::Text(text) => text.parse().ok(),
        _ => None,
    })
}

/// Milliseconds since the epoch, from RFC 3339 or a number: seconds, or milliseconds if it is large.
pub fn millis(text: &str) -> Option<i64> {
    const LARGE: f64 = 1e11;
    // The end of the year 9999.
    const LAST: f64 = 253_402_300_799_999.0;
    let number = || text.parse().ok().map(|number: f64| if number < LARGE { number * 1000.0 } else { number });
    let at = clock::parse(text).map(|at| at.timestamp_millis());
    at.or_else(|| number().filter(|millis| (1.0..=LAST).contains(millis)).map(|millis| millis as i64))
}

/// A number.
pub fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    Ok(match Scalar::deserialize(from)? {
        Scalar::Whole(number) => Some(number as f64),
        Scalar::Float(number) => Some(number),
        Scalar::Text(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
        Scalar::Flag(_) | Scalar::Nothing => None,
    })
}

/// An object; `None` for anything else.
pub fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    from.deserialize_any(Object(PhantomData))
}

/// Maximum number of objects of a list that are read, so that memory is bounded whatever a line contains.
const LIST_OBJECTS: usize = 1000;

/// The objects of a list; other elements are skipped. Empty for anything but a list.
pub fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    from.deserialize_any(Objects(PhantomData))
}

/// A value that is neither a list nor an object; those are ignored.
enum Scalar<'a> {
    Text(Cow<'a, str>),
    Whole(i128),
    Float(f64),
    Flag(bool),
    Nothing,
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyScalar(PhantomData))
    }
}

struct AnyScalar<'a>(PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for AnyScalar<'a> {
    type Value = Scalar<'a>;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("anything")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_string())))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Whole(number.into()))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Whole(number.into()))
    }
    fn visit_f64<E>(self, number: f64) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Float(number))
    }
    fn visit_bool<E>(self, flag: bool) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Flag(flag))
    }
    fn visit_unit<E>(self) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Nothing)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Scalar<'a>, A::Error> {
        IgnoredAny.visit_map(map).map(|_| Scalar::Nothing)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Scalar<'a>, A::Error> {
        IgnoredAny.visit_seq(seq).map(|_| Scalar::Nothing)
    }
}

struct Object<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
    type Value = Option<T>;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Option<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Option<T>, A::Error> {
        IgnoredAny.visit_seq(seq).map(|_| None)
    }
    fn visit_str<E>(self, _: &str) -> Result<Option<T>, E> {
        Ok(None)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Option<T>, E> {
        Ok(None)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Option<T>, E> {
        Ok(None)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Option<T>, E> {
        Ok(None)
    }
    fn visit_bool<E>(self, _: bool) -> Result<Option<T>, E> {
        Ok(None)
    }
    fn visit_unit<E>(self) -> Result<Option<T>, E> {
        Ok(None)
    }
}

struct Entry<T>(Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entry<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        object(from).map(Entry)
    }
}

struct Objects<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Objects<T> {
    type Value = Vec<T>;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
        let mut all = Vec::new();
        while all.len() < LIST_OBJECTS {
            let Some(Entry(entry)) = seq.next_element::<Entry<T>>()? else { return Ok(all) };
            all.extend(entry);
        }
        IgnoredAny.visit_seq(seq).map(|_| all)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<T>, A::Error> {
        IgnoredAny.visit_map(map).map(|_| Vec::new())
    }
    fn visit_str<E>(self, _: &str) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
    fn visit_u64<E>(self, _: u64) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
    fn visit_i64<E>(self, _: i64) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
    fn visit_f64<E>(self, _: f64) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
    fn visit_bool<E>(self, _: bool) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
    fn visit_unit<E>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
}
