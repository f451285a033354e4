//! What the parsers promise of whatever a stranger sends.
//!
//! A target is a plain function of bytes that panics where a promise is broken. The fuzzer
//! (`scripts/fuzz`) looks for such bytes; the tests run every target over the files of `corpus/`,
//! so that what was found once stays found. A target that takes several texts cuts its input at
//! the first tabs, and what is not said is empty.
//!
//! | target | who sends it | what is promised |
//! |---|---|---|
//! | [`urls`](url::urls) | clients, messages, sources | one canonical form, with nothing hidden in it |
//! | [`paths`](path::paths) | clients | every form of `{url}` reads the same, and nothing else |
//! | [`rules`](rule::rules) | clients | never an open redirector |
//! | [`buckets`](bucket::buckets) | clients | every spelling of a bucket's URL is one place, and no look-alike is |
//! | [`keys`](key::keys) | clients | two URLs never share a replica's key |
//! | [`events`](event::events) | front doors | a bent event is a 400, and the path reaches the route as it came |
//! | [`asked`](wish::asked) | clients | no wish goes beyond policy, and a hop keeps what is the client's |
//! | [`messages`](message::messages) | queues | a message reads as it was written, and no unknown version is read |
//! | [`entries`](entry::entries) | the table | whatever lies there, no request and no copier stumbles over it |
//! | [`redirects`](redirect::redirects) | sources | only what the rule allows is followed, and only to public addresses |
//! | [`digests`](digest::digests) | sources | a digest that counts has its length, and reads the same in every header |
//! | [`ranges`](range::ranges) | sources | a part that counts does not contradict itself |
//! | [`config`](config::config) | operators | an error is one line that names its key, and what is accepted can be run |
//! | [`environment`](environment::environment) | operators | an error is one line that names its variable |

#![allow(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a target panics where a promise is broken: that is what it is for"
)]

pub mod bucket;
pub mod config;
pub mod digest;
pub mod entry;
pub mod environment;
pub mod event;
mod input;
pub mod key;
pub mod message;
pub mod path;
pub mod range;
pub mod redirect;
mod reference;
pub mod rule;
pub mod url;
pub mod wish;

/// A target's name, and the target.
pub type Target = (&'static str, fn(&[u8]));

/// All targets, in the order in which they are run.
pub const TARGETS: &[Target] = &[
    ("urls", url::urls),
    ("paths", path::paths),
    ("rules", rule::rules),
    ("buckets", bucket::buckets),
    ("keys", key::keys),
    ("events", event::events),
    ("asked", wish::asked),
    ("messages", message::messages),
    ("entries", entry::entries),
    ("redirects", redirect::redirects),
    ("digests", digest::digests),
    ("ranges", range::ranges),
    ("config", config::config),
    ("environment", environment::environment),
];

/// The target of that name.
pub fn target(name: &str) -> Option<fn(&[u8])> {
    let mut targets = TARGETS.iter();
    targets
        .find(|(known, _)| *known == name)
        .map(|(_, run)| *run)
}
