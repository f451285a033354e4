//! The fates in words.

use std::fmt::Write as _;
use std::time::Duration;

use cloud_mirror_domain::claim::MAX_TRIES;
use cloud_mirror_domain::error::{Fault, Kind};
use cloud_mirror_domain::policy::Policy;

use super::fate::{Answer, End, Fate};

const MINUTE: u64 = 60;

/// The whole of `docs/ERRORS.md`.
pub(crate) fn document(fates: &[(Kind, Fate)]) -> String {
    let mut text = introduction();
    for (fault, title, sentence) in GROUPS {
        let of_it = fates.iter().filter(|(kind, _)| kind.fault() == fault);
        let rows: String = of_it.map(|(kind, fate)| row(*kind, fate)).collect();
        write!(text, "\n## {title}\n\n{sentence}\n\n{HEAD}{rows}").unwrap();
    }
    text
}

/// In the order in which `Kind::ALL` comes to them.
const GROUPS: [(Fault, &str, &str); 4] = [
    (
        Fault::Absent,
        "There is no such object",
        "The source itself says so, and the client is told the same with the source's own status.",
    ),
    (
        Fault::Source,
        "The source's",
        "The source will not give the object to the mirror, or does not allow that it is stored, or sends
other bytes than its own digest says; the client may do better at the origin.",
    ),
    (
        Fault::Ours,
        "Ours",
        "Only an operator can mend it: clients are served by the origin meanwhile, and the message waits
among the dead letters. On its way there it is not tried again. Once it is mended, redrive the message;
the next request has the copy tried anew as well.",
    ),
    (
        Fault::Transient,
        "Transient",
        "It may work next time, and is tried again by itself. A client waits for that if the next try
comes within its budget, and is else sent to the origin at once.",
    ),
];

const HEAD: &str = "\
| kind | what a client is told | what a client sees | what becomes of the message | what an operator does |
|---|---|---|---|---|
";

fn row(kind: Kind, fate: &Fate) -> String {
    let (client, message) = (client(fate), message(fate));
    let (told, remedy) = (kind.message(), kind.remedy());
    format!("| `{kind}` | {told} | {client} | {message} | {remedy} |\n")
}

/// What clients see after the first failure, and after those that follow it where that differs.
fn client(fate: &Fate) -> String {
    let mut seen = fate.answers.clone();
    seen.dedup();
    let same = seen.chunk_by(|(one, _), (next, _)| one == next);
    let said = same.map(|answers| {
        let times: Vec<_> = answers.iter().map(|(_, time)| in_words(*time)).collect();
        let times = times.join(", then ");
        match answers[0].0 {
            Answer::Status(status) => format!("**{status}** for {times}"),
            Answer::Origin => format!("**302 to the origin** for {times}"),
            Answer::Waits => format!("waits {times}, for the next try"),
        }
    });
    said.collect::<Vec<_>>().join("; then ")
}

fn message(fate: &Fate) -> String {
    let mut pauses: Vec<_> = fate.pauses.iter().map(|pause| in_words(*pause)).collect();
    pauses.dedup();
    let comes_back = match pauses.as_slice() {
        [] => String::new(),
        [each] => format!("comes back every {each}; "),
        [first @ .., last] => format!(
            "comes back after {}, then every {last}; ",
            first.join(", then ")
        ),
    };
    match fate.ends {
        End::Acknowledged => format!("{comes_back}acknowledged"),
        End::DeadLetter => format!(
            "{comes_back}a dead letter after {} receptions",
            fate.receptions
        ),
    }
}

fn in_words(time: Duration) -> String {
    match time.as_secs() {
        seconds if seconds > MINUTE && seconds.is_multiple_of(MINUTE) => {
            format!("{} min", seconds / MINUTE)
        }
        seconds => format!("{seconds} s"),
    }
}

fn introduction() -> String {
    let Policy {
        wait, lifetimes, ..
    } = Policy::default();
    let (shortest, longest) = lifetimes.retry_backoff;
    let [budget, memory, shortest, longest] =
        [wait.total, lifetimes.error_memory, shortest, longest].map(in_words);
    format!(
        "\
# What can go wrong with a copy, and what follows

Every failure of a copy has a **kind**, and each kind is sorted once: it settles what clients are
answered, what becomes of the message in the queue, and what an operator does.

This page is rendered by a test (`functions/copier/tests/events/errors_document.rs`): each kind is
made to happen to the real copier, over a queue as it is deployed, and `decide` is asked what a
client is answered right after each failure. So it says what the code does, under the default policy
and for a client that waits {budget}.

## Where a kind shows

| where | what |
|---|---|
| a 404 or 410 of `/v1/redirect` | the JSON body: `{{\"error\": kind, \"message\": what a client is told}}`; and `Cache-Status: cloud-mirror; fwd=miss; detail=kind` |
| a 302 to the origin | `Cache-Status: cloud-mirror; fwd=miss; detail=kind`; the body does not tell it |
| `/v1/status` | `\"status\": \"error\"`, with the same `error` and `message`, until the object is claimed anew or the entry ends |
| the redirect function's log | in `cache_status`, on the event `decided` |
| the copier's log | in `kind` and `detail`, on the event `failed`, which is counted as `copy_failures` ([METRICS.md](METRICS.md)). `abandoned` is on the same event of whoever claims next, mostly in the redirect function's log |

**Public** are the kind and what a client is told; they name no bucket, account or address.
**Private** is the detail, the cause in full: it is in the copier's log and in the entry in the status
table, and no answer shows it.

No answer of `/v1/redirect` that has a kind may be kept: each says `Cache-Control: no-store`.

## How long it lasts

- A transient failure is tried again after {shortest}, then after pauses that double, up to {longest}
  (`lifetimes.retry_backoff`); from failure {MAX_TRIES} in a row the pause is {longest}. A try that got
  further with a large object begins the row anew.
- Any other is remembered for {memory} (`lifetimes.error_memory`).
- When that time is over, the next request claims the object and has it tried anew, whatever the kind.
- A dead letter changes nothing of that. It is for the operator: redriven, it is tried anew like a
  request's.
- **A renewal that fails changes nothing for clients**: the entry stays `present`, the replica is
  served as before, and the renewal may begin again after {longest}.

What has no kind is no failed copy. Where the table, the queue or the pool fails a request, the answer is
a fail-open redirect to the origin ([what becomes of a request](request-handling.md)). A message that
cannot be read, or that no rule or no pool of the configuration is for, becomes a dead letter as those
under *Ours* do.
"
    )
}
