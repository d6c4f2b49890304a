//! What a tenant's application keeps with a user.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Fault;

/// A JSON object of the tenant's own: at most 4,096 bytes in compact form and 5 levels deep. It
/// can never set any other field of a user.
///
/// `DynamoDB` keeps it as a map. What would not come back as it went in is refused: an empty key,
/// and a number beyond the magnitudes that it holds (1e-130 to 1e126).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomData(Map<String, Value>);

impl CustomData {
    const MAX_BYTES: usize = 4096;
    const MAX_LEVELS: usize = 5;
    const MAGNITUDES: std::ops::Range<f64> = 1e-128..1e125;

    /// # Errors
    /// `dict_type` if it is no object, else `value_error` with the limit that is broken.
    pub fn parse(value: Value) -> Result<Self, Fault> {
        let Value::Object(object) = value else {
            return Err(Fault::new("dict_type", "Input should be a valid dictionary"));
        };
        for value in object.values() {
            check(value, Self::MAX_LEVELS - 1)?;
        }
        check_keys(&object)?;
        let bytes = serde_json::to_vec(&object).map_err(|_| Fault::value("must be JSON"))?;
        if bytes.len() > Self::MAX_BYTES {
            return Err(Fault::value("must be at most 4096 bytes as compact JSON"));
        }
        Ok(Self(object))
    }

    #[must_use]
    pub fn as_object(&self) -> &Map<String, Value> {
        &self.0
    }
}

/// Never deeper than `levels`, whatever it is given.
fn check(value: &Value, levels: usize) -> Result<(), Fault> {
    let below = || levels.checked_sub(1).ok_or_else(|| Fault::value("must be at most 5 levels deep"));
    match value {
        Value::Array(items) => {
            let below = below()?;
            items.iter().try_for_each(|item| check(item, below))
        }
        Value::Object(object) => {
            let below = below()?;
            check_keys(object)?;
            object.values().try_for_each(|item| check(item, below))
        }
        Value::Number(number) => {
            let magnitude = number.as_f64().unwrap_or(f64::INFINITY).abs();
            if magnitude == 0.0 || CustomData::MAGNITUDES.contains(&magnitude) {
                Ok(())
            } else {
                Err(Fault::value("must not contain a number that is too large or too small to keep"))
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}

fn check_keys(object: &Map<String, Value>) -> Result<(), Fault> {
    if object.contains_key("") { Err(Fault::value("must not contain an empty key")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn takes_an_object_up_to_its_limits() {
        let exact = json!({"k": "x".repeat(4096 - r#"{"k":""}"#.len())});
        for good in [json!({}), json!({"a": [1, 1.5, null, true, "ä"], "b": {"c": {}}}), exact] {
            let data = CustomData::parse(good.clone()).unwrap();
            assert_eq!(serde_json::to_value(&data).unwrap(), good);
            assert_eq!(serde_json::from_value::<CustomData>(good).unwrap(), data);
        }
        assert!(CustomData::parse(json!({"k": "x".repeat(4096 - r#"{"k":""}"#.len() + 1)})).is_err());
    }

    #[test]
    fn takes_five_levels_and_no_more() {
        let nested = |levels| {
            (1..levels).fold(json!({"leaf": 1}), |inner, _| {
                Value::Object(Map::from_iter([("in".to_owned(), inner)]))
            })
        };
        assert!(CustomData::parse(nested(5)).is_ok());
        assert!(CustomData::parse(nested(6)).is_err());
        assert!(CustomData::parse(json!({"a": [[[[1]]]]})).is_ok());
        assert!(CustomData::parse(json!({"a": [[[[[]]]]]})).is_err());
        assert!(CustomData::parse(nested(100)).is_err());
    }

    #[test]
    fn refuses_what_is_no_object_or_would_not_come_back() {
        for value in [json!(null), json!([]), json!("a"), json!(1), json!(false)] {
            assert_eq!(CustomData::parse(value).unwrap_err().kind, "dict_type");
        }
        for value in [json!({"": 1}), json!({"a": {"": 1}}), json!({"a": 1e200}), json!({"a": [-1e-200]})] {
            assert_eq!(CustomData::parse(value).unwrap_err().kind, "value_error");
        }
        assert!(CustomData::parse(json!({"a": [u64::MAX, i64::MIN, 0, 0.0, -0.0, 1e100]})).is_ok());
    }

    proptest! {
        #[test]
        fn what_is_kept_is_what_was_given(pairs in prop::collection::btree_map("\\PC{1,12}", ".{0,200}", 0..20)) {
            let value = json!(pairs);
            let fits = value.to_string().len() <= 4096;
            match CustomData::parse(value.clone()) {
                Ok(data) => {
                    prop_assert!(fits);
                    prop_assert_eq!(Value::Object(data.as_object().clone()), value);
                }
                Err(_) => prop_assert!(!fits),
            }
        }
    }
}
