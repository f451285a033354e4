//! What the deployment's script says of it.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::Deserialize;

use super::functions::Variables;
use crate::aws::QueueUrls;

/// The variable that names the file.
const VARIABLE: &str = "CLOUD_MIRROR_DEPLOYED";

/// The file that `tests/deploy-stories` writes, as JSON.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stack {
    /// The HTTP API: `http://name:port`, whose name need not be known to any resolver.
    pub(super) api: String,
    /// The emulator itself: `http://127.0.0.1:port`.
    pub(super) emulator: String,
    /// The status table's name.
    pub(super) table: String,
    /// The copy queue's URL.
    pub(super) queue_url: String,
    /// For how many seconds a message that was received stays invisible, as the template says.
    pub(super) visibility: u64,
    /// Each function's name, with the variables that it was deployed with.
    pub(super) functions: BTreeMap<String, Variables>,
    /// The name of the function that redirects.
    pub(super) redirect: String,
    /// What the names of the pools' buckets begin with.
    pub(super) bucket_prefix: String,
    /// Where origins are expected.
    pub(super) origin: SocketAddr,
    /// Where the functions expect DynamoDB.
    pub(super) dynamodb: SocketAddr,
    /// Where the functions expect SQS.
    pub(super) sqs: SocketAddr,
    /// Where the functions expect S3.
    pub(super) s3: SocketAddr,
}

impl Stack {
    /// Both queues, as the redirect function knows them.
    pub(super) fn queue_urls(&self) -> QueueUrls {
        let variables = &self.functions[&self.redirect];
        QueueUrls {
            copies: self.queue_url.clone(),
            bulk: variables["BULK_QUEUE_URL"].clone(),
        }
    }

    /// The stack that the environment names.
    pub(super) fn read() -> Self {
        let file = std::env::vars().find(|(name, _)| name == VARIABLE);
        let (_, file) = file.expect("CLOUD_MIRROR_DEPLOYED names the file of tests/deploy-stories");
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
    }
}
