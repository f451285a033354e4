//! Which source URL the routes understand of each event: the four forms, through each front door.

use cloud_mirror_domain::route::Route;
use cloud_mirror_domain::url::read_path;
use cloud_mirror_lambda::Caller;
use http::Request;
use lambda_http::RequestExt;

use crate::fixtures::{event, names, raw_path, request, text};

const OPERATOR: &str = "arn:aws:sts::123456789012:assumed-role/mirror-operator/release";

/// Event; what is asked for; the source URL that is understood.
///
/// Base64url is the form that reads the same everywhere. `…/a.bin` of `question-mark-cut` was
/// sent as `https%3A%2F%2F…%2Fa.bin%3Fpart%3D1`, and `…/a/b.bin` of `double-encoded` with a
/// `%252F`: an HTTP API harms both before a function sees them, and no reading can mend that.
#[rustfmt::skip]
const UNDERSTOOD: &[(&str, &str, &str)] = &[
    ("alb-percent-encoded",          "GET redirect s3_eu-central-1", "https://artifacts.example.com/public/caf%C3%A9%20one.bin"),
    ("alb-query",                    "GET redirect s3_eu-central-1", "https://artifacts.example.com/public/a.bin?name=a%20b%26c&part=1&part=2"),
    ("function-url-percent-encoded", "GET redirect s3_eu-central-1", "https://artifacts.example.com/public/caf%C3%A9%20one.bin"),
    ("function-url-query",           "GET redirect s3_eu-central-1", "https://artifacts.example.com/public/a.bin?part=2&name=a%20b%26c&part=1"),
    ("http-v1-base64url",            "GET redirect s3_eu-central-1", "https://artifacts.example.com/public/tool-1.2.3.tar.gz"),
    ("http-v1-plain",                "GET redirect s3_eu-central-1", "https://artifacts.example.com/public/caf%C3%A9%20one.bin"),
    ("http-v2-base64url",            "GET redirect s3_eu-central-1", "https://artifacts.example.com/public/tool-1.2.3.tar.gz"),
    ("http-v2-double-encoded",       "GET redirect s3_eu-central-1", "https://artifacts.example.com/public/a/b.bin"),
    ("http-v2-head",                 "HEAD redirect s3_eu-central-1", "https://artifacts.example.com/public/tool-1.2.3.tar.gz"),
    ("http-v2-hop",                  "GET redirect s3_eu-central-1", "https://artifacts.example.com/public/tool-1.2.3.tar.gz"),
    ("http-v2-openapi",              "GET openapi.json",             ""),
    ("http-v2-plain",                "GET redirect s3_eu-central-1", "https://artifacts.example.com/public/caf%C3%A9%20one%25.bin"),
    ("http-v2-purge-iam",            "DELETE purge s3_all",          "https://artifacts.example.com/public/tool-1.2.3.tar.gz"),
    ("http-v2-question-mark-cut",    "GET redirect s3_eu-central-1", "https://artifacts.example.com/public/a.bin"),
    ("rest-base64url",               "GET redirect s3_eu-central-1", "https://artifacts.example.com/public/tool-1.2.3.tar.gz"),
    ("rest-percent-encoded",         "GET redirect s3_eu-central-1", "https://artifacts.example.com/public/caf%C3%A9%20one.bin"),
    ("rest-purge-iam",               "DELETE purge s3_eu-central-1", "https://artifacts.example.com/public/tool-1.2.3.tar.gz"),
    ("rest-query",                   "GET redirect s3_eu-central-1", "https://artifacts.example.com/public/a.bin?name=a%20b%26c&part=1&part=2"),
];

#[tokio::test]
async fn every_event_names_the_url_that_its_front_door_let_through() {
    let told: Vec<_> = UNDERSTOOD.iter().map(|(name, ..)| *name).collect();
    assert_eq!(names(), told, "every file of events/http is in the table");
    for (name, asked, url) in UNDERSTOOD {
        let request = request(event(name)).await;
        let (what, understood) = understood(&request);
        assert_eq!(
            (what.as_str(), understood.as_str()),
            (*asked, *url),
            "{name}"
        );
    }
}

fn understood(request: &Request<()>) -> (String, String) {
    let (verb, pool, raw) = match Route::of(raw_path(request)).unwrap() {
        Route::Redirect(pool, raw) => ("redirect", pool, raw),
        Route::Purge(pool, raw) => ("purge", pool, raw),
        Route::OpenApi => return (format!("{} openapi.json", request.method()), String::new()),
        other => panic!("{other:?}"),
    };
    let url = read_path(raw, request.uri().query()).unwrap();
    (
        format!("{} {verb} {pool}", request.method()),
        url.to_string(),
    )
}

#[tokio::test]
async fn a_hop_brings_its_budget() {
    let request = request(event("http-v2-hop")).await;
    assert_eq!(
        request.uri().query(),
        Some("cloud-mirror-budget=12.500&cloud-mirror-hop=1")
    );
}

#[tokio::test]
async fn a_caller_is_known_where_the_front_door_asked_for_one() {
    for name in names() {
        let caller = request(event(&name)).await.extensions().get().cloned();
        let known = name.ends_with("purge-iam").then(|| OPERATOR.to_owned());
        assert_eq!(caller, Some(Caller(known)), "{name}");
    }
}

#[tokio::test]
async fn the_uri_is_one_even_where_the_decoded_path_is_none() {
    let request = request(event("http-v1-plain")).await;
    assert!(raw_path(&request).ends_with("public/café one.bin"));
    assert!(request.uri().path().ends_with("public/caf%C3%A9%20one.bin"));
}

#[tokio::test]
async fn line_breaks_of_pythons_base64_survive_an_http_api() {
    let path = "/v1/redirect/s3/eu/aHR0cHM6Ly9leGFtcGxl\nLmNvbS9hL2J+Yy5iaW4=\n";
    let request = request(crate::fixtures::with("http-v2-base64url", "/rawPath", path)).await;
    assert_eq!(understood(&request).1, "https://example.com/a/b~c.bin");
}

/// The files are what AWS sends, as far as another reader of such events can tell.
#[tokio::test]
async fn lambda_http_reads_the_same_method_path_and_headers() {
    for name in names() {
        let theirs = lambda_http::request::from_str(&text(&name)).unwrap();
        let ours = request(event(&name)).await;
        assert_eq!(ours.method(), theirs.method(), "{name}");
        assert_eq!(ours.headers(), theirs.headers(), "{name}");
        assert!(theirs.raw_http_path().ends_with(raw_path(&ours)), "{name}");
    }
}
