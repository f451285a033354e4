//! The digest of a request that every service knows.
//!
//! A bucket's settings are written with a digest of them, which S3 demands. The SDK always sends one of
//! the newer checksums, which services that speak S3's protocol may refuse to know, or not take for the
//! digest that they demand as well. All of them have known `Content-MD5` for ever.

use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

const ALGORITHM: &str = "x-amz-sdk-checksum-algorithm";
const CHECKSUM: &str = "x-amz-checksum-";

/// Says `Content-MD5` in a request instead of any other checksum. Does nothing to one that has none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ContentMd5;

impl Intercept for ContentMd5 {
    fn name(&self) -> &'static str {
        "ContentMd5"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let is_checksum = |name: &str| name.starts_with(CHECKSUM) || name == ALGORITHM;
        let headers = request.headers().iter();
        let checksums: Vec<_> = headers
            .map(|(name, _)| name.to_owned())
            .filter(|name| is_checksum(name))
            .collect();
        let digest = request.body().bytes().map(Md5::digest);
        let Some(digest) = digest.filter(|_| !checksums.is_empty()) else {
            return Ok(());
        };
        for name in checksums {
            request.headers_mut().remove(name);
        }
        let digest = STANDARD.encode(digest);
        request.headers_mut().insert("content-md5", digest);
        Ok(())
    }
}
