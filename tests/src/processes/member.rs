//! One of the processes.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;

/// A running process, which is killed when this is dropped.
pub(super) struct Member {
    /// Where it answers.
    pub(super) url: String,
    pipes: Mutex<(ChildStdin, Lines<BufReader<ChildStdout>>)>,
    _child: Child,
}

impl Member {
    /// Starts one, with these variables and no others; or says why it refused to start. What it
    /// logs is shown where the story's own output is.
    pub(super) async fn start(
        program: &str,
        config: &Path,
        variables: &BTreeMap<String, String>,
    ) -> Result<Self, String> {
        let mut child = Command::new(program)
            .arg(config)
            .env_clear()
            .envs(variables)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut lines = BufReader::new(stdout).lines();
        let mut stderr = child.stderr.take().unwrap();
        let Some(url) = lines.next_line().await.unwrap() else {
            let mut why = String::new();
            stderr.read_to_string(&mut why).await.unwrap();
            return Err(why);
        };
        tokio::spawn(show(BufReader::new(stderr).lines()));
        Ok(Self {
            url,
            pipes: Mutex::new((stdin, lines)),
            _child: child,
        })
    }

    /// Its answer to one line.
    pub(super) async fn ask(&self, line: &str) -> String {
        let mut pipes = self.pipes.lock().await;
        let (stdin, lines) = &mut *pipes;
        stdin
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
        lines
            .next_line()
            .await
            .unwrap()
            .expect("the process has ended")
    }
}

async fn show(mut lines: Lines<BufReader<tokio::process::ChildStderr>>) {
    while let Ok(Some(line)) = lines.next_line().await {
        eprintln!("{line}");
    }
}
