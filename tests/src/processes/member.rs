//! One of the processes.

use std::process::Stdio;
use std::sync::{Arc, Mutex as StdMutex};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::crew::Recipe;
use super::diary::Deed;

/// What a process has told of itself.
type Deeds = Arc<StdMutex<Vec<Deed>>>;

/// A running process, which is killed when this is dropped.
pub(super) struct Member {
    /// Where it answers.
    pub(super) url: String,
    pipes: Mutex<(ChildStdin, Lines<BufReader<ChildStdout>>)>,
    deeds: Deeds,
    log: Arc<StdMutex<String>>,
    life: Mutex<(Child, JoinHandle<()>)>,
}

impl Member {
    /// Starts one, with the recipe's variables and no others; or says why it refused to start. What
    /// it logs is kept, and shown where the story's own output is unless the story wants more of it.
    pub(super) async fn start(recipe: &Recipe) -> Result<Self, String> {
        let mut child = Command::new(recipe.program)
            .arg(&recipe.config)
            .env_clear()
            .envs(&recipe.variables)
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
        let (deeds, log) = (Deeds::default(), Arc::<StdMutex<String>>::default());
        let ears = Ears {
            deeds: Arc::clone(&deeds),
            log: Arc::clone(&log),
            shows: recipe.shows_logs(),
        };
        let listening = tokio::spawn(ears.listen(BufReader::new(stderr).lines()));
        Ok(Self {
            url,
            pipes: Mutex::new((stdin, lines)),
            deeds,
            log,
            life: Mutex::new((child, listening)),
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

    /// Kills it with SIGKILL, at whatever it is, and waits until it is gone and all is read that it
    /// has said. May be repeated.
    pub(super) async fn kill(&self) {
        let mut life = self.life.lock().await;
        let (child, listening) = &mut *life;
        child.kill().await.unwrap();
        if !listening.is_finished() {
            listening.await.unwrap();
        }
    }

    /// What it has logged so far.
    pub(super) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// What it has told of itself so far.
    pub(super) fn deeds(&self) -> Vec<Deed> {
        self.deeds.lock().unwrap().clone()
    }
}

/// Who listens to a process.
struct Ears {
    deeds: Deeds,
    log: Arc<StdMutex<String>>,
    shows: bool,
}

impl Ears {
    /// Keeps what a process says, its diary apart.
    async fn listen(self, mut lines: Lines<BufReader<ChildStderr>>) {
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some(deed) = Deed::read(&line) {
                self.deeds.lock().unwrap().push(deed);
                continue;
            }
            if self.shows {
                eprintln!("{line}");
            }
            let mut log = self.log.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    }
}
