//! What S3 is asked for beyond what shows in its answers here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::CopySource;
use cloud_mirror_s3::{Access, S3Clients, S3Pool};

use crate::scene::{STORE, Scene, stored};
use crate::support::{credentials, object, put, settings, url};

/// The headers of the last request, as it left us.
#[derive(Clone, Debug, Default)]
pub(crate) struct LastRequest(Arc<Mutex<BTreeMap<String, String>>>);

impl Intercept for LastRequest {
    fn name(&self) -> &'static str {
        "LastRequest"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.request().headers().iter();
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        *self.0.lock().unwrap() = headers.collect();
        Ok(())
    }
}

impl LastRequest {
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.0.lock().unwrap().get(name).cloned()
    }

    pub(crate) fn must_have(&self, expected: &[(&str, &str)]) {
        let headers = self.0.lock().unwrap();
        for (name, value) in expected {
            assert_eq!(
                headers.get(*name).map(String::as_str),
                Some(*value),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn nothing_of_a_source_is_inherited_and_the_checksum_is_always_the_same_one() {
    let scene = Scene::new().await;
    let last = LastRequest::default();
    let base = scene.stage.base(std::time::Duration::from_secs(60));
    let base = base
        .credentials_provider(credentials())
        .interceptor(last.clone());
    let settings = settings(Access::Presigned);
    let pool = S3Pool::new(settings, S3Clients::new(base), scene.stage.clock.clone());
    let ports = pool.ports();
    let etag = scene.stage.s3.put(STORE, "a", "bytes", &[]);
    let (a, from) = (url("a"), stored("a"));
    let from = CopySource {
        object: &from,
        etag: &etag,
    };
    let copier = ports.store_copy.clone().unwrap();
    copier
        .copy(&a, &object(&a, 5), from, &Seen::None)
        .await
        .unwrap();
    last.must_have(&[
        ("x-amz-metadata-directive", "REPLACE"),
        ("x-amz-tagging-directive", "REPLACE"),
        ("x-amz-object-annotation-directive", "EXCLUDE"),
        ("x-amz-checksum-algorithm", "CRC64NVME"),
    ]);
    ports.upload.begin(&a, &object(&a, 5)).await.unwrap();
    last.must_have(&[
        ("x-amz-checksum-algorithm", "CRC64NVME"),
        ("x-amz-checksum-type", "FULL_OBJECT"),
    ]);
    put(&ports, &url("b"), "bytes").await.unwrap();
    last.must_have(&[
        ("if-none-match", "*"),
        ("x-amz-sdk-checksum-algorithm", "CRC64NVME"),
    ]);
}
