//! Each request to AWS by name, for who wants to know which rights are used.
//!
//! `RUST_LOG=info,cloud_mirror::calls=debug` shows one line for each request that is sent, and for each
//! that is only signed for a client to send: with our rights it is made, too. `deploy/permissions.toml`
//! says what IAM wants for each; `scripts/least_privilege.py` compares that with what the template
//! allows. No key, no query and no body is told, so that no line says more than who asked what of where.

use aws_sdk_s3::config::endpoint::Params as S3Params;
use aws_sdk_s3::config::http::HttpRequest;
use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_smithy_runtime_api::client::endpoint::EndpointResolverParams;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use serde::Deserialize;
use tracing::{Level, debug, enabled};

/// What the filter of the logs knows these lines by.
const TARGET: &str = "cloud_mirror::calls";

/// Headers on which it depends what rights S3 wants. Only that they are there is told: values may be
/// anybody's.
const TELLING: [&str; 2] = ["if-match", "x-amz-tagging"];

/// Tells of every request before it leaves. A repeated one is told again. Costs one comparison where
/// nobody listens, and fails no request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Calls;

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Calls {
    fn name(&self) -> &'static str {
        "Calls"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        known: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if enabled!(target: TARGET, Level::DEBUG) {
            tell(context.request(), known);
        }
        Ok(())
    }
}

fn tell(request: &HttpRequest, known: &ConfigBag) {
    let Some(call) = known.load::<Metadata>() else {
        return;
    };
    debug!(
        target: TARGET,
        event = "called",
        service = call.service(),
        operation = call.name(),
        place = bucket(known).or_else(|| named_in(request)),
        from = request.headers().get("x-amz-copy-source").map(bucket_of),
        headers = telling(request),
        signed_only = request.uri().contains("X-Amz-Signature="),
        "called"
    );
}

/// Apart from that, only whether tags are copied, which they are unless told otherwise.
fn telling(request: &HttpRequest) -> String {
    let headers = request.headers();
    let there = TELLING.iter().filter(|name| headers.contains_key(**name));
    let mut there: Vec<_> = there.copied().collect();
    if headers.get("x-amz-tagging-directive") == Some("REPLACE") {
        there.push("x-amz-tagging-directive=REPLACE");
    }
    there.join(",")
}

/// The bucket, which is part of a host or of a path.
fn bucket(known: &ConfigBag) -> Option<String> {
    let place = known.load::<EndpointResolverParams>()?;
    place.get::<S3Params>()?.bucket().map(str::to_owned)
}

fn bucket_of(copy_source: &str) -> &str {
    let path = copy_source.trim_start_matches('/');
    path.split('/').next().unwrap_or_default()
}

/// The table or the queue, which these services' requests name in their JSON.
fn named_in(request: &HttpRequest) -> Option<String> {
    let named: Named = serde_json::from_slice(request.body().bytes()?).ok()?;
    let queue = |url: &str| url.rsplit('/').next().map(str::to_owned);
    named
        .table
        .or_else(|| named.queue_url.as_deref().and_then(queue))
}

#[derive(Deserialize)]
struct Named {
    #[serde(rename = "TableName")]
    table: Option<String>,
    #[serde(rename = "QueueUrl")]
    queue_url: Option<String>,
}
