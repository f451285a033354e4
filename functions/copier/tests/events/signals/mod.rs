//! What the log says of a replica's life, told by the three handlers themselves.

mod document;
mod scene;
mod traces;

pub(crate) use scene::logging_to;

use std::collections::{BTreeMap, BTreeSet};

use cloud_mirror_redirect::Counted;
use cloud_mirror_runtime::telemetry::metrics::TABLE;
use serde_json::Value;

use scene::Scene;

/// What a line says of itself: the names in its `_aws` member.
fn metrics_of(line: &Value) -> BTreeSet<String> {
    let metrics = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array();
    let name = |metric: &Value| metric["Name"].as_str().unwrap().to_owned();
    metrics.into_iter().flatten().map(name).collect()
}

#[tokio::test(start_paused = true)]
async fn every_metric_is_on_some_line_and_no_line_has_another() {
    let scene = Scene::new();
    scene.everything_happens().await;
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    for line in scene.log.lines() {
        let of_event = TABLE.iter().filter(|metric| line["event"] == metric.event);
        let expected: BTreeSet<_> = of_event.map(|metric| metric.name.to_owned()).collect();
        assert_eq!(metrics_of(&line), expected, "{line}");
        for name in expected {
            *counted.entry(name.clone()).or_default() += line[&name].as_u64().unwrap();
        }
    }
    let never: Vec<_> = TABLE.iter().map(|metric| metric.name).collect();
    let never: Vec<_> = never
        .iter()
        .filter(|name| counted.get(**name).is_none_or(|n| *n == 0))
        .collect();
    assert!(never.is_empty(), "{never:?} never counted anything");
}

#[tokio::test(start_paused = true)]
async fn metrics_count_what_the_handlers_own_counters_count() {
    let scene = Scene::new();
    scene.everything_happens().await;
    let sum = |name: &str| -> u64 {
        let lines = scene.log.events();
        lines.iter().filter_map(|line| line[name].as_u64()).sum()
    };
    for (metric, counter) in [
        ("hits", Counted::Hit),
        ("stored", Counted::Stored),
        ("collapsed", Counted::Collapsed),
        ("origins", Counted::Origin),
        ("hops", Counted::Hop),
        ("refusals", Counted::Refused),
        ("fail_opens", Counted::FailOpen),
    ] {
        assert_eq!(
            sum(metric),
            scene.redirect.counters().get(counter),
            "{metric}"
        );
    }
}

/// CloudWatch keeps a metric for each value of a dimension, and charges for it.
#[tokio::test(start_paused = true)]
async fn nobody_makes_metrics_by_asking_for_pools_that_do_not_exist() {
    let scene = Scene::new();
    for region in ["nowhere", "elsewhere"] {
        scene.ask_for(region, "/tool", &[]).await;
    }
    let pools: BTreeSet<_> = scene
        .log
        .events()
        .iter()
        .map(|line| line["pool"].to_string())
        .collect();
    assert_eq!(pools, BTreeSet::from([r#""unknown""#.to_owned()]));
    assert_eq!(scene.log.events()[0]["asked_pool"], "s3_nowhere");
}

#[tokio::test(start_paused = true)]
async fn a_miss_is_told_from_the_claim_to_the_answer_each_step_once() {
    let scene = Scene::new();
    scene.miss("/tool").await;
    assert_eq!(
        scene.log.story(),
        ["claimed", "begun", "verified", "copied", "decided"]
    );
    let lines = scene.log.events();
    let (claimed, copied) = (&lines[0], &lines[3]);
    for line in &lines {
        assert_eq!(line["pool"], "s3_eu-central-1", "{line}");
        assert_eq!(line["url"], "https://example.com/downloads/tool", "{line}");
        assert_eq!(line["attempt"], claimed["attempt"], "{line}");
    }
    assert!(copied["run"].is_string());
    assert_eq!(copied["plan"], "stream");
    assert_eq!(lines[2]["compared"], "length");
}

#[tokio::test(start_paused = true)]
async fn a_failure_says_its_kind_and_what_only_operators_may_know() {
    let scene = Scene::new();
    scene.a_copy_fails("/tool").await;
    let failed = scene.log.events();
    let failed = failed
        .iter()
        .find(|line| line["event"] == "failed")
        .unwrap();
    assert_eq!(failed["kind"], "source-failed");
    assert_eq!(failed["detail"], "the source was told to fail");
    assert_eq!(failed["level"], "WARN");
    let sets = failed["_aws"]["CloudWatchMetrics"][0]["Dimensions"].to_string();
    assert!(sets.contains(r#"["stack","kind"]"#), "{sets}");
}
