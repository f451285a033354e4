//! What lines look like, and what is never in them.

mod document;
mod members;
mod secrets;

use std::collections::BTreeMap;

use cloud_mirror_testkit::log::Log;
use serde_json::{Value, json};
use tracing::{debug, error_span, info, info_span, warn};

use super::{Format, Settings, dispatch};

fn settings(format: Format, filter: Option<&str>, stack: Option<&str>) -> Settings {
    Settings {
        format,
        filter: filter.map(str::to_owned),
        stack: stack.map(str::to_owned),
    }
}

fn in_a_stack() -> Settings {
    settings(Format::Json, None, Some("mirror"))
}

fn by_hand() -> Settings {
    settings(Format::Json, None, None)
}

/// What is logged while that is told.
fn logged(settings: &Settings, told: impl FnOnce()) -> Log {
    let log = Log::default();
    let writer = log.clone();
    let dispatch = dispatch(settings, move || writer.clone());
    tracing::dispatcher::with_default(&dispatch, told);
    log
}

fn decided() {
    let span = error_span!(
        "request",
        request_id = "r",
        trace_id = "1-2-3",
        pool = "s3_x"
    );
    let _within = span.enter();
    info!(
        event = "decided",
        answer = "stored",
        cache_status = "fwd=miss; stored; ttl=1",
        wait_milliseconds = 1_234_u64,
    );
}

#[test]
fn a_line_is_one_flat_json_object_with_what_is_known_around_it() {
    let log = logged(&by_hand(), || {
        let outer = info_span!(
            "Lambda runtime invoke",
            requestId = "r-1",
            xrayTraceId = "Root=1"
        );
        let _outer = outer.enter();
        let span = error_span!("message", trace_id = "1-2-3", pool = tracing::field::Empty);
        let _within = span.enter();
        span.record("pool", "s3_x");
        warn!(
            error = "no answer",
            tries = 3,
            "the queue\nwill be asked again"
        );
    });
    let [line] = &log.lines()[..] else {
        panic!("one line: {}", log.text())
    };
    let mut line = line.as_object().unwrap().clone();
    let timestamp = line.remove("timestamp").unwrap();
    assert!(timestamp.as_str().unwrap().ends_with('Z'), "{timestamp}");
    let expected = json!({
        "level": "WARN",
        "target": module_path!(),
        "message": "the queue\nwill be asked again",
        "error": "no answer",
        "tries": 3,
        "trace_id": "1-2-3",
        "pool": "s3_x",
        "request_id": "r-1",
    });
    assert_eq!(Value::Object(line), expected);
}

#[test]
fn a_line_begins_with_when_how_bad_and_what() {
    let text = logged(&by_hand(), decided).text();
    let begins = text.find(r#","level":"INFO","event":"decided","#);
    assert!(begins.is_some_and(|at| at < 60), "{text}");
}

#[test]
fn without_a_stack_no_line_has_metrics() {
    let lines = logged(&by_hand(), decided).lines();
    assert_eq!(lines[0]["wait_milliseconds"], 1_234);
    for member in ["_aws", "stack", "requests"] {
        assert_eq!(lines[0].get(member), None, "{member}");
    }
}

/// The Embedded Metric Format's own conditions: every dimension is a text member and every metric a
/// number member of the very line, names are given once, and the time is in milliseconds.
#[test]
fn a_line_in_a_stack_says_of_itself_what_cloudwatch_needs() {
    let log = logged(&in_a_stack(), || {
        decided();
        warn!(
            event = "failed",
            kind = "throttled",
            pool = "s3_x",
            detail = "slow down"
        );
        warn!(
            event = "failed",
            kind = "abandoned",
            detail = "whose pool nobody knows"
        );
    });
    let sets = [
        json!([["stack"], ["stack", "pool"]]),
        json!([["stack"], ["stack", "pool"], ["stack", "kind"]]),
        json!([["stack"], ["stack", "kind"]]),
    ];
    for (line, sets) in log.lines().iter().zip(sets) {
        let aws = &line["_aws"];
        assert!(aws["Timestamp"].as_u64().unwrap() > 1_700_000_000_000);
        let [directive] = &aws["CloudWatchMetrics"].as_array().unwrap()[..] else {
            panic!("one directive: {line}")
        };
        assert_eq!(directive["Namespace"], "CloudMirror");
        assert_eq!(directive["Dimensions"], sets, "{line}");
        for dimension in sets
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|set| set.as_array().unwrap())
        {
            assert!(
                line[dimension.as_str().unwrap()].is_string(),
                "{dimension}: {line}"
            );
        }
        let metrics = directive["Metrics"].as_array().unwrap();
        assert!(!metrics.is_empty());
        for metric in metrics {
            assert!(
                line[metric["Name"].as_str().unwrap()].is_number(),
                "{metric}: {line}"
            );
        }
    }
}

#[test]
fn a_decision_counts_as_what_was_answered_and_nothing_else() {
    for (answer, cache_status, counted) in [
        ("hit", "hit; ttl=1", vec!["hits"]),
        (
            "stored",
            "fwd=miss; stored; ttl=1",
            vec!["misses", "stored"],
        ),
        (
            "collapsed",
            "fwd=miss; collapsed; ttl=1",
            vec!["collapsed", "misses"],
        ),
        (
            "origin",
            "fwd=miss; detail=too-slow",
            vec!["misses", "origins"],
        ),
        ("origin", "fwd=bypass; detail=signed", vec!["origins"]),
        ("hop", "fwd=miss; detail=hop", vec!["hops", "misses"]),
        (
            "refused",
            "fwd=bypass; detail=invalid-url",
            vec!["refusals"],
        ),
        (
            "fail-open",
            "fwd=bypass; detail=fail-open-pool",
            vec!["fail_opens", "origins"],
        ),
    ] {
        let log = logged(&in_a_stack(), || {
            info!(
                event = "decided",
                answer,
                cache_status,
                wait_milliseconds = 0_u64
            );
        });
        let line = &log.lines()[0];
        let metrics = super::metrics::TABLE
            .iter()
            .filter(|metric| metric.event == "decided");
        let values: BTreeMap<_, _> = metrics
            .map(|metric| (metric.name, line[metric.name].as_u64().unwrap()))
            .collect();
        let ones: Vec<_> = values
            .iter()
            .filter(|(_, value)| **value > 0)
            .map(|(name, _)| *name)
            .collect();
        let mut expected = counted;
        expected.push("requests");
        expected.sort_unstable();
        assert_eq!(ones, expected, "{cache_status}");
    }
}

#[test]
fn in_a_stack_no_level_silences_what_its_alarms_are_made_of() {
    let told = || {
        info!(target: "cloud_mirror_redirect::answer", event = "decided");
        info!(target: "cloud_mirror_copier::told", event = "copied");
        info!(target: "cloud_mirror_purge::purger", event = "purged");
        info!(target: "aws_config", "of no interest");
        debug!(target: "cloud_mirror_redirect::answer", "of little interest");
    };
    let events = |filter, stack| logged(&settings(Format::Json, Some(filter), stack), told).story();
    assert_eq!(
        events("error", Some("mirror")),
        ["decided", "copied", "purged"]
    );
    assert_eq!(events("error", None), [""; 0]);
    assert_eq!(
        events("error,cloud_mirror_copier=off", Some("mirror")),
        ["decided", "purged"]
    );
}

#[test]
fn a_person_reads_what_happened_first() {
    let text = logged(&settings(Format::Human, None, Some("mirror")), decided).text();
    assert!(
        text.contains(r#"Z  INFO decided answer="stored" cache_status="#),
        "{text}"
    );
    assert!(
        text.ends_with("trace_id=\"1-2-3\" pool=\"s3_x\"\n"),
        "{text}"
    );
    assert!(!text.contains("_aws"), "{text}");
}
