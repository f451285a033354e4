//! How bytes travel: one checksum of them in a header, and no other digest.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::primitives::SdkBody;
use bytes::Bytes;
use cloud_mirror_domain::ports::{PoolError, PoolPorts};
use cloud_mirror_s3::{Access, S3Clients, S3Pool};

use crate::requests::LastRequest;
use crate::support::{BUCKET, PATIENCE, Stage, credentials, key, object, put, settings, url};

/// What the pool's clients send is noted, and spoilt on the way if the test says so.
struct Way {
    stage: Stage,
    ports: PoolPorts,
    last: LastRequest,
    spoilt: Spoiler,
}

/// Spoils bytes on the way once it is told to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spoiler(Arc<AtomicBool>);

impl Spoiler {
    pub(crate) fn spoil(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Intercept for Spoiler {
    fn name(&self) -> &'static str {
        "Spoiler"
    }

    /// After the request was signed, a byte of its body changes.
    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.request_mut().body_mut();
        let mut bytes = body.bytes().unwrap_or_default().to_vec();
        if self.0.load(Ordering::SeqCst) && !bytes.is_empty() {
            bytes[0] ^= 1;
            *body = SdkBody::from(bytes);
        }
        Ok(())
    }
}

impl Way {
    async fn new() -> Self {
        let stage = Stage::new().await;
        stage.prepared(Access::Presigned).await;
        let (last, spoilt) = (LastRequest::default(), Spoiler::default());
        let base = stage.base(PATIENCE).credentials_provider(credentials());
        let base = base.interceptor(last.clone()).interceptor(spoilt.clone());
        let clients = S3Clients::new(base);
        let pool = S3Pool::new(settings(Access::Presigned), clients, stage.clock.clone());
        let ports = pool.ports();
        Self {
            stage,
            ports,
            last,
            spoilt,
        }
    }

    async fn put(&self) -> Result<(), PoolError> {
        put(&self.ports, &url("a"), "123456789").await
    }

    /// Sends the first part of an upload, over a way that is as it shall be for that request only.
    async fn part(&self, spoilt: bool) -> Result<(), PoolError> {
        let (upload, url) = (&self.ports.upload, url("b"));
        let id = upload.begin(&url, &object(&url, 9)).await?;
        self.spoilt.0.store(spoilt, Ordering::SeqCst);
        let bytes = Bytes::from_static(b"123456789");
        upload.part(&url, &id, 1, bytes).await.map(drop)
    }
}

#[tokio::test]
async fn bytes_are_not_signed_but_their_checksum_is_and_goes_before_them() {
    // The catalogues' check value of CRC-64/NVME, of "123456789", in Base64.
    let expected = [
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ("x-amz-checksum-crc64nvme", "rosUhgp5mIg="),
    ];
    let way = Way::new().await;
    way.put().await.unwrap();
    way.last.must_have(&expected);
    must_be_in_signed_headers(&way.last);
    way.part(false).await.unwrap();
    way.last.must_have(&expected);
    must_be_in_signed_headers(&way.last);
}

fn must_be_in_signed_headers(last: &LastRequest) {
    assert_eq!(last.header("x-amz-trailer"), None);
    assert_eq!(
        last.header("content-encoding")
            .filter(|it| it.contains("aws-chunked")),
        None
    );
    let signature = last.header("authorization").unwrap();
    let (_, signed) = signature.split_once("SignedHeaders=").unwrap();
    let (signed, _) = signed.split_once(',').unwrap();
    for header in ["x-amz-checksum-crc64nvme", "x-amz-content-sha256"] {
        assert!(signed.split(';').any(|name| name == header), "{signed}");
    }
}

#[tokio::test]
async fn bytes_that_change_on_the_way_are_refused() {
    let way = Way::new().await;
    let part = way.part(true).await.unwrap_err().to_string();
    assert!(part.contains("400") && part.contains("BadDigest"), "{part}");
    let whole = way.put().await.unwrap_err().to_string();
    assert!(
        whole.contains("400") && whole.contains("BadDigest"),
        "{whole}"
    );
    assert_eq!(way.stage.s3.object(BUCKET, &key(&url("a"))), None);
}
