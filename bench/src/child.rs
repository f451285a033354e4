//! Processes of this very program.

use std::io::Write as _;
use std::process::Stdio;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout, Command};

use crate::Outcome;

/// A process that is killed when this is dropped. Should the benchmark itself be killed, then its
/// servers end all the same: with their standard input.
pub(crate) struct Child {
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    _process: tokio::process::Child,
}

impl Child {
    /// Starts one with these arguments, and these variables beside our own.
    pub(crate) fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments).envs(variables.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.kill_on_drop(true).spawn()?;
        let stdin = process.stdin.take().ok_or("no standard input")?;
        let stdout = process.stdout.take().ok_or("no standard output")?;
        Ok(Self {
            stdin,
            lines: BufReader::new(stdout).lines(),
            _process: process,
        })
    }

    /// The next thing that it says.
    pub(crate) async fn hear<T: DeserializeOwned>(&mut self) -> Outcome<T> {
        let line = self.lines.next_line().await?;
        let line = line.ok_or("a process ended before it had answered; it says why above")?;
        Ok(serde_json::from_str(&line)?)
    }

    /// Its answer to a question, of which there is only one.
    pub(crate) async fn ask<T: DeserializeOwned>(&mut self) -> Outcome<T> {
        self.stdin.write_all(b"?\n").await?;
        self.hear().await
    }
}

/// Says something to whoever started this process.
pub(crate) fn say(what: &impl Serialize) -> Outcome<()> {
    println!("{}", serde_json::to_string(what)?);
    Ok(std::io::stdout().flush()?)
}

/// Calls this at each question, until whoever started this process is done with it.
pub(crate) async fn until_done(mut answer: impl FnMut() -> Outcome<()>) -> Outcome<()> {
    let mut questions = BufReader::new(tokio::io::stdin()).lines();
    while questions.next_line().await?.is_some() {
        answer()?;
    }
    Ok(())
}
