//! What travels through the copy queue. A message is a hint; `begin` decides.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use ulid::Ulid;

use crate::entry::UnfinishedUpload;
use crate::rules::{PoolId, ReplicaId};
use crate::trace::{self, Trace};
use crate::url::SourceUrl;

/// A message in the copy queue: `{"v": 1, "id": "s3_eu-central-1", "url": …, "action": "put"}`.
///
/// Any program may send one: without an `attempt` the copier claims by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Which replica.
    pub replica: ReplicaId,
    /// What is to be done.
    pub action: Action,
    /// The claim that sent it, or the purge's id.
    pub attempt: Option<Ulid>,
    /// What the claim saw in the pool: the condition of the final write.
    pub seen: Option<Seen>,
    /// It travels on the bulk queue: a copy that nobody can wait for, or one that goes on.
    pub bulk: bool,
    /// The upload that it goes on with, should the table be lost on the way.
    pub upload: Option<UnfinishedUpload>,
    /// The trace that it belongs to, where its sender knows of one.
    pub trace: Option<Trace>,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Make the replica.
    Put,
    /// Finish a purge that had to wait for a live run.
    Purge,
}

/// What a HEAD of the replica saw. Only a hint: the final write's condition checks it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Seen {
    /// There was no object.
    None,
    /// There was one with this entity tag, to be replaced.
    Etag(String),
}

/// Why a message cannot be understood. It goes to the dead letters, where nothing is lost.
#[derive(Debug, Error)]
pub enum MessageError {
    /// The record has no body.
    #[error("the record has no body")]
    Empty,
    /// Neither our format nor the Node original's.
    #[error("the body is no copy message: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A version that this release does not know.
    #[error("the message has version {0}; this release understands version 1")]
    Version(u64),
}

#[derive(Serialize, Deserialize)]
struct Wire {
    id: PoolId,
    url: SourceUrl,
    action: Action,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attempt: Option<Ulid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seen: Option<Seen>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    bulk: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    upload: Option<UnfinishedUpload>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "trace::lenient"
    )]
    trace: Option<Trace>,
}

#[derive(Serialize)]
struct Versioned {
    v: u64,
    #[serde(flatten)]
    wire: Wire,
}

/// Both formats: ours has `v`, the Node original's `version` and everything else under `data`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Envelope {
    Ours {
        v: u64,
    },
    Node {
        version: u64,
        data: serde_json::Value,
    },
}

impl Message {
    /// The message as JSON text.
    pub fn to_json(&self) -> String {
        let wire = Wire {
            id: self.replica.pool.clone(),
            url: self.replica.url.clone(),
            action: self.action,
            attempt: self.attempt,
            seen: self.seen.clone(),
            bulk: self.bulk,
            upload: self.upload.clone(),
            trace: self.trace,
        };
        // Strings, an integer and an enum: there is nothing in it that JSON could refuse.
        serde_json::to_string(&Versioned { v: 1, wire }).unwrap_or_default()
    }

    /// Reads a message in our format or in the Node original's.
    pub fn from_json(body: &str) -> Result<Self, MessageError> {
        let value: serde_json::Value = serde_json::from_str(body)?;
        let (version, wire) = match serde_json::from_value(value.clone())? {
            Envelope::Ours { v } => (v, value),
            Envelope::Node { version, data } => (version, data),
        };
        if version != 1 {
            return Err(MessageError::Version(version));
        }
        let wire: Wire = serde_json::from_value(wire)?;
        Ok(Self {
            replica: ReplicaId {
                pool: wire.id,
                url: wire.url,
            },
            action: wire.action,
            attempt: wire.attempt,
            seen: wire.seen,
            bulk: wire.bulk,
            upload: wire.upload,
            trace: wire.trace,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        Message {
            replica: ReplicaId {
                pool: PoolId::new("s3", "eu-central-1"),
                url: SourceUrl::parse("https://example.com/a").unwrap(),
            },
            action: Action::Put,
            attempt: Some(Ulid::from(7u128)),
            seen: Some(Seen::Etag("\"e\"".into())),
            bulk: false,
            upload: None,
            trace: None,
        }
    }

    #[test]
    fn a_message_reads_as_it_was_written() {
        let json = message().to_json();
        assert!(json.starts_with(r#"{"v":1,"id":"s3_eu-central-1","url":"https://example.com/a""#));
        assert_eq!(Message::from_json(&json).unwrap(), message());
        let bulk = Message {
            bulk: true,
            ..message()
        };
        assert_eq!(Message::from_json(&bulk.to_json()).unwrap(), bulk);
    }

    #[test]
    fn any_program_may_prefetch_and_so_may_the_node_original() {
        let bare = r#"{"v":1,"id":"s3_eu-central-1","url":"https://example.com/a","action":"put"}"#;
        let node = r#"{"version":1,"data":{"id":"s3_eu-central-1","url":"https://example.com/a","action":"put"}}"#;
        let expected = Message {
            attempt: None,
            seen: None,
            ..message()
        };
        assert_eq!(Message::from_json(bare).unwrap(), expected);
        assert_eq!(Message::from_json(node).unwrap(), expected);
    }

    #[test]
    fn a_trace_travels_along_and_what_is_none_is_no_reason_to_lose_a_copy() {
        let traced = Message {
            trace: Some(Trace::fresh(Ulid::from(7u128))),
            ..message()
        };
        let json = traced.to_json();
        assert!(json.contains(r#""trace":"Root=1-"#), "{json}");
        assert_eq!(Message::from_json(&json).unwrap(), traced);
        for odd in [r#""Root=1-x""#, "7", "null", r#"{"Root": 1}"#] {
            let bent = message()
                .to_json()
                .replace(r#""action""#, &format!(r#""trace":{odd},"action""#));
            assert_eq!(Message::from_json(&bent).unwrap(), message(), "{bent}");
        }
    }

    #[test]
    fn what_is_no_message_says_why() {
        for (body, why) in [
            ("", "no copy message"),
            ("[]", "no copy message"),
            (
                r#"{"v":2,"id":"s3_x","url":"https://e.com/","action":"put"}"#,
                "version 2",
            ),
            (
                r#"{"v":1,"id":"s3","url":"https://e.com/","action":"put"}"#,
                "no pool id",
            ),
            (
                r#"{"v":1,"id":"s3_x","url":"ftp://e.com/","action":"put"}"#,
                "only http and https",
            ),
            (
                r#"{"v":1,"id":"s3_x","url":"https://e.com/","action":"sing"}"#,
                "sing",
            ),
        ] {
            let error = Message::from_json(body).unwrap_err().to_string();
            assert!(error.contains(why), "{body}: {error}");
        }
    }
}
