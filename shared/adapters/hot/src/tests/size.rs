//! What remembering takes.

use cloud_mirror_domain::claim::{Holder, Outcome};
use cloud_mirror_domain::entry::{Digests, Replica, Upstream};
use cloud_mirror_domain::policy::Lifetimes;
use cloud_mirror_domain::ports::StatusTable as _;
use cloud_mirror_domain::url::MAX_URL_BYTES;

use super::scene::{HOUR, Scene, id, ulid};

const ENTRIES: usize = 100_000;

/// Prints bytes per entry of a replica with every digest and a URL of 100 characters.
#[tokio::test(start_paused = true)]
#[ignore = "a measurement: cargo test -p cloud-mirror-hot -- --ignored --nocapture bytes"]
async fn bytes_per_remembered_entry() {
    measure(100).await;
}

/// A process of its own, or it would take the room that the other has left.
#[tokio::test(start_paused = true)]
#[ignore = "a measurement: cargo test -p cloud-mirror-hot -- --ignored --nocapture longest"]
async fn the_same_with_the_longest_urls() {
    measure(MAX_URL_BYTES).await;
}

async fn measure(url_bytes: usize) {
    let scene = Scene::with(ENTRIES, Lifetimes::default());
    let before = resident_bytes();
    let named = |n: usize| {
        format!(
            "{n:0>width$}",
            width = url_bytes - id("").url.as_str().len()
        )
    };
    for n in 0..ENTRIES {
        let name = named(n);
        copied_elsewhere(&scene, &name).await;
        assert!(scene.finds(&name).await);
        scene.shelf.reads();
        scene.shelf.table.clear();
    }
    let held = resident_bytes() - before;
    let each = held / ENTRIES;
    println!("{ENTRIES} entries, URLs of {url_bytes}: {each} bytes each");
    assert!(!scene.asks_the_table_for(&named(0)).await);
}

async fn copied_elsewhere(scene: &Scene, name: &str) {
    let (table, id, when) = (&scene.shelf.table, id(name), scene.when());
    let outcome = Outcome::Present {
        replica: replica(id.url.as_str()),
        expires: scene.now + HOUR,
    };
    let by = Holder::Attempt(ulid(1));
    table.claim(&id, ulid(1), &when).await.unwrap();
    table.settle(&id, by, &outcome, &when).await.unwrap();
}

fn replica(url: &str) -> Replica {
    let digits = |bytes: usize| "0".repeat(bytes * 2);
    Replica {
        etag: format!("\"{}\"", digits(16)),
        written_by: Some(ulid(2)),
        upstream: Some(Upstream {
            url: url.to_owned(),
            etag: Some(format!("\"{}\"", digits(16))),
            length: Some(1),
        }),
        digests: Some(Digests {
            md5: digits(16),
            sha1: digits(20),
            sha256: digits(32),
            sha512: digits(64),
        }),
        checksum: Some("crc64nvme:AAAAAAAAAAA=".to_owned()),
        ..Replica::default()
    }
}

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<usize>().unwrap() * 1024
}
