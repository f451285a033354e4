//! Events that no front door sends. Each of these was made to hit a place where a reader might
//! stumble; several panic in `lambda_http`.

use cloud_mirror_lambda::{NotHttp, answer};
use serde_json::{Map, Value, json};

use crate::fixtures::{ONE_OF_EACH, content, event, with};

async fn refusal(event: Value) -> String {
    let answer = answer(event, content).await.unwrap();
    assert_eq!(answer["statusCode"], 400, "{answer}");
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["error"], "invalid-event");
    body["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_bent_event_is_answered_400_and_told_what_is_bent() {
    const HOST: &str = "`Host` names no host";
    const HEADER: &str = "a header's name or value cannot be one, or there are too many";
    const QUERY: &str = "a query string cannot have these characters";
    const LONG: &str = "path and query string are too long";
    let long = format!("/{}", "a".repeat(70_000));
    let many: Map<String, Value> = (0..40_000).map(|n| (format!("h{n}"), "x".into())).collect();
    let v2 = |place, value: Value| with("http-v2-hop", place, value);
    let v1 = |place, value: Value| with("rest-query", place, value);
    let alb = |place, value: Value| with("alb-query", place, value);
    #[rustfmt::skip]
    let cases: Vec<(Value, &str)> = vec![
        (v2("/headers/host", json!("not a host")), HOST),
        (v2("/headers/host", json!("a:b:c")), HOST),
        (v2("/headers/host", json!("")), HOST),
        (v1("/multiValueHeaders/Host", json!(["exa mple"])), HOST),
        (alb("/multiValueHeaders/host", json!(["%"])), HOST),
        (v2("/rawQueryString", json!("a b")), QUERY),
        (v2("/rawQueryString", json!("a=\u{0}")), QUERY),
        (v2("/rawQueryString", json!("a=1#b")), QUERY),
        (alb("/multiValueQueryStringParameters", json!({ "a": ["\n"] })), QUERY),
        (v2("/rawQueryString", json!(long)), LONG),
        (v2("/rawPath", json!(long)), LONG),
        (v1("/path", json!("/é".repeat(20_000))), LONG),
        (v2("/rawPath", json!("")), "the path does not begin with a slash"),
        (v1("/path", json!("v1/ping")), "the path does not begin with a slash"),
        (v2("/rawPath", json!(null)), "`rawPath` is missing"),
        (v1("/path", json!(7)), "`path` has another type than it must have"),
        (v1("/httpMethod", json!("GE T")), "the method is no HTTP method"),
        (v1("/httpMethod", json!("")), "the method is no HTTP method"),
        (v2("/requestContext/http/method", json!(null)), "`method` is missing"),
        (v2("/requestContext", json!([])), "`method` is missing"),
        (v2("/headers/accept", json!("a\nb")), HEADER),
        (v2("/headers", json!({ "": "x" })), HEADER),
        (v2("/headers", json!(many)), HEADER),
        (v2("/headers", json!("none")), "`headers` has another type than it must have"),
        (v1("/multiValueHeaders/Accept", json!([1])), "`multiValueHeaders` has another type than it must have"),
        (v1("/multiValueQueryStringParameters/part", json!({})), "`multiValueQueryStringParameters` has another type than it must have"),
    ];
    for (event, message) in cases {
        assert_eq!(refusal(event).await, message);
    }
}

#[tokio::test]
async fn every_shape_is_refused_in_its_own_words() {
    for name in ONE_OF_EACH {
        let path = if event(name).get("rawPath").is_some() {
            "/rawPath"
        } else {
            "/path"
        };
        let refused = answer(with(name, path, "nowhere"), content).await.unwrap();
        let fine = answer(event(name), content).await.unwrap();
        let keys = |answer: &Value| -> Vec<String> {
            answer.as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(keys(&refused), keys(&fine), "{name}");
        let headers = refused
            .get("headers")
            .or(refused.get("multiValueHeaders"))
            .unwrap();
        assert!(
            headers["cache-control"].to_string().contains("no-store"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn what_is_no_http_event_is_refused_by_name() {
    let websocket = json!({ "requestContext": { "eventType": "CONNECT", "connectionId": "x" } });
    for event in [
        json!(null),
        json!([]),
        json!("GET /"),
        json!({}),
        json!({ "Records": [{ "eventSource": "aws:sqs" }] }),
        json!({ "requestContext": null }),
        websocket,
    ] {
        let refused = answer(event, content).await;
        assert_eq!(refused, Err(NotHttp));
        assert!(
            NotHttp
                .to_string()
                .starts_with("this is no HTTP event: it has no `httpMethod`")
        );
    }
}

#[tokio::test]
async fn oddities_that_mean_nothing_are_let_through() {
    let v2 = |place, value: Value| with("http-v2-hop", place, value);
    for event in [
        v2("/requestContext/timeEpoch", json!("yesterday")),
        v2("/requestContext/stage", json!({})),
        v2("/requestContext/apiId", json!(null)),
        v2("/pathParameters", json!([1])),
        v2("/isBase64Encoded", json!("no")),
        v2("/rawQueryString", json!("a=%zz&b=%")),
        v2("/headers/accept", json!("é")),
        v2("/headers/x-forwarded-proto", json!("no scheme")),
        v2("/rawPath", json!("//example.com/")),
        v2("/rawPath", json!("/\u{0}?#\\")),
        v2("/headers", json!(null)),
        with(
            "rest-query",
            "/multiValueQueryStringParameters",
            json!({ "a": [] }),
        ),
    ] {
        assert_eq!(answer(event, content).await.unwrap()["statusCode"], 200);
    }
}
