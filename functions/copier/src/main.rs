//! The copier function on Lambda, fed by the copy queues' event source mappings.

use aws_lambda_events::sqs::SqsEvent;
use cloud_mirror_config::ProcessEnv;
use cloud_mirror_copier::Copier;
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_runtime::{Aws, sources};
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let Aws { config, ports, .. } = Aws::start(&ProcessEnv).await?;
    let copier = &Copier::new(config.rules, config.policy, ports, sources()?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        let until = Timestamp::from_millis(event.context.deadline);
        Ok::<_, Error>(copier.handle(event.payload, Some(until)).await)
    }))
    .await
}
