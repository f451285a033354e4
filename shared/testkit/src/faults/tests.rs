//! The switchboard in front of ports.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use cloud_mirror_domain::entry::{Digests, Upstream};
use cloud_mirror_domain::error::Failure;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{
    Completion, CopyInbox, Fetch, Method, NewObject, Opened, PoolError, PoolPorts, PortError,
    Received, Resume, Source, SourceFacts, Written,
};
use cloud_mirror_domain::rules::SourceRule;
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use futures::stream::{self, StreamExt as _};
use ulid::Ulid;

use super::*;
use crate::clock::ManualClock;
use crate::sample_pool::SamplePool;

const DAY: Duration = Duration::from_secs(86_400);

/// A pool behind a switchboard, and the way past it.
struct House {
    faults: Faults,
    pool: PoolPorts,
    past: Arc<SamplePool>,
    url: SourceUrl,
}

impl House {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::default());
        let past = Arc::new(SamplePool::new("https://pool.example", clock, DAY));
        let faults = Faults::default();
        let pool = faults.around_pool(PoolPorts {
            pool: past.clone(),
            upload: past.clone(),
            store_copy: None,
        });
        Self {
            faults,
            pool,
            past,
            url: SourceUrl::parse("https://example.com/a").unwrap(),
        }
    }

    async fn put(&self) -> Result<(), PoolError> {
        let body = Written {
            bytes: "bytes".into(),
            digests: Digests::default(),
        };
        let (upload, object) = (&self.pool.upload, object());
        upload.put(&self.url, &object, body, &Seen::None).await
    }

    async fn looks(&self) -> bool {
        self.pool.pool.head(&self.url).await.is_ok()
    }

    async fn is_there(&self) -> bool {
        is_there(&self.past, &self.url).await
    }

    fn journal(&self) -> Vec<String> {
        let journal = self.faults.journal();
        journal.iter().map(Call::to_string).collect()
    }
}

async fn is_there(pool: &SamplePool, url: &SourceUrl) -> bool {
    use cloud_mirror_domain::ports::Pool as _;
    pool.head(url).await.unwrap().is_some()
}

fn object() -> NewObject {
    NewObject {
        headers: Default::default(),
        upstream: Upstream::default(),
        written_by: Ulid::generate(),
        via_hosts: Vec::new(),
    }
}

fn call(verb: &'static str, nth: usize) -> Call {
    Call { verb, nth }
}

fn was_told<T>(answer: Result<T, PoolError>) -> bool {
    matches!(answer, Err(PoolError::Unavailable(why)) if why.contains("was told to"))
}

#[tokio::test]
async fn a_planned_call_meets_its_mishap_and_no_other_does() {
    for mishap in [Mishap::Fails, Mishap::LosesReply] {
        let house = House::new();
        house.faults.befall(call("pool.head", 2), mishap);
        assert!(house.looks().await && !house.faults.has_befallen());
        assert!(!house.looks().await && house.faults.has_befallen());
        assert!(house.put().await.is_ok() && house.looks().await);
    }
}

#[tokio::test]
async fn a_call_that_fails_has_no_effect_and_one_whose_reply_is_lost_has_it() {
    for (mishap, has_effect) in [(Mishap::Fails, false), (Mishap::LosesReply, true)] {
        let house = House::new();
        house.faults.befall(call("pool.put", 1), mishap);
        assert!(was_told(house.put().await), "{mishap:?}");
        assert_eq!(house.is_there().await, has_effect, "{mishap:?}");
    }
}

#[tokio::test]
async fn a_delayed_call_has_its_effect_after_what_passes_and_its_true_answer() {
    let house = House::new();
    let passed = Arc::new(AtomicUsize::new(0));
    let (seen, past, url) = (passed.clone(), house.past.clone(), house.url.clone());
    house.faults.while_delayed(move || {
        let (seen, past, url) = (seen.clone(), past.clone(), url.clone());
        Box::pin(async move {
            assert!(!is_there(&past, &url).await, "it is still on its way");
            seen.fetch_add(1, Ordering::Relaxed);
        })
    });
    house.faults.befall(call("pool.put", 1), Mishap::Delayed);
    assert_eq!(house.put().await, Ok(()));
    assert!(house.is_there().await && house.faults.has_befallen());
    assert_eq!(house.put().await, Err(PoolError::Precondition), "the truth");
    assert_eq!(passed.load(Ordering::Relaxed), 1);
}

#[tokio::test]
#[should_panic = "pool.head #1 is to be late"]
async fn a_delay_in_which_nothing_passes_cannot_be_planned() {
    House::new()
        .faults
        .befall(call("pool.head", 1), Mishap::Delayed);
}

#[tokio::test]
async fn what_was_never_called_has_not_befallen() {
    let house = House::new();
    assert!(house.looks().await);
    assert!(!house.faults.has_befallen(), "nothing was planned");
    house.faults.befall(call("pool.head", 1), Mishap::Fails);
    assert!(house.looks().await, "the first was made already");
    house.faults.befall(call("pool.head", 3), Mishap::Fails);
    assert!(!house.looks().await);
    assert!(!house.faults.has_befallen(), "one of two has not");
}

#[tokio::test]
async fn the_next_reply_is_that_of_the_next_call_and_two_are_two() {
    let house = House::new();
    assert!(house.looks().await);
    house.faults.lose_next_reply("pool.head");
    house.faults.lose_next_reply("pool.head");
    assert!(!house.looks().await && !house.looks().await);
    assert!(house.looks().await && house.faults.has_befallen());
}

#[tokio::test]
async fn every_verb_of_a_pool_is_in_the_journal_in_the_order_of_the_calls() {
    let house = House::new();
    let (url, upload) = (&house.url, &house.pool.upload);
    house.pool.pool.prepare().await.unwrap();
    let id = upload.begin(url, &object()).await.unwrap();
    let part = upload.part(url, &id, 1, "bytes".into()).await.unwrap();
    assert_eq!(
        upload
            .find(url, Timestamp::from_millis(u64::MAX))
            .await
            .unwrap(),
        [id.as_str()]
    );
    assert_eq!(
        upload.parts(url, &id).await.unwrap(),
        std::slice::from_ref(&part)
    );
    let last = Completion {
        digests: None,
        seen: &Seen::None,
    };
    upload.complete(url, &id, &[part], last).await.unwrap();
    upload.abort(url, &id).await.unwrap();
    assert!(house.looks().await && house.put().await.is_err());
    let _ = upload.keep_digests(url, "\"1\"", &Digests::default()).await;
    house.pool.pool.address(url, Method::Get).await.unwrap();
    let _ = house.pool.pool.delete(url, "\"1\"").await;
    assert!(house.looks().await);
    let verbs = "prepare #1 begin #1 part #1 find #1 parts #1 complete #1 abort #1 \
        head #1 put #1 tag #1 address #1 delete #1 head #2";
    let expected: Vec<_> = verbs.split(' ').collect();
    let expected = expected
        .chunks(2)
        .map(|call| format!("pool.{}", call.join(" ")));
    assert_eq!(house.journal(), expected.collect::<Vec<_>>());
}

/// Two chunks of ten bytes.
struct TwoChunks;

#[async_trait]
impl Source for TwoChunks {
    async fn head(&self, _: Fetch<'_>) -> Result<SourceFacts, Failure> {
        Ok(SourceFacts::default())
    }

    async fn open(&self, _: Fetch<'_>, _: Option<Resume<'_>>) -> Result<Opened, Failure> {
        let chunk = || Ok(Bytes::from_static(b"0123456789"));
        Ok(Opened {
            facts: SourceFacts::default(),
            first_byte: 0,
            body: stream::iter([chunk(), chunk()]).boxed(),
        })
    }
}

#[tokio::test]
async fn a_body_whose_reply_is_lost_breaks_off_in_its_middle() {
    let faults = Faults::default();
    let source = faults.around_source(Arc::new(TwoChunks));
    let url = &SourceUrl::parse("https://example.com/a").unwrap();
    let rule = &SourceRule::new(url.clone());
    faults.befall(call("source.open", 1), Mishap::LosesReply);
    let opened = source.open(Fetch { url, rule }, None).await.unwrap();
    assert!(!faults.has_befallen(), "it is whole so far");
    let read: Vec<_> = opened.body.collect().await;
    assert_eq!(read[0], Ok(Bytes::from_static(b"01234")));
    assert!(read[1].is_err() && read.len() == 2 && faults.has_befallen());
    source.head(Fetch { url, rule }).await.unwrap();
    let opened = source.open(Fetch { url, rule }, None).await.unwrap();
    assert!(opened.body.all(async |chunk| chunk.is_ok()).await);
    let verbs = faults.journal();
    assert_eq!(
        verbs.iter().map(|call| call.verb).collect::<Vec<_>>(),
        ["source.open", "source.head", "source.open"]
    );
}

/// It has one message for everybody, and counts.
#[derive(Default)]
struct AlwaysOne(AtomicUsize);

#[async_trait]
impl CopyInbox for AlwaysOne {
    async fn receive(&self, _: usize) -> Result<Vec<Received>, PortError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(vec![Received {
            message_id: "1".into(),
            receipt: "1".into(),
            body: String::new(),
            receives: 1,
            queue: None,
            trace: None,
        }])
    }

    async fn delete(&self, _: &str) -> Result<(), PortError> {
        Ok(())
    }
}

#[tokio::test]
async fn a_reception_is_a_call_of_its_own() {
    let (faults, inner) = (Faults::default(), Arc::new(AlwaysOne::default()));
    let seen = inner.clone();
    faults.while_delayed(move || {
        assert_eq!(seen.0.load(Ordering::Relaxed), 1, "it has been received");
        Box::pin(std::future::ready(()))
    });
    let copies = faults.around_copies(inner.clone());
    let bulk = faults.around_bulk(inner.clone());
    faults.befall(call("queue.reception", 1), Mishap::Delayed);
    assert_eq!(copies.receive(1).await.unwrap().len(), 1);
    faults.befall(call("bulk.receive", 1), Mishap::Fails);
    faults.befall(call("bulk.reception", 1), Mishap::LosesReply);
    assert!(bulk.receive(1).await.is_err());
    assert_eq!(inner.0.load(Ordering::Relaxed), 1, "nobody was asked");
    assert!(bulk.receive(1).await.is_err());
    assert_eq!(inner.0.load(Ordering::Relaxed), 2, "it was received");
    faults.befall(call("bulk.delete", 1), Mishap::Fails);
    assert!(copies.delete("1").await.is_ok() && bulk.delete("1").await.is_err());
    assert!(faults.has_befallen());
}
