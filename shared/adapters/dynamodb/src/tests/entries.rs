//! Entries of every shape.

use std::time::Duration;

use cloud_mirror_domain::entry::{
    Digests, Entry, Failed, Pending, Present, Progress, Purging, Replica, State, StreamProgress,
    Underway, UnfinishedUpload, Upstream, Work,
};
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::time::Timestamp;
use proptest::option;
use proptest::prelude::*;
use ulid::Ulid;

/// When the entries are looked at.
pub(super) const NOW: Timestamp = Timestamp::from_millis(1_780_000_000_000);

/// The lease around whose multiples moments are drawn.
pub(super) const LEASE: Duration = Duration::from_secs(60);

/// Any entry whatever, mostly pending ones and mostly with moments where rules change.
pub(super) fn entry() -> impl Strategy<Value = Entry> {
    (
        state(),
        moment(),
        0..u32::MAX,
        any::<bool>(),
        (option::of(upload()), 0..4_u32),
    )
        .prop_map(
            |(state, expires, tries, distrust, (upload, most_parts))| Entry {
                state,
                expires,
                tries,
                distrust,
                upload,
                most_parts,
            },
        )
}

/// One of few ids, so that entries are often the asking run's own.
pub(super) fn id() -> impl Strategy<Value = Ulid> {
    (0_u128..3).prop_map(Ulid::from)
}

fn state() -> impl Strategy<Value = State> {
    prop_oneof![
        4 => (work(), option::of(underway()))
            .prop_map(|(work, underway)| State::Pending(Pending { work, underway })),
        1 => present().prop_map(State::Present),
        1 => failed().prop_map(State::Error),
        1 => (id(), moment(), option::of(moment()))
            .prop_map(|(id, lease, run_until)| State::Purging(Purging { id, lease, run_until })),
    ]
}

fn work() -> impl Strategy<Value = Work> {
    (id(), option::of(id()), moment()).prop_map(|(attempt, run, lease)| Work {
        attempt,
        run,
        lease,
    })
}

fn underway() -> impl Strategy<Value = Underway> {
    (number(), moment()).prop_map(|(size, began)| Underway { size, began })
}

fn present() -> impl Strategy<Value = Present> {
    (replica(), id(), moment(), option::of(work()), moment()).prop_map(
        |(replica, settled_by, checked, renewal, renew_after)| Present {
            replica: replica.into(),
            settled_by,
            checked,
            renewal,
            renew_after,
        },
    )
}

fn replica() -> impl Strategy<Value = Replica> {
    let fixed = (any::<String>(), number(), moment());
    let optional = (
        option::of(moment()),
        option::of(id()),
        option::of(upstream()),
        option::of(digests()),
        option::of(any::<String>()),
    );
    (fixed, optional).prop_map(
        |((etag, size, stored), (expires, written_by, upstream, digests, checksum))| Replica {
            etag,
            size,
            stored,
            expires,
            written_by,
            upstream,
            digests,
            checksum,
        },
    )
}

fn upstream() -> impl Strategy<Value = Upstream> {
    let texts = (any::<String>(), option::of(any::<String>()));
    (texts, option::of(number())).prop_map(|((url, etag), length)| Upstream { url, etag, length })
}

fn digests() -> impl Strategy<Value = Digests> {
    any::<[String; 4]>().prop_map(|[md5, sha1, sha256, sha512]| Digests {
        md5,
        sha1,
        sha256,
        sha512,
    })
}

fn failed() -> impl Strategy<Value = Failed> {
    let failure = (prop::sample::select(&Kind::ALL[..]), any::<String>());
    (failure, moment(), id()).prop_map(|((kind, detail), retry_at, settled_by)| Failed {
        failure: Failure::new(kind, detail),
        retry_at,
        settled_by,
    })
}

fn upload() -> impl Strategy<Value = UnfinishedUpload> {
    let texts = (any::<String>(), option::of(any::<String>()));
    let numbers = (option::of(number()), number());
    (texts, id(), numbers, progress()).prop_map(
        |((id, source_etag), begun_by, (size, part_size), progress)| UnfinishedUpload {
            id,
            begun_by,
            source_etag,
            size,
            part_size,
            progress,
            failed_completions: 0,
        },
    )
}

fn progress() -> impl Strategy<Value = Progress> {
    let stream = (any::<u32>(), number(), any::<String>());
    let stream = stream.prop_map(|(parts, bytes, digest_states)| StreamProgress {
        parts,
        bytes,
        digest_states,
    });
    (any::<u32>(), option::of(stream)).prop_map(|(parts, stream)| Progress { parts, stream })
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![any::<u64>(), Just(u64::MAX), Just(0)]
}

fn moment() -> impl Strategy<Value = Timestamp> {
    let edge = (0_u64..=3, 0_u64..=2).prop_map(|(leases, off)| {
        let edge = NOW.as_millis() + leases * LEASE.as_millis() as u64;
        Timestamp::from_millis(edge + off - 1)
    });
    prop_oneof![8 => edge, 1 => number().prop_map(Timestamp::from_millis)]
}
