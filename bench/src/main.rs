//! Benchmarks, each in processes of its own: one binary starts itself again as an origin, as a store
//! and as what is measured, so that memory and processor time are those of one part alone.
//!
//! | subcommand | it is |
//! |---|---|
//! | `stream` | the benchmark: rounds of `copy`, `read` and `hash`, and whether the goals are met |
//! | `origin` | a server of one huge object; ends with its standard input |
//! | `store` | an S3 server that hashes what it is sent and keeps nothing; ends with its standard input |
//! | `copy` | the real copier, streaming the origin's object into the store once |
//! | `read` | the same source, read to nowhere |
//! | `hash` | the four digests, over memory |
//! | `start` | the benchmark: starts of our redirect function and of a bare one, and whether the goal is met |
//! | `estimates` | what criterion has measured, as a table, and whether the goals are met |
//! | `peer` | the benchmark: rounds of nginx, hot hits and table hits, and whether the goals are met |
//! | `filled` | `serve` over a table that holds many entries; ends with its standard input |

mod child;
mod cold_start;
mod copy;
mod estimates;
mod folder;
mod hash;
mod measured;
mod origin;
mod pattern;
mod peer;
mod process;
mod read;
mod rounds;
mod store;
mod stream;
mod world;

use bytesize::ByteSize;
use clap::Parser;

use crate::cold_start::Start;
use crate::estimates::Estimates;
use crate::peer::{Filled, Peer};
use crate::stream::Stream;

/// What went wrong; nobody tells one failure from another here.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Measures the copier, in processes of its own.
#[derive(Parser)]
enum Command {
    /// Measures a streamed copy against its parts. Exits with 1 where a goal is missed.
    Stream(Stream),
    /// Serves one object.
    #[command(hide = true)]
    Origin {
        #[arg(long)]
        size: ByteSize,
    },
    /// Takes what a copier writes.
    #[command(hide = true)]
    Store,
    /// Makes one copy.
    #[command(hide = true)]
    Copy { url: String },
    /// Reads one object.
    #[command(hide = true)]
    Read { url: String },
    /// Hashes that much memory.
    #[command(hide = true)]
    Hash {
        #[arg(long)]
        size: ByteSize,
    },
    /// Measures starts of the redirect function beside a bare one. Exits with 1 where the goal is missed.
    Start(Start),
    /// Prints what criterion has written down. Exits with 1 where a goal is missed.
    Estimates(Estimates),
    /// Measures redirects beside nginx. Exits with 1 where a goal is missed.
    Peer(Peer),
    /// Serves redirects from a table that holds many entries.
    #[command(hide = true)]
    Filled(Filled),
}

#[tokio::main]
async fn main() -> Outcome<()> {
    match Command::parse() {
        Command::Stream(stream) => stream.run().await,
        Command::Origin { size } => origin::run(size.as_u64()).await,
        Command::Store => store::run().await,
        Command::Copy { url } => child::say(&copy::run(&url).await?),
        Command::Read { url } => child::say(&read::run(&url).await?),
        Command::Hash { size } => child::say(&hash::run(size.as_u64())?),
        Command::Start(start) => start.run().await,
        Command::Estimates(estimates) => estimates.run(),
        Command::Peer(peer) => peer.run().await,
        Command::Filled(filled) => filled.run().await,
    }
}
