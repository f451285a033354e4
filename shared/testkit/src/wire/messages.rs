//! Messages on their way into SQS.

use std::time::Duration;

use bytes::Bytes;
use cloud_mirror_domain::message::Message;
use s3s::crypto::{Checksum as _, Md5};
use serde_json::{Value, json};

/// What a SendMessage request says.
pub(super) struct Sent {
    /// The message and its delay; none if the body is no message of ours.
    pub(super) message: Option<(Message, Duration)>,
    body: String,
}

/// Reads the body of a SendMessage request.
pub(super) fn read(request: &[u8]) -> Sent {
    let request: Value = serde_json::from_slice(request).unwrap_or_default();
    let body = request["MessageBody"].as_str().unwrap_or_default();
    let delay = Duration::from_secs(request["DelaySeconds"].as_u64().unwrap_or(0));
    Sent {
        message: Message::from_json(body)
            .ok()
            .map(|message| (message, delay)),
        body: body.to_owned(),
    }
}

/// Whether the answer to a ReceiveMessage request brings any.
pub(super) fn brings_any(answer: &[u8]) -> bool {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    answer["Messages"]
        .as_array()
        .is_some_and(|messages| !messages.is_empty())
}

impl Sent {
    /// What SQS answers when it has taken the message.
    pub(super) fn accepted(&self) -> Bytes {
        let md5 = hex::encode(Md5::checksum(self.body.as_bytes()));
        json!({"MessageId": "held", "MD5OfMessageBody": md5})
            .to_string()
            .into()
    }
}
