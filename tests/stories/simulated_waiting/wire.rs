//! What lies under the real client of DynamoDB: one item, and a way to it that takes its time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

/// The one item of a table, which every process sees alike.
#[derive(Clone, Debug, Default)]
pub(crate) struct Item(Arc<Mutex<Option<Value>>>);

/// One process's way to the table.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    item: Item,
    takes: Duration,
    reads: Arc<AtomicUsize>,
}

impl Wire {
    /// A way on which every call takes that long.
    pub(crate) fn to(item: &Item, takes: Duration) -> Self {
        Self {
            item: item.clone(),
            takes,
            reads: Arc::default(),
        }
    }

    /// How often the item was read on this way.
    pub(crate) fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }

    /// The SDK's own client, with nothing but the wire replaced.
    pub(crate) fn client(&self) -> Client {
        let connector = SharedHttpConnector::new(self.clone());
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build();
        Client::from_conf(config)
    }

    fn answer(&self, request: &HttpRequest) -> Value {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let asked: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let mut item = self.item.0.lock().unwrap();
        match target.rsplit('.').next() {
            Some("GetItem") => {
                self.reads.fetch_add(1, Ordering::Relaxed);
                item.as_ref()
                    .map_or(json!({}), |item| json!({ "Item": item }))
            }
            Some("PutItem") => {
                let met = item.as_ref().map(|item| &item["rev"]);
                let expected = asked.pointer("/ExpressionAttributeValues/:seen");
                assert_eq!(met, expected, "only the copier writes");
                *item = Some(asked["Item"].clone());
                json!({})
            }
            other => panic!("nobody asks for {other:?}"),
        }
    }
}

impl HttpConnector for Wire {
    /// What is answered is the item as it was when the call was made, so that it is as old as it can be
    /// when it arrives.
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (answer, takes) = (self.answer(&request).to_string(), self.takes);
        HttpConnectorFuture::new(async move {
            if !takes.is_zero() {
                tokio::time::sleep(takes).await;
            }
            let ok = 200.try_into().unwrap();
            Ok(HttpResponse::new(ok, SdkBody::from(answer)))
        })
    }
}
