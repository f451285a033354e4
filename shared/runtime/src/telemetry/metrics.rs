//! The metrics, one table: what each counts, and from which event's line.

mod emf;

pub(super) use emf::Emf;

/// The CloudWatch namespace of all of them.
pub const NAMESPACE: &str = "CloudMirror";

/// A number that CloudWatch takes from the lines of one event.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name, and the member of the line that holds it.
    pub name: &'static str,
    /// What it is counted in, in CloudWatch's words.
    pub unit: Unit,
    /// The event on whose every line it is.
    pub event: &'static str,
    /// Where a line's value comes from.
    pub value: From,
    /// What it means, for `docs/METRICS.md`.
    pub meaning: &'static str,
}

/// What a metric is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// How often.
    Count,
    /// Bytes.
    Bytes,
    /// Milliseconds.
    Milliseconds,
}

/// Where a line's value comes from.
#[derive(Clone, Copy, Debug)]
pub enum From {
    /// One for each line.
    Line,
    /// The field of the metric's own name.
    Itself,
    /// One where that field has one of these values, else zero.
    Is(&'static str, &'static [&'static str]),
    /// One where that field begins so, else zero.
    Begins(&'static str, &'static str),
}

/// Sets of dimensions that every metric has.
pub const DIMENSIONS: [&[&str]; 2] = [&["stack"], &["stack", "pool"]];

/// The set that the metrics of failures have besides.
pub const BY_KIND: &[&str] = &["stack", "kind"];

/// The event whose metrics have [`BY_KIND`].
pub const FAILED: &str = "failed";

impl Unit {
    /// CloudWatch's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Bytes => "Bytes",
            Self::Milliseconds => "Milliseconds",
        }
    }
}

/// Every metric that there is.
pub const TABLE: [Metric; 18] = [
    decided("requests", From::Line, "redirects that were asked for"),
    decided(
        "hits",
        From::Is("answer", &["hit"]),
        "answered with a replica that was there",
    ),
    decided(
        "misses",
        From::Begins("cache_status", "fwd=miss"),
        "no replica was there: `stored`, `collapsed`, and what went to the origin instead",
    ),
    decided(
        "stored",
        From::Is("answer", &["stored"]),
        "answered with a replica that this request had made",
    ),
    decided(
        "collapsed",
        From::Is("answer", &["collapsed"]),
        "answered with a replica that another request had made meanwhile",
    ),
    decided(
        "origins",
        From::Is("answer", &["origin", "fail-open"]),
        "sent to the origin, for whatever reason",
    ),
    decided(
        "hops",
        From::Is("answer", &["hop"]),
        "sent to ourselves again, to wait on",
    ),
    decided(
        "refusals",
        From::Is("answer", &["refused"]),
        "refused, or answered with the source's own 404 or 410",
    ),
    decided(
        "fail_opens",
        From::Is("answer", &["fail-open"]),
        "sent to the origin because a part of ours failed",
    ),
    Metric {
        name: "wait_milliseconds",
        unit: Unit::Milliseconds,
        event: "decided",
        value: From::Itself,
        meaning: "from the request's arrival in the function to its answer, waiting included",
    },
    count(
        "claims",
        "claimed",
        "copies that somebody became responsible for, renewals included",
    ),
    count(
        "expirations",
        "expired",
        "claims that found the replica at its end",
    ),
    count("copies", "copied", "replicas that were made"),
    Metric {
        name: "copied_bytes",
        unit: Unit::Bytes,
        event: "copied",
        value: From::Itself,
        meaning: "their sizes",
    },
    Metric {
        name: "copy_milliseconds",
        unit: Unit::Milliseconds,
        event: "copied",
        value: From::Itself,
        meaning: "from the beginning of the run that ended the copy to its settled entry",
    },
    count(
        "copy_failures",
        FAILED,
        "runs that failed, by kind; a transient failure is tried again",
    ),
    count(
        "purges",
        "purged",
        "purges of one replica, by callers and by the copier for those that had to wait",
    ),
    Metric {
        name: "purge_failures",
        unit: Unit::Count,
        event: "purged",
        value: From::Is("outcome", &["failed"]),
        meaning: "purges that could not be finished; the caller was told to ask again",
    },
];

const fn decided(name: &'static str, value: From, meaning: &'static str) -> Metric {
    Metric {
        name,
        unit: Unit::Count,
        event: "decided",
        value,
        meaning,
    }
}

const fn count(name: &'static str, event: &'static str, meaning: &'static str) -> Metric {
    Metric {
        name,
        unit: Unit::Count,
        event,
        value: From::Line,
        meaning,
    }
}
