//! Processes are killed at random moments under load; then what is left is looked at.
//!
//! Several processes share a table, a queue and stores: fronts, which clients ask and which copy
//! too, and copiers, which only take from the queue. Again and again one is killed with SIGKILL,
//! wherever it is, and another is started in its place. Nothing is told to be careful: leases and
//! messages' invisibility are short by configuration, and every clock is the machine's.
//!
//! Kills come in rounds, each with processes, stores and objects of its own, so that a long run
//! holds no more in memory than a short one, and a round that fails can be repeated alone:
//! `KILLS_SEED` is the seed of the first round, every further one has the next number.

mod clients;
mod looks;
mod objects;
mod report;

use std::sync::Arc;
use std::time::{Duration, Instant};

use cloud_mirror_domain::entry::{State, Work};
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_tests::{Killed, Mirror, Origin, Processes, Role, Setup, What};
use fastrand::Rng;
use futures::future::join_all;

use crate::store_copies::BUCKET;
use clients::Clients;
use objects::Objects;
use report::Report;

/// Kills of one round.
const ROUND: usize = 30;

/// Kills where `KILLS` says nothing.
const FEW: usize = 16;

const FRONTS: usize = 2;
const COPIERS: usize = 3;

/// How long a claim or a run holds.
const LEASE: Duration = Duration::from_secs(3);

/// How long a message stays invisible that was received: longer than a lease, as it is everywhere.
const INVISIBLE: Duration = Duration::from_secs(6);

/// Between two kills, in milliseconds: about as long as a copy takes, so that any moment of it may be
/// hit; and less than a lease, so that kills meet the take-overs that follow kills.
const PAUSE: std::ops::Range<u64> = 200..1_200;

/// How long each request under way at the stores and the origin takes, so that copies are hit in
/// their middle without the machine being busy.
const DELAYS: [(&str, Duration); 5] = [
    ("PutObject", Duration::from_millis(200)),
    ("UploadPart", Duration::from_millis(300)),
    ("UploadPartCopy", Duration::from_millis(300)),
    ("CompleteMultipartUpload", Duration::from_millis(200)),
    ("CreateMultipartUpload", Duration::from_millis(100)),
];

const POLICY: &str = r#"
[wait]
invocation = "12s"
total = "12s"
[lifetimes]
lease = "3s"
unrecorded_upload = "0s"
error_memory = "500ms"
retry_backoff = "100ms..1s"
[copy]
server_side_single = "5MiB"
part = "5MiB"
stream_part = "5MiB"
stream_memory = "20MiB"
parts_in_flight = 2
"#;

/// Everything of one round.
struct Scene {
    processes: Arc<Processes>,
    mirror: Mirror,
    objects: Objects,
    report: Report,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by scripts/reliability"]
async fn whoever_is_killed_every_object_is_served_and_nothing_is_left_behind() {
    let (kills, seed) = (number("KILLS", FEW as u64), number("KILLS_SEED", 1));
    let began = Instant::now();
    let all = Report::default();
    for round in 0..kills.div_ceil(ROUND as u64) {
        let kills = (kills - round * ROUND as u64).min(ROUND as u64) as usize;
        let told = tell(seed + round, kills).await;
        println!("  seed {}: {}", seed + round, told.details());
        all.add(&told);
    }
    let took = began.elapsed().as_secs();
    println!("{}, seed {seed}, {took} s", all.summary());
    all.shows_something();
}

#[allow(clippy::disallowed_methods, reason = "a test's own variables")]
fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |given| given.parse().expect(variable))
}

/// One round, from its beginning to the last look.
async fn tell(seed: u64, kills: usize) -> Report {
    println!("kills: a round begins, KILLS_SEED={seed} KILLS={kills}");
    let scene = Arc::new(Scene::begin().await);
    let mut dice = Rng::with_seed(seed);
    let clients = Clients::begin(&scene, &mut dice);
    for killed in 0.. {
        // Chance decides who has a run in hand: a round goes on until enough had.
        if killed >= kills && (scene.report.hit_enough() || killed >= 3 * kills) {
            break;
        }
        let pause = Duration::from_millis(dice.u64(PAUSE));
        tokio::time::sleep(pause).await;
        scene.kill_one(&mut dice).await;
    }
    clients.end().await;
    looks::at_what_is_left(&scene).await;
    scene.report.clone()
}

impl Scene {
    async fn begin() -> Self {
        let source = format!(
            r#"
            [[source]]
            url = "{{store}}/{BUCKET}/"
            store = {{ provider = "s3", bucket = "{BUCKET}", region = "us-west-2" }}
            allow_http = true
            allow_private = true
            "#
        );
        let setup = Setup::default().processes(FRONTS).policy(POLICY);
        let setup = setup.sources(source).visibility(INVISIBLE);
        // What a process logs while others are killed around it is no news.
        let setup = setup.variable("RUST_LOG", "error");
        let origin = Origin::start().await;
        let program = env!("CARGO_BIN_EXE_member");
        let processes = Processes::start(program, setup, origin.url("/")).await;
        let processes = Arc::new(processes.unwrap());
        for _ in 0..COPIERS {
            processes.start_another(Role::Copier).await;
        }
        let mirror = Mirror {
            client: Default::default(),
            deployment: Arc::clone(&processes) as _,
            origin: Arc::new(origin),
        };
        mirror.s3().create_bucket(BUCKET, "us-west-2");
        mirror.s3().make_public(BUCKET);
        for (operation, by) in DELAYS {
            mirror.s3().delay(operation, by);
        }
        Self {
            objects: Objects::new(&mirror),
            processes,
            mirror,
            report: Report::default(),
        }
    }

    /// Kills one, counts what it had in hand, and starts another.
    async fn kill_one(&self, dice: &mut Rng) {
        let role = match dice.u8(0..10) {
            0..6 => Role::Copier,
            _ => Role::Front,
        };
        let killed = self.processes.kill(role, dice.usize(..)).await;
        let hit = self.in_hand(&killed).await;
        hit.iter().for_each(|url| self.objects.was_hit(url));
        self.report.killed(role, hit.len());
        self.processes.start_another(role).await;
    }

    /// The objects whose entries say that a run of the dead one is at them.
    async fn in_hand(&self, killed: &Killed) -> Vec<String> {
        let begun = killed.deeds.iter();
        let begun = begun.filter(|deed| deed.what == What::Begins);
        let looks = begun.map(|deed| async {
            let work = self.work_at(&deed.url).await?;
            (work.run == Some(deed.id)).then(|| deed.url.clone())
        });
        join_all(looks).await.into_iter().flatten().collect()
    }

    async fn work_at(&self, url: &str) -> Option<Work> {
        let id = cloud_mirror_domain::rules::ReplicaId {
            pool: self.mirror.pool_id(),
            url: SourceUrl::parse(url).unwrap(),
        };
        match self.mirror.entry_of(&id).await?.state {
            State::Pending(pending) => Some(pending.work),
            State::Present(present) => present.renewal,
            State::Error(_) | State::Purging(_) => None,
        }
    }
}
