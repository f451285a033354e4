//! What a process remembers, and how soon it hears of what others have done.

use std::time::Duration;

use cloud_mirror_testkit::origin::Object;
use cloud_mirror_tests::{Answer, Mirror, Setup, Stage, eventually};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const NO_CACHE: [(&str, &str); 1] = [("cache-control", "no-cache")];

fn remembering(hot_cache: &str) -> Setup {
    Setup::default().policy(format!("[lifetimes]\nhot_cache = \"{hot_cache}\""))
}

/// Where one process is asked for it, and another one, where there is another.
fn two_fronts(mirror: &Mirror, path: &str) -> [String; 2] {
    [mirror.redirect_url(path), mirror.redirect_url(path)]
}

async fn ask(mirror: &Mirror, front: &str) -> Answer {
    mirror.client.ask("GET", front, &[]).await
}

async fn hits(mirror: &Mirror, front: &str) {
    let answer = ask(mirror, front).await;
    let hit = answer.header("cache-status").contains("; hit; ");
    assert!(mirror.is_replica(&answer) && hit, "{answer:?}");
}

async fn download(mirror: &Mirror, front: &str) -> String {
    mirror.client.follow("GET", front, &[]).await.text()
}

async fn purge(mirror: &Mirror, front: &str) {
    let front = front.replace("/v1/redirect/", "/v1/purge/");
    assert_eq!(mirror.purge_at(&front).await.status, 204);
}

/// A replica that is remembered there, and whose source has become another.
async fn outdated(mirror: &Mirror, fronts: &[String]) {
    mirror.origin_has("/a", "old");
    mirror.has_copied("/a").await;
    for front in fronts {
        hits(mirror, front).await;
    }
    mirror.origin_has("/a", "new");
}

pub(crate) async fn a_hot_hit_asks_nobody(stage: Stage) {
    let mirror = stage.mirror_as(remembering("60s")).await;
    let [here, _] = two_fronts(&mirror, "/a");
    mirror.origin_has("/a", "bytes");
    mirror.has_copied("/a").await;
    hits(&mirror, &here).await;
    let asked = || ["table.get", "pool.head"].map(|verb| mirror.deployment.faults().calls(verb));
    let before = asked();
    for _ in 0..3 {
        hits(&mirror, &here).await;
    }
    assert_eq!(asked(), before, "neither the table nor the pool");
}

pub(crate) async fn a_hot_hit_needs_no_table(stage: Stage) {
    let mirror = stage.mirror_as(remembering("60s")).await;
    let [here, _] = two_fronts(&mirror, "/a");
    mirror.origin_has("/a", "bytes");
    mirror.has_copied("/a").await;
    hits(&mirror, &here).await;
    mirror.deployment.empty_table().await;
    hits(&mirror, &here).await;
    mirror.deployment.faults().break_down("table");
    hits(&mirror, &here).await;
    let other = ask(&mirror, &mirror.redirect_url("/b")).await;
    assert!(mirror.is_origin(&other, "/b"), "{other:?}");
    mirror.has_counted_fail_opens(1).await;
    mirror.deployment.faults().mend("table");
    mirror.deployment.time_passes(MINUTE).await;
    hits(&mirror, &here).await;
    assert_eq!(mirror.origin.gets("/a"), 1, "the replica was found");
}

pub(crate) async fn what_is_not_to_be_remembered_is_asked_for_every_time(stage: Stage) {
    let mirror = stage.mirror_as(remembering("0s")).await;
    mirror.origin_has("/a", "bytes");
    mirror.has_copied("/a").await;
    let asked = || mirror.deployment.faults().calls("table.get");
    for _ in 0..4 {
        let before = asked();
        mirror.has_copied("/a").await;
        assert_eq!(asked(), before + 1);
    }
}

pub(crate) async fn a_purge_by_the_same_process_is_seen_at_once(stage: Stage) {
    let mirror = stage.mirror_as(remembering("1h")).await;
    let [here, _] = two_fronts(&mirror, "/a");
    outdated(&mirror, std::slice::from_ref(&here)).await;
    purge(&mirror, &here).await;
    let answer = ask(&mirror, &here).await;
    let stored = answer.header("cache-status").contains("; stored");
    assert!(mirror.is_replica(&answer) && stored, "{answer:?}");
    assert_eq!(download(&mirror, &here).await, "new");
    assert_eq!(mirror.origin.gets("/a"), 2);
}

pub(crate) async fn a_purge_by_another_process_is_seen_after_hot_cache(stage: Stage) {
    let mirror = stage.mirror_as(remembering("60s")).await;
    let fronts = two_fronts(&mirror, "/a");
    outdated(&mirror, &fronts).await;
    purge(&mirror, &fronts[1]).await;
    hits(&mirror, &fronts[0]).await;
    assert_eq!(mirror.origin.gets("/a"), 1, "it has not heard of it");
    mirror.deployment.time_passes(MINUTE).await;
    assert_eq!(download(&mirror, &fronts[0]).await, "new");
    assert_eq!(mirror.origin.gets("/a"), 2);
}

pub(crate) async fn a_purge_is_seen_everywhere_after_hot_cache_at_the_latest(stage: Stage) {
    let mirror = stage.mirror_as(remembering("2s")).await;
    let fronts = two_fronts(&mirror, "/a");
    outdated(&mirror, &fronts).await;
    purge(&mirror, &fronts[1]).await;
    mirror.deployment.time_passes(Duration::from_secs(2)).await;
    for front in &fronts {
        assert_eq!(download(&mirror, front).await, "new");
    }
    assert_eq!(mirror.origin.gets("/a"), 2);
}

pub(crate) async fn who_trusts_no_cache_hears_of_a_purge_at_once(stage: Stage) {
    let mirror = stage.mirror_as(remembering("1h")).await;
    let fronts = two_fronts(&mirror, "/a");
    outdated(&mirror, &fronts).await;
    purge(&mirror, &fronts[1]).await;
    let answer = mirror.client.ask("GET", &fronts[0], &NO_CACHE).await;
    let stored = answer.header("cache-status").contains("; stored");
    assert!(mirror.is_replica(&answer) && stored, "{answer:?}");
    assert_eq!(download(&mirror, &fronts[0]).await, "new");
    assert_eq!(mirror.origin.gets("/a"), 2);
}

pub(crate) async fn a_replica_deleted_behind_our_back_is_noticed_at_the_recheck_however_hot(
    stage: Stage,
) {
    let policy = "[lifetimes]\nhot_cache = \"1h\"\nrecheck = \"3s\"";
    let mirror = stage.mirror_with(policy).await;
    let fronts = two_fronts(&mirror, "/a");
    mirror.origin_has("/a", "bytes");
    mirror.has_copied("/a").await;
    for front in &fronts {
        hits(&mirror, front).await;
    }
    mirror.delete_behind_its_back("/a").await;
    mirror.deployment.time_passes(Duration::from_secs(3)).await;
    for front in &fronts {
        assert_eq!(download(&mirror, front).await, "bytes");
    }
    assert_eq!(mirror.origin.gets("/a"), 2, "it was copied anew");
}

pub(crate) async fn hot_hits_near_the_end_make_one_renewal(stage: Stage) {
    let mirror = stage.mirror_as(remembering("1d")).await;
    let fronts = two_fronts(&mirror, "/a");
    mirror.origin_has("/a", "bytes");
    mirror.has_copied("/a").await;
    let first = mirror.entry("/a").await.expect("an entry").expires;
    let left = first.since(mirror.now().now);
    mirror.deployment.time_passes(left - 4 * HOUR).await;
    for front in &fronts {
        mirror.client.ask("GET", front, &NO_CACHE).await;
    }
    for front in &fronts {
        hits(&mirror, front).await;
    }
    mirror.deployment.time_passes(3 * HOUR).await;
    mirror.origin_has("/a", Object::new("bytes").held());
    for front in fronts.iter().cycle().take(20) {
        hits(&mirror, front).await;
    }
    mirror.origin.until_gets("/a", 2).await;
    mirror.origin.release("/a");
    eventually("the replica is renewed", || async {
        let entry = mirror.entry("/a").await;
        entry.is_some_and(|entry| entry.expires > first)
    })
    .await;
    for front in &fronts {
        hits(&mirror, front).await;
    }
    assert_eq!(mirror.origin.gets("/a"), 2);
    assert_eq!(
        mirror.deployment.faults().calls("queue.send"),
        2,
        "one each"
    );
}

pub(crate) async fn an_evacuated_regions_hot_hits_go_elsewhere(stage: Stage) {
    let setup = remembering("1h");
    let mirror = stage.mirror_as(setup.clone()).await;
    mirror.origin_has("/a", "bytes");
    mirror.has_copied("/a").await;
    for front in &two_fronts(&mirror, "/a") {
        hits(&mirror, front).await;
    }
    let near = "[near]\neu-central-1 = [\"{service}/us-west-2\"]\n";
    let evacuated = Setup {
        policy: format!("{near}{}", setup.policy),
        ..setup.drained("eu-central-1")
    };
    mirror.deployment.redeploy(evacuated).await;
    let answer = mirror.ask("/a").await;
    let pool = answer.header("x-cloud-mirror-pool");
    assert!(pool.ends_with("_us-west-2"), "{answer:?}");
    assert!(!mirror.is_replica(&answer), "{answer:?}");
}
