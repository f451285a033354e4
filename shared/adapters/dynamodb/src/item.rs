//! How an entry lies in the table.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use cloud_mirror_domain::entry::Entry;
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::time::Timestamp;
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};
use sha2::{Digest as _, Sha256};

/// The format that this version of the program reads and writes.
pub(crate) const VERSION: u64 = 1;

/// The most bytes a partition key may have.
const MAX_KEY: usize = 2_048;

/// An item as DynamoDB speaks of it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// What was seen of an item. The default is that there is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Seen {
    /// The revision that the next write must meet, whatever its type: an item that somebody
    /// else made must not stay in the way for ever.
    pub(crate) rev: Option<AttributeValue>,
    /// The entry, live or not; none in an item that cannot be read.
    pub(crate) entry: Option<Entry>,
}

impl Seen {
    /// Reads an item. One of another format counts as absent, and so does one that cannot be
    /// read: the table is a cache, and an error here would stay until somebody mends the item.
    pub(crate) fn of(item: Item) -> Self {
        let rev = item.get("rev").cloned();
        let readable = item.get("v") == Some(&number(VERSION));
        let entry = readable.then(|| from_item(item).ok()).flatten();
        Self { rev, entry }
    }

    /// Reads what a request answered, which is nothing where there is no item.
    pub(crate) fn of_answer(item: Option<Item>) -> Self {
        item.map(Self::of).unwrap_or_default()
    }
}

/// The key of a replica's item. A URL holds no space, so that no two replicas share a key; beyond
/// what a key may hold the URL's digest stands for it.
pub(crate) fn key(id: &ReplicaId) -> String {
    let (pool, url) = (id.pool.as_path(), id.url.as_str());
    let key = format!("{pool} {url}");
    if key.len() <= MAX_KEY {
        return key;
    }
    format!("{pool} sha256:{}", hex::encode(Sha256::digest(url)))
}

/// The item of an entry. Fails only if the entry cannot be written at all, which none is known
/// to do.
pub(crate) fn item(
    key: &str,
    rev: &AttributeValue,
    entry: &Entry,
) -> Result<Item, serde_dynamo::Error> {
    let mut item: Item = to_item(entry)?;
    drop_nulls(&mut item);
    if let Some(status) = status_of(&item).cloned() {
        item.insert("status".into(), status);
    }
    item.insert("id".into(), text(key));
    item.insert("v".into(), number(VERSION));
    item.insert("rev".into(), rev.clone());
    item.insert("ttl".into(), number(ttl(entry.expires)));
    Ok(item)
}

/// A string as an attribute's value.
pub(crate) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number as an attribute's value.
pub(crate) fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// Rounded up: DynamoDB must never delete what still counts.
fn ttl(expires: Timestamp) -> u64 {
    expires.as_millis().div_ceil(1_000)
}

/// What is not there has no attribute, so that `attribute_not_exists` says so too.
fn drop_nulls(item: &mut Item) {
    item.retain(|_, value| !value.is_null());
    for value in item.values_mut() {
        if let AttributeValue::M(inner) = value {
            drop_nulls(inner);
        }
    }
}

fn status_of(item: &Item) -> Option<&AttributeValue> {
    item.get("state")?.as_m().ok()?.get("status")
}
