//! Clients and words of the stories.

use cloud_mirror_testkit::servers::gcs::{GcsServer, TOKEN};
use object_store::gcp::{GoogleCloudStorage, GoogleCloudStorageBuilder};
use object_store::{ClientOptions, RetryConfig};
use reqwest::header::CONTENT_LENGTH;
use reqwest::{Method, RequestBuilder, Response};

pub(crate) use crate::support::{noise, plain};

pub(crate) const BUCKET: &str = "pool";
pub(crate) const MIB: usize = 1024 * 1024;

/// A server with one empty bucket.
pub(crate) async fn a_bucket() -> GcsServer {
    let server = GcsServer::start().await;
    server.create_bucket(BUCKET, "europe-west3");
    server
}

/// A client of its own making, with the account's key, that repeats nothing.
pub(crate) fn client(server: &GcsServer) -> GoogleCloudStorage {
    // An error says that another test was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let retry = RetryConfig {
        max_retries: 0,
        ..RetryConfig::default()
    };
    GoogleCloudStorageBuilder::new()
        .with_service_account_key(server.service_account())
        .with_bucket_name(BUCKET)
        .with_client_options(ClientOptions::new().with_allow_http(true))
        .with_retry(retry)
        .build()
        .unwrap()
}

/// A request for a path of the bucket, with the token.
pub(crate) fn ask(server: &GcsServer, method: Method, path: &str) -> RequestBuilder {
    let url = format!("{}/{BUCKET}/{path}", server.url());
    plain().request(method, url).bearer_auth(TOKEN)
}

/// A request of the JSON API, with the token.
pub(crate) fn ask_json(server: &GcsServer, method: Method, path: &str) -> RequestBuilder {
    let url = format!("{}/storage/v1/b{path}", server.url());
    plain().request(method, url).bearer_auth(TOKEN)
}

/// Says that an empty body is empty, which the client keeps to itself.
pub(crate) async fn answer(request: RequestBuilder) -> Response {
    let (client, request) = request.build_split();
    let mut request = request.unwrap();
    let body = request.body().and_then(|body| body.as_bytes());
    let writes = [Method::PUT, Method::POST].contains(request.method());
    if writes && body.is_none_or(<[u8]>::is_empty) {
        request.headers_mut().insert(CONTENT_LENGTH, 0.into());
    }
    client.execute(request).await.unwrap()
}

/// The status and the error code of an answer.
pub(crate) async fn refusal(request: RequestBuilder) -> (u16, String) {
    let answer = answer(request).await;
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (status, element(&text, "Code"))
}

pub(crate) fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// The text of a document's first element of that name; empty if there is none.
pub(crate) fn element(document: &str, name: &str) -> String {
    let (begins, ends) = (format!("<{name}>"), format!("</{name}>"));
    let rest = document.split_once(&begins).map(|(_, rest)| rest);
    let text = rest.and_then(|rest| Some(rest.split_once(&ends)?.0));
    text.unwrap_or_default().to_owned()
}

pub(crate) fn header(answer: &Response, name: &str) -> String {
    let values = answer.headers().get_all(name).iter();
    let values = values.map(|value| value.to_str().unwrap());
    values.collect::<Vec<_>>().join(", ")
}
