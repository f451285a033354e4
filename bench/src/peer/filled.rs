//! A mirror whose table holds many entries: what `cloud-mirror serve` starts, over a table that was
//! filled before it listens.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use cloud_mirror::serve::{Server, Settings, args};
use cloud_mirror_config::{Config, ProcessEnv};
use cloud_mirror_domain::claim::{Holder, Outcome as Settled, Terms};
use cloud_mirror_domain::entry::{Digests, Replica, Upstream};
use cloud_mirror_domain::ports::{Clock as _, StatusTable, When};
use cloud_mirror_domain::rules::{PoolId, ReplicaId};
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_memory::MemoryTable;
use cloud_mirror_runtime::telemetry::{self, Format};
use cloud_mirror_runtime::{Local, SystemClock};
use ulid::Ulid;

use crate::peer::urls;
use crate::{Outcome, child};

/// Longer than any measurement, and shorter than a replica lives.
const ENTRY_LIVES: Duration = Duration::from_secs(20 * 3600);

#[derive(Args)]
pub(crate) struct Filled {
    #[arg(long)]
    entries: u32,
    #[arg(long)]
    config: PathBuf,
    #[arg(long)]
    data: PathBuf,
}

impl Filled {
    /// Says where it listens, and ends with its standard input.
    pub(crate) async fn run(self) -> Outcome<()> {
        telemetry::init(Format::Human, None);
        let settings = Settings::read(&self.arguments(), &ProcessEnv).await?;
        let clock = Arc::new(SystemClock);
        let local = Local::open(&settings.config, &settings.base_url, clock).await?;
        self.fill(&local.table, &settings.config).await?;
        let base_url = settings.base_url.clone();
        let server = Server::start(settings, local.backend, local.files)?;
        println!("{base_url}");
        child::until_done(|| Ok(())).await?;
        server.stop().await;
        Ok(())
    }

    fn arguments(&self) -> args::Args {
        args::Args {
            backend: args::Backend::Local,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            config: Some(self.config.clone()),
            data: self.data.clone(),
            public_host: None,
        }
    }

    /// As the redirect settles replicas that it finds.
    async fn fill(&self, table: &MemoryTable, config: &Config) -> Outcome<()> {
        let pool = config.pools.first().ok_or("no pool")?;
        let when = When {
            now: SystemClock.now(),
            terms: Terms {
                lifetimes: config.policy.lifetimes,
                lifespan: pool.lifespan,
            },
        };
        for number in 0..self.entries {
            settle(table, &pool.id, number, &when).await?;
        }
        match table.len() == usize::try_from(self.entries)? {
            true => Ok(()),
            false => Err(format!("the table holds {} entries", table.len()).into()),
        }
    }
}

async fn settle(table: &MemoryTable, pool: &PoolId, number: u32, when: &When) -> Outcome<()> {
    let (pool, url) = (pool.clone(), SourceUrl::parse(&urls::of_many(number))?);
    let attempt = Ulid::from(u128::from(number));
    let replica = Settled::Present {
        replica: replica(&url, when),
        expires: when.now + ENTRY_LIVES,
    };
    let id = ReplicaId { pool, url };
    table.claim(&id, attempt, when).await?;
    let settled = table.settle(&id, Holder::Attempt(attempt), &replica, when);
    match settled.await?.is_done() {
        true => Ok(()),
        false => Err("an entry could not be settled".into()),
    }
}

/// With everything that a copy records, of the length that it has.
fn replica(url: &SourceUrl, when: &When) -> Replica {
    Replica {
        etag: format!("\"{}\"", "0".repeat(64)),
        size: 10,
        stored: when.now,
        expires: None,
        written_by: Some(Ulid::from(1_u128)),
        upstream: Some(Upstream {
            url: url.as_str().to_owned(),
            etag: Some(format!("\"{}\"", "0".repeat(32))),
            length: Some(10),
        }),
        digests: Some(Digests {
            md5: "0".repeat(32),
            sha1: "0".repeat(40),
            sha256: "0".repeat(64),
            sha512: "0".repeat(128),
        }),
        checksum: None,
    }
}
