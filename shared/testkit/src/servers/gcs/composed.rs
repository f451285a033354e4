//! Objects made of others in one bucket, by the JSON API.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal, Reply};
use super::buckets::json_reply;
use super::checksums::base64;
use super::object::{Condition, Facts, KEPT, Object};
use super::request::Request;
use super::store::{State, Store};

/// The most components of one request.
const MOST: usize = 32;

pub(super) fn compose(
    store: &Store,
    request: &Request,
    (bucket, key): (&str, &str),
) -> Answer<Reply> {
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|_| Refusal::new(400, "invalid", "The body is no JSON."))?;
    let condition = Condition::of_query(request)?;
    let mut state = store.state();
    let sources = sources(&state, bucket, &body)?;
    let bytes = Bytes::from(
        sources
            .iter()
            .map(|source| &source.bytes[..])
            .collect::<Vec<_>>()
            .concat(),
    );
    let facts = described(&body["destination"])?;
    let components = sources
        .iter()
        .map(|source| source.components.unwrap_or(1))
        .sum();
    let etag = base64(&bytes.len().to_be_bytes());
    let object = Object::made(bytes, facts, etag, Some(components));
    let object = state.write((bucket, key), object, &condition)?;
    Ok(json_reply(&resource(bucket, key, &object)))
}

fn sources(state: &State, bucket: &str, body: &Value) -> Answer<Vec<Object>> {
    let named = body["sourceObjects"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    if !(1..=MOST).contains(&named.len()) {
        let message = "The number of source components must be between 1 and 32.";
        return Err(Refusal::new(400, "invalid", message));
    }
    let found = named.iter().map(|source| {
        let name = source["name"].as_str().unwrap_or_default();
        let object = state.object((bucket, name))?;
        let generation = &source["generation"];
        let right = generation.is_null() || generation == &json!(object.generation.to_string());
        right
            .then(|| object.clone())
            .ok_or_else(Refusal::no_such_key)
    });
    found.collect()
}

/// What the destination's resource says of the object.
fn described(resource: &Value) -> Answer<Facts> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let headers = KEPT
        .iter()
        .filter_map(|(header, name)| Some((header.to_string(), text(&resource[name])?)));
    let metadata = resource["metadata"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    let metadata: BTreeMap<_, _> = metadata
        .into_iter()
        .filter_map(|(name, value)| Some((name, text(&value)?)))
        .collect();
    let facts = Facts {
        headers: headers.collect(),
        metadata,
    };
    facts.checked()
}

fn resource(bucket: &str, key: &str, object: &Object) -> Value {
    let mut resource = json!({
        "kind": "storage#object",
        "bucket": bucket,
        "name": key,
        "generation": object.generation.to_string(),
        "metageneration": "1",
        "size": object.bytes.len().to_string(),
        "crc32c": object.crc32c,
        "etag": object.etag().trim_matches('"'),
        "metadata": object.facts.metadata,
    });
    for (header, name) in KEPT {
        if let Some(value) = object.facts.header(&header) {
            resource[name] = value.into();
        }
    }
    if let Some(components) = object.components {
        resource["componentCount"] = components.into();
    }
    resource
}
