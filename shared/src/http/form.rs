//! Reading a JSON body or a query string: every fault of a request in one answer.

use std::{fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

use super::problem::{Located, Problem};
use crate::domain::Fault;

/// Where the values of a form come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Body,
    Query,
}

/// A form that is being read. A reader gives `None` for a value that is at fault;
/// [`finish`](Self::finish) gives them all, or all faults.
#[derive(Debug)]
pub struct Form {
    source: Source,
    values: Map<String, Value>,
    faults: Vec<Located>,
}

/// How deep a body may nest.
const MOST_LEVELS: usize = 32;

impl Form {
    /// Reads a JSON body: an object, at most 32 levels deep, without duplicate keys.
    ///
    /// # Errors
    /// 422 `json_invalid` or `model_attributes_type`.
    pub fn of_body(body: &[u8]) -> Result<Self, Problem> {
        let invalid = |at: Vec<String>, kind, message: String| {
            Problem::invalid(vec![Located { at, fault: Fault::new(kind, message) }])
        };
        if body.is_empty() {
            return Err(invalid(vec!["body".to_owned()], "missing", "Field required".to_owned()));
        }
        match serde_json::from_slice::<Strict>(body) {
            Ok(Strict(Value::Object(values))) => {
                Ok(Self { source: Source::Body, values, faults: Vec::new() })
            }
            Ok(_) => Err(invalid(
                vec!["body".to_owned()],
                "model_attributes_type",
                "Input should be a valid dictionary or object to extract fields from".to_owned(),
            )),
            Err(error) => Err(invalid(
                vec!["body".to_owned(), error.column().to_string()],
                "json_invalid",
                format!("JSON decode error: {}", reason(&error)),
            )),
        }
    }

    /// Reads a query string's decoded pairs; a key that is given twice is at fault.
    #[must_use]
    pub fn of_query(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut form = Self { source: Source::Query, values: Map::new(), faults: Vec::new() };
        for (name, value) in pairs {
            if form.values.insert(name.clone(), Value::String(value)).is_some() {
                form.fault(&name, Fault::value("is given more than once"));
            }
        }
        form
    }

    /// Takes values of another form that this one does not have.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        for (name, value) in other.values {
            self.values.entry(name).or_insert(value);
        }
        self.faults.extend(other.faults);
        self
    }

    /// A text that must be there.
    pub fn text<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, Fault>) -> Option<T> {
        let Some(value) = self.values.get(name) else {
            self.fault(name, Fault::new("missing", "Field required"));
            return None;
        };
        let Value::String(text) = value else {
            self.fault(name, Fault::new("string_type", "Input should be a valid string"));
            return None;
        };
        let parsed = parse(text);
        self.keep(name, parsed)
    }

    /// A text that may be absent or null.
    pub fn optional_text<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<Option<T>> {
        match self.values.get(name) {
            None | Some(Value::Null) => Some(None),
            Some(_) => self.text(name, parse).map(Some),
        }
    }

    /// A text that may be absent, but not null.
    pub fn text_if_given<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<Option<T>> {
        if self.mentions(name) { self.text(name, parse).map(Some) } else { Some(None) }
    }

    /// A truth value; false where it is absent.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        match self.values.get(name) {
            None => Some(false),
            Some(Value::Bool(flag)) => Some(*flag),
            Some(_) => {
                self.fault(name, Fault::new("bool_type", "Input should be a valid boolean"));
                None
            }
        }
    }

    /// An object that may be absent or null.
    pub fn optional_object<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(Value) -> Result<T, Fault>,
    ) -> Option<Option<T>> {
        match self.values.get(name) {
            None | Some(Value::Null) => Some(None),
            Some(value @ Value::Object(_)) => {
                let parsed = parse(value.clone());
                self.keep(name, parsed).map(Some)
            }
            Some(_) => {
                self.fault(name, Fault::new("dict_type", "Input should be a valid dictionary"));
                None
            }
        }
    }

    /// An object that must be there.
    pub fn object<T>(&mut self, name: &str, parse: impl FnOnce(Value) -> Result<T, Fault>) -> Option<T> {
        if !self.values.contains_key(name) {
            self.fault(name, Fault::new("missing", "Field required"));
            return None;
        }
        match self.optional_object(name, parse) {
            Some(Some(value)) => Some(value),
            Some(None) => {
                self.fault(name, Fault::new("dict_type", "Input should be a valid dictionary"));
                None
            }
            None => None,
        }
    }

    /// Whether the request says something of a value, be it null.
    #[must_use]
    pub fn mentions(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Notes a fault that no reader sees.
    pub fn fault(&mut self, name: &str, fault: Fault) {
        let source = match self.source {
            Source::Body => "body",
            Source::Query => "query",
        };
        self.faults.push(Located { at: vec![source.to_owned(), name.to_owned()], fault });
    }

    /// All values, or all faults.
    ///
    /// # Errors
    /// 422 with every fault.
    pub fn finish<T: Gather>(self, values: T) -> Result<T::All, Problem> {
        match values.gather() {
            Some(all) if self.faults.is_empty() => Ok(all),
            _ => Err(Problem::invalid(self.faults)),
        }
    }

    fn keep<T>(&mut self, name: &str, parsed: Result<T, Fault>) -> Option<T> {
        parsed.map_err(|fault| self.fault(name, fault)).ok()
    }
}

/// Takes any text.
///
/// # Errors
/// None.
pub fn any(text: &str) -> Result<String, Fault> {
    Ok(text.to_owned())
}

/// Takes what the type's own parser takes.
///
/// # Errors
/// `value_error` in its words.
pub fn parsed<T>(text: &str) -> Result<T, Fault>
where
    T: FromStr<Err: fmt::Display>,
{
    text.parse::<T>().map_err(|error| Fault::value(error.to_string()))
}

/// Takes what a type reads from JSON.
///
/// # Errors
/// `value_error` that says what was wanted: serde's own words may repeat the input.
pub fn json<T: serde::de::DeserializeOwned>(wanted: &'static str) -> impl FnOnce(Value) -> Result<T, Fault> {
    move |value| serde_json::from_value(value).map_err(|_| Fault::value(wanted))
}

/// Several readings, to be had together or not at all.
pub trait Gather {
    type All;
    fn gather(self) -> Option<Self::All>;
}

macro_rules! gather {
    ($($name:ident $index:tt),+) => {
        impl<$($name),+> Gather for ($(Option<$name>,)+) {
            type All = ($($name,)+);
            fn gather(self) -> Option<Self::All> {
                Some(($(self.$index?,)+))
            }
        }
    };
}

gather!(A 0);
gather!(A 0, B 1);
gather!(A 0, B 1, C 2);
gather!(A 0, B 1, C 2, D 3);
gather!(A 0, B 1, C 2, D 3, E 4);
gather!(A 0, B 1, C 2, D 3, E 4, F 5);
gather!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
gather!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
gather!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);

/// serde's words without its quotations of the input, which may be a password.
fn reason(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Eof => "the document ends too early",
        serde_json::error::Category::Data => "too deep, or a key stands twice in one object",
        _ => "not JSON",
    }
}

/// A JSON value read strictly: no object has a key twice, nothing nests deeper than allowed.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Level(MOST_LEVELS)).map(Self)
    }
}

#[derive(Clone, Copy)]
struct Level(usize);

impl Level {
    fn below<E: de::Error>(self) -> Result<Self, E> {
        self.0.checked_sub(1).map(Self).ok_or_else(|| E::custom("too deep"))
    }
}

impl<'de> de::DeserializeSeed<'de> for Level {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(below)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut values = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value_seed(below)?;
            if values.insert(key, value).is_some() {
                return Err(de::Error::custom("a key stands twice"));
            }
        }
        Ok(Value::Object(values))
    }
}

#[cfg(test)]
mod tests;
