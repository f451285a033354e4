//! `cloud-mirror status`: what everybody may know, and what the table tells.

use cloud_mirror_testkit::origin::{Object, Origin};
use tempfile::TempDir;

use crate::doctor::World;
use crate::help::documented;
use crate::process::{Running, Said, command, said};

#[tokio::test]
async fn an_object_is_absent_until_it_is_copied() {
    let folder = TempDir::new().unwrap();
    let running = Running::serve(folder.path(), &[]).await;
    let hello = format!("{}/origin/hello.txt", running.base_url());
    let ask = async |verb: &str, more: &[&str]| -> Said {
        let mut asked = command(folder.path());
        asked.args([verb, "--mirror", &running.base_url(), "--service", "file"]);
        said(asked.args(["--region", "us-west-2", &hello]).args(more)).await
    };
    ask("status", &[])
        .await
        .ends(1, &["absent in file_us-west-2"]);
    ask("get", &[]).await.ends(0, &[]);
    let words = [
        "present in file_us-west-2",
        "size      23 bytes",
        "sha256    ",
        "expires   in ",
    ];
    ask("status", &[]).await.ends(0, &words);
    let known = ask("status", &["--json"]).await.json();
    documented("cloud-mirror status", &known);
    assert_eq!(known["status"], "present");
    assert_eq!(known["size_bytes"], 23);
}

/// A mirror on AWS's protocols, and its source.
struct Scene {
    world: World,
    origin: Origin,
}

impl Scene {
    async fn new() -> Self {
        let mut world = World::healthy().await;
        let origin = Origin::start().await;
        let config = format!(
            r#"
            [[source]]
            url = "{}"
            allow_http = true
            allow_private = true
            [[pool]]
            service = "s3"
            regions = ["us-east-1", "eu-central-1"]
            bucket = "{{prefix}}{{region}}"
            "#,
            origin.url("/")
        );
        world.write("mirror.toml", &config);
        world.start_mirror().await;
        Self { world, origin }
    }

    /// The command at the mirror, for the pool in Frankfurt and one of the source's paths.
    async fn run(&self, verb: &str, path: &str, more: &[&str]) -> Said {
        let url = self.origin.url(path);
        let mut asked = self.world.command(&[verb, &url]);
        let asked = asked
            .args(more)
            .env("CLOUD_MIRROR_URL", self.world.told("Endpoint"))
            .env("CLOUD_MIRROR_REGION", "eu-central-1")
            .env("STATUS_TABLE", self.world.told("StatusTableName"))
            .env("COPY_QUEUE_URL", self.world.told("CopyQueueUrl"));
        said(asked).await
    }

    async fn detail(&self, path: &str, more: &[&str]) -> Said {
        let detail = [
            "--detail",
            "--config",
            "mirror.toml",
            "--pool-bucket-prefix",
            "acme-mirror-",
        ];
        self.run("status", path, &[&detail[..], more].concat())
            .await
    }
}

#[tokio::test]
async fn the_table_tells_of_a_replica_and_of_a_failure_what_a_mirror_never_shows() {
    let scene = Scene::new().await;
    scene.origin.serve("/a", "bytes");
    scene
        .run("get", "/a", &[])
        .await
        .ends(0, &["copied for this request"]);
    let words = [
        "present in s3_eu-central-1",
        "settled_by ",
        "written_by ",
        "etag ",
        "checked ",
    ];
    scene.detail("/a", &[]).await.ends(0, &words);
    let told = scene.detail("/a", &["--json"]).await.json();
    documented("cloud-mirror status", &told);
    scene
        .run("get", "/absent", &[])
        .await
        .ends(2, &["404", "source-not-found"]);
    let words = [
        "error in s3_eu-central-1",
        "source-not-found",
        "retry_at ",
        "remedy ",
        "detail ",
    ];
    scene.detail("/absent", &[]).await.ends(1, &words);
    let told = scene.detail("/absent", &["--json"]).await.json();
    documented("cloud-mirror status", &told);
    assert_eq!(told["error"], "source-not-found", "{told}");
    let public = scene.run("status", "/absent", &["--json"]).await.json();
    assert_eq!(public["error"], "source-not-found");
    assert_eq!(public["detail"], serde_json::Value::Null, "{public}");
    scene
        .detail("/never", &[])
        .await
        .ends(1, &["absent in s3_eu-central-1"]);
}

#[tokio::test]
async fn the_table_tells_who_copies_and_until_when() {
    let scene = Scene::new().await;
    scene.origin.serve("/slow", Object::new("bytes").held());
    let told = scene.run("get", "/slow", &["--wait", "0", "-o", "-"]);
    tokio::select! {
        told = told => panic!("the origin is held, too: {told:?}"),
        () = scene.origin.until_gets("/slow", 2) => {}
    }
    scene
        .run("status", "/slow", &[])
        .await
        .ends(0, &["pending in s3_eu-central-1"]);
    let words = [
        "pending in s3_eu-central-1",
        "attempt ",
        "run ",
        "lease_ends ",
        "tries ",
    ];
    scene.detail("/slow", &[]).await.ends(0, &words);
    scene.origin.release("/slow");
}

#[tokio::test]
async fn a_table_that_cannot_be_read_or_asked_says_what_to_look_at() {
    let scene = Scene::new().await;
    let url = scene.origin.url("/a");
    let mut asked = scene
        .world
        .command(&["status", "--detail", "--config", "mirror.toml"]);
    asked.args([
        "--pool-bucket-prefix",
        "acme-mirror-",
        "--region",
        "eu-central-1",
        &url,
    ]);
    said(&mut asked)
        .await
        .ends(2, &["STATUS_TABLE", "is not set"]);
    asked
        .env("STATUS_TABLE", "another")
        .env("COPY_QUEUE_URL", scene.world.told("CopyQueueUrl"));
    said(&mut asked)
        .await
        .ends(2, &["the table cannot be read", "dynamodb:GetItem"]);
    let mut evil = scene
        .world
        .command(&["status", "--detail", "https://evil.example/a"]);
    evil.args([
        "--config",
        "mirror.toml",
        "--pool-bucket-prefix",
        "acme-mirror-",
    ]);
    said(evil.args(["--region", "eu-central-1"]))
        .await
        .ends(2, &["no source rule allows"]);
}

#[tokio::test]
async fn a_replica_in_a_presigned_pool_is_verified_and_no_signature_is_shown() {
    let scene = Scene::new().await;
    scene.origin.serve("/a", "bytes");
    let told = scene.run("get", "/a", &[]).await;
    told.ends(0, &["a: 5 bytes, verified by sha256 and crc64nvme"]);
    let told = scene.run("status", "/a", &[]).await;
    told.ends(0, &["signed; --json has it whole"]);
    assert!(!told.out.contains("X-Amz-Signature"), "{told:?}");
}
