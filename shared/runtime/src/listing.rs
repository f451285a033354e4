//! The keys of a bucket of S3, with the credentials of the person who asks.

use cloud_mirror_config::Env;

pub use cloud_mirror_domain::ports::LookError;
pub use cloud_mirror_s3::Listing;

use crate::sdk::Sdk;

/// Lists the keys of a bucket that begin with `prefix`. Without a region the environment's counts, and
/// without one there `us-east-1`. Makes no request yet.
pub async fn listing(env: &dyn Env, region: Option<&str>, bucket: &str, prefix: &str) -> Listing {
    let sdk = Sdk::load(env).await;
    let own = sdk.config.region().map(ToString::to_string);
    let region = region.map(str::to_owned).or(own);
    let region = region.unwrap_or_else(|| "us-east-1".to_owned());
    sdk.s3_clients().listing(&region, bucket, prefix)
}
