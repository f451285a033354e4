//! How large an item of the table is, by DynamoDB's own rule.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::Wired;
use crate::aws::{self, TABLE};

type Item = HashMap<String, AttributeValue>;

impl Wired {
    /// The size of the table's only item, in bytes.
    pub async fn item_bytes(&self) -> usize {
        let client = aws::dynamodb(&self.0.dynamodb.url());
        let found = client.scan().table_name(TABLE).send().await.unwrap();
        let items: Vec<Item> = found.items.unwrap_or_default();
        assert_eq!(items.len(), 1, "one object, one item");
        attributes(&items[0])
    }
}

/// Each attribute's name and value.
fn attributes(item: &Item) -> usize {
    let sizes = item.iter().map(|(name, value)| name.len() + size(value));
    sizes.sum()
}

/// Text by its UTF-8, numbers by two digits a byte and one more, maps by three bytes and one for each
/// of their attributes.
fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
        AttributeValue::Bool(_) | AttributeValue::Null(_) => 1,
        AttributeValue::M(map) => 3 + map.len() + attributes(map),
        AttributeValue::L(list) => 3 + list.iter().map(|one| 1 + size(one)).sum::<usize>(),
        other => panic!("no item has {other:?}"),
    }
}
