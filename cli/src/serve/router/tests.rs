//! What a client is owed whatever becomes of him, of his connection or of us.

use std::collections::HashMap;

use axum::body::to_bytes;
use cloud_mirror_domain::place::Nowhere;
use cloud_mirror_domain::policy::Policy;
use cloud_mirror_domain::ports::Ports;
use cloud_mirror_domain::rules::{Auto, Rules};
use cloud_mirror_memory::{MemoryQueues, MemoryTable, QueueSettings};
use cloud_mirror_purge::Purger;
use cloud_mirror_testkit::clock::RuntimeClock;
use http::header::HOST;
use tokio::sync::oneshot;
use tokio::task::yield_now;

use super::*;

/// The doors of a mirror without pools, whose name is `mirror.example`.
fn doors() -> Arc<Doors> {
    let rules = Rules {
        sources: Vec::new().into(),
        pools: Vec::new(),
        auto: Auto::default(),
    };
    let clock = Arc::new(RuntimeClock::default());
    let ports = Ports {
        table: Arc::new(MemoryTable::new(1, clock.clone())),
        queue: Arc::new(MemoryQueues::new(QueueSettings::default())),
        pools: HashMap::new(),
        signers: HashMap::new(),
        geography: Arc::new(Nowhere),
        clock,
    };
    let policy = Policy::default();
    let purger = Purger::new(rules.clone(), policy.lifetimes, ports.clone());
    Arc::new(Doors {
        purge: Purge::new(rules.clone(), purger),
        purge_token: None,
        replicas: Replicas::new(rules.clone(), HashMap::new()),
        origin_folder: PathBuf::new(),
        named: Some("mirror.example".to_owned()),
        redirect: Arc::new(Redirect::new(rules, policy, ports)),
    })
}

/// What somebody at that address is answered, and the answer's body.
async fn asked(method: Method, from: [u8; 4], host: &str, path: &str) -> (Response, String) {
    let request = Request::builder().method(method).uri(path);
    let request = request.header(HOST, host).body(Body::empty()).unwrap();
    let (parts, body) = answer(doors(), (from, 1).into(), request)
        .await
        .into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let body = String::from_utf8(body.into()).unwrap();
    (Response::from_parts(parts, Body::empty()), body)
}

#[tokio::test]
async fn a_head_is_told_what_a_get_is_and_given_no_body() {
    let (us, somebody) = ([127, 0, 0, 1], [203, 0, 113, 1]);
    for (from, host, path, status) in [
        (us, "mirror.example", "/v1/purge/s3/x/u", 405),
        (somebody, "mirror.example", "/v1/purge/s3/x/u", 401),
        (us, "evil.example", "/v1/pools", 421),
        (us, "mirror.example", "/v1/ping", 200),
    ] {
        let (head, nothing) = asked(Method::HEAD, from, host, path).await;
        let (get, body) = asked(Method::GET, from, host, path).await;
        assert_eq!((head.status().as_u16(), nothing.as_str()), (status, ""));
        assert_eq!(get.status().as_u16(), status);
        assert!(!body.is_empty(), "{path}");
        assert_eq!(head.headers()[CONTENT_LENGTH], body.len().to_string());
    }
}

#[tokio::test]
async fn a_client_that_hangs_up_takes_nothing_with_him_that_is_half_made() {
    let (go_on, may_go_on) = oneshot::channel::<()>();
    let (done, is_done) = oneshot::channel();
    let answering = to_its_end(async move {
        may_go_on.await.unwrap();
        done.send(()).unwrap();
        StatusCode::OK.into_response()
    });
    assert!(answering.now_or_never().is_none(), "he hung up meanwhile");
    go_on.send(()).unwrap();
    is_done.await.unwrap();
}

#[tokio::test]
async fn a_client_that_stays_is_answered_at_once_or_later() {
    let at_once = to_its_end(async { StatusCode::FOUND.into_response() });
    assert_eq!(at_once.now_or_never().unwrap().status(), StatusCode::FOUND);
    let later = to_its_end(async {
        yield_now().await;
        StatusCode::FOUND.into_response()
    });
    assert_eq!(later.await.status(), StatusCode::FOUND);
}

#[tokio::test]
async fn a_panic_is_one_request_s_and_is_answered() {
    let at_once = to_its_end(async { panic!("at once") });
    let answered = at_once.now_or_never().unwrap();
    assert_eq!(answered.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let later = to_its_end(async {
        yield_now().await;
        panic!("later")
    });
    assert_eq!(later.await.status(), StatusCode::INTERNAL_SERVER_ERROR);
}
