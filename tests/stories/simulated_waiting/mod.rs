//! What waiting for a copy costs the client and the table, under a simulated clock: the real handler over
//! the real rule by which waiters look again.
//!
//! The tables in `docs/BENCHMARKS.md` are rendered here.
//! `UPDATE_DOCS=1 cargo test -p cloud-mirror-tests --test stories simulated_waiting` has written them.

mod polled;
mod tables;
mod wire;
mod world;

use std::sync::LazyLock;
use std::time::Duration;

use cloud_mirror_domain::policy::{Policy, Wait};

use tables::Played;
use world::{Scene, Table, Told};

/// Copies that end within an invocation's budget, and two that do not.
const COPIES: [Duration; 12] = [
    Duration::from_millis(10),
    Duration::from_millis(20),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(20),
    Duration::from_secs(25),
];
const LONG_COPIES: [Duration; 2] = [Duration::from_secs(30), Duration::from_secs(60)];

/// How long a read takes; where there is only one table, the usual one.
const READS: [Duration; 3] = [Duration::ZERO, USUAL_READ, Duration::from_millis(20)];
const USUAL_READ: Duration = Duration::from_millis(5);

/// How long a client waits at most: by default, and with hops.
const TOTALS: [Duration; 2] = [Duration::from_secs(25), Duration::from_secs(75)];

const CLIENTS: u32 = 100;

/// The runtime's timers have a grain.
const GRAIN: Duration = Duration::from_millis(1);

/// Everything, played once for all tests, on two threads.
static PLAYED: LazyLock<Vec<Played>> = LazyLock::new(|| {
    let scenes = scenes();
    let (some, others) = scenes.split_at(scenes.len() / 2);
    std::thread::scope(|threads| {
        let playing = [some, others].map(|scenes| threads.spawn(|| play(scenes)));
        playing
            .map(|played| played.join().unwrap())
            .into_iter()
            .flatten()
            .collect()
    })
});

fn scenes() -> Vec<Scene> {
    let mut tables = vec![Table::Memory];
    tables.extend(READS.map(Table::Alone));
    tables.extend(READS.map(Table::Together));
    let usual = COPIES.into_iter().flat_map(|copy| {
        let scene = move |table| scene(copy, table, TOTALS[0], CLIENTS);
        tables.iter().copied().map(scene)
    });
    let long = LONG_COPIES
        .into_iter()
        .flat_map(|copy| TOTALS.map(|total| scene(copy, Table::Alone(USUAL_READ), total, CLIENTS)));
    usual.chain(long).collect()
}

fn scene(copy: Duration, table: Table, total: Duration, clients: u32) -> Scene {
    let wait = Wait {
        invocation: TOTALS[0],
        total,
    };
    Scene {
        copy,
        table,
        clients,
        wait,
        lease: Policy::default().lifetimes.lease,
        notes: None,
    }
}

/// By a runtime whose clock goes on when there is nothing else to do.
fn play(scenes: &[Scene]) -> Vec<Played> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().unwrap();
    let play = |scene: &Scene| Played {
        scene: *scene,
        told: runtime.block_on(scene.play()),
    };
    scenes.iter().map(play).collect()
}

/// What a client may be told late: a tenth of what the copy took, or 50 ms; and beside that what the read
/// takes that tells it. Where many ask one process, that read may have to wait for two others: a first look
/// that may be stale, and one that somebody has begun before.
fn goal(scene: &Scene) -> Duration {
    let reads = match scene.table {
        Table::Memory => return Duration::ZERO,
        Table::Alone(read) | Table::OnTheWire(read) => read,
        Table::Together(read) => read * 3,
    };
    (scene.copy / 10).max(Duration::from_millis(50)) + reads + GRAIN
}

#[test]
fn waiting_adds_at_most_a_tenth_or_fifty_milliseconds() {
    for Played { scene, told } in &*PLAYED {
        let late = told
            .clients
            .iter()
            .filter(|met| met.replica)
            .map(|met| met.delay);
        let late = late.max().unwrap();
        assert!(late <= goal(scene), "{late:?} late in {scene:?}");
    }
}

#[test]
fn whoever_waits_for_a_copy_that_ends_in_time_gets_the_replica() {
    let in_time = |played: &&Played| played.scene.copy < played.scene.wait.total;
    for Played { scene, told } in PLAYED.iter().filter(in_time) {
        assert!(told.clients.iter().all(|met| met.replica), "{scene:?}");
    }
}

/// Through the SDK's client a read takes a millisecond of the processor's time, so that few wait.
#[test]
fn on_the_wire_of_dynamodb_waiters_do_the_same() {
    let told = |table| -> Vec<Told> {
        let scenes = [100, 5_000].map(|copy| {
            let copy = Duration::from_millis(copy);
            scene(copy, table, TOTALS[0], 3)
        });
        play(&scenes)
            .into_iter()
            .map(|played| played.told)
            .collect()
    };
    for read in READS {
        assert_eq!(told(Table::OnTheWire(read)), told(Table::Alone(read)));
    }
}

/// A stream in parts notes its progress with each of them, which is no news.
#[test]
fn a_copy_that_tells_of_its_progress_is_read_no_oftener_than_a_silent_one() {
    for table in [Table::Alone, Table::Together].map(|table| table(USUAL_READ)) {
        let silent = scene(LONG_COPIES[0], table, TOTALS[0], 3);
        let telling = Scene {
            notes: Some(Duration::from_millis(400)),
            ..silent
        };
        let played = play(&[silent, telling]);
        let [silent, telling] = [0, 1].map(|n| &played[n].told);
        assert_eq!(telling, silent, "{table:?}");
        // The first one waits for 25 s, in vain.
        let most = telling.reads.iter().max().unwrap();
        let is_alone = table == Table::Alone(USUAL_READ);
        assert!(!is_alone || (50..=54).contains(most), "{most} reads");
    }
}

/// By a lease of 9 s: who waits comes back at its end, finds it extended, and waits on. Nobody claims, or
/// the copier would not get to its end; and nobody looks again and again.
#[test]
fn who_waits_beyond_the_lease_that_they_saw_waits_on_once_it_was_extended() {
    let usual = scene(COPIES[10], Table::Alone(USUAL_READ), TOTALS[0], 3);
    let short = Scene {
        lease: Duration::from_secs(9),
        notes: Some(Duration::from_millis(400)),
        ..usual
    };
    for table in [Table::Memory, usual.table] {
        let played = play(&[Scene { table, ..short }]);
        let Told { clients, reads } = &played[0].told;
        assert!(clients.iter().all(|met| met.replica), "{clients:?}");
        let most = reads.iter().max().unwrap();
        assert!(*most <= 54 * 3, "{most} reads in three waits");
    }
}

#[test]
fn the_document_says_what_waiting_costs() {
    let document = std::fs::read_to_string(tables::DOCUMENT).expect("docs/BENCHMARKS.md");
    let (before, rest) = document
        .split_once(tables::BEGIN)
        .expect("the begin marker");
    let (_, after) = rest.split_once(tables::END).expect("the end marker");
    let (begin, end) = (tables::BEGIN, tables::END);
    let expected = format!("{before}{begin}{}{end}{after}", tables::render(&PLAYED));
    if std::env::vars().any(|(name, _)| name == "UPDATE_DOCS") {
        std::fs::write(tables::DOCUMENT, &expected).expect("docs/BENCHMARKS.md");
        return;
    }
    assert!(
        document == expected,
        "docs/BENCHMARKS.md does not say what waiting costs; run\n  \
         UPDATE_DOCS=1 cargo test -p cloud-mirror-tests --test stories simulated_waiting"
    );
}
