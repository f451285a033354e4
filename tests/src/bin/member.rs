//! One process of several that share a table, a queue and stores: what `cloud-mirror serve
//! --backend aws` runs, with a clock that a story can move.
//!
//! `member FILE` runs with that configuration. It prints its address, then answers each line of
//! its standard input by one of its own, and ends with it:
//!
//! | line | answer |
//! |---|---|
//! | `pass MILLISECONDS` | `ok`, after so much time has passed |
//! | `fail-opens` | how many requests were served although a part of ours failed |
//!
//! On standard error it keeps a diary, so that a story knows what it had in hand when it was killed.

#![allow(clippy::unwrap_used, reason = "it runs in tests")]

use std::collections::HashMap;
use std::error::Error;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use cloud_mirror::serve::args;
use cloud_mirror::serve::{Server, Settings};
use cloud_mirror_config::{Env as _, ProcessEnv};
use cloud_mirror_redirect::Counted;
use cloud_mirror_runtime::Aws;
use cloud_mirror_runtime::telemetry::{self, Format};
use cloud_mirror_testkit::clock::ShiftedClock;
use cloud_mirror_tests::Diary;
use tokio::io::{AsyncBufReadExt as _, BufReader};

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    telemetry::init(Format::Human, ProcessEnv.get("RUST_LOG").as_deref());
    let settings = settings().await?;
    let clock = Arc::new(ShiftedClock::default());
    let aws = Aws::open(settings.config.clone(), &ProcessEnv, clock.clone()).await?;
    let mut backend = aws.backend()?;
    backend.ports.table = Diary::of(backend.ports.table);
    let server = Server::start(settings, backend, HashMap::new())?;
    say(&format!("http://{}", server.address()));
    obey(&server, &clock).await;
    Ok(())
}

async fn settings() -> Result<Settings, Box<dyn Error>> {
    let config = std::env::args_os().nth(1).ok_or("which mirror.toml?")?;
    let arguments = args::Args {
        backend: args::Backend::Aws,
        listen: ([127, 0, 0, 1], 0).into(),
        config: Some(config.into()),
        data: std::env::temp_dir(),
        public_host: None,
    };
    Ok(Settings::read(&arguments, &ProcessEnv).await?)
}

async fn obey(server: &Server, clock: &ShiftedClock) {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        match line.split_once(' ') {
            Some(("pass", milliseconds)) => {
                clock.pass(Duration::from_millis(milliseconds.parse().unwrap()));
                say("ok");
            }
            _ => {
                let counters = server.redirect().counters();
                say(&counters.get(Counted::FailOpen).to_string());
            }
        }
    }
}

fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().unwrap();
}
