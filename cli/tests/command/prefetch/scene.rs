//! A mirror of an origin, and a list of what the origin has.

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;

use cloud_mirror_domain::url::to_base64url;
use cloud_mirror_testkit::origin::Origin;
use reqwest::redirect::Policy;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::process::{Running, client, command};

/// How often a test looks whether a journal has grown.
const A_BLINK: Duration = Duration::from_millis(2);

/// No prefetch of these tests takes anywhere near so long.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// An origin, a mirror of it, and a list of what the origin has.
pub(super) struct Scene {
    folder: TempDir,
    pub(super) origin: Origin,
    mirror: Running,
    count: usize,
}

impl Scene {
    pub(super) async fn with_objects(count: usize) -> Self {
        let (folder, origin) = (TempDir::new().unwrap(), Origin::start().await);
        for n in 0..count {
            origin.serve(&format!("/{n}"), format!("object {n}"));
        }
        std::fs::write(folder.path().join("mirror.toml"), config(&origin)).unwrap();
        let mirror = Running::serve(folder.path(), &["--config", "mirror.toml"]).await;
        let scene = Self {
            folder,
            origin,
            mirror,
            count,
        };
        std::fs::write(scene.path("urls.txt"), scene.urls().join("\n")).unwrap();
        scene
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn urls(&self) -> Vec<String> {
        (0..self.count)
            .map(|n| self.origin.url(&format!("/{n}")))
            .collect()
    }

    pub(super) fn command(&self, list: &str, arguments: &[&str]) -> Command {
        let mut command = command(self.folder.path());
        command
            .args(["prefetch", "--mirror", &self.mirror.base_url()])
            .args(["--service", "file", list])
            .args(arguments)
            .env("CLOUD_MIRROR_REGION", "here");
        command
    }

    pub(super) fn spawn(&self, list: &str, arguments: &[&str]) -> Child {
        let mut command = self.command(list, arguments);
        let pipe = Stdio::piped;
        command.stdout(pipe()).stderr(pipe()).spawn().unwrap()
    }

    pub(super) async fn prefetch(&self, list: &str, arguments: &[&str]) -> Output {
        let mut command = self.command(list, arguments);
        let output = timeout(PATIENCE, command.arg("--json").output()).await;
        output.expect("it ends").unwrap()
    }

    /// How many replicas the journal says are present, each once.
    pub(super) fn noted(&self) -> usize {
        let text = std::fs::read_to_string(self.path("prefetch.journal"));
        let text = text.unwrap_or_default();
        let whole: Vec<_> = text.split_inclusive('\n').skip(1).collect();
        let whole = whole.iter().filter(|line| line.ends_with('\n'));
        let known: Vec<_> = whole.collect();
        let once: HashSet<_> = known.iter().collect();
        assert_eq!(once.len(), known.len(), "none is noted twice");
        once.len()
    }

    pub(super) async fn until_noted(&self, count: usize) {
        let looking = async {
            while self.noted() < count {
                tokio::time::sleep(A_BLINK).await;
            }
        };
        timeout(PATIENCE, looking).await.expect("the journal grows");
    }

    /// Asks as the prefetch does: what begins later than its request is answered later, too.
    pub(super) async fn until_the_wait_is_over(&self) {
        let url = to_base64url(&self.origin.url("/0"));
        let url = format!("{}/v1/redirect/file/here/{url}", self.mirror.base_url());
        let client = client(Policy::none());
        let answer = client.get(url).send().await.unwrap();
        let status = answer.headers()["cache-status"].to_str().unwrap();
        assert!(status.contains("wait-exhausted"), "{status}");
    }

    pub(super) fn every_object_was_fetched_once(&self) {
        for n in 0..self.count {
            assert_eq!(self.origin.gets(&format!("/{n}")), 1, "object {n}");
        }
    }
}

/// A mirror that waits for a second only, and for which a bucket stands behind one folder.
fn config(origin: &Origin) -> String {
    let source = |path: &str| {
        let url = origin.url(path);
        format!("[[source]]\nurl = \"{url}\"\nallow_http = true\nallow_private = true\n")
    };
    format!(
        r#"
[wait]
invocation = "1s"
total = "1s"
{}
{}store = {{ provider = "s3", bucket = "acme", region = "us-west-2", prefix = "public/" }}
[[pool]]
service = "file"
regions = ["here", "there"]
path = "pools/{{region}}"
"#,
        source("/"),
        source("/files/")
    )
}

/// What it said until its end.
pub(super) async fn ended(child: Child) -> Output {
    let ended = timeout(PATIENCE, child.wait_with_output()).await;
    ended.expect("it ends").unwrap()
}
