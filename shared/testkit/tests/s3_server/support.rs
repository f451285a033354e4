//! Clients and words of the stories.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use cloud_mirror_testkit::servers::s3::{ACCESS_KEY, S3Server, SECRET_KEY};

pub(crate) const REGION: &str = "eu-west-1";
pub(crate) const BUCKET: &str = "pool";
pub(crate) const MIB: usize = 1024 * 1024;

/// A server with one empty bucket, and a client in its region.
pub(crate) async fn a_bucket() -> (S3Server, Client) {
    let server = S3Server::start().await;
    server.create_bucket(BUCKET, REGION);
    let client = client(&server, REGION);
    (server, client)
}

pub(crate) fn client(server: &S3Server, region: &'static str) -> Client {
    client_with(server, region, (ACCESS_KEY, SECRET_KEY))
}

/// A client that signs with these keys and repeats nothing.
pub(crate) fn client_with(server: &S3Server, region: &'static str, keys: (&str, &str)) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(region))
        .endpoint_url(server.url())
        .force_path_style(true)
        .credentials_provider(Credentials::new(keys.0, keys.1, None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

/// The status and the error code of a refusal.
pub(crate) fn refusal<T, E>(result: Result<T, SdkError<E>>) -> (u16, String)
where
    E: ProvideErrorMetadata,
{
    let Err(error) = result else {
        panic!("it was not refused")
    };
    let status = error.raw_response().unwrap().status().as_u16();
    let code = error.code().unwrap_or_default().to_owned();
    (status, code)
}

pub(crate) fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// A client that signs nothing.
pub(crate) fn plain() -> reqwest::Client {
    // An error says that another test was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

pub(crate) fn lasting(seconds: u64) -> PresigningConfig {
    PresigningConfig::expires_in(Duration::from_secs(seconds)).unwrap()
}

/// Puts an object and tells its etag.
pub(crate) async fn put(client: &Client, key: &str, bytes: &'static [u8]) -> String {
    let put = client.put_object().bucket(BUCKET).key(key);
    let answer = put.body(bytes.to_vec().into()).send().await.unwrap();
    answer.e_tag.unwrap()
}

pub(crate) async fn get(client: &Client, key: &str) -> Vec<u8> {
    let answer = client.get_object().bucket(BUCKET).key(key).send().await;
    answer.unwrap().body.collect().await.unwrap().to_vec()
}

pub(crate) async fn begin(client: &Client, key: &str) -> String {
    let begun = client.create_multipart_upload().bucket(BUCKET).key(key);
    begun.send().await.unwrap().upload_id.unwrap()
}

pub(crate) async fn part(
    client: &Client,
    (key, id): (&str, &str),
    number: i32,
    bytes: Vec<u8>,
) -> CompletedPart {
    let part = client.upload_part().bucket(BUCKET).key(key).upload_id(id);
    let part = part.part_number(number).body(bytes.into());
    let etag = part.send().await.unwrap().e_tag.unwrap();
    completed(number, &etag)
}

pub(crate) fn completed(number: i32, etag: &str) -> CompletedPart {
    CompletedPart::builder()
        .part_number(number)
        .e_tag(etag)
        .build()
}

pub(crate) fn all(parts: Vec<CompletedPart>) -> CompletedMultipartUpload {
    CompletedMultipartUpload::builder()
        .set_parts(Some(parts))
        .build()
}

/// Bytes without order.
pub(crate) fn noise(size: usize) -> Vec<u8> {
    let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    let states = std::iter::successors(Some(7_u32), next);
    states.map(|state| (state >> 24) as u8).take(size).collect()
}
