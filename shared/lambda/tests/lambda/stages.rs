//! The stage in front of a path, and what is left of a query.

use serde_json::json;

use crate::fixtures::{raw_path, request, with};

async fn path_of(name: &str, place: &str, stage: &str, path: &str) -> String {
    let mut event = with(name, place, path);
    event["requestContext"]["stage"] = stage.into();
    raw_path(&request(event).await).to_owned()
}

#[tokio::test]
async fn an_http_apis_stage_is_taken_off_once_and_as_a_whole_segment() {
    for (stage, path, left) in [
        ("$default", "/v1/ping", "/v1/ping"),
        ("prod", "/prod/v1/ping", "/v1/ping"),
        ("prod", "/prod", "/"),
        ("prod", "/prod/prod/v1/ping", "/prod/v1/ping"),
        ("prod", "/production/v1/ping", "/production/v1/ping"),
        ("prod", "/v1/ping", "/v1/ping"),
        ("v1", "/v1/v1/ping", "/v1/ping"),
        ("", "/v1/ping", "/v1/ping"),
    ] {
        let v1 = path_of("http-v1-base64url", "/path", stage, path).await;
        let v2 = path_of("http-v2-base64url", "/rawPath", stage, path).await;
        assert_eq!((v1.as_str(), v2.as_str()), (left, left), "{stage} {path}");
    }
}

#[tokio::test]
async fn a_rest_apis_path_has_no_stage_to_take_off() {
    let left = path_of("rest-base64url", "/path", "v1", "/v1/ping").await;
    assert_eq!(left, "/v1/ping");
}

async fn query_of(name: &str, place: &str, value: serde_json::Value) -> Option<String> {
    let request = request(with(name, place, value)).await;
    request.uri().query().map(str::to_owned)
}

#[tokio::test]
async fn a_rest_apis_decoded_query_is_escaped_where_it_must_be_and_nowhere_else() {
    let decoded = json!({
        "token": ["a=b/c:d,e"], "odd & é": ["1+1", "50%", "#"], "flag": [""], "none": [], "null": null,
    });
    let query = query_of("rest-query", "/multiValueQueryStringParameters", decoded).await;
    assert_eq!(
        query.as_deref(),
        Some(
            "flag=&odd%20%26%20%C3%A9=1%2B1&odd%20%26%20%C3%A9=50%25&odd%20%26%20%C3%A9=%23&token=a=b/c:d,e"
        )
    );
}

#[tokio::test]
async fn a_load_balancers_query_is_left_as_it_came() {
    let encoded = json!({ "b": "1%2B1+%c3%a9", "a%26": "%zz" });
    let query = query_of("alb-percent-encoded", "/queryStringParameters", encoded).await;
    assert_eq!(query.as_deref(), Some("a%26=%zz&b=1%2B1+%c3%a9"));
}

#[tokio::test]
async fn no_query_is_no_query() {
    let none = query_of("alb-query", "/multiValueQueryStringParameters", json!({})).await;
    assert_eq!(none, None);
    let empty = query_of("http-v2-hop", "/rawQueryString", json!("")).await;
    assert_eq!(empty, None);
}

#[tokio::test]
async fn repeated_headers_stay_repeated() {
    let twice = json!({ "Prefer": ["wait=5", "return=minimal"], "host": ["example.com"] });
    let request = request(with("rest-base64url", "/multiValueHeaders", twice)).await;
    let values: Vec<_> = request.headers().get_all("prefer").iter().collect();
    assert_eq!(values, ["wait=5", "return=minimal"]);
}
