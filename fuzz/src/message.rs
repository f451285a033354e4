//! What travels through the copy queue.

use aws_lambda_events::sqs::SqsEvent;
use cloud_mirror_domain::message::{Message, MessageError};
use cloud_mirror_domain::rules::PoolId;
use serde_json::{Value, json};

use crate::input::text;
use crate::url::assert_canonical;

/// A message's body, or a whole event of the queue with bodies in it.
///
/// Promised: a message reads as it was written, in our own form and in the Node original's; its
/// URL is canonical and its pool is one; and a body of another version, or of none, is no message.
pub fn messages(data: &[u8]) {
    let Some(text) = text(data) else { return };
    assert_read(text);
    if let Ok(event) = serde_json::from_str::<SqsEvent>(text) {
        for record in &event.records {
            assert_read(record.body.as_deref().unwrap_or_default());
        }
    }
}

fn assert_read(body: &str) {
    match Message::from_json(body) {
        Ok(message) => {
            assert_eq!(version(body), Some(1), "{body}");
            assert_canonical(&message.replica.url);
            let pool = &message.replica.pool;
            assert_eq!(pool.to_string().parse::<PoolId>().as_ref(), Ok(pool));
            assert_reads_as_written(&message);
        }
        Err(MessageError::Version(refused)) => {
            assert!(refused != 1 && version(body) == Some(refused), "{body}");
        }
        Err(MessageError::Malformed(_)) => {}
        Err(MessageError::Empty) => unreachable!("a body is there"),
    }
}

/// The version that a body says it has.
fn version(body: &str) -> Option<u64> {
    let body: Value = serde_json::from_str(body).ok()?;
    let said = |name| body.get(name).and_then(Value::as_u64);
    said("v").or_else(|| said("version"))
}

fn assert_reads_as_written(message: &Message) {
    let ours = message.to_json();
    assert_eq!(Message::from_json(&ours).unwrap(), *message, "{ours}");
    let mut data: Value = serde_json::from_str(&ours).unwrap();
    data.as_object_mut().unwrap().remove("v");
    let node = json!({ "version": 1, "data": data }).to_string();
    assert_eq!(Message::from_json(&node).unwrap(), *message, "{node}");
    for unknown in [0, 2, u64::MAX] {
        data["v"] = unknown.into();
        let refused = Message::from_json(&data.to_string());
        assert!(matches!(refused, Err(MessageError::Version(v)) if v == unknown));
    }
}
