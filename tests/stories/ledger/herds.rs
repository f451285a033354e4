//! Many that ask at once.

use cloud_mirror_testkit::origin::Object;
use cloud_mirror_tests::eventually;
use cloud_mirror_tests::wired::{Who, Wired};
use futures::future::join_all;

use super::{PATH, STRONG, book, cache_status, redirect};

#[tokio::test]
async fn a_waiter_reads_and_does_nothing_else() {
    let mirror = Wired::start("").await;
    mirror.origin().serve(PATH, "ten bytes.");
    let url = mirror.origin().url(PATH);
    mirror.ask_without_waiting(&url).await;
    let waited = async { tokio::join!(mirror.ask(&url), copy_behind(&mirror)) };
    let ((answer, copied), mut calls) = mirror.calls_of(waited).await;
    assert!(cache_status(&answer).contains("collapsed"), "{answer:?}");
    calls.retain(|call, _| call.0 == Who::Request);
    assert!(copied > 0, "it waits, and looks");
    let looks = calls[&(Who::Request, STRONG.to_owned())];
    book::WAITER.is_with(&calls, looks, 1);
}

/// Copies as soon as somebody has looked while waiting; how often that was.
async fn copy_behind(mirror: &Wired) -> usize {
    let looks = || mirror.calls().count(Who::Request, STRONG);
    eventually("a waiter looks", || async { looks() > 0 }).await;
    mirror.work_off().await;
    looks()
}

#[tokio::test]
async fn a_herd_of_environments_makes_one_copy_and_each_other_one_claims_in_vain_once_at_most() {
    const HERD: usize = 50;
    let mirror = Wired::start("").await;
    mirror
        .origin()
        .serve(PATH, Object::new("ten bytes.").held());
    let url = mirror.origin().url(PATH);
    let (_, calls) = mirror.calls_of(herd_and_release(&mirror, &url, HERD)).await;
    let looks = calls[&(Who::Request, STRONG.to_owned())];
    let claims = calls[&(Who::Request, "DynamoDB PutItem".to_owned())];
    let mut expected = book::STREAM_MISS.counts(0, 1);
    for (story, times) in [(book::OVERTAKEN, claims - 1), (book::WAITER, HERD - claims)] {
        for (call, count) in story.counts(0, 1) {
            *expected.entry(call).or_default() += times * count;
        }
    }
    expected.insert((Who::Request, STRONG.to_owned()), looks);
    assert_eq!(calls, expected, "{claims} claims");
    assert!(looks >= HERD, "each has looked");
}

/// The source answers when everybody has claimed, or waits already.
async fn herd_and_release(mirror: &Wired, url: &str, environments: usize) {
    let asking = join_all((0..environments).map(|_| mirror.ask(url)));
    let count = |call| mirror.calls().count(Who::Request, call);
    let releasing = async {
        eventually("all have claimed or wait", || async {
            count("DynamoDB PutItem") + count(STRONG) >= environments
        })
        .await;
        mirror.origin().release(PATH);
    };
    let (answers, ()) = tokio::join!(asking, releasing);
    let address = &answers[0].headers()["location"];
    assert!(
        answers
            .iter()
            .all(|answer| answer.headers()["location"] == address)
    );
}

#[tokio::test]
async fn a_thousand_first_requests_of_one_process_share_their_reads_claim_once_and_wait_as_one() {
    const CLIENTS: usize = 1_000;
    let mirror = Wired::start("").await;
    mirror.origin().serve(PATH, "ten bytes.");
    let url = mirror.origin().url(PATH);
    let path = redirect(&url);
    let process = mirror.environment_and_copier();
    let herd = join_all((0..CLIENTS).map(|_| process.ask(&path, &[])));
    let (answers, mut calls) = mirror.calls_of(herd).await;
    assert!(answers.iter().all(|answer| answer.status() == 302));
    let looks = calls.remove(&(Who::Request, STRONG.to_owned())).unwrap();
    let mut expected = book::STREAM_MISS.counts(0, 1);
    expected.retain(|_, count| *count > 0);
    for call in ["API request", "Lambda invocation"] {
        expected.insert((Who::Request, call.to_owned()), CLIENTS);
    }
    // A read serves all who had asked when it began; so there are at least two, and hardly more.
    let reads = calls.remove(&(Who::Request, "DynamoDB GetItem".to_owned()));
    expected.remove(&(Who::Request, "DynamoDB GetItem".to_owned()));
    assert_eq!(calls, expected);
    assert!(
        reads.unwrap() + looks < CLIENTS / 5,
        "{reads:?} reads and {looks} looks"
    );
}
