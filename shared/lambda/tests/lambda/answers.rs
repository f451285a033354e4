//! What each front door is answered.

use cloud_mirror_lambda::answer;
use http::{Request, Response};
use serde_json::{Value, json};

use crate::fixtures::event;

async fn redirecting(_: Request<()>) -> Response<String> {
    let response = Response::builder()
        .status(302)
        .header("location", "https://example.com/a")
        .header("vary", "prefer")
        .header("vary", "cache-control")
        .header("content-length", "999");
    response.body("{\"status\":\"present\"}".into()).unwrap()
}

async fn answered(name: &str) -> Value {
    answer(event(name), redirecting).await.unwrap()
}

fn listed() -> Value {
    json!({ "location": ["https://example.com/a"], "vary": ["prefer", "cache-control"] })
}

fn joined() -> Value {
    json!({ "location": "https://example.com/a", "vary": "prefer, cache-control" })
}

#[tokio::test]
async fn api_gateways_first_format_is_answered_with_lists() {
    for name in ["rest-base64url", "http-v1-base64url"] {
        let wanted = json!({
            "statusCode": 302,
            "multiValueHeaders": listed(),
            "body": "{\"status\":\"present\"}",
            "isBase64Encoded": false,
        });
        assert_eq!(answered(name).await, wanted, "{name}");
    }
}

#[tokio::test]
async fn api_gateways_second_format_and_function_urls_are_answered_without_lists() {
    for name in ["http-v2-base64url", "function-url-percent-encoded"] {
        let wanted = json!({
            "statusCode": 302,
            "headers": joined(),
            "body": "{\"status\":\"present\"}",
            "isBase64Encoded": false,
        });
        assert_eq!(answered(name).await, wanted, "{name}");
    }
}

#[tokio::test]
async fn a_load_balancer_is_answered_both_ways_and_with_a_description() {
    for name in ["alb-query", "alb-percent-encoded"] {
        let wanted = json!({
            "statusCode": 302,
            "statusDescription": "302 Found",
            "multiValueHeaders": listed(),
            "headers": joined(),
            "body": "{\"status\":\"present\"}",
            "isBase64Encoded": false,
        });
        assert_eq!(answered(name).await, wanted, "{name}");
    }
}

#[tokio::test]
async fn a_head_is_told_the_length_of_the_body_that_it_does_not_get() {
    let head = answered("http-v2-head").await;
    assert_eq!(head["body"], "");
    assert_eq!(
        head["headers"]["content-length"], "999",
        "as the handler said"
    );
    let head = answer(event("http-v2-head"), crate::fixtures::content).await;
    let head = head.unwrap();
    assert_eq!(head["body"], "");
    assert_eq!(head["headers"]["content-length"], "4");
}
