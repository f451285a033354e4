//! As much of JSON Schema as the API's description uses. Whole validators are another twenty crates;
//! `scripts/schemathesis` judges the same answers with one of those, patterns too.

use serde_json::Value;

/// Why a value does not fit, if it does not.
///
/// # Panics
/// On a keyword that nobody has taught it, so that nothing goes unchecked.
pub(crate) fn misfit(document: &Value, schema: &Value, value: &Value) -> Option<String> {
    let keywords = schema.as_object().expect("a schema");
    keywords.iter().find_map(|(keyword, says)| {
        let inner = |schema, value| misfit(document, schema, value);
        let fits = match keyword.as_str() {
            "$ref" => {
                let place = says.as_str().unwrap().trim_start_matches('#');
                return inner(document.pointer(place).expect("a schema"), value);
            }
            "properties" => return each_property(says, value, inner),
            "items" => return value.as_array()?.iter().find_map(|item| inner(says, item)),
            "oneOf" => {
                let fitting = says.as_array().unwrap().iter();
                fitting.filter(|one| inner(one, value).is_none()).count() == 1
            }
            "required" => {
                let mut names = says.as_array().unwrap().iter();
                names.all(|name| value.get(name.as_str().unwrap()).is_some())
            }
            "additionalProperties" if says.is_object() => {
                return others(schema, value).find_map(|(_, other)| inner(says, other));
            }
            "additionalProperties" => {
                assert_eq!(*says, false);
                others(schema, value).next().is_none()
            }
            "type" => is_of_type(says, value),
            "enum" => says.as_array().unwrap().contains(value),
            "const" => says == value,
            "minimum" => value.as_i64() >= says.as_i64(),
            "minLength" => length(value) >= says.as_u64(),
            "maxLength" => length(value) <= says.as_u64(),
            "description" | "examples" | "pattern" => true,
            other => panic!("{other} is a keyword to be learnt"),
        };
        (!fits).then(|| format!("{value} against {keyword}: {says}"))
    })
}

fn each_property<'a>(
    properties: &'a Value,
    value: &'a Value,
    inner: impl Fn(&'a Value, &'a Value) -> Option<String>,
) -> Option<String> {
    let properties = properties.as_object()?.iter();
    let mut present = properties.filter_map(|(name, schema)| Some((schema, value.get(name)?)));
    present.find_map(|(schema, value)| inner(schema, value))
}

/// The properties that the schema does not name.
fn others<'a>(schema: &Value, value: &'a Value) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let all = value.as_object().into_iter().flatten();
    all.filter(|(name, _)| schema["properties"].get(name).is_none())
}

fn is_of_type(says: &Value, value: &Value) -> bool {
    match says {
        Value::Array(types) => types.iter().any(|one| is_of_type(one, value)),
        one => match one.as_str().unwrap() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "null" => value.is_null(),
            other => panic!("{other} is a type to be learnt"),
        },
    }
}

fn length(value: &Value) -> Option<u64> {
    let length = value.as_str()?.chars().count();
    u64::try_from(length).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::misfit;

    #[test]
    fn what_does_not_fit_is_noticed() {
        let document = json!({ "Word": { "enum": ["a", "b"] } });
        let schema = json!({
            "type": "object",
            "required": ["word"],
            "additionalProperties": false,
            "properties": {
                "word": { "$ref": "#/Word" },
                "more": { "type": "object", "additionalProperties": { "type": "string" } },
                "sizes": { "type": "array", "items": { "type": "integer", "minimum": 0 } },
                "url": { "oneOf": [{ "type": "string", "minLength": 1 }, { "type": "null" }] },
            },
        });
        let fits = |value| misfit(&document, &schema, &value).is_none();
        assert!(fits(json!({ "word": "a", "sizes": [0, 1], "url": null })));
        assert!(fits(json!({ "word": "a", "more": { "any": "text" } })));
        for value in [
            json!([]),
            json!({}),
            json!({ "word": "c" }),
            json!({ "word": "a", "other": 1 }),
            json!({ "word": "a", "more": { "any": 1 } }),
            json!({ "word": "a", "sizes": [-1] }),
            json!({ "word": "a", "sizes": ["1"] }),
            json!({ "word": "a", "url": "" }),
            json!({ "word": "a", "url": 1 }),
        ] {
            assert!(!fits(value.clone()), "{value}");
        }
    }
}
