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
