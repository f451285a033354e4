//! `serve` beside a peer, in one run: nginx, which answers the same redirect from its configuration and
//! so is the practical ceiling, and the mirror, whose hits are hot or read from the table in memory. Each
//! has the same core alone while it is measured, and the same load from another core; all have their turn
//! in every round, each time another one first, so that whatever else the machine does meets all of them.

mod filled;
mod goals;
mod load;
mod machine;
mod mirror;
mod nginx;
mod pinned;
mod probe;
mod report;
mod results;
mod server;
mod turn;
mod urls;

use std::path::PathBuf;

use clap::Args;
use cloud_mirror_runtime::IN_A_SERVER;

use crate::peer::results::Results;
use crate::peer::server::Server;
use crate::peer::turn::{Effort, Stage, Turn};
use crate::{Outcome, folder};

pub(crate) use crate::peer::filled::Filled;

/// The core on which each server has its turn, and the core of what asks it.
const SERVERS_CORE: &str = "0";
const GENERATORS_CORE: &str = "1";

/// Connections to a mirror with many entries, where the number of connections is not the question.
const CONNECTIONS_TO_MANY: u32 = 32;

/// So many URLs are asked for where hits are to be hot: half of what a process remembers, so that each is
/// remembered after two seconds that are not measured.
const REMEMBERED: u32 = 50_000;
const _: () = assert!(REMEMBERED as usize <= IN_A_SERVER.get());

#[derive(Args)]
pub(crate) struct Peer {
    /// How often everything is measured.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How long each server is measured in each round, in seconds, after one or two that are not.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Numbers of connections to a mirror of one entry.
    #[arg(long, default_value = "1,32,256", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=256))]
    connections: Vec<u32>,
    /// The entries of a mirror of many; 0 leaves it out.
    #[arg(long, default_value_t = 1_000_000, value_parser = load::read_entries)]
    entries: u32,
    /// The command to measure; by default the one beside this program.
    #[arg(long)]
    command: Option<PathBuf>,
}

impl Peer {
    /// Prints what `docs/BENCHMARKS.md` says, as Markdown; what is under way goes to standard error. A
    /// goal that is missed is an error.
    pub(crate) async fn run(&self) -> Outcome<()> {
        println!("{}", machine::facts().await?);
        let command = match &self.command {
            Some(command) => command.clone(),
            None => std::env::current_exe()?.with_file_name("cloud-mirror"),
        };
        let effort = Effort {
            command,
            seconds: self.seconds,
            folder: folder::empty("peer")?,
        };
        let mut results = Results::default();
        for round in 1..=self.rounds {
            eprintln!("round {round} of {}", self.rounds);
            for stage in self.stages() {
                results.add(stage, turns(stage, round, &effort).await?);
            }
        }
        report::print(&results, &self.stages())?;
        goals::judge(&results, &self.stages())
    }

    fn stages(&self) -> Vec<Stage> {
        let one = self.connections.iter();
        let one = one.map(|&connections| Stage::OneEntry { connections });
        let many = (self.entries > 0).then_some(Stage::Many {
            entries: self.entries,
            connections: CONNECTIONS_TO_MANY,
        });
        one.chain(many).collect()
    }
}

/// Everybody's turn, in a process of its own.
async fn turns(stage: Stage, round: u32, effort: &Effort) -> Outcome<Vec<(Server, Turn)>> {
    let mut turns = Vec::new();
    for server in in_turn(stage.servers(), round) {
        let turn = effort.turn(stage, server).await;
        let turn = turn.map_err(|error| format!("{server}, {stage}: {error}"))?;
        eprintln!("  {stage}, {server}: {turn}");
        turns.push((server, turn));
    }
    probe::same_size(turns.iter().map(|(_, turn)| turn.answer_bytes))?;
    Ok(turns)
}

/// The same order in each round, begun with another one: nobody is always first, or always after the same.
fn in_turn(servers: &[Server], round: u32) -> Vec<Server> {
    let mut servers = servers.to_vec();
    let first = round as usize % servers.len().max(1);
    servers.rotate_left(first);
    servers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_once_the_first() {
        let servers = Stage::OneEntry { connections: 1 }.servers();
        let firsts: Vec<_> = (3..6).map(|round| in_turn(servers, round)[0]).collect();
        assert_eq!(firsts, servers);
        assert_eq!(
            in_turn(servers, 4),
            [Server::Hot, Server::Table, Server::Nginx]
        );
    }
}
