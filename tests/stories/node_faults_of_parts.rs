//! The faults of the Node original that lay in its queue, its table and its store.

use std::time::{Duration, Instant};

use cloud_mirror_domain::claim::{Holder, Outcome};
use cloud_mirror_domain::entry::{Replica, State};
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::url::{SourceUrl, to_base64url};
use cloud_mirror_testkit::faults::Faults;
use cloud_mirror_testkit::origin::Object;
use cloud_mirror_tests::{Mirror, Setup, Stage, eventually};
use ulid::Ulid;

/// The most that the SDK tries one call before it tells that it failed.
const SDK_TRIES: usize = 6;

pub(crate) async fn fault_of_node_03_a_copy_that_outlasts_its_messages_invisibility_runs_once(
    stage: Stage,
) {
    let setup = Setup::default().visibility(Duration::from_secs(1));
    let mirror = stage.mirror_as(setup).await;
    mirror.origin_has("/a", Object::new("bytes").held());
    let asking = mirror.asking("/a");
    mirror.origin.until_gets("/a", 1).await;
    // Whoever received it again acknowledged it, or sent it back until the run's lease would end.
    let faults = mirror.deployment.faults().clone();
    let judged = || faults.calls("queue.delete") + faults.calls("queue.retry_after");
    eventually("its message came again and was judged", || async {
        judged() > 0
    })
    .await;
    mirror.origin.release("/a");
    let answer = asking.await.unwrap();
    assert!(mirror.is_replica(&answer), "{answer:?}");
    assert_eq!(
        (mirror.origin.heads("/a"), mirror.origin.gets("/a")),
        (1, 1),
        "it did not start again beside itself"
    );
}

pub(crate) async fn fault_of_node_05_a_purge_is_not_open_to_everyone_and_no_running_copy_undoes_it(
    stage: Stage,
) {
    let policy = "[lifetimes]\nlease = \"600ms\"\n[purge]\ntoken_env = \"PURGE_TOKEN\"";
    let setup = Setup::default().policy(policy);
    let mirror = stage
        .mirror_as(setup.variable("PURGE_TOKEN", "sesame"))
        .await;
    mirror.origin_has("/a", Object::new("old").held());
    mirror.ask_with("/a", &[("prefer", "wait=0")]).await;
    mirror.origin.until_gets("/a", 1).await;
    let purge = |token: &'static str| {
        let (mirror, url) = (mirror.clone(), mirror.api_url("purge", "/a"));
        async move {
            let token = [("authorization", token)];
            mirror.client.ask("DELETE", &url, &token).await.status
        }
    };
    assert_eq!(mirror.purge("/a").await.status, 401, "not open to everyone");
    assert_eq!(purge("Bearer guess").await, 401);
    assert!(is_pending(&mirror).await, "and nothing was removed");
    assert_eq!(purge("Bearer sesame").await, 202);
    mirror.origin.release("/a");
    eventually(
        "nothing is left, whatever the running copy wrote",
        || async {
            let absent = mirror.status("/a").await.contains(r#""status":"absent""#);
            absent && mirror.replica("/a").await.is_none()
        },
    )
    .await;
    mirror.deployment.until_worked_off().await;
    assert_eq!(mirror.replica("/a").await, None, "nothing brought it back");
}

async fn is_pending(mirror: &Mirror) -> bool {
    let entry = mirror.entry("/a").await.expect("an entry");
    matches!(entry.state, State::Pending(_))
}

/// The purge ends in the middle here, before its object is deleted.
pub(crate) async fn fault_of_node_05_the_entry_goes_before_its_object(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    mirror.has_copied("/a").await;
    mirror.deployment.faults().break_down("pool.delete");
    assert_eq!(mirror.purge("/a").await.status, 503);
    assert!(mirror.replica("/a").await.is_some(), "the object is there");
    let answer = mirror.ask_with("/a", &[("prefer", "wait=0")]).await;
    assert!(mirror.is_origin(&answer, "/a"), "{answer:?}");
}

pub(crate) async fn fault_of_node_11_a_lost_table_or_queue_ends_neither_front_end_nor_copier(
    stage: Stage,
) {
    let mirror = stage.mirror().await;
    for part in ["table", "queue"] {
        let path = &format!("/{part}");
        mirror.origin_has(path, "bytes");
        mirror.deployment.faults().break_down(part);
        for _ in 0..2 {
            let answer = mirror.ask(path).await;
            assert!(mirror.is_origin(&answer, path), "{part}: {answer:?}");
        }
        mirror.deployment.faults().mend(part);
        mirror.has_copied(path).await;
        assert_eq!(mirror.origin.gets(path), 1, "{part}");
    }
}

pub(crate) async fn fault_of_node_11_a_table_that_fails_under_a_copy_ends_no_copier(stage: Stage) {
    let mirror = stage.mirror_with("[lifetimes]\nlease = \"3s\"").await;
    mirror.origin_has("/a", Object::new("bytes").held());
    mirror.ask_with("/a", &[("prefer", "wait=0")]).await;
    mirror.origin.until_gets("/a", 1).await;
    let faults = mirror.deployment.faults();
    let before = writes(faults);
    faults.break_down("table");
    eventually("a copier that says it is alive is not heard", || async {
        writes(faults) > before + SDK_TRIES
    })
    .await;
    mirror.origin.release("/a");
    faults.mend("table");
    eventually("it is there", || async {
        mirror.is_replica(&mirror.ask("/a").await)
    })
    .await;
    mirror.origin_has("/b", "more");
    mirror.has_copied("/b").await;
    assert_eq!(mirror.download("/a").await.text(), "bytes");
}

/// Of heartbeats and settlements, by their names at the port and on the wire.
fn writes(faults: &Faults) -> usize {
    let verbs = ["table.extend", "table.settle", "table.put", "table.update"];
    verbs.iter().map(|verb| faults.calls(verb)).sum()
}

pub(crate) async fn fault_of_node_11_a_queue_that_cannot_be_read_ends_no_copier(stage: Stage) {
    let mirror = stage.mirror_as(Setup::default().processes(1)).await;
    mirror.origin_has("/a", "bytes");
    let faults = mirror.deployment.faults();
    let receptions = || faults.calls("queue.receive");
    faults.break_down("queue.receive");
    let before = receptions();
    // The one that is under way ends when something comes.
    mirror.deployment.deliver("no message".into()).await;
    eventually("readers of both queues are told, and ask again", || async {
        receptions() > before + 2 * SDK_TRIES
    })
    .await;
    faults.mend("queue.receive");
    mirror.has_copied("/a").await;
}

pub(crate) async fn fault_of_node_14_every_spelling_of_a_bucket_is_one_place(stage: Stage) {
    let rule = "[[source]]\nurl = \"https://acme.s3.us-west-2.amazonaws.com/public/\"";
    let mirror = stage.mirror_as(Setup::default().sources(rule)).await;
    is_present(&mirror, "https://acme.s3.us-west-2.amazonaws.com/public/a").await;
    let mut places = Vec::new();
    for host in [
        "acme.s3.us-west-2.amazonaws.com",
        "acme.s3-us-west-2.amazonaws.com",
        "acme.s3.dualstack.us-west-2.amazonaws.com",
        "acme.s3.amazonaws.com",
        "acme.s3-external-1.amazonaws.com",
        "acme.s3-accelerate.amazonaws.com",
        "acme.s3-accelerate.dualstack.amazonaws.com",
        "acme.s3-fips.us-west-2.amazonaws.com",
        "acme.s3-fips.dualstack.us-west-2.amazonaws.com",
        "s3.us-west-2.amazonaws.com/acme",
        "s3-us-west-2.amazonaws.com/acme",
        "s3.dualstack.us-west-2.amazonaws.com/acme",
        "s3.amazonaws.com/acme",
        "s3-fips.us-west-2.amazonaws.com/acme",
        "s3-fips.dualstack.us-west-2.amazonaws.com/acme",
        "Acme.S3.US-West-2.AmazonAWS.com",
        "acme.s3.us-west-2.amazonaws.com:443",
    ] {
        let url = to_base64url(&format!("https://{host}/public/a"));
        let route = mirror.route("redirect", &url);
        let answer = mirror.client.ask("GET", &route, &[]).await;
        assert!(mirror.is_replica(&answer), "{host}: {answer:?}");
        // What may follow is a signature, which has a time in it.
        let place = answer.header("location").split('?').next().unwrap();
        places.push(place.split('/').skip(3).collect::<Vec<_>>().join("/"));
    }
    places.dedup();
    assert_eq!(places.len(), 1, "they share one replica: {places:?}");
}

async fn is_present(mirror: &Mirror, url: &str) {
    let id = ReplicaId {
        pool: mirror.pool_id(),
        url: SourceUrl::parse(url).unwrap(),
    };
    let (table, when, attempt) = (mirror.deployment.table(), mirror.now(), Ulid::from(1u128));
    let outcome = Outcome::Present {
        replica: Replica::default(),
        expires: when.now + Duration::from_secs(5 * 3600),
    };
    assert!(table.claim(&id, attempt, &when).await.unwrap().is_done());
    let settled = table.settle(&id, Holder::Attempt(attempt), &outcome, &when);
    assert!(settled.await.unwrap().is_done());
}

/// Whoever counts in whole seconds needs one for each; a machine that is busy for a moment does not.
pub(crate) async fn fault_of_node_15_the_end_of_a_copy_is_not_noticed_on_whole_seconds(
    stage: Stage,
) {
    let mirror = stage.mirror().await;
    let mut quickest = Duration::MAX;
    for n in 0..10 {
        let path = &format!("/{n}");
        mirror.origin_has(path, "0123456789");
        let began = Instant::now();
        mirror.has_copied(path).await;
        quickest = quickest.min(began.elapsed());
    }
    assert!(quickest < Duration::from_secs(1), "{quickest:?}");
}
