//! How a queue is, for an operator who asks what is wrong.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata as _;
use aws_sdk_sqs::types::QueueAttributeName as Name;
use cloud_mirror_domain::error::chain;
use cloud_mirror_domain::ports::LookError;

use crate::dead_letters::target_in;

/// How a queue is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueHealth {
    /// For how many seconds a message that was received is given to nobody else.
    pub visibility_seconds: u64,
    /// The name of the queue where messages end that failed too often; `None` where they come back
    /// until their retention ends.
    pub dead_letters: Option<String>,
    /// About how many messages wait in it.
    pub messages: u64,
}

impl QueueHealth {
    /// The URL of the queue's dead letters, which lie in its account and region.
    pub fn dead_letters_url(&self, queue_url: &str) -> Option<String> {
        let (place, _) = queue_url.rsplit_once('/')?;
        Some(format!("{place}/{}", self.dead_letters.as_ref()?))
    }
}

/// How the queue of that URL is. Reads only, and may be repeated. IAM: `sqs:GetQueueAttributes`.
///
/// # Errors
/// `Missing` where there is no such queue, `Denied` where the credentials may not look at it.
pub async fn queue_health(client: &Client, queue_url: &str) -> Result<QueueHealth, LookError> {
    let asking = client.get_queue_attributes().queue_url(queue_url);
    let asking = asking
        .attribute_names(Name::VisibilityTimeout)
        .attribute_names(Name::RedrivePolicy)
        .attribute_names(Name::ApproximateNumberOfMessages);
    let answer = asking.send().await;
    let answer = answer.map_err(|error| {
        let words = format!("GetQueueAttributes at {queue_url}: {}", chain(&error));
        match error.code() {
            None if error.raw_response().is_none() => LookError::Unreachable(words),
            Some(code) if code.contains("NonExistentQueue") => LookError::Missing(words),
            Some("QueueDoesNotExist") => LookError::Missing(words),
            Some(code) if code.contains("AccessDenied") => LookError::Denied(words),
            _ => LookError::Failed(words),
        }
    })?;
    let attribute = |name: Name| answer.attributes().and_then(|all| all.get(&name));
    let number = |name| attribute(name).and_then(|text| text.parse().ok());
    Ok(QueueHealth {
        visibility_seconds: number(Name::VisibilityTimeout).unwrap_or_default(),
        dead_letters: attribute(Name::RedrivePolicy).and_then(|policy| target(policy.as_str())),
        messages: number(Name::ApproximateNumberOfMessages).unwrap_or_default(),
    })
}

/// The name of the queue in `{"deadLetterTargetArn": "arn:…:name", …}`; what has no target is none.
fn target(policy: &str) -> Option<String> {
    let arn = target_in(policy).ok()?;
    let (_, name) = arn.rsplit_once(':')?;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dead_letters_are_named_however_the_policy_is_written() {
        for policy in [
            r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:1:dead","maxReceiveCount":5}"#,
            r#"{ "maxReceiveCount": "5", "deadLetterTargetArn": "arn:aws:sqs:us-east-1:1:dead" }"#,
        ] {
            assert_eq!(target(policy).as_deref(), Some("dead"), "{policy}");
        }
        for none in ["", "{}", r#"{"maxReceiveCount":5}"#] {
            assert_eq!(target(none), None, "{none}");
        }
    }

    #[test]
    fn dead_letters_lie_beside_their_queue() {
        let queue = QueueHealth {
            visibility_seconds: 0,
            dead_letters: Some("dead".into()),
            messages: 0,
        };
        let url = queue.dead_letters_url("https://sqs.eu-west-1.amazonaws.com/123/copies");
        let expected = "https://sqs.eu-west-1.amazonaws.com/123/dead";
        assert_eq!(url.as_deref(), Some(expected));
    }
}
