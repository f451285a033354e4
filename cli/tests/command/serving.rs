//! The first minute: what it prints works.

use reqwest::StatusCode;
use reqwest::redirect::Policy;
use tempfile::TempDir;

use crate::process::{Running, client, command};

const HELLO: &[u8] = include_bytes!("../../samples/hello.txt");
const CSV: &[u8] = include_bytes!("../../samples/regions and cities.csv");

#[tokio::test]
async fn help_shows_examples() {
    let folder = TempDir::new().unwrap();
    let output = command(folder.path()).args(["serve", "--help"]).output();
    let output = output.await.unwrap();
    assert!(output.status.success());
    let help = String::from_utf8(output.stdout).unwrap();
    let (_, examples) = help.split_once("Examples:\n").expect("examples");
    assert!(examples.contains("  cloud-mirror serve\n"), "{help}");
    assert!(examples.contains("--config mirror.toml"), "{help}");
}

#[tokio::test]
async fn the_lines_that_it_prints_fetch_the_samples() {
    let folder = TempDir::new().unwrap();
    let running = Running::serve(folder.path(), &[]).await;
    let urls = running.lines_to_try(2).await;
    let [hello, csv] = &urls[..] else {
        panic!("two lines: {urls:?}");
    };
    for (url, bytes) in [(hello, HELLO), (csv, CSV)] {
        let answer = client(Policy::limited(5)).get(url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{url}");
        assert!(
            answer.url().path().starts_with("/pool/"),
            "{}",
            answer.url()
        );
        assert_eq!(answer.bytes().await.unwrap(), bytes, "{url}");
    }
}

#[tokio::test]
async fn a_line_that_is_run_again_is_a_hit() {
    let folder = TempDir::new().unwrap();
    let running = Running::serve(folder.path(), &[]).await;
    let url = running.lines_to_try(2).await.remove(0);
    let client = client(Policy::none());
    for word in ["stored", "hit"] {
        let answer = client.get(&url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FOUND);
        let status = answer.headers()["cache-status"].to_str().unwrap();
        assert!(status.contains(word), "{status}");
    }
}

/// The page's name leads here (DNS rebinding), so that its browser lets it read whatever is answered.
#[tokio::test]
async fn no_web_page_of_a_foreign_name_is_given_addresses_of_what_is_private() {
    let folder = TempDir::new().unwrap();
    let config = r#"
        [[source]]
        url = "https://acme.s3.us-west-2.amazonaws.com/"
        store = { provider = "s3", bucket = "acme", region = "us-west-2" }
        private = true
        [[pool]]
        service = "s3"
        regions = ["us-west-2"]
        bucket = "mirror-{region}"
    "#;
    std::fs::write(folder.path().join("mirror.toml"), config).unwrap();
    let arguments = ["--backend", "aws", "--config", "mirror.toml"];
    // Nothing answers there, nor is anybody asked: the object lies in the pool's region, and signing
    // needs no request.
    let nobody = "http://127.0.0.1:1";
    let env = [
        ("STATUS_TABLE", "status"),
        ("COPY_QUEUE_URL", nobody),
        ("REDIRECT_AUTHORIZATION", "AWS_IAM"),
        ("AWS_ENDPOINT_URL", nobody),
        ("AWS_REGION", "us-west-2"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    let running = Running::serve_with(folder.path(), &arguments, &env).await;
    let object = "https://acme.s3.us-west-2.amazonaws.com/a";
    let base = running.base_url();
    let route = format!("{base}/v1/redirect/s3/us-west-2/{object}");
    let own = base.trim_start_matches("http://");
    for (host, status) in [
        (own, StatusCode::FOUND),
        ("evil.example:8080", StatusCode::MISDIRECTED_REQUEST),
    ] {
        let asked = client(Policy::none()).get(&route).header("host", host);
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.status(), status, "{host}");
        let headers = format!("{:?}", answer.headers());
        let said = headers + &answer.text().await.unwrap();
        assert_eq!(said.contains("X-Amz-Signature"), host == own, "{said}");
    }
}
