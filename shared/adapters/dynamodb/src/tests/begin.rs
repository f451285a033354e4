//! The one expression against the one transition.

use cloud_mirror_domain::claim::{self, Terms, Write};
use cloud_mirror_domain::entry::{Entry, State};
use cloud_mirror_domain::policy::Lifetimes;
use cloud_mirror_domain::ports::{Read, When};
use cloud_mirror_testkit::servers::dynamodb::DynamoDbServer;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::time::Duration;
use ulid::Ulid;

use super::entries::{LEASE, NOW, entry, id};
use super::table;
use crate::item;
use crate::store::{Store, Swap, fresh_rev};

fn when() -> When {
    let lifetimes = Lifetimes {
        lease: LEASE,
        ..Lifetimes::default()
    };
    let terms = Terms {
        lifetimes,
        lifespan: Duration::from_secs(24 * 3_600),
    };
    When { now: NOW, terms }
}

/// What the transition writes over a pending entry whose size nobody noted, if it does.
fn begun_by_the_domain(entry: &Entry, run: Ulid) -> Option<Entry> {
    let when = when();
    let Write::Put(begun) = claim::begin(Some(entry), run, when.now, &when.terms).write else {
        return None;
    };
    matches!(&entry.state, State::Pending(pending) if pending.underway.is_none()).then_some(begun)
}

async fn store(server: &DynamoDbServer) -> Store {
    let client = table::client(&server.url());
    table::create(&client).await;
    Store::new(client, table::NAME.into())
}

async fn put(store: &Store, entry: &Entry) {
    let item = item::item("k", &fresh_rev(), entry).unwrap();
    let client = store.ask().await;
    let put = client.put_item().table_name(table::NAME);
    put.set_item(Some(item)).send().await.unwrap();
}

/// What the expression makes of the entry, if it does; else it must have answered it.
async fn begun_blindly(store: &Store, entry: &Entry, run: Ulid) -> Option<Entry> {
    put(store, entry).await;
    let swap = store.begin_blindly("k", run, &when()).await.unwrap();
    let left = store.read("k", Read::Strong).await.unwrap();
    match swap {
        Swap::Made(begun) => {
            assert_eq!(left, begun, "the answer is what is there");
            begun.entry
        }
        Swap::Met(met) => {
            assert_eq!(left, met, "the answer is what is there");
            assert_eq!(met.entry.as_ref(), Some(entry), "and nothing was changed");
            None
        }
    }
}

#[test]
fn the_blind_begin_does_what_the_transition_does_over_a_pending_entry() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(DynamoDbServer::start());
    let store = runtime.block_on(store(&server));
    let begun = std::cell::Cell::new(0);
    let config = Config {
        cases: 500,
        failure_persistence: None,
        ..Config::default()
    };
    // The same cases in every run: how many of them are begun is checked below.
    let dice = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let result = TestRunner::new_with_rng(config, dice).run(&(entry(), id()), |(entry, run)| {
        let expected = begun_by_the_domain(&entry, run);
        begun.set(begun.get() + u32::from(expected.is_some()));
        let blind = runtime.block_on(begun_blindly(&store, &entry, run));
        prop_assert_eq!(blind, expected);
        Ok(())
    });
    result.unwrap();
    let begun = begun.get();
    assert!((50..450).contains(&begun), "{begun} of 500 were begun");
}
