//! Buckets: their objects by the XML API, themselves and their policies by the JSON API.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http_body_util::Full;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal, Reply, set};
use super::object::Object;
use super::request::Request;
use super::store::{Bucket, Store};
use super::uploads::rfc3339;
use super::xml;

/// The most that a page holds.
const PAGE: u64 = 1000;

pub(super) fn json_reply(value: &Value) -> Reply {
    let mut reply = Reply::new(Full::new(Bytes::from(value.to_string())));
    set(&mut reply, CONTENT_TYPE, "application/json; charset=UTF-8");
    reply
}

/// The items of one page, and whether more follow.
pub(super) fn page<T>(items: impl Iterator<Item = T>, asked: Option<u64>) -> (Vec<T>, bool) {
    let size = asked.unwrap_or(PAGE).min(PAGE) as usize;
    let mut items: Vec<_> = items.take(size + 1).collect();
    let more = items.len() > size;
    items.truncate(size);
    (items, more)
}

/// Version 2 of the listing, without delimiters.
pub(super) fn list(bucket: &Bucket, name: &str, request: &Request) -> Answer<xml::Element> {
    if request.parameter("list-type") != Some("2") || request.has("delimiter") {
        return Err(Refusal::new(
            501,
            "NotImplemented",
            "not known to this server",
        ));
    }
    let prefix = request.parameter("prefix").unwrap_or_default();
    let after = request.parameter("continuation-token");
    let after = after
        .or(request.parameter("start-after"))
        .unwrap_or_default();
    let objects = bucket.objects.iter();
    let following = objects.filter(|(key, _)| key.starts_with(prefix) && key.as_str() > after);
    let (listed, more) = page(following, request.number("max-keys")?);
    let mut root = xml::Element::new("ListBucketResult");
    root.text("Name", name);
    root.text("Prefix", prefix);
    root.text("KeyCount", listed.len());
    root.text("IsTruncated", more);
    if let (true, Some((key, _))) = (more, listed.last()) {
        root.text("NextContinuationToken", key);
    }
    for (key, object) in listed {
        root.child(&told_in_list(key, object));
    }
    Ok(root)
}

fn told_in_list(key: &str, object: &Object) -> xml::Element {
    let mut told = xml::Element::new("Contents");
    told.text("Key", key);
    told.text("Generation", object.generation);
    told.text("MetaGeneration", 1);
    told.text("LastModified", rfc3339(object.modified));
    told.text("ETag", object.etag());
    told.text("Size", object.bytes.len());
    told
}

/// A bucket as the JSON API tells it, of that name and in that location.
pub(super) fn resource(name: &str, location: &str) -> Value {
    json!({
        "kind": "storage#bucket",
        "name": name,
        "id": name,
        "location": location.to_uppercase(),
        "storageClass": "STANDARD",
        "iamConfiguration": {
            "uniformBucketLevelAccess": { "enabled": false },
            "publicAccessPrevention": "inherited",
        },
        "softDeletePolicy": { "retentionDurationSeconds": "604800" },
    })
}

fn told(bucket: &Bucket) -> Reply {
    let mut resource = bucket.resource.clone();
    resource["metageneration"] = bucket.metageneration.to_string().into();
    json_reply(&resource)
}

fn body(request: &Request) -> Answer<Value> {
    let body = serde_json::from_slice(&request.body);
    body.map_err(|_| Refusal::new(400, "parseError", "Parse Error"))
}

pub(super) fn create(store: &Store, request: &Request) -> Answer<Reply> {
    if !request.has("project") {
        return Err(Refusal::new(400, "required", "Required parameter: project"));
    }
    let wanted = body(request)?;
    let missing = || Refusal::new(400, "required", "Required: name");
    let name = wanted["name"].as_str().ok_or_else(missing)?;
    let mut state = store.state();
    if state.buckets.contains_key(name) {
        let message = "Your previous request to create the named bucket succeeded.";
        return Err(Refusal::new(409, "conflict", message));
    }
    let mut resource = resource(name, wanted["location"].as_str().unwrap_or("US"));
    let location = resource["location"].clone();
    merge(&mut resource, &wanted);
    resource["location"] = location;
    let bucket = Bucket::new(checked(resource)?);
    let reply = told(&bucket);
    state.buckets.insert(name.to_owned(), bucket);
    Ok(reply)
}

pub(super) fn get(store: &Store, name: &str) -> Answer<Reply> {
    Ok(told(store.state().bucket(name)?))
}

pub(super) fn patch(store: &Store, request: &Request, name: &str) -> Answer<Reply> {
    let wanted = body(request)?;
    let mut state = store.state();
    let bucket = state.bucket_mut(name)?;
    let expected = request.number("ifMetagenerationMatch")?;
    if expected.is_some_and(|expected| expected != bucket.metageneration) {
        return Err(Refusal::new(412, "conditionNotMet", "Precondition Failed"));
    }
    let mut changed = bucket.resource.clone();
    merge(&mut changed, &wanted);
    bucket.resource = checked(changed)?;
    bucket.metageneration += 1;
    Ok(told(bucket))
}

/// What can be wrong with a bucket's lifecycle.
fn checked(resource: Value) -> Answer<Value> {
    let rules = resource["lifecycle"]["rule"].as_array();
    let known = [
        "Delete",
        "SetStorageClass",
        "AbortIncompleteMultipartUpload",
    ];
    let right = |rule: &Value| {
        let action = rule["action"]["type"].as_str().unwrap_or_default();
        let condition = rule["condition"].as_object();
        known.contains(&action) && condition.is_some_and(|condition| !condition.is_empty())
    };
    match rules.is_none_or(|rules| rules.iter().all(right)) {
        true => Ok(resource),
        false => Err(Refusal::new(400, "invalid", "A lifecycle rule is invalid.")),
    }
}

/// As JSON's merge patches: objects by their members, everything else as a whole, and null deletes.
fn merge(into: &mut Value, patch: &Value) {
    let Some(members) = patch.as_object() else {
        *into = patch.clone();
        return;
    };
    if !into.is_object() {
        *into = json!({});
    }
    for (name, value) in members {
        match value.is_null() {
            true => {
                into.as_object_mut().unwrap().remove(name);
            }
            false => merge(&mut into[name], value),
        }
    }
}

pub(super) fn policy(store: &Store, name: &str) -> Answer<Reply> {
    Ok(told_policy(store.state().bucket(name)?))
}

fn told_policy(bucket: &Bucket) -> Reply {
    json_reply(&json!({
        "kind": "storage#policy",
        "version": 1,
        "etag": bucket.policy_version.to_string(),
        "bindings": bucket.bindings,
    }))
}

/// Replaces the whole policy. One that lets everybody read is refused where public access is
/// prevented.
pub(super) fn put_policy(store: &Store, request: &Request, name: &str) -> Answer<Reply> {
    let wanted = body(request)?;
    let mut state = store.state();
    let bucket = state.bucket_mut(name)?;
    let etag = wanted["etag"].as_str();
    if etag.is_some_and(|etag| etag != bucket.policy_version.to_string()) {
        return Err(Refusal::new(412, "conditionNotMet", "Precondition Failed"));
    }
    let prevented = &bucket.resource["iamConfiguration"]["publicAccessPrevention"] == "enforced";
    if prevented && wanted["bindings"].to_string().contains("allUsers") {
        let message = "The member bindings allUsers and allAuthenticatedUsers are not allowed since \
                       public access prevention is enforced.";
        return Err(Refusal::new(412, "conditionNotMet", message));
    }
    bucket.bindings = wanted["bindings"].clone();
    bucket.policy_version += 1;
    Ok(told_policy(bucket))
}
