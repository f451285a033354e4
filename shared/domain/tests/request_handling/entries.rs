//! Entries in every state, as they are at one moment.

use std::time::Duration;

use cloud_mirror_domain::entry::{
    Entry, Failed, Pending, Present, Purging, Replica, State, Underway, Upstream, Work,
};
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::time::Timestamp;
use ulid::Ulid;

pub(crate) const URL: &str = "https://example.com/a";
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_000_000_000);
pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

fn an_entry(state: State) -> Entry {
    Entry {
        state,
        expires: NOW + 7 * DAY,
        tries: 1,
        distrust: false,
        most_parts: 0,
        upload: None,
    }
}

pub(crate) fn replica() -> Replica {
    Replica {
        etag: "\"e\"".into(),
        size: 10,
        stored: NOW,
        upstream: Some(Upstream {
            url: URL.into(),
            etag: None,
            length: Some(10),
        }),
        ..Replica::default()
    }
}

pub(crate) fn present(left: Duration, looked_at: Duration) -> Entry {
    let state = State::Present(Present {
        replica: replica().into(),
        settled_by: Ulid::from(1u128),
        checked: NOW - looked_at,
        renewal: None,
        renew_after: NOW - looked_at,
    });
    Entry {
        expires: NOW + left,
        ..an_entry(state)
    }
}

pub(crate) fn renewing(mut entry: Entry) -> Entry {
    if let State::Present(present) = &mut entry.state {
        let run = Some(Ulid::from(3u128));
        let attempt = Ulid::from(2u128);
        present.renewal = Some(Work {
            attempt,
            run,
            lease: NOW + 30 * SECOND,
        });
    }
    entry
}

pub(crate) fn pending(lease: Duration, underway: Option<Underway>) -> Entry {
    let work = Work {
        attempt: Ulid::from(1u128),
        run: None,
        lease: NOW + lease,
    };
    an_entry(State::Pending(Pending { work, underway }))
}

pub(crate) fn purging(lease: Duration) -> Entry {
    let purging = Purging {
        id: Ulid::from(1u128),
        lease: NOW + lease,
        run_until: None,
    };
    an_entry(State::Purging(purging))
}

pub(crate) fn purging_a_run(run_until: Duration) -> Entry {
    let (id, run_until) = (Ulid::from(1u128), Some(NOW + run_until));
    let lease = NOW + 100 * SECOND;
    an_entry(State::Purging(Purging {
        id,
        lease,
        run_until,
    }))
}

pub(crate) fn failed(kind: Kind, pause: Duration) -> Entry {
    let failure = Failure::new(kind, "why");
    let settled_by = Ulid::from(1u128);
    an_entry(State::Error(Failed {
        failure,
        retry_at: NOW + pause,
        settled_by,
    }))
}
