//! Checks of the buckets behind sources.

use cloud_mirror_domain::ports::LookError;
use cloud_mirror_domain::rules::Store;
use cloud_mirror_runtime::health::SourceHealth;

use super::configuration::without_configuration;
use super::finding::Finding;
use super::observe::{Observed, SourceSeen};

/// Whose rights were tried, which is not what the copier's are.
const WHOSE: &str = "tried with your own credentials, not as the copier's role";

/// Each bucket that a rule names in `store` can be read, where it is said to be.
pub(super) fn can_be_read(seen: &Observed) -> Vec<Finding> {
    if seen.config.is_err() {
        return vec![without_configuration("sources")];
    }
    seen.sources.iter().map(judge).collect()
}

fn judge(source: &SourceSeen) -> Finding {
    let check = format!("source {}", source.url);
    let (bucket, prefix) = (&source.store.bucket, &source.store.prefix);
    let (region, objects) = (&source.store.region, format!("s3://{bucket}/{prefix}"));
    match &source.health {
        Ok(SourceHealth::Readable) => Finding::ok(check, format!("{objects} is read ({WHOSE})")),
        Ok(SourceHealth::Empty) => {
            Finding::ok(check, format!("{objects} is listed, and empty ({WHOSE})"))
        }
        Ok(SourceHealth::Elsewhere(actual)) => Finding::fault(
            check,
            format!("its bucket {bucket} is in {actual}, not in {region}"),
            format!(
                "write region = \"{actual}\" in this source's `store` in mirror.toml, then `sam build && sam deploy`"
            ),
        ),
        Err(LookError::Missing(_)) => Finding::fault(
            check,
            format!("there is no bucket {bucket}"),
            "name the right one in this source's `store` in mirror.toml, then `sam build && sam deploy`",
        ),
        Err(LookError::Denied(words)) => Finding::fault(
            check,
            format!("{objects} cannot be read ({WHOSE}): {words}"),
            rights(source),
        ),
        Err(error) => Finding::unseen(check, error, "s3:ListBucket", "AWS_ENDPOINT_URL_S3"),
    }
}

/// Who must allow what.
fn rights(source: &SourceSeen) -> String {
    let Store {
        provider,
        bucket,
        prefix,
        ..
    } = &source.store;
    match provider.as_str() {
        "s3" => format!(
            "let the bucket's policy allow s3:ListBucket and s3:GetObject to you and to the copier's role, whose own right is the template's parameter SourceBucketArns: `sam deploy --parameter-overrides \"SourceBucketArns=arn:aws:s3:::{bucket}/{prefix}*,arn:aws:s3:::{bucket}\" …`"
        ),
        service => format!(
            "let the access key that [service.{service}] of mirror.toml names list the bucket {bucket} and read what is in it"
        ),
    }
}
