//! Dead letters on AWS, and the table that remembers why they died.

use std::sync::Arc;

use cloud_mirror_config::{Deployment, Env};
use cloud_mirror_domain::ports::{PortError, StatusTable};
use cloud_mirror_dynamodb::DynamoDbTable;

pub use cloud_mirror_sqs::{DeadLetter, DeadLetters};

use crate::sdk::Sdk;
use crate::{AwsError, SystemClock};

/// What a person needs who sends dead letters back.
pub struct Redrive {
    /// The status table, for what the entries say.
    pub table: Arc<dyn StatusTable>,
    /// The URL of the copy queue.
    pub copies: String,
    /// The URL of the bulk queue, where the deployment has one.
    pub bulk: Option<String>,
    sqs: aws_sdk_sqs::Client,
}

impl Redrive {
    /// Table and queues as the environment names them, with the credentials that the SDK finds. Makes
    /// no request.
    pub async fn open(env: &dyn Env) -> Result<Self, AwsError> {
        let deployment = Deployment::read(env)?;
        let sdk = Sdk::load(env).await;
        let clock = Arc::new(SystemClock);
        let table = DynamoDbTable::new(sdk.dynamodb(), &deployment.status_table, clock);
        Ok(Self {
            table: Arc::new(table),
            copies: deployment.copy_queue_url,
            bulk: deployment.bulk_queue_url,
            sqs: sdk.sqs(),
        })
    }

    /// The dead letters of one of these queues; none where it has no `RedrivePolicy`.
    pub async fn letters_of(&self, queue_url: &str) -> Result<Option<DeadLetters>, PortError> {
        DeadLetters::of(self.sqs.clone(), queue_url).await
    }
}
