//! The invariants, looked at once everything has come to rest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use cloud_mirror_domain::entry::State;
use cloud_mirror_domain::message::Message;
use cloud_mirror_domain::ports::Clock as _;
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_runtime::SystemClock;
use cloud_mirror_tests::What;
use cloud_mirror_tests::aftermath::wrongs;

use super::objects::{Kind, Object};
use super::{LEASE, Scene};
use crate::store_copies::POOL;

/// Everything is at rest after this: some leases, and the pauses of some tries.
const REST: Duration = Duration::from_secs(90);

/// A message that is in its queue for so long is asleep.
const ASLEEP: Duration = Duration::from_secs(20);

/// Longer than an unfinished upload is kept.
const UPLOADS_END: Duration = Duration::from_secs(9 * 24 * 3600);

/// So many runs of an object must have ended badly before its message may be a dead letter, after
/// five receptions: each of them takes one reception for itself, and perhaps one more that met its
/// lease still alive; and a process may be killed with a message that it has not begun with.
const ILL_ENDS: usize = 2;

/// What a look finds wrong, for all objects at once.
type Wrongs = Vec<String>;

pub(super) async fn at_what_is_left(scene: &Scene) {
    let dead = comes_to_rest(scene).await;
    // Nobody asks while this is looked at.
    let mut wrongs = Wrongs::new();
    for object in scene.objects.all() {
        wrongs.extend(waits_in_vain(scene, &object, &dead).await);
    }
    for object in scene.objects.all() {
        if object.kind != Kind::Missing {
            wrongs.extend(is_not_served(scene, &object).await);
        }
    }
    let ends = ill_ends(scene);
    wrongs.extend(too_many_copies(scene, &ends));
    wrongs.extend(dead_letters(&dead, &ends));
    wrongs.extend(aftermath(scene).await);
    assert!(wrongs.is_empty(), "{}", wrongs.join("\n"));
}

/// Waits until nothing is under way any more; answers the objects of the dead letters. A message that
/// met a live run of a copy in parts may sleep for long before it is found to be done: so messages
/// are not waited for beyond what else there is to do.
async fn comes_to_rest(scene: &Scene) -> Vec<String> {
    let (began, deployment) = (Instant::now(), &scene.mirror.deployment);
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let letters = deployment.dead_letters().await.into_iter();
        let letters = letters.map(|letter| Message::from_json(&letter).unwrap());
        let dead: Vec<_> = letters
            .map(|letter| letter.replica.url.to_string())
            .collect();
        let mut busy = deployment.messages().await != Some(0) && began.elapsed() < ASLEEP;
        for object in scene.objects.all() {
            busy |= waits_in_vain(scene, &object, &dead).await.is_some();
        }
        if !busy || began.elapsed() > REST {
            return dead;
        }
    }
}

/// Nothing holds beyond a lease, and what was wished for without a claim is there, unless its
/// message is a dead letter: that was all that there was of it.
async fn waits_in_vain(scene: &Scene, object: &Object, dead: &[String]) -> Option<String> {
    let entry = scene.mirror.entry_of(&object.id).await;
    let lease = match entry.as_ref().map(|entry| &entry.state) {
        Some(State::Present(_)) => return None,
        Some(State::Pending(pending)) => pending.work.lease,
        Some(State::Purging(purging)) => purging.lease,
        Some(State::Error(_)) | None => Timestamp::default(),
    };
    let wished = object.kind == Kind::Prefetched && !dead.iter().any(|url| url == object.url());
    let longest = SystemClock.now() + LEASE * 2;
    (wished || lease > longest).then(|| format!("it waits in vain: {object:?}, {entry:?}"))
}

/// What the dead letters are of must have been hit often.
fn dead_letters(dead: &[String], ends: &BTreeMap<String, Ends>) -> Wrongs {
    let rare = dead.iter().filter(|url| {
        let ends = ends.get(*url).copied().unwrap_or_default();
        ends.hits + ends.lost + ends.failed < ILL_ENDS
    });
    rare.map(|url| format!("a dead letter without a reason: {url}"))
        .collect()
}

/// It is served by a replica with the right bytes, and its entry says so.
async fn is_not_served(scene: &Scene, object: &Object) -> Option<String> {
    let (began, mut last) = (Instant::now(), None);
    while began.elapsed() < REST {
        let answer = scene.send("GET", "redirect", object).await;
        last = match scene.mirror.is_replica(&answer) {
            true => is_not_present(scene, object).await,
            false => Some(format!("never served: {object:?}, {answer:?}")),
        };
        last.as_ref()?;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    last
}

async fn is_not_present(scene: &Scene, object: &Object) -> Option<String> {
    if !scene.objects.is_right_in_pool(object, object.oldest()) {
        return Some(format!("wrong bytes: {object:?}"));
    }
    let pool = scene.mirror.deployment.pool(&object.id.pool).pool;
    let held = pool.head(&object.id.url).await.unwrap();
    let entry = scene.mirror.entry_of(&object.id).await;
    let same = entry.as_ref().is_some_and(|entry| match &entry.state {
        State::Present(present) => {
            held.as_ref().map(|held| &held.etag) == Some(&present.replica.etag)
        }
        _ => false,
    });
    (!same).then(|| format!("no good entry: {object:?}, {entry:?}, {held:?}"))
}

/// The reasons to copy an object again.
#[derive(Clone, Copy, Default)]
struct Ends {
    /// Its runs that were in hand when their processes were killed.
    hits: usize,
    /// Purges that took it away.
    purges: usize,
    /// Its runs that were fenced while their processes were alive, or feared to be.
    lost: usize,
    /// Its runs that failed, as one does whose source changes under it.
    failed: usize,
}

/// By URL.
fn ill_ends(scene: &Scene) -> BTreeMap<String, Ends> {
    let mut ends = BTreeMap::<String, Ends>::new();
    for object in scene.objects.all() {
        let hits = object.hits.load(Ordering::Relaxed) as usize;
        ends.entry(object.url().to_owned()).or_default().hits = hits;
    }
    for deed in scene.processes.deeds() {
        let ends = ends.entry(deed.url).or_default();
        match deed.what {
            What::Begins => {}
            What::Purges => ends.purges += 1,
            What::Loses => ends.lost += 1,
            What::Fails => ends.failed += 1,
        }
    }
    for ends in ends.values() {
        scene.report.ended(ends.purges, ends.lost, ends.failed);
    }
    ends
}

/// Nobody copies without a reason: one copy, and one more for each of these.
fn too_many_copies(scene: &Scene, ends: &BTreeMap<String, Ends>) -> Wrongs {
    let objects = scene.objects.all();
    let many = objects.iter().filter_map(|object| {
        let copies = scene.objects.copies(object);
        scene.report.copied(copies);
        let ends = ends[object.url()];
        let most = 1 + ends.hits + ends.purges + ends.lost + ends.failed;
        (copies > most).then(|| format!("{copies} copies, not {most}: {object:?}"))
    });
    many.collect()
}

/// What is looked at after any disturbance; and in the end the bucket's lifecycle.
async fn aftermath(scene: &Scene) -> Wrongs {
    let (s3, objects) = (scene.mirror.s3(), scene.objects.all());
    scene.report.left_uploads(s3.uploads(POOL).len());
    let there = objects.iter().filter(|object| object.kind != Kind::Missing);
    let ids: Vec<_> = there.map(|object| object.id.clone()).collect();
    let left = wrongs(&scene.mirror, &ids, &BTreeSet::new()).await;
    let mut wrongs: Wrongs = left.iter().map(ToString::to_string).collect();
    // Of dead letters more is known here.
    wrongs.retain(|wrong| !wrong.contains("a dead letter"));
    s3.time_passes(UPLOADS_END);
    s3.sweep_lifecycle();
    let ever = s3.uploads(POOL).into_iter();
    wrongs.extend(ever.map(|upload| format!("never ended: {upload:?}")));
    wrongs
}
