//! `cloud-mirror purge`: who may, and what became of it.

use tempfile::TempDir;

use crate::help::documented;
use crate::process::{Running, Said, command, said};
use crate::scripted::{Scripted, http};

const URL: &str = "https://downloads.example.org/a.bin";

/// `{verb} …` with the mirror's options behind it.
async fn run(folder: &TempDir, mirror: &str, verb: &str, arguments: &[&str]) -> Said {
    let place = ["--mirror", mirror, "--service", "file"];
    let mut asked = command(folder.path());
    said(asked.arg(verb).args(place).args(arguments)).await
}

#[tokio::test]
async fn what_is_purged_is_gone_and_copied_anew() {
    let folder = TempDir::new().unwrap();
    let running = Running::serve(folder.path(), &[]).await;
    let (base, hello) = (
        running.base_url(),
        format!("{}/origin/hello.txt", running.base_url()),
    );
    let here = ["--region", "eu-central-1", hello.as_str()];
    let get = || run(&folder, &base, "get", &here);
    get().await.ends(0, &["copied for this request"]);
    get().await.ends(0, &["which was there (hit)"]);
    let told = run(&folder, &base, "purge", &["--region", "all", &hello]).await;
    told.ends(0, &["is gone from file_all"]);
    run(&folder, &base, "status", &here)
        .await
        .ends(1, &["absent"]);
    get().await.ends(0, &["copied for this request"]);
}

#[tokio::test]
async fn a_purge_that_is_refused_says_what_it_wants_and_the_token_is_no_argument() {
    let folder = TempDir::new().unwrap();
    let config = "[[source]]\nurl = \"https://downloads.example.org/\"\n[[pool]]\nservice = \"file\"\nregions = [\"here\"]\npath = \"{data}/{region}\"\n[purge]\ntoken_env = \"TOKEN\"\n";
    std::fs::write(folder.path().join("mirror.toml"), config).unwrap();
    let running = Running::serve_with(
        folder.path(),
        &["--config", "mirror.toml"],
        &[("TOKEN", "hunter2")],
    )
    .await;
    let base = running.base_url();
    let mut purge = command(folder.path());
    purge.args([
        "purge",
        "--mirror",
        &base,
        "--service",
        "file",
        "--region",
        "here",
        URL,
    ]);
    let told = said(&mut purge).await;
    told.ends(2, &["401", "not-authorised", "CLOUD_MIRROR_PURGE_TOKEN"]);
    purge.env("CLOUD_MIRROR_PURGE_TOKEN", "wrong");
    said(&mut purge).await.ends(2, &["401"]);
    purge
        .env("CLOUD_MIRROR_PURGE_TOKEN", "hunter2")
        .arg("--json");
    let told = said(&mut purge).await;
    assert_eq!(told.json()["outcome"], "gone", "{told:?}");
    documented("cloud-mirror purge", &told.json());
}

#[tokio::test]
async fn a_purge_behind_a_running_copy_is_told_to_come_later() {
    let mirror = Scripted::start(|_, _| http(202, &[], b"")).await;
    let folder = TempDir::new().unwrap();
    let told = run(&folder, mirror.url(), "purge", &["--region", "here", URL]).await;
    told.ends(0, &["is going from file_here", "a copy is running"]);
    assert!(mirror.heads()[0].starts_with("delete /v1/purge/file/here/"));
}

#[tokio::test]
async fn a_mirror_behind_iam_that_refuses_says_how_to_sign() {
    let mirror = Scripted::start(|_, _| http(403, &[], br#"{"message":"Forbidden"}"#)).await;
    let folder = TempDir::new().unwrap();
    let told = run(&folder, mirror.url(), "purge", &["--region", "here", URL]).await;
    told.ends(2, &["403", "Forbidden", "--sign", "execute-api:Invoke"]);
}

#[tokio::test]
async fn a_signed_request_carries_a_signature_for_the_api_and_no_token() {
    let mirror = Scripted::start(|_, _| http(204, &[], b"")).await;
    let folder = TempDir::new().unwrap();
    let mut asked = command(folder.path());
    asked
        .args([
            "purge",
            "--sign",
            "--mirror",
            mirror.url(),
            "--region",
            "here",
            URL,
        ])
        .env("AWS_ACCESS_KEY_ID", "AKIDTESTS")
        .env("AWS_SECRET_ACCESS_KEY", "hunter2")
        .env("AWS_REGION", "eu-west-1")
        .env("CLOUD_MIRROR_PURGE_TOKEN", "a-token");
    said(&mut asked).await.ends(0, &["is gone"]);
    let head = mirror.heads().remove(0);
    assert!(
        head.contains("/eu-west-1/execute-api/aws4_request"),
        "{head}"
    );
    assert!(head.contains("credential=akidtests/"), "{head}");
    assert!(
        !head.contains("a-token") && !head.contains("hunter2"),
        "{head}"
    );
}

/// The second one is signed because of its address alone. Nothing is sent to either: the signature
/// comes first.
#[tokio::test]
async fn without_credentials_a_signature_is_asked_for_in_words() {
    for place in [
        ["--sign", "--mirror", "http://127.0.0.1:9"].as_slice(),
        &[
            "--mirror",
            "https://abc.execute-api.eu-west-1.amazonaws.com",
        ],
    ] {
        let folder = TempDir::new().unwrap();
        let mut asked = command(folder.path());
        asked
            .args(["purge", "--region", "here", URL])
            .args(place)
            .env_remove("AWS_ACCESS_KEY_ID")
            .env_remove("AWS_SECRET_ACCESS_KEY")
            .env_remove("AWS_PROFILE")
            .env("AWS_CONFIG_FILE", "none")
            .env("AWS_SHARED_CREDENTIALS_FILE", "none")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_REGION", "eu-west-1");
        said(&mut asked)
            .await
            .ends(2, &["no AWS credentials", "AWS_PROFILE"]);
    }
}

#[tokio::test]
async fn a_mirror_that_does_not_answer_is_named_with_the_way_out() {
    let folder = TempDir::new().unwrap();
    let silent = Scripted::start(|_, _| Vec::new()).await;
    let address = silent.url();
    for verb in ["get", "status", "purge"] {
        let told = run(&folder, address, verb, &["--region", "here", URL]).await;
        told.ends(2, &[address, "no answer", "--mirror", "cloud-mirror serve"]);
    }
}

#[tokio::test]
async fn what_is_no_mirror_is_told_apart_from_one_that_refuses() {
    let web = Scripted::start(|_, _| http(404, &[], b"<html>not here</html>")).await;
    let folder = TempDir::new().unwrap();
    for verb in ["get", "status", "purge"] {
        let told = run(&folder, web.url(), verb, &["--region", "here", URL]).await;
        told.ends(2, &["answers as no mirror does"]);
    }
}

#[tokio::test]
async fn a_pool_that_is_not_there_is_answered_with_those_that_are() {
    let folder = TempDir::new().unwrap();
    let running = Running::serve(folder.path(), &[]).await;
    let hello = format!("{}/origin/hello.txt", running.base_url());
    for verb in ["get", "status", "purge"] {
        let here = ["--region", "mars-1", hello.as_str()];
        let told = run(&folder, &running.base_url(), verb, &here).await;
        told.ends(
            2,
            &[
                "unknown-pool",
                "file/eu-central-1",
                "--service and --region",
            ],
        );
    }
}
