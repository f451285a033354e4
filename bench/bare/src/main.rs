//! The least that our functions can be compared with: `lambda_http` and the SDK's client of DynamoDB, with the
//! SDK's loader of configuration and ring for TLS like ours, but with the SDK's own limits of time and retries
//! and one HTTP client of one connector, where ours have their own. One item is read at start, as ours do,
//! unless `BARE_READS_AT_START` is `no`; and for each request the one that its header `x-item` names. It has
//! no configuration, no log and no other client.

use std::collections::HashMap;

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, tls};
use lambda_http::http::StatusCode;
use lambda_http::{Error, Request, Response, service_fn};

/// What the benchmark calls the table of our functions.
const TABLE: &str = "status";

#[tokio::main]
async fn main() -> Result<(), Error> {
    let tls = tls::Provider::Rustls(CryptoMode::Ring);
    let http = Builder::new().tls_provider(tls).build_https();
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(http);
    let table = &Client::new(&loader.load().await);
    // Two bytes of the environment are no configuration.
    if std::env::var_os("BARE_READS_AT_START").is_none_or(|reads| reads != "no") {
        read(table, "start").await?;
    }
    lambda_http::run(service_fn(|request| answer(table, request))).await
}

async fn answer(table: &Client, request: Request) -> Result<Response<String>, Error> {
    let asked = request.headers().get("x-item");
    let item = read(table, asked.map_or(Ok(""), |id| id.to_str())?).await?;
    let answer = Response::builder().status(StatusCode::FOUND);
    Ok(answer.header("location", "/").body(format!("{item:?}"))?)
}

async fn read(table: &Client, id: &str) -> Result<Option<HashMap<String, AttributeValue>>, Error> {
    let id = AttributeValue::S(id.to_owned());
    let reading = table.get_item().table_name(TABLE).key("id", id);
    Ok(reading.send().await?.item)
}
