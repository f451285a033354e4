//! The ledger of calls: what every kind of request costs, told over AWS's adapters and the services'
//! own protocols, each story by environments that know nothing of the object.
//!
//! [`book`] says what is expected and why; `docs/COST.md` is rendered from it.

mod bill;
mod book;
mod copies;
mod document;
mod herds;
mod hits;
mod lines;
mod logs;
mod million;
mod prices;
mod purges;
mod sizes;
mod template;

use std::time::Duration;

use cloud_mirror_tests::wired::{Counts, Wired};
use http::Response;

use lines::Story;

const MIB: u64 = 1024 * 1024;
const HOUR: Duration = Duration::from_secs(3_600);

/// Objects of the origin are streamed.
const PATH: &str = "/downloads/tool-1.2.3-linux-arm64.tar.gz";

/// Parts as small as S3 takes them, one at a time.
const SMALL_PARTS: &str = "[copy]\nserver_side_single = \"5MiB\"\npart = \"5MiB\"\nstream_part = \"5MiB\"\nstream_memory = \"20MiB\"\nparts_in_flight = 1";

/// An object of three of them.
const THREE_PARTS: u64 = 12 * MIB;

const STRONG: &str = "DynamoDB GetItem, strong";

impl Story {
    /// Fails unless these are its calls and no others.
    #[track_caller]
    fn is(&self, counts: &Counts) {
        self.is_with(counts, 1, 1);
    }

    /// The same where a wait looked so often, and an object had so many parts.
    #[track_caller]
    fn is_with(&self, counts: &Counts, looks: usize, parts: usize) {
        let expected = self.counts(looks, parts);
        assert_eq!(*counts, expected, "{}", self.title);
    }
}

/// A mirror that has streamed an object of ten bytes, and the object's URL.
async fn with_a_replica(policy: &str) -> (Wired, String) {
    let mirror = Wired::start(policy).await;
    mirror.origin().serve(PATH, "ten bytes.");
    let url = mirror.origin().url(PATH);
    let answer = mirror.ask(&url).await;
    assert!(cache_status(&answer).contains("stored"), "{answer:?}");
    (mirror, url)
}

fn cache_status(answer: &Response<String>) -> &str {
    answer.headers()["cache-status"].to_str().unwrap()
}

/// Until its entry ends, by the answer's own word.
fn life_left(answer: &Response<String>) -> Duration {
    let (_, ttl) = cache_status(answer).split_once("ttl=").expect("a ttl");
    Duration::from_secs(ttl.parse().expect("seconds"))
}

fn redirect(url: &str) -> String {
    Wired::route("redirect", url)
}
