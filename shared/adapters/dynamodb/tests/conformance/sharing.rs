//! Several processes, one table.

use std::time::Duration;

use cloud_mirror_domain::claim::{Answer, Holder};
use cloud_mirror_domain::ports::{Clock as _, StatusTable as _};
use cloud_mirror_testkit::table_suite;

use crate::world::{HOUR, NOW, World, at, id, present_for, ulid};

#[tokio::test(flavor = "multi_thread")]
async fn a_story_told_to_several_processes_goes_as_in_the_domain() {
    let world = World::new().await;
    let (one, other, reader) = (world.process(), world.process(), world.process());
    table_suite::stories_of_several_processes(&[&*one, &*other], &*reader, NOW).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_claims_through_four_processes_one_wins() {
    let world = World::new().await;
    let processes: Vec<_> = (0..4).map(|_| world.process()).collect();
    let claims = (0..100_u64).map(|n| {
        let process = processes[n as usize % 4].clone();
        tokio::spawn(async move { process.claim(&id("herd"), ulid(n), &at(NOW)).await.unwrap() })
    });
    let answers = futures::future::join_all(claims).await;
    let wins = answers
        .iter()
        .filter(|answer| answer.as_ref().unwrap().is_done())
        .count();
    assert_eq!(wins, 1);
    let asked = world.proxy.asked().len();
    assert!(
        asked <= 40,
        "{asked} requests of one item, which serves so many"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_waiters_of_one_process_share_their_reads() {
    let world = World::new().await;
    let waiter = world.process();
    let until = world.waiting.now() + Duration::from_millis(500);
    let waiting = (0..100).map(|_| {
        let waiter = waiter.clone();
        tokio::spawn(async move { waiter.wait_for_change(&id("a"), None, until).await })
    });
    for waited in futures::future::join_all(waiting).await {
        assert_eq!(waited.unwrap().unwrap(), None);
    }
    let reads = world.proxy.asked().len();
    assert!(
        reads <= 30,
        "{reads} reads where 100 waiters alone make 1,000"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_fails_ends_no_wait() {
    let world = World::new().await;
    let (waiter, other) = (world.process(), world.process());
    other.claim(&id("a"), ulid(1), &at(NOW)).await.unwrap();
    world.proxy.asked();
    world.proxy.refuse("GetItem", 9);
    let until = world.waiting.now() + Duration::from_secs(20);
    let heard = waiter.wait_for_change(&id("a"), None, until).await.unwrap();
    assert!(heard.is_some(), "heard of it by a later look");
    assert!(world.proxy.asked().len() >= 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiter_hears_of_another_processs_change() {
    let world = World::new().await;
    let (waiter, other) = (world.process(), world.process());
    let id = id("waited-for");
    let until = world.waiting.now() + Duration::from_secs(20);
    let waiting = waiter.wait_for_change(&id, None, until);
    let claiming = async {
        tokio::time::sleep(Duration::from_millis(120)).await;
        other.claim(&id, ulid(1), &at(NOW)).await.unwrap()
    };
    let (heard, claimed) = futures::join!(waiting, claiming);
    assert!(claimed.is_done());
    assert!(heard.unwrap().is_some());
    assert!(world.waiting.now() < until);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiter_pauses_between_its_reads() {
    let world = World::new().await;
    let waiter = world.process();
    let until = world.waiting.now() + Duration::from_millis(300);
    let waited = waiter.wait_for_change(&id("a"), None, until).await;
    assert_eq!(waited.unwrap(), None);
    let reads = world.proxy.asked();
    assert!((2..=8).contains(&reads.len()), "{reads:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_has_deleted_is_not_taken_for_its_own_deletion() {
    let world = World::new().await;
    let (one, other) = (world.process(), world.process());
    let (id, when, holder) = (id("a"), at(NOW), Holder::Attempt(ulid(1)));
    one.claim(&id, ulid(1), &when).await.unwrap();
    one.settle(&id, holder, &present_for(HOUR), &when)
        .await
        .unwrap();
    assert!(other.forget(&id, ulid(1), &when).await.unwrap().is_done());
    let late = one.forget(&id, ulid(1), &when).await.unwrap();
    assert_eq!(late, Answer::Refused(None));
}
