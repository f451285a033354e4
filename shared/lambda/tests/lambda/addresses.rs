//! Where a request comes from: what the front door saw, never what the caller wrote.

use cloud_mirror_domain::route::CallerAddress;
use serde_json::{Value, json};

use crate::fixtures::{ONE_OF_EACH, event, names, request, with};

const ALB: &str = "alb-query";
const HTTP: &str = "/requestContext/http/sourceIp";
const IDENTITY: &str = "/requestContext/identity/sourceIp";
const FORWARDED: &str = "/multiValueHeaders/x-forwarded-for";

async fn address(event: Value) -> Option<String> {
    let request = request(event).await;
    let address = request.extensions().get::<CallerAddress>();
    address.map(|CallerAddress(address)| address.to_string())
}

#[tokio::test]
async fn every_front_door_says_whom_it_spoke_with() {
    for name in names() {
        let found = address(event(&name)).await;
        assert_eq!(found.as_deref(), Some("203.0.113.17"), "{name}");
    }
}

#[tokio::test]
async fn an_address_is_read_in_each_of_its_forms_and_a_bent_one_is_unknown() {
    for (written, expected) in [
        (json!("2001:db8::1"), Some("2001:db8::1")),
        (json!("::ffff:192.0.2.1"), Some("192.0.2.1")),
        (json!("192.0.2.1:4711"), Some("192.0.2.1")),
        (json!(""), None),
        (json!("nowhere"), None),
        (json!("192.0.2.1, 192.0.2.2"), None),
        (json!(null), None),
        (json!(7), None),
    ] {
        for (name, place) in [
            ("http-v2-hop", HTTP),
            ("function-url-query", HTTP),
            ("http-v1-plain", IDENTITY),
            ("rest-query", IDENTITY),
        ] {
            let found = address(with(name, place, written.clone())).await;
            assert_eq!(found.as_deref(), expected, "{name} {written}");
        }
    }
}

#[tokio::test]
async fn what_a_caller_writes_into_x_forwarded_for_changes_nothing() {
    for name in ONE_OF_EACH.iter().filter(|name| !name.starts_with("alb")) {
        let mut forged = event(name);
        for (headers, value) in [
            ("headers", json!("192.0.2.66")),
            ("multiValueHeaders", json!(["192.0.2.66"])),
        ] {
            if let Some(headers) = forged.get_mut(headers).and_then(Value::as_object_mut) {
                headers.remove("X-Forwarded-For");
                headers.insert("x-forwarded-for".into(), value);
            }
        }
        assert_eq!(
            address(forged).await.as_deref(),
            Some("203.0.113.17"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn of_a_load_balancers_list_only_what_it_appended_counts() {
    for (lines, expected) in [
        (json!(["192.0.2.66, 203.0.113.17"]), Some("203.0.113.17")),
        (
            json!(["192.0.2.66,203.0.113.17:4711"]),
            Some("203.0.113.17"),
        ),
        (
            json!(["192.0.2.66", "192.0.2.67, 203.0.113.17"]),
            Some("203.0.113.17"),
        ),
        (
            json!(["192.0.2.66, [2001:db8::1]:4711"]),
            Some("2001:db8::1"),
        ),
        (json!(["203.0.113.17, "]), None),
        (json!(["203.0.113.17, bent"]), None),
        (json!(["203.0.113.17", "é"]), None),
        (json!([]), None),
        (json!(null), None),
    ] {
        let found = address(with(ALB, FORWARDED, lines.clone())).await;
        assert_eq!(found.as_deref(), expected, "{lines}");
    }
}
