//! The copier function on Lambda, fed by the copy queues' event source mappings.

use aws_lambda_events::sqs::SqsEvent;
use cloud_mirror_config::ProcessEnv;
use cloud_mirror_copier::{Copier, TimeLimit};
use cloud_mirror_domain::ports::Clock as _;
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_runtime::{Aws, SystemClock};
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let aws = Aws::start(&ProcessEnv).await?;
    let source = aws.sources()?;
    let Aws { config, ports, .. } = aws;
    let copier = &Copier::new(config.rules, config.policy, ports, source);
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        let end = Timestamp::from_millis(event.context.deadline);
        let limit = TimeLimit::before(end, SystemClock.now());
        Ok::<_, Error>(copier.handle(event.payload, &limit).await)
    }))
    .await
}
