//! The redirect function on Lambda, behind any of its HTTP front doors.

use cloud_mirror_config::ProcessEnv;
use cloud_mirror_redirect::Redirect;
use cloud_mirror_runtime::Aws;
use lambda_runtime::Error;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let Aws { config, ports, .. } = Aws::start_looking(&ProcessEnv).await?;
    let redirect = Redirect::new(config.rules, config.policy, ports);
    cloud_mirror_lambda::serve(|request| redirect.handle(request)).await
}
