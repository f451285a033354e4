//! The operator's commands, against S3's own protocol.

use std::path::Path;
use std::process::Output;

use cloud_mirror_testkit::servers::s3::{ACCESS_KEY, S3Server, SECRET_KEY};
use serde_json::Value;
use tempfile::TempDir;

use crate::help::documented;
use crate::process::command;

const CONFIG: &str = r#"
[[source]]
url = "https://acme-artifacts.s3.us-west-2.amazonaws.com/public/"
store = { provider = "s3", bucket = "acme-artifacts", region = "us-west-2" }
[[pool]]
service = "s3"
regions = ["us-east-1", "eu-central-1"]
bucket = "{prefix}{region}"
"#;

#[tokio::test]
async fn pools_are_made_once_and_then_left_as_they_are() {
    let (desk, s3) = (Desk::new(), S3Server::start().await);
    let first = desk.ensure(&s3, &[]).await;
    assert!(first.status.success(), "{first:?}");
    assert!(text(&first.stdout).contains("create the bucket acme-mirror-eu-central-1"));
    let again = desk.ensure(&s3, &[]).await;
    let expected = "s3_eu-central-1: as it should be\ns3_us-east-1: as it should be\n";
    assert_eq!(text(&again.stdout), expected);
    assert_eq!(s3.count("CreateBucket"), 2);
    assert_eq!(s3.count("PutBucketLifecycleConfiguration"), 2);
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let (desk, s3) = (Desk::new(), S3Server::start().await);
    let told = desk.ensure(&s3, &["--dry-run"]).await;
    assert!(told.status.success(), "{told:?}");
    let would = "s3_us-east-1: would create the bucket acme-mirror-us-east-1 in us-east-1";
    assert!(text(&told.stdout).contains(would), "{told:?}");
    let writes = |arrival: &&_| is_write(arrival);
    assert_eq!(s3.requests().iter().filter(writes).count(), 0);
}

#[tokio::test]
async fn a_bucket_of_somebody_else_is_named_with_what_to_do() {
    let (desk, s3) = (Desk::new(), S3Server::start().await);
    s3.create_bucket("acme-mirror-eu-central-1", "eu-central-1");
    s3.deny("acme-mirror-eu-central-1", true);
    let told = desk.ensure(&s3, &[]).await;
    assert_eq!(
        told.status.code(),
        Some(1),
        "the other one is made all the same"
    );
    assert!(text(&told.stdout).contains("create the bucket acme-mirror-us-east-1"));
    let said = text(&told.stderr);
    assert!(said.contains("pool s3_eu-central-1"), "{said}");
    assert!(!said.contains(SECRET_KEY), "{said}");
    s3.deny("acme-mirror-us-east-1", true);
    let told = desk.ensure(&s3, &[]).await;
    assert_eq!(told.status.code(), Some(2), "none could be looked at");
}

#[tokio::test]
async fn a_configuration_that_fits_the_template_is_said_to() {
    let desk = Desk::new();
    let arns = "arn:aws:s3:::acme-artifacts/public/*";
    let told = desk.check(&["--source-bucket-arns", arns]).await;
    assert!(told.status.success(), "{told:?}");
    assert!(text(&told.stdout).contains("it fits the template's parameters"));
}

#[tokio::test]
async fn what_iam_would_refuse_is_told_before_it_is_deployed() {
    let desk = Desk::new();
    let told = desk.check(&[]).await;
    assert_eq!(told.status.code(), Some(1));
    let said = text(&told.stdout);
    for part in [
        "source[0].store",
        "SourceBucketArns",
        "arn:aws:s3:::acme-artifacts/public/*",
    ] {
        assert!(said.contains(part), "{said}");
    }
}

#[tokio::test]
async fn the_templates_parameters_are_read_where_sam_keeps_them() {
    let desk = Desk::new();
    let samconfig = r#"
        [default.deploy.parameters]
        parameter_overrides = "PoolBucketPrefix=\"acme-mirror-\" SourceBucketArns=\"arn:aws:s3:::other/*\""
    "#;
    std::fs::write(desk.0.path().join("samconfig.toml"), samconfig).unwrap();
    let told = desk.check(&["--samconfig", "samconfig.toml"]).await;
    assert_eq!(told.status.code(), Some(1));
    assert!(text(&told.stdout).contains("SourceBucketArns does not cover it"));
}

#[tokio::test]
async fn programs_are_told_what_was_found_and_what_was_changed() {
    let (desk, s3) = (Desk::new(), S3Server::start().await);
    let json = |output: &Output| -> Vec<Value> {
        let lines = text(&output.stdout);
        lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let found = json(&desk.check(&["--json"]).await).remove(0);
    assert_eq!(
        (&found["template"], &found["pools"]),
        (&"differs".into(), &2.into())
    );
    assert_eq!(found["problems"].as_array().unwrap().len(), 1, "{found}");
    documented("cloud-mirror config check", &found);
    let made = json(&desk.ensure(&s3, &["--json"]).await);
    documented("cloud-mirror pools ensure", &made[0]);
    assert_eq!(made[0]["pool"], "s3_eu-central-1");
    assert!(
        !made[0]["changes"].as_array().unwrap().is_empty(),
        "{made:?}"
    );
    let again = json(&desk.ensure(&s3, &["--json"]).await);
    assert_eq!(again[1]["changes"], serde_json::json!([]));
}

#[tokio::test]
async fn a_configuration_that_is_not_valid_is_a_finding_and_one_that_is_not_there_is_none() {
    let desk = Desk::new();
    std::fs::write(
        desk.0.path().join("mirror.toml"),
        "[wait]\ntotall = \"1s\"\n",
    )
    .unwrap();
    let told = desk.check(&[]).await;
    assert_eq!(told.status.code(), Some(1));
    assert!(text(&told.stdout).contains("mirror.toml: not valid"));
    assert!(text(&told.stdout).contains("wait.totall"));
    std::fs::remove_file(desk.0.path().join("mirror.toml")).unwrap();
    let told = desk.check(&[]).await;
    assert_eq!(told.status.code(), Some(2));
    assert!(text(&told.stderr).contains("cannot be read"));
}

/// A folder with a configuration.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("mirror.toml"), CONFIG).unwrap();
        Self(folder)
    }

    async fn ensure(&self, s3: &S3Server, arguments: &[&str]) -> Output {
        let mut command = prefixed(self.0.path());
        command.args(["pools", "ensure", "--config", "mirror.toml"]);
        let command = command
            .args(arguments)
            .env("AWS_ENDPOINT_URL_S3", s3.url())
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
        command.output().await.unwrap()
    }

    async fn check(&self, arguments: &[&str]) -> Output {
        let mut command = prefixed(self.0.path());
        let command = command.args(["config", "check", "--config", "mirror.toml"]);
        command.args(arguments).output().await.unwrap()
    }
}

fn prefixed(folder: &Path) -> tokio::process::Command {
    let mut command = command(folder);
    command.env("POOL_BUCKET_PREFIX", "acme-mirror-");
    command
}

fn is_write(arrival: &cloud_mirror_testkit::servers::s3::Arrival) -> bool {
    !matches!(arrival.method.as_str(), "GET" | "HEAD")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
