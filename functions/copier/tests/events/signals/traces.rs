//! One copy, one trace: from the redirect through the queue to whoever ends it.

use std::collections::BTreeSet;

use aws_lambda_events::sqs::SqsEvent;
use cloud_mirror_domain::message::Message;
use cloud_mirror_domain::trace::Trace;
use futures::future::join_all;
use serde_json::Value;
use tokio::join;
use ulid::Ulid;

use super::scene::{Scene, WHO};
use crate::house::{LEASE, SECOND, event, message};

/// The traces of the lines of these events.
fn traces(scene: &Scene, events: &[&str]) -> BTreeSet<String> {
    let lines = scene.log.events().into_iter();
    let meant = lines.filter(|line| events.contains(&line["event"].as_str().unwrap()));
    meant.map(|line| trace_of(&line)).collect()
}

fn trace_of(line: &Value) -> String {
    line["trace_id"].as_str().expect("a trace").to_owned()
}

fn one_of(traces: BTreeSet<String>) -> String {
    assert_eq!(traces.len(), 1, "{traces:?}");
    traces.into_iter().next().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_herds_one_copy_is_in_the_trace_of_whoever_had_it_made() {
    let scene = Scene::new();
    let header = |n: u32| format!("Root=1-5759e988-{n:024x};Parent=53995c3f42cd8ad8;Sampled=1");
    let headers: Vec<_> = (0..20).map(header).collect();
    let asked = headers.iter().map(|trace| async {
        let headers = [("x-amzn-trace-id", trace.as_str())];
        scene.ask("/herd", &headers).await
    });
    join!(join_all(asked), scene.house.work_for(SECOND));

    let copy = one_of(traces(&scene, &["claimed", "begun", "verified", "copied"]));
    assert_eq!(
        traces(&scene, &["decided"]).len(),
        20,
        "each request has its own"
    );
    let lines = scene.log.events();
    let stored: Vec<_> = lines
        .iter()
        .filter(|line| line["answer"] == "stored")
        .collect();
    assert_eq!(stored.len(), 1);
    assert_eq!(trace_of(stored[0]), copy);
    let sent = scene.house.faults.sent();
    let sent = sent[0].trace.unwrap().to_string();
    assert!(
        headers.contains(&sent),
        "parent and sampling travel, too: {sent}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_is_handed_on_stays_in_its_trace() {
    let scene = Scene::new();
    scene.a_copy_takes_two_invocations("/large").await;
    let story = scene.log.story();
    let life = [
        "begun",
        "handed-on",
        "begun",
        "continued",
        "verified",
        "copied",
    ];
    assert_eq!(story[story.len() - life.len()..], life);
    let whole = [
        "claimed",
        "begun",
        "handed-on",
        "continued",
        "verified",
        "copied",
    ];
    one_of(traces(&scene, &whole));
}

#[tokio::test(start_paused = true)]
async fn a_purge_that_waits_for_a_run_stays_in_its_trace_and_names_who_asked() {
    let scene = Scene::new();
    scene.house.source.hold();
    let purged = async {
        scene.house.source.until_opened().await;
        assert_eq!(scene.purge("/tool").await, 202);
        scene.house.source.release();
        scene.house.work_for(LEASE * 4).await;
    };
    join!(
        scene.ask("/tool", &[]),
        scene.house.work_for(SECOND),
        purged
    );

    one_of(traces(&scene, &["purged"]));
    let lines = scene.log.events();
    let purges: Vec<_> = lines
        .iter()
        .filter(|line| line["event"] == "purged")
        .collect();
    assert_eq!(
        (&purges[0]["who"], &purges[0]["outcome"]),
        (&WHO.into(), &"later".into())
    );
    let last = purges.last().unwrap();
    assert_eq!(
        (&last["who"], &last["outcome"]),
        (&"copier".into(), &"gone".into())
    );
    assert_eq!(purges[0]["request_id"], "purge-1");
}

/// Any program may send a message.
#[tokio::test(start_paused = true)]
async fn a_message_without_a_trace_has_the_one_beside_it_else_its_own() {
    const BESIDE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0";
    let put = message("sqs-put-without-attempt");
    let own = Message {
        trace: Some(Trace::fresh(Ulid::from(7u128))),
        ..put.clone()
    };
    for (message, beside, expected) in [
        (&put, BESIDE, Some("1-5759e988-bd862e3fe1be46a994272793")),
        (&own, BESIDE, Some("1-00000000-000000000000000000000007")),
        (&put, "Root=nonsense", None),
    ] {
        let scene = Scene::new();
        scene.house.hand_over(event_with(message, beside)).await;
        let trace = one_of(traces(&scene, &["claimed", "begun", "verified", "copied"]));
        assert!(Trace::parse(&format!("Root={trace}")).is_some(), "{trace}");
        assert!(expected.is_none_or(|expected| expected == trace), "{trace}");
    }
}

fn event_with(message: &Message, beside: &str) -> SqsEvent {
    let mut event = event("sqs-put-without-attempt");
    event.records[0].body = Some(message.to_json());
    let header = ("AWSTraceHeader".to_owned(), beside.to_owned());
    event.records[0].attributes.extend([header]);
    event
}
