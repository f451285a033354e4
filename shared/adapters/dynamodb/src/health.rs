//! How a table is, for an operator who asks what is wrong.

use std::fmt;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{KeySchemaElement, TableDescription, TimeToLiveStatus};
use cloud_mirror_domain::error::chain;
use cloud_mirror_domain::ports::LookError;

/// The attribute that is the table's key, a string.
pub const KEY: &str = "id";

/// The attribute that the table's TTL goes by.
pub const TTL: &str = "ttl";

/// How a table is, as far as each look could tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableHealth {
    /// Its key. IAM: `dynamodb:DescribeTable`.
    pub key: Result<TableKey, LookError>,
    /// The attribute by which it deletes items, if it does. IAM: `dynamodb:DescribeTimeToLive`.
    pub ttl: Result<Option<String>, LookError>,
}

/// The key of a table: its attributes with their types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableKey(Vec<(String, String)>);

impl TableKey {
    /// Whether it is the one that a status table needs: one string, [`KEY`].
    pub fn is_right(&self) -> bool {
        matches!(&*self.0, [(name, kind)] if name == KEY && kind == "S")
    }
}

/// `id (S)`, one after another.
impl fmt::Display for TableKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.0.iter().map(|(name, kind)| format!("{name} ({kind})"));
        f.write_str(&words.collect::<Vec<_>>().join(", "))
    }
}

/// How the table of that name is. Reads only, and may be repeated; one look that fails hides not
/// what the other tells.
pub async fn table_health(client: &Client, table: &str) -> TableHealth {
    TableHealth {
        key: key(client, table).await,
        ttl: ttl(client, table).await,
    }
}

async fn key(client: &Client, table: &str) -> Result<TableKey, LookError> {
    let described = client.describe_table().table_name(table).send().await;
    let described = described.map_err(|error| unseen("DescribeTable", table, &error))?;
    let Some(description) = described.table else {
        let words = format!("DescribeTable {table}: the answer describes no table");
        return Err(LookError::Failed(words));
    };
    let parts = description.key_schema().iter();
    let part = |part: &KeySchemaElement| {
        let name = part.attribute_name();
        (name.to_owned(), kind(&description, name))
    };
    Ok(TableKey(parts.map(part).collect()))
}

fn kind(description: &TableDescription, name: &str) -> String {
    let mut attributes = description.attribute_definitions().iter();
    let attribute = attributes.find(|attribute| attribute.attribute_name() == name);
    attribute.map_or_else(String::new, |attribute| {
        attribute.attribute_type().as_str().to_owned()
    })
}

async fn ttl(client: &Client, table: &str) -> Result<Option<String>, LookError> {
    let asking = client.describe_time_to_live().table_name(table);
    let described = asking.send().await;
    let described = described.map_err(|error| unseen("DescribeTimeToLive", table, &error))?;
    let ttl = described.time_to_live_description.filter(|ttl| {
        // While it is being switched on it counts as on: nobody has to do anything.
        let on = [TimeToLiveStatus::Enabled, TimeToLiveStatus::Enabling];
        ttl.time_to_live_status()
            .is_some_and(|status| on.contains(status))
    });
    Ok(ttl.and_then(|ttl| ttl.attribute_name))
}

fn unseen<E>(action: &str, table: &str, error: &SdkError<E, HttpResponse>) -> LookError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let words = format!("{action} {table}: {}", chain(error));
    match error.code() {
        None if error.raw_response().is_none() => LookError::Unreachable(words),
        Some("ResourceNotFoundException") => LookError::Missing(words),
        Some(code) if code.contains("AccessDenied") => LookError::Denied(words),
        _ => LookError::Failed(words),
    }
}
