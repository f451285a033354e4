//! Checks of the queues.

use cloud_mirror_domain::ports::LookError;
use cloud_mirror_runtime::health::QueueHealth;

use super::finding::Finding;
use super::observe::{Observed, QueueSeen, Seen};

/// How long the template lets a copier run.
const COPIER_LIMIT_SECONDS: u64 = 900;

/// AWS asks for six times the function's limit: a batch is tried again while another is under way.
const VISIBILITY_SECONDS: u64 = 6 * COPIER_LIMIT_SECONDS;

const RIGHT: &str = "sqs:GetQueueAttributes";
const ENDPOINT: &str = "AWS_ENDPOINT_URL_SQS";

/// Each is there, hides a message for as long as a copy may take, and gives up what cannot succeed.
pub(super) fn keep_messages(seen: &Observed) -> Vec<Finding> {
    seen.queues.iter().flat_map(judge).collect()
}

fn judge(queue: &QueueSeen) -> Vec<Finding> {
    let (role, variable) = (queue.role, queue.variable);
    let Some((url, health)) = &queue.there else {
        return vec![Finding::fault(
            role,
            format!("nothing names it: {variable} is not set"),
            format!(
                "give --outputs FILE, as `sam list stack-outputs --output json` prints it, or set {variable}; if there is no stack yet, `sam build && sam deploy --guided`"
            ),
        )];
    };
    match health {
        Ok(health) => vec![
            judge_visibility(role, url, health),
            judge_dead_letters(queue, url),
        ],
        Err(LookError::Missing(_)) => vec![Finding::fault(
            role,
            format!("there is no queue {url}"),
            format!(
                "`sam deploy` makes it; if it is another one, give --outputs FILE, or set {variable} to its URL and AWS_REGION to its region"
            ),
        )],
        Err(error) => vec![Finding::unseen(role, error, RIGHT, ENDPOINT)],
    }
}

fn judge_visibility(role: &str, url: &str, health: &QueueHealth) -> Finding {
    let check = format!("{role}'s visibility");
    let found = health.visibility_seconds;
    if found >= VISIBILITY_SECONDS {
        return Finding::ok(check, format!("{found} s"));
    }
    Finding::fault(
        check,
        format!(
            "{found} s, and a copier may run for {COPIER_LIMIT_SECONDS} s: a message would come back while its copy is under way"
        ),
        format!(
            "`aws sqs set-queue-attributes --queue-url {url} --attributes VisibilityTimeout={VISIBILITY_SECONDS}`: six times the copier's limit"
        ),
    )
}

fn judge_dead_letters(queue: &QueueSeen, url: &str) -> Finding {
    let check = format!("{}'s dead letters", queue.role);
    let Some((letters, health)) = &queue.dead_letters else {
        return Finding::fault(
            check,
            "it has none, so that a message that cannot succeed comes back until it is lost",
            format!(
                "`sam deploy`; or `aws sqs set-queue-attributes --queue-url {url} --attributes '{{\"RedrivePolicy\":\"{{\\\"deadLetterTargetArn\\\":\\\"ARN\\\",\\\"maxReceiveCount\\\":5}}\"}}'` with the ARN of a queue for them"
            ),
        );
    };
    judge_letters(check, letters, health)
}

fn judge_letters(check: String, letters: &str, health: &Seen<QueueHealth>) -> Finding {
    match health {
        Ok(QueueHealth { messages: 0, .. }) => Finding::ok(check, "none"),
        Ok(QueueHealth { messages, .. }) => Finding::fault(
            check,
            format!("about {messages} wait in {letters} for somebody"),
            "`cloud-mirror redrive` says why each died, and sends them back once that is mended",
        ),
        Err(LookError::Missing(_)) => Finding::fault(
            check,
            format!(
                "their queue {letters} is gone, so that a message that cannot succeed comes back until it is lost"
            ),
            "make it again: `aws sqs create-queue` of that name, with MessageRetentionPeriod=1209600",
        ),
        Err(error) => Finding::unseen(check, error, RIGHT, ENDPOINT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_visibility_that_is_asked_for_is_the_templates() {
        let template = concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml");
        let template = std::fs::read_to_string(template).unwrap();
        let limit = format!("\n      Timeout: {COPIER_LIMIT_SECONDS}\n");
        assert_eq!(template.matches(&limit).count(), 1);
        let visibility = format!("VisibilityTimeout: {VISIBILITY_SECONDS}\n");
        assert_eq!(template.matches(&visibility).count(), 2);
    }
}
