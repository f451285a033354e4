//! The command as a process of its own, and a client to talk to it.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use reqwest::redirect::Policy;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::timeout;

/// No promise takes anywhere near so long; a broken one shall not hold up the tests for ever.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What the command would take from whoever runs the tests.
const STRANGE: [&str; 8] = [
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "CLOUD_MIRROR_OUTPUTS",
    "CLOUD_MIRROR_REGION",
    "CLOUD_MIRROR_SERVICE",
    "CLOUD_MIRROR_URL",
    "MIRROR_CONFIG",
    "RUST_LOG",
];

/// The command in a folder of its own, with backtraces asked for: nobody may ever see one.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cloud-mirror"));
    for name in STRANGE {
        command.env_remove(name);
    }
    command
        .current_dir(folder)
        .env("RUST_BACKTRACE", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// How a command ended, and what it said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// Its one result, as a program reads it.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("one line of JSON: {self:?}"))
    }

    /// It ended so, and says each of these on standard output or standard error.
    pub(crate) fn ends(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        for word in words {
            let says = self.out.contains(word) || self.err.contains(word);
            assert!(says, "{word:?}: {self:?}");
        }
        assert!(!self.err.contains("panicked"), "{self:?}");
    }
}

/// Runs it to its end.
pub(crate) async fn said(command: &mut Command) -> Said {
    let output = timeout(PATIENCE, command.output()).await.unwrap().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said {
        code: output.status.code(),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

/// A running `cloud-mirror serve`, killed when this is dropped.
pub(crate) struct Running {
    child: Child,
    out: watch::Receiver<String>,
    err: watch::Receiver<String>,
}

impl Running {
    /// `serve` with these arguments on a free port, its data below `folder`; it listens already.
    pub(crate) async fn serve(folder: &Path, arguments: &[&str]) -> Self {
        Self::serve_with(folder, arguments, &[]).await
    }

    /// The same with these variables.
    pub(crate) async fn serve_with(
        folder: &Path,
        arguments: &[&str],
        env: &[(&str, &str)],
    ) -> Self {
        let mut child = command(folder)
            .args(["serve", "--listen", "127.0.0.1:0", "--data", "data"])
            .args(arguments)
            .envs(env.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = collected(child.stdout.take().unwrap());
        let err = collected(child.stderr.take().unwrap());
        let running = Self { child, out, err };
        until_says(&running.out, "\n  sources ").await;
        running
    }

    /// `http://host:port`, as the first line says.
    pub(crate) fn base_url(&self) -> String {
        let out = self.out.borrow();
        let first = out.lines().next().unwrap();
        first.split_once(" listens on ").unwrap().1.to_owned()
    }

    /// The URLs of the lines that it prints for a person to try, once there are so many.
    pub(crate) async fn lines_to_try(&self, count: usize) -> Vec<String> {
        let urls = |out: &str| -> Vec<String> {
            let tried = out
                .lines()
                .filter_map(|line| line.strip_prefix("  curl -iL "));
            tried.map(str::to_owned).collect()
        };
        until(&self.out, |out| {
            urls(out).len() >= count && out.ends_with('\n')
        })
        .await;
        urls(&self.out.borrow())
    }

    pub(crate) async fn until_it_warns(&self, what: &str) {
        until_says(&self.err, what).await;
    }

    pub(crate) async fn signal(&self, how: &str) {
        signal(&self.child, how).await;
    }

    pub(crate) async fn exit(&mut self) -> ExitStatus {
        let exit = timeout(PATIENCE, self.child.wait()).await;
        exit.unwrap_or_else(|_| panic!("it still runs: {}", *self.err.borrow()))
            .unwrap()
    }

    /// Whether it ends within that time.
    pub(crate) async fn exits_within(&mut self, time: Duration) -> Option<ExitStatus> {
        let exit = timeout(time, self.child.wait()).await.ok()?;
        Some(exit.unwrap())
    }
}

/// Sends a process a signal, such as `-INT`.
pub(crate) async fn signal(child: &Child, how: &str) {
    // The process is our own child and not yet waited for, so its id is still its own.
    let pid = child.id().expect("it runs").to_string();
    let sent = Command::new("kill").args([how, &pid]).status().await;
    assert!(sent.unwrap().success());
}

/// A client that follows redirects, as `curl -L` does, or shows them.
pub(crate) fn client(redirects: Policy) -> reqwest::Client {
    // Only plain HTTP is spoken here, but the client wants to know; twice does no harm.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .timeout(PATIENCE)
        .redirect(redirects)
        .build()
        .unwrap()
}

fn collected(mut stream: impl AsyncRead + Send + Unpin + 'static) -> watch::Receiver<String> {
    let (sender, receiver) = watch::channel(String::new());
    tokio::spawn(async move {
        let mut chunk = [0; 4096];
        while let Ok(length @ 1..) = stream.read(&mut chunk).await {
            let text = String::from_utf8_lossy(&chunk[..length]);
            sender.send_modify(|all| all.push_str(&text));
        }
    });
    receiver
}

async fn until_says(stream: &watch::Receiver<String>, what: &str) {
    until(stream, |text| text.contains(what)).await;
}

async fn until(stream: &watch::Receiver<String>, good: impl Fn(&str) -> bool) {
    let mut stream = stream.clone();
    let said = matches!(
        timeout(PATIENCE, stream.wait_for(|text| good(text))).await,
        Ok(Ok(_))
    );
    assert!(said, "it only says: {}", *stream.borrow());
}
