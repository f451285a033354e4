//! One server's turn.

use std::fmt;
use std::path::{Path, PathBuf};

use tokio::io::{BufReader, Lines};
use tokio::process::ChildStdout;

use crate::Outcome;
use crate::peer::load::{self, Asked, Load};
use crate::peer::pinned::Pinned;
use crate::peer::probe;
use crate::peer::server::Server;
use crate::peer::{mirror, nginx, urls};
use crate::process::Memory;

/// What it is asked for, and by how many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    OneEntry { connections: u32 },
    Many { entries: u32, connections: u32 },
}

/// How it is measured.
pub(crate) struct Effort {
    /// The mirror's command.
    pub(crate) command: PathBuf,
    pub(crate) seconds: u32,
    /// In which each turn has a folder of its own.
    pub(crate) folder: PathBuf,
}

/// A server that listens.
pub(crate) struct Running {
    pub(crate) process: Pinned,
    /// Held: who writes to nobody ends.
    pub(crate) _stdout: Option<Lines<BufReader<ChildStdout>>>,
    pub(crate) base_url: String,
    pub(crate) log: PathBuf,
    /// What each line of its log has that tells of an answer as it should be.
    pub(crate) mark: &'static str,
}

/// What one turn has shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    pub(crate) load: Load,
    /// Processor seconds of the server.
    pub(crate) used: f64,
    /// After the load.
    pub(crate) memory: Memory,
    pub(crate) answer_bytes: usize,
}

impl Stage {
    pub(crate) fn servers(self) -> &'static [Server] {
        match self {
            Self::OneEntry { .. } => &[Server::Nginx, Server::Hot, Server::Table],
            Self::Many { .. } => &[
                Server::Nginx,
                Server::Hot,
                Server::Table,
                Server::Overflowing,
            ],
        }
    }

    pub(crate) fn connections(self) -> u32 {
        let (Self::OneEntry { connections } | Self::Many { connections, .. }) = self;
        connections
    }

    /// Seconds that are not measured, in which what is to be remembered is.
    fn warm_up(self) -> u32 {
        match self {
            Self::OneEntry { .. } => 1,
            Self::Many { .. } => 2,
        }
    }

    /// How many URLs a server is asked for. The peer is asked for as many as the table: it has none, but
    /// its generator has.
    fn urls(self, server: Server) -> u32 {
        match self {
            Self::OneEntry { .. } => 1,
            Self::Many { entries, .. } if server == Server::Hot => entries.min(super::REMEMBERED),
            Self::Many { entries, .. } => entries,
        }
    }

    /// What is to be remembered when the measurement begins must have been asked for before, all of it.
    fn check_warm(self, server: Server, requests: u64) -> Outcome<()> {
        let urls = self.urls(server);
        match server == Server::Hot && requests < u64::from(urls) {
            true => Err(format!("only {requests} of {urls} URLs were asked for before").into()),
            false => Ok(()),
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneEntry { connections } => write!(f, "1 entry, {connections} connections"),
            Self::Many {
                entries,
                connections,
            } => write!(f, "{entries} entries, {connections} connections"),
        }
    }
}

impl Effort {
    /// In a process and a folder of its own, from its start to its end.
    pub(crate) async fn turn(&self, stage: Stage, server: Server) -> Outcome<Turn> {
        let folder = tempfile::tempdir_in(&self.folder)?;
        let running = self.start(stage, server, folder.path()).await?;
        let path = running.path(stage);
        let answer = probe::ask(&running.base_url, &path).await?;
        answer.check(&running.base_url)?;
        let script = folder.path().join("load.lua");
        let asked = Asked {
            url: format!("{}{path}", running.base_url),
            script,
            connections: stage.connections(),
        };
        let text = load::script(&running.base_url, stage.urls(server));
        std::fs::write(&asked.script, text)?;
        let before = asked.run(stage.warm_up()).await?.requests;
        stage.check_warm(server, before)?;
        let (turn, log) = running.measure(&asked, self.seconds, answer.size()).await?;
        log.check(before + turn.load.requests, stage.connections())?;
        Ok(turn)
    }

    async fn start(&self, stage: Stage, server: Server, folder: &Path) -> Outcome<Running> {
        match (server, stage) {
            (Server::Nginx, _) => nginx::start(folder).await,
            (_, Stage::OneEntry { .. }) => mirror::of_one(&self.command, server, folder).await,
            (_, Stage::Many { entries, .. }) => mirror::of_many(entries, server, folder).await,
        }
    }
}

impl Running {
    /// The path of one request, which is as good as any other.
    fn path(&self, stage: Stage) -> String {
        urls::path(&match stage {
            Stage::OneEntry { .. } => urls::of_one(&self.base_url),
            Stage::Many { .. } => urls::of_many(0),
        })
    }

    /// Ends it, too, and leaves its log.
    async fn measure(self, asked: &Asked, seconds: u32, answer: usize) -> Outcome<(Turn, Log)> {
        let before = self.process.used()?;
        let load = asked.run(seconds).await?;
        let used = self.process.used()? - before;
        let memory = self.process.memory()?;
        self.process.stop().await?;
        let turn = Turn {
            load,
            used,
            memory,
            answer_bytes: answer,
        };
        let (path, mark) = (self.log, self.mark);
        Ok((turn, Log { path, mark }))
    }
}

impl Turn {
    pub(crate) fn per_second(&self) -> f64 {
        self.load.requests as f64 / self.load.seconds
    }

    pub(crate) fn per_processor_second(&self) -> f64 {
        self.load.requests as f64 / self.used
    }
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.0} requests per processor second, {:.0} per second, p99 {:.3} ms, {} MiB; the generator was {:.0} % busy",
            self.per_processor_second(),
            self.per_second(),
            self.load.p99_milliseconds,
            self.memory.resident_kib / 1024,
            self.load.busy * 100.0,
        )
    }
}

/// What a server has left.
struct Log {
    path: PathBuf,
    mark: &'static str,
}

impl Log {
    /// Every request that was counted must be in it as a hit: those before the measurement, too. Only one for
    /// each connection may have been on its way there yet when the server was ended.
    fn check(&self, requests: u64, connections: u32) -> Outcome<()> {
        let (text, mark) = (std::fs::read_to_string(&self.path)?, self.mark);
        let found = text.lines().filter(|line| line.contains(mark)).count();
        match found as u64 + u64::from(connections) >= requests {
            true => Ok(()),
            false => {
                Err(format!("{found} of {requests} requests are in the log with {mark}").into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_must_tell_of_every_request_but_for_one_of_each_connection() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, "a hit\na miss\na hit\n").unwrap();
        let log = Log { path, mark: "hit" };
        assert!(log.check(4, 2).is_ok());
        assert!(log.check(5, 2).is_err());
    }

    #[test]
    fn hits_are_hot_only_if_all_were_asked_for_before() {
        let stage = Stage::Many {
            entries: 1_000_000,
            connections: 32,
        };
        assert!(stage.check_warm(Server::Hot, 49_999).is_err());
        assert!(stage.check_warm(Server::Hot, 50_000).is_ok());
        assert!(stage.check_warm(Server::Table, 1).is_ok());
    }
}
