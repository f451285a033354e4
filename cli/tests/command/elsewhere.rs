//! The operator's commands where pools and sources lie at other providers than AWS.

use std::process::Output;

use cloud_mirror_testkit::servers::gcs::GcsServer;
use cloud_mirror_testkit::servers::s3::{S3Server, Settings};
use tempfile::TempDir;
use tokio::process::Command;

use crate::process::command;

/// A pool on Google Cloud Storage, and one of a service that speaks S3's protocol.
const CONFIG: &str = r#"
[service.minio]
provider = "s3"
endpoint = "MINIO"
access_key_env = "MINIO_KEY"
secret_key_env = "MINIO_SECRET"
[auto.edge]
secret_header = "x-edge-secret"
secret_env = "NOBODY_SET_IT"
[[source]]
url = "https://downloads.example.org/"
[[pool]]
service = "gcs"
regions = ["europe-west3"]
bucket = "acme-mirror-{region}"
[[pool]]
service = "minio"
regions = ["berlin"]
bucket = "acme-mirror-{region}"
"#;

#[tokio::test]
async fn one_command_makes_the_pools_of_every_provider() {
    let world = World::new().await;
    let would = told(&world.ensure(&["--dry-run"]).await);
    for pool in ["gcs_europe-west3: would ", "minio_berlin: would "] {
        assert!(would.contains(pool), "{would}");
    }
    assert_eq!(world.made(), (0, 0));
    let made = told(&world.ensure(&[]).await);
    for pool in ["gcs_europe-west3: ", "minio_berlin: "] {
        assert!(made.contains(pool), "{made}");
    }
    assert_eq!(world.made(), (1, 1));
    let again = told(&world.ensure(&[]).await);
    assert_eq!(
        again,
        "gcs_europe-west3: as it should be\nminio_berlin: as it should be\n"
    );
}

#[tokio::test]
async fn the_doctor_names_pools_that_are_not_as_they_must_be_wherever_they_lie() {
    let world = World::new().await;
    let said = found(&world.doctor().await);
    for pool in ["gcs_europe-west3", "minio_berlin"] {
        let fault = format!("FAULT  pool {pool}: it is not as it must be");
        assert!(said.contains(&fault), "{said}");
    }
    assert!(said.contains("pools ensure --config mirror.toml"), "{said}");
    told(&world.ensure(&[]).await);
    let said = found(&world.doctor().await);
    for pool in ["gcs_europe-west3", "minio_berlin"] {
        let well = format!("ok     pool {pool}: as it must be");
        assert!(said.contains(&well), "{said}");
    }
}

#[tokio::test]
async fn the_doctor_says_whether_a_private_source_elsewhere_lets_us_in() {
    let world = World::new().await;
    world.gcs.create_bucket("acme-artifacts", "europe-west3");
    let private = "[[source]]\nurl = \"https://storage.googleapis.com/acme-artifacts/\"\nstore = { provider = \"gcs\", bucket = \"acme-artifacts\", region = \"europe-west3\" }\nprivate = true\n";
    world.write(&format!("{}{private}", world.config()));
    let source = "source https://storage.googleapis.com/acme-artifacts/";
    let said = found(&world.doctor().await);
    let well = format!("ok     {source}: it lets us in");
    assert!(said.contains(&well), "{said}");
    world.gcs.deny("acme-artifacts", true);
    let said = found(&world.doctor().await);
    let fault = format!("FAULT  {source}: its store cannot be read");
    assert!(said.contains(&fault), "{said}");
}

#[tokio::test]
async fn a_service_without_its_keys_is_named_by_who_needs_them_and_not_by_who_does_not() {
    let world = World::new().await;
    let lacking = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        command.env_remove("MINIO_SECRET");
        command
    };
    let ensured = lacking(&["pools", "ensure"]).output().await.unwrap();
    assert_eq!(ensured.status.code(), Some(2), "{ensured:?}");
    let said = text(&ensured.stderr);
    for part in ["service.minio.secret_key_env", "MINIO_SECRET is not set"] {
        assert!(said.contains(part), "{said}");
    }
    let checked = lacking(&["config", "check"]).output().await.unwrap();
    assert!(checked.status.success(), "{checked:?}");
}

/// Servers of other providers, and a configuration that names them.
struct World {
    minio: S3Server,
    gcs: GcsServer,
    folder: TempDir,
}

impl World {
    async fn new() -> Self {
        let world = Self {
            minio: S3Server::start_with(Settings::compatible()).await,
            gcs: GcsServer::start().await,
            folder: TempDir::new().unwrap(),
        };
        world.write(&world.config());
        world
    }

    fn config(&self) -> String {
        CONFIG.replace("MINIO\"", &format!("{}\"", self.minio.url()))
    }

    fn write(&self, config: &str) {
        std::fs::write(self.folder.path().join("mirror.toml"), config).unwrap();
    }

    /// How many buckets were made at Google and at the other service.
    fn made(&self) -> (usize, usize) {
        (
            self.gcs.count("CreateBucket"),
            self.minio.count("CreateBucket"),
        )
    }

    async fn ensure(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(&["pools", "ensure"]);
        command.args(arguments).output().await.unwrap()
    }

    async fn doctor(&self) -> Output {
        self.command(&["doctor"]).output().await.unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(self.folder.path());
        command
            .args(arguments)
            .args(["--config", "mirror.toml"])
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("MINIO_KEY", "compatible-key")
            .env("MINIO_SECRET", "compatible-secret")
            .env("GOOGLE_SERVICE_ACCOUNT_KEY", self.gcs.service_account())
            .env("GOOGLE_BASE_URL", self.gcs.url())
            .env("GOOGLE_CLOUD_PROJECT", "acme");
        command
    }
}

#[track_caller]
fn told(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    assert!(!text(&output.stderr).contains("compatible-secret"));
    text(&output.stdout)
}

/// What the doctor found, who is never content here: there is no table, and no queue.
#[track_caller]
fn found(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = text(&output.stdout);
    assert!(!said.contains("compatible-secret"), "{said}");
    said
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
