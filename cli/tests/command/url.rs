//! `cloud-mirror url`: offline, one line each.

use std::process::Stdio;

use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;

use crate::help::documented;
use crate::process::{Said, command, said};

const URL: &str = "https://downloads.example.org/tool 1.2.tar.gz";
const ENCODED: &str = "aHR0cHM6Ly9kb3dubG9hZHMuZXhhbXBsZS5vcmcvdG9vbCUyMDEuMi50YXIuZ3o";

async fn url(arguments: &[&str]) -> Said {
    let folder = TempDir::new().unwrap();
    said(command(folder.path()).arg("url").args(arguments)).await
}

#[tokio::test]
async fn an_address_is_printed_without_asking_anybody() {
    let mirror = [
        "--mirror",
        "https://mirror.invalid",
        "--region",
        "eu-central-1",
    ];
    let told = url(&[&mirror[..], &[URL]].concat()).await;
    told.ends(0, &[]);
    let expected = format!("https://mirror.invalid/v1/redirect/s3/eu-central-1/{ENCODED}\n");
    assert_eq!(told.out, expected);
}

#[tokio::test]
async fn programs_are_told_which_address_is_of_which_url() {
    let told = url(&["--json", "--service", "file", "--region", "here", URL]).await;
    let told = told.json();
    documented("cloud-mirror url", &told);
    assert_eq!(
        told["source"],
        "https://downloads.example.org/tool%201.2.tar.gz"
    );
    let expected = format!("http://127.0.0.1:8080/v1/redirect/file/here/{ENCODED}");
    assert_eq!(told["address"], expected);
}

#[tokio::test]
async fn the_mirror_of_a_stack_is_read_from_its_outputs() {
    let folder = TempDir::new().unwrap();
    let outputs = r#"[{"OutputKey": "Endpoint", "OutputValue": "https://m.invalid/"}]"#;
    std::fs::write(folder.path().join("outputs.json"), outputs).unwrap();
    let mut asked = command(folder.path());
    asked.args(["url", "--outputs", "outputs.json", "--region", "here", URL]);
    let told = said(&mut asked).await;
    told.ends(0, &["https://m.invalid/v1/redirect/s3/here/"]);
    asked.env("CLOUD_MIRROR_URL", "https://own.invalid");
    said(&mut asked).await.ends(0, &["https://own.invalid/v1/"]);
}

#[tokio::test]
async fn lines_that_are_no_urls_are_told_and_the_others_printed() {
    let told = piped("https://e.com/a\n\n# a note\nnonsense\nhttps://e.com/b\n").await;
    told.ends(1, &["line 4: nonsense"]);
    assert_eq!(told.out.lines().count(), 2, "{told:?}");
}

#[tokio::test]
async fn where_nothing_is_a_url_nothing_is_printed_and_it_says_how_one_looks() {
    let told = piped("nonsense\n").await;
    told.ends(2, &["nonsense", "https://downloads.example.org/"]);
    assert_eq!(told.out, "");
}

#[tokio::test]
async fn a_region_that_nobody_names_is_asked_for() {
    let told = url(&[URL]).await;
    told.ends(2, &["--region", "CLOUD_MIRROR_REGION", "AWS_REGION"]);
}

#[tokio::test]
async fn programs_are_told_why_nothing_could_be_done() {
    let told = url(&["--json", URL]).await;
    assert_eq!(told.code, Some(2));
    let error: serde_json::Value = serde_json::from_str(&told.err).unwrap();
    assert!(error["error"].as_str().unwrap().contains("--region"));
}

#[tokio::test]
async fn outputs_that_are_none_are_named_with_the_way_out() {
    let told = url(&["--outputs", "absent.json", "--region", "here", URL]).await;
    told.ends(2, &["absent.json", "sam list stack-outputs"]);
}

async fn piped(text: &str) -> Said {
    let folder = TempDir::new().unwrap();
    let mut child = command(folder.path())
        .args(["url", "--region", "here", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).await.unwrap();
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
