//! The purge function on Lambda, behind a front door that lets only authorised callers through.

use cloud_mirror_config::ProcessEnv;
use cloud_mirror_lambda::Caller;
use cloud_mirror_purge::{Principal, Purge, Purger};
use cloud_mirror_runtime::Aws;
use http::Request;
use lambda_runtime::Error;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let Aws { config, ports, .. } = Aws::start(&ProcessEnv).await?;
    let purger = Purger::new(config.rules.clone(), config.policy.lifetimes, ports);
    let purge = Purge::new(config.rules, purger);
    cloud_mirror_lambda::serve(|request| purge.handle(named(request))).await
}

/// The caller as the front door's authoriser named it, for the log line that every purge leaves.
fn named(mut request: Request<()>) -> Request<()> {
    if let Some(Caller(Some(arn))) = request.extensions().get().cloned() {
        request.extensions_mut().insert(Principal(arn));
    }
    request
}
