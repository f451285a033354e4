//! Who may do what, after the signature was checked and before the operation begins.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use http::{HeaderMap, HeaderValue};
use s3s::access::{S3Access, S3AccessContext};
use s3s::path::S3Path;
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use super::arrivals::{Ticket, signed_region};
use super::faults::Fault;
use super::pace::UnderWay;
use super::store::{Bucket, Store};

/// What the wire shall do with the answer of a request; travels with it.
#[derive(Clone, Debug, Default)]
pub(super) struct Fate(Arc<Told>);

#[derive(Debug, Default)]
struct Told {
    sealed: AtomicBool,
    under_way: OnceLock<UnderWay>,
}

impl Fate {
    fn seal(&self) {
        self.0.sealed.store(true, Ordering::SeqCst);
    }

    /// Whether the connection shall be closed instead of an answer.
    pub(super) fn is_sealed(&self) -> bool {
        self.0.sealed.load(Ordering::SeqCst)
    }

    /// The request counts as under way for as long as its fate is not fulfilled.
    fn accompany(&self, under_way: UnderWay) {
        self.0.under_way.set(under_way).unwrap();
    }
}

pub(super) struct Gate(pub(super) Arc<Store>);

#[async_trait]
impl S3Access for Gate {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let operation = cx.s3_op().name().to_owned();
        if let Some(ticket) = cx.extensions_mut().get::<Ticket>() {
            self.0.arrivals.is_operation(*ticket, &operation);
        }
        let (delay, under_way) = self.0.pace.enter(&operation);
        if let Some(fate) = cx.extensions_mut().get::<Fate>() {
            fate.accompany(under_way);
        }
        self.is_known(&operation, cx.headers())?;
        if let Some(fault) = self.0.faults.due(&operation) {
            suffer(&fault, cx).await?;
        }
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let Some(name) = bucket_of(cx.s3_path()) else {
            return signed_only(cx);
        };
        let state = self.0.state();
        match state.buckets.get(name) {
            Some(bucket) => self.admit(bucket, &operation, cx),
            None => signed_only(cx),
        }
    }
}

async fn suffer(fault: &Fault, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
    if let Some(answer) = fault.answer() {
        return Err(answer);
    }
    if *fault == Fault::Silence {
        std::future::pending::<()>().await;
    }
    if let Some(fate) = cx.extensions_mut().get::<Fate>() {
        fate.seal();
    }
    match fault {
        Fault::LostReply => Ok(()),
        _ => Err(s3_error!(InternalError)),
    }
}

fn bucket_of(path: &S3Path) -> Option<&str> {
    match path {
        S3Path::Root => None,
        S3Path::Bucket { bucket } | S3Path::Object { bucket, .. } => Some(bucket),
    }
}

fn signed_only(cx: &S3AccessContext<'_>) -> S3Result<()> {
    match cx.credentials() {
        Some(_) => Ok(()),
        None => Err(denied()),
    }
}

fn denied() -> S3Error {
    s3_error!(AccessDenied, "Access Denied")
}

impl Gate {
    fn is_known(&self, operation: &str, headers: &HeaderMap) -> S3Result<()> {
        let mut names = headers.keys().map(http::HeaderName::as_str);
        let settings = &self.0.settings;
        match settings.lacks(operation) || names.any(|name| settings.lacks(name)) {
            true => Err(s3_error!(NotImplemented, "this server has nothing like it")),
            false => Ok(()),
        }
    }

    fn admit(&self, bucket: &Bucket, operation: &str, cx: &S3AccessContext<'_>) -> S3Result<()> {
        if cx.credentials().is_none() {
            return anonymous(bucket, operation, cx.s3_path());
        }
        self.right_region(bucket, operation, cx)?;
        if bucket.denied {
            return Err(denied());
        }
        bucket.charge(cx.headers())
    }

    /// Creating a bucket that exists has answers of its own, and its location may be asked for from
    /// everywhere.
    fn right_region(
        &self,
        bucket: &Bucket,
        operation: &str,
        cx: &S3AccessContext<'_>,
    ) -> S3Result<()> {
        let anywhere = ["CreateBucket", "GetBucketLocation"].contains(&operation);
        let region = signed_region(cx.headers(), cx.uri());
        if anywhere || !self.0.settings.regions || region.as_ref() == Some(&bucket.region) {
            return Ok(());
        }
        Err(redirect_to(&bucket.region))
    }
}

/// Anonymous callers of a public bucket may read objects but not list them, so that absence is 403.
fn anonymous(bucket: &Bucket, operation: &str, path: &S3Path) -> S3Result<()> {
    let reads = ["GetObject", "HeadObject"].contains(&operation);
    match path {
        S3Path::Object { key, .. }
            if reads
                && bucket.public_read
                && !bucket.denied
                && !bucket.requester_pays
                && bucket.objects.contains_key(key.as_ref()) =>
        {
            Ok(())
        }
        _ => Err(denied()),
    }
}

fn redirect_to(region: &str) -> S3Error {
    let mut error = S3Error::with_message(
        S3ErrorCode::PermanentRedirect,
        "The bucket you are attempting to access must be addressed using the specified endpoint.",
    );
    let mut headers = HeaderMap::new();
    headers.insert(
        "x-amz-bucket-region",
        HeaderValue::from_str(region).unwrap(),
    );
    headers.insert(
        http::header::CONTENT_TYPE,
        HeaderValue::from_static("application/xml"),
    );
    error.set_headers(headers);
    error
}
