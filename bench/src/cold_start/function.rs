//! One function's process, from its start to its last answer.

use std::fmt;
use std::fs::{File, read_dir, read_to_string};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use serde_json::Value;
use tokio::process::{Child, Command};

use super::api::{RuntimeApi, Waiting};
use super::world::Variables;
use crate::{Outcome, process};

/// A process that runs, and waits for its next event. It is killed when this is dropped. Should the benchmark
/// itself be killed, then it ends all the same, because nobody has a next event for it any more; a program that
/// saw to that before ours begins (`setpriv`) would be part of the start that is measured.
pub(crate) struct Function {
    api: RuntimeApi,
    process: Child,
    log: PathBuf,
    /// Milliseconds from its start until it asked for its first event.
    pub(crate) init: f64,
    /// None between an event and the wish for the next, and where that has failed.
    waiting: Option<Waiting>,
}

impl Function {
    /// Starts the program as Lambda does, and waits until it asks for its first event. Its log goes to a
    /// file in `folder`.
    pub(crate) async fn start(
        program: &Path,
        variables: Variables<'_>,
        folder: &Path,
    ) -> Outcome<Self> {
        let mut api = RuntimeApi::start().await?;
        let log = folder.join("log");
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?);
        let began = Instant::now();
        let process = command.kill_on_drop(true).spawn();
        let process = process.map_err(|error| format!("{}: {error}", program.display()))?;
        let waiting = api.waiting().await;
        let waiting = waiting.map_err(|error| with_log(&error, &log))?;
        Ok(Self {
            api,
            process,
            log,
            init: milliseconds(began, waiting.since),
            waiting: Some(waiting),
        })
    }

    /// Hands it an event; the milliseconds until its answer was posted. An answer that is no redirect is
    /// an error, and so is one without `must_hold` in it.
    pub(crate) async fn answer(&mut self, event: &str, must_hold: &str) -> Outcome<f64> {
        let answered = self.try_to_answer(event, must_hold).await;
        Ok(answered.map_err(|error| with_log(&error, &self.log))?)
    }

    async fn try_to_answer(&mut self, event: &str, must_hold: &str) -> Outcome<f64> {
        let waiting = self.waiting.take().ok_or("the process has failed before")?;
        let given = Instant::now();
        let answered = self.api.answered(waiting, event).await?;
        redirects(&answered.answer, must_hold)?;
        self.waiting = Some(self.api.waiting().await?);
        Ok(milliseconds(given, answered.at))
    }

    fn id(&self) -> Outcome<u32> {
        Ok(self.process.id().ok_or("the process has ended")?)
    }

    /// Milliseconds for which its threads had a processor so far.
    pub(crate) fn processor_milliseconds(&self) -> Outcome<f64> {
        let mut nanoseconds = 0;
        for thread in read_dir(format!("/proc/{}/task", self.id()?))? {
            let said = read_to_string(thread?.path().join("schedstat"))?;
            let ran = said.split_ascii_whitespace().next();
            nanoseconds += ran.ok_or("no time in schedstat")?.parse::<u64>()?;
        }
        Ok(nanoseconds as f64 / 1e6)
    }

    /// The most memory that was resident at once.
    pub(crate) fn peak_mebibytes(&self) -> Outcome<f64> {
        Ok(process::memory_of(self.id()?)?.peak_kib as f64 / 1024.0)
    }
}

/// What the process has logged is the only one to know why it has failed.
fn with_log(error: &impl fmt::Display, log: &Path) -> String {
    let text = read_to_string(log).unwrap_or_else(|error| error.to_string());
    format!("{error}; its log: {}", text.trim())
}

fn milliseconds(from: Instant, to: Instant) -> f64 {
    (to - from).as_secs_f64() * 1e3
}

fn redirects(answer: &Value, must_hold: &str) -> Outcome<()> {
    let text = answer.to_string();
    match answer["statusCode"] == 302 && text.contains(must_hold) {
        true => Ok(()),
        false => Err(format!("no redirect with {must_hold:?}: {text}").into()),
    }
}
