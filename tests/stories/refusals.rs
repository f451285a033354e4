//! What is not served says why.

use cloud_mirror_domain::claim::{Holder, Outcome};
use cloud_mirror_domain::entry::Replica;
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::url::{SourceUrl, to_base64url};
use cloud_mirror_tests::{Mirror, Stage};
use ulid::Ulid;

async fn ask_for(mirror: &Mirror, raw: &str) -> cloud_mirror_tests::Answer {
    let url = mirror.route("redirect", raw);
    mirror.client.ask("GET", &url, &[]).await
}

pub(crate) async fn what_no_rule_allows_is_refused_even_while_a_present_entry_exists(stage: Stage) {
    let mirror = stage.mirror().await;
    let forbidden = SourceUrl::parse("https://evil.example/a").unwrap();
    settle_as_present(&mirror, &forbidden).await;
    let answer = ask_for(&mirror, &to_base64url(forbidden.as_str())).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    assert_eq!(answer.header("location"), "", "never an open redirector");
    assert!(
        answer.text().contains(r#""error":"source-not-allowed""#),
        "{}",
        answer.text()
    );
}

async fn settle_as_present(mirror: &Mirror, url: &SourceUrl) {
    let id = ReplicaId {
        pool: mirror.pool_id(),
        url: url.clone(),
    };
    let (table, when, attempt) = (mirror.deployment.table(), mirror.now(), Ulid::from(1u128));
    let expires = when.now + std::time::Duration::from_secs(3600);
    let outcome = Outcome::Present {
        replica: Replica::default(),
        expires,
    };
    assert!(table.claim(&id, attempt, &when).await.unwrap().is_done());
    let settled = table
        .settle(&id, Holder::Attempt(attempt), &outcome, &when)
        .await
        .unwrap();
    assert!(settled.is_done());
}

pub(crate) async fn an_unknown_pool_is_told_which_ones_exist(stage: Stage) {
    let mirror = stage.mirror().await;
    let url = mirror.redirect_url("/a").replace("eu-central-1", "mars-1");
    let answer = mirror.client.ask("GET", &url, &[]).await;
    assert_eq!(answer.status, 404);
    let text = answer.text();
    assert!(text.contains(r#""error":"unknown-pool""#), "{text}");
    let service = mirror.deployment.service();
    let pools = format!("{service}/us-west-2, {service}/eu-central-1");
    assert!(text.contains(&pools), "{text}");
}

pub(crate) async fn a_url_that_cannot_be_read_is_a_clear_400(stage: Stage) {
    let mirror = stage.mirror().await;
    for raw in [
        "!!",
        "ftp://example.com/a",
        "https://user@example.com/a",
        "aGVsbG8",
    ] {
        let answer = ask_for(&mirror, raw).await;
        assert_eq!(answer.status, 400, "{raw}: {answer:?}");
        assert!(
            answer.text().contains(r#""error":"invalid-url""#),
            "{raw}: {}",
            answer.text()
        );
    }
}

pub(crate) async fn a_url_that_is_too_long_is_a_414(stage: Stage) {
    let mirror = stage.mirror().await;
    let url = mirror.origin.url(&format!("/{}", "a".repeat(2000)));
    assert_eq!(ask_for(&mirror, &to_base64url(&url)).await.status, 414);
}

pub(crate) async fn a_signed_url_goes_to_the_origin_and_is_not_recorded(stage: Stage) {
    let mirror = stage.mirror_of("query = \"keep\"", "").await;
    let path = "/a?X-Amz-Signature=secret";
    let answer = mirror.ask(path).await;
    assert!(mirror.is_origin(&answer, path), "{answer:?}");
    assert_eq!(mirror.entry(path).await, None);
    assert!(mirror.deployment.faults().sent().is_empty());
}

pub(crate) async fn other_routes_and_methods_are_told_what_to_do(stage: Stage) {
    let mirror = stage.mirror().await;
    let base = mirror.deployment.base_url();
    let lost = mirror
        .client
        .ask("GET", &format!("{base}/v2/redirect"), &[])
        .await;
    assert_eq!(lost.status, 404);
    assert!(
        lost.text()
            .contains("/v1/redirect/{service}/{region}/{url}"),
        "{}",
        lost.text()
    );
    let nothing = ask_for(&mirror, "").await;
    assert_eq!(nothing.status, 400, "{nothing:?}");
    let posted = mirror
        .client
        .ask("POST", &mirror.redirect_url("/a"), &[])
        .await;
    assert_eq!((posted.status, posted.header("allow")), (405, "GET, HEAD"));
    let got = mirror
        .client
        .ask("GET", &mirror.api_url("purge", "/a"), &[])
        .await;
    assert_eq!((got.status, got.header("allow")), (405, "DELETE"));
}

pub(crate) async fn the_pools_and_the_version_are_told(stage: Stage) {
    let mirror = stage.mirror().await;
    let base = mirror.deployment.base_url();
    let pools = mirror
        .client
        .ask("GET", &format!("{base}/v1/pools"), &[])
        .await
        .text();
    let id = format!(r#""id":"{}_us-west-2""#, mirror.deployment.service());
    assert!(pools.contains(&id), "{pools}");
    let ping = mirror
        .client
        .ask("GET", &format!("{base}/v1/ping"), &[])
        .await
        .text();
    assert!(
        ping.contains(r#""status":"ok""#) && ping.contains("version"),
        "{ping}"
    );
}
