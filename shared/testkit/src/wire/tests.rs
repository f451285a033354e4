//! The proxy in front of an origin.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cloud_mirror_domain::message::{Action, Message};
use cloud_mirror_domain::rules::{PoolId, ReplicaId};
use cloud_mirror_domain::url::SourceUrl;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::json;

use super::Proxy;
use crate::faults::{Call, Faults, Mishap};
use crate::origin::{Object, Origin};

struct Wire {
    origin: Origin,
    faults: Faults,
    proxy: Proxy,
    client: Client,
}

impl Wire {
    async fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (origin, faults) = (Origin::start().await, Faults::default());
        // Its connections stay, as those of AWS do.
        origin.serve(
            "/a",
            Object::new("bytes").header("connection", "keep-alive"),
        );
        Self {
            proxy: Proxy::before(&origin.url(""), faults.clone()).await,
            client: Client::builder().no_proxy().build().unwrap(),
            origin,
            faults,
        }
    }

    fn request(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.proxy.url()))
    }

    async fn ask(&self) -> reqwest::Result<Response> {
        let patience = Duration::from_millis(300);
        self.request("/a").timeout(patience).send().await
    }

    fn send(&self, message: &Message) -> RequestBuilder {
        let body = json!({"QueueUrl": "q", "MessageBody": message.to_json(), "DelaySeconds": 3});
        self.client
            .request(Method::POST, format!("{}/", self.proxy.url()))
            .header("x-amz-target", "AmazonSQS.SendMessage")
            .body(body.to_string())
    }
}

#[tokio::test]
async fn a_request_arrives_as_it_was_sent() {
    let wire = Wire::new().await;
    let path = "/a%2Fb//c?x=%20+&y";
    wire.origin
        .serve(path, Object::new(vec![7; 3_000_000]).etag("\"1\""));
    let signed = wire.request(path).header("host", "s3.example.com");
    let answer = signed.header("authorization", "AWS4").send().await.unwrap();
    assert_eq!(answer.headers()["etag"], "\"1\"");
    assert_eq!(answer.bytes().await.unwrap(), vec![7; 3_000_000]);
    let arrived = wire.origin.last_headers(path);
    assert_eq!(arrived["host"], "s3.example.com");
    assert_eq!(arrived["authorization"], "AWS4");
    assert_eq!(wire.faults.calls("pool.get"), 1);
}

#[tokio::test]
async fn what_is_broken_is_told_so_and_what_is_mended_works() {
    let wire = Wire::new().await;
    for what in ["client", "client.get"] {
        wire.faults.break_down(what);
        assert_eq!(wire.ask().await.unwrap().status(), 503, "{what}");
        wire.faults.mend(what);
        assert_eq!(wire.ask().await.unwrap().status(), 200, "{what}");
    }
    assert_eq!(
        (wire.origin.gets("/a"), wire.faults.calls("client.get")),
        (2, 4)
    );
}

#[tokio::test]
async fn silence_delay_and_a_lost_reply_are_three_things() {
    let wire = Wire::new().await;
    wire.faults.silence("client.get");
    assert!(wire.ask().await.unwrap_err().is_timeout());
    assert_eq!(wire.origin.gets("/a"), 0);
    wire.faults.mend("client.get");
    let (late, began) = (Duration::from_millis(100), Instant::now());
    wire.faults.delay("client", late);
    wire.ask().await.unwrap();
    assert!(began.elapsed() >= late);
    wire.faults.mend("client");
    wire.faults.lose_next_reply("client.get");
    assert!(
        !wire.ask().await.unwrap_err().is_timeout(),
        "the connection ends"
    );
    assert_eq!(wire.origin.gets("/a"), 2, "and the request had its effect");
    assert_eq!(wire.ask().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_frozen_connection_says_nothing_and_a_new_one_is_served() {
    let wire = Wire::new().await;
    wire.ask().await.unwrap().bytes().await.unwrap();
    wire.faults.freeze();
    assert!(wire.ask().await.unwrap_err().is_timeout(), "the old one");
    assert_eq!(wire.ask().await.unwrap().status(), 200, "a new one");
}

#[tokio::test]
async fn a_held_message_is_accepted_and_remembered() {
    let wire = Wire::new().await;
    let message = Message {
        replica: ReplicaId {
            pool: PoolId::new("s3", "eu-central-1"),
            url: SourceUrl::parse("https://example.com/a").unwrap(),
        },
        action: Action::Put,
        attempt: None,
        seen: None,
        bulk: false,
        upload: None,
        trace: None,
    };
    wire.faults.hold_messages();
    let answer = wire.send(&message).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await.unwrap().contains("MD5OfMessageBody"));
    assert_eq!(wire.faults.sent(), [message]);
}

fn call(verb: &'static str, nth: usize) -> Call {
    Call { verb, nth }
}

#[tokio::test]
async fn a_planned_call_meets_its_mishap_and_the_next_one_does_not() {
    let wire = Wire::new().await;
    wire.faults.befall(call("client.get", 2), Mishap::Fails);
    wire.faults
        .befall(call("client.get", 3), Mishap::LosesReply);
    assert_eq!(wire.ask().await.unwrap().status(), 200);
    assert_eq!(wire.ask().await.unwrap().status(), 503);
    assert!(!wire.faults.has_befallen(), "one of two has");
    assert!(wire.ask().await.is_err(), "the connection ends");
    assert!(wire.faults.has_befallen());
    assert_eq!(wire.ask().await.unwrap().status(), 200);
    assert_eq!(wire.origin.gets("/a"), 3, "one did not arrive");
    let journal = wire.faults.journal();
    assert_eq!(journal, [1, 2, 3, 4].map(|nth| call("client.get", nth)));
}

#[tokio::test]
async fn a_delayed_request_arrives_after_what_passes() {
    let wire = Arc::new(Wire::new().await);
    let passing = Arc::downgrade(&wire);
    wire.faults.while_delayed(move || {
        let wire = passing.upgrade().unwrap();
        assert_eq!(wire.origin.gets("/a"), 0, "it is still on its way");
        Box::pin(std::future::ready(()))
    });
    wire.faults.befall(call("client.get", 1), Mishap::Delayed);
    assert_eq!(wire.ask().await.unwrap().status(), 200);
    assert!(wire.faults.has_befallen());
    assert_eq!(wire.origin.gets("/a"), 1);
}

#[tokio::test]
async fn a_source_whose_reply_is_lost_breaks_off_in_its_middle() {
    let wire = Wire::new().await;
    wire.origin.serve("/empty", Object::new(""));
    let fetch = |path| wire.request(path).header("user-agent", "cloud-mirror/1");
    for nth in [1, 2] {
        wire.faults
            .befall(call("source.get", nth), Mishap::LosesReply);
    }
    let mut broken = fetch("/a").send().await.unwrap();
    assert_eq!(broken.content_length(), Some(5), "it is announced whole");
    assert_eq!(broken.chunk().await.unwrap().unwrap(), "by");
    assert!(broken.chunk().await.is_err());
    assert!(fetch("/empty").send().await.is_err(), "no byte to break at");
    assert!(wire.faults.has_befallen());
    assert_eq!(
        fetch("/a").send().await.unwrap().text().await.unwrap(),
        "bytes"
    );
}

#[tokio::test]
async fn messages_that_come_are_a_call_of_their_own_and_can_be_lost() {
    let wire = Wire::new().await;
    wire.origin.serve("/none", Object::new("{}"));
    wire.origin
        .serve("/one", Object::new(r#"{"Messages":[{"Body":""}]}"#));
    let receive = |path| {
        wire.request(path)
            .header("x-amz-target", "AmazonSQS.ReceiveMessage")
    };
    wire.faults
        .befall(call("queue.reception", 2), Mishap::LosesReply);
    for path in ["/one", "/none"] {
        assert_eq!(receive(path).send().await.unwrap().status(), 200);
    }
    assert!(receive("/one").send().await.is_err());
    assert!(wire.faults.has_befallen());
    let (asked, came) = ("queue.receive", "queue.reception");
    let journal = [
        call(asked, 1),
        call(came, 1),
        call(asked, 2),
        call(asked, 3),
        call(came, 2),
    ];
    assert_eq!(wire.faults.journal(), journal);
}
