//! Processes that are bound to one core.

use std::ffi::OsStr;
use std::process::Stdio;

use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::Outcome;
use crate::process::{self, Memory};

/// A command on that core, which ends with this process however that one ends, so that nothing is left
/// behind that would spoil the next measurement.
pub(crate) fn on(core: &str, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "taskset", "--cpu-list", core]);
    command.arg(program).kill_on_drop(true).stdin(Stdio::null());
    command
}

/// A server on its core.
pub(crate) struct Pinned {
    process: Child,
    number: u32,
    /// Held, because some end with their standard input.
    _stdin: Option<ChildStdin>,
}

impl Pinned {
    pub(crate) fn start(mut command: Command) -> Outcome<(Self, Option<ChildStdout>)> {
        let mut process = command.spawn().map_err(|error| {
            format!(
                "setpriv and taskset of util-linux are needed to bind a process to a core: {error}"
            )
        })?;
        let number = process.id().ok_or("a server ended at once")?;
        let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
        let pinned = Self {
            process,
            number,
            _stdin: stdin,
        };
        Ok((pinned, stdout))
    }

    /// Processor seconds of all its threads, so far.
    pub(crate) fn used(&self) -> Outcome<f64> {
        process::seconds_of(self.number)
    }

    pub(crate) fn memory(&self) -> Outcome<Memory> {
        process::memory_of(self.number)
    }

    /// Ends it and waits until it has: what it has used must not be counted as the generator's, which is
    /// known as that of ended processes.
    pub(crate) async fn stop(mut self) -> Outcome<()> {
        Ok(self.process.kill().await?)
    }
}
