//! Hits, and what is not mirrored at all.

use cloud_mirror_tests::wired::Wired;

use super::{HOUR, PATH, book, life_left, redirect, with_a_replica};

#[tokio::test]
async fn a_hot_hit_costs_no_call() {
    let (mirror, url) = with_a_replica("[lifetimes]\nhot_cache = \"60s\"").await;
    let environment = mirror.environment();
    let (_, first) = mirror.calls_of(environment.ask(&redirect(&url), &[])).await;
    book::TABLE_HIT.is(&first);
    let (answer, second) = mirror.calls_of(environment.ask(&redirect(&url), &[])).await;
    assert_eq!(answer.status(), 302);
    book::HOT_HIT.is(&second);
}

#[tokio::test]
async fn a_table_hit_costs_exactly_one_get_item() {
    let (mirror, url) = with_a_replica("").await;
    let (_, calls) = mirror.calls_of(mirror.ask(&url)).await;
    book::TABLE_HIT.is(&calls);
}

#[tokio::test]
async fn a_signed_address_is_made_and_asked_of_nobody() {
    let mirror = Wired::start("").await;
    mirror.origin().serve(PATH, "ten bytes.");
    let url = mirror.origin().url(PATH);
    let route = Wired::route_in("redirect", "us-west-2", &url);
    mirror.environment_and_copier().ask(&route, &[]).await;
    let (_, calls) = mirror.calls_of(mirror.environment().ask(&route, &[])).await;
    book::SIGNED_HIT.is(&calls);
}

#[tokio::test]
async fn a_recheck_costs_one_look_and_one_write() {
    let (mirror, url) = with_a_replica("").await;
    mirror.time_passes(7 * HOUR);
    let (_, calls) = mirror.calls_of(mirror.ask(&url)).await;
    book::RECHECKED_HIT.is(&calls);
    let (_, calls) = mirror.calls_of(mirror.ask(&url)).await;
    book::TABLE_HIT.is(&calls);
}

#[tokio::test]
async fn a_hit_that_trusts_no_cache_costs_one_look_and_one_write() {
    let (mirror, url) = with_a_replica("").await;
    let asked = [("cache-control", "no-cache")];
    let environment = mirror.environment();
    let (_, calls) = mirror
        .calls_of(environment.ask(&redirect(&url), &asked))
        .await;
    book::NO_CACHE_HIT.is(&calls);
}

#[tokio::test]
async fn a_renewal_makes_nobody_look_and_nobody_wait() {
    let mirror = Wired::start("").await;
    let url = mirror.store_has("a", 10);
    let left = life_left(&mirror.ask(&url).await);
    mirror.time_passes(left - 4 * HOUR);
    let no_cache = [("cache-control", "no-cache")];
    mirror.environment().ask(&redirect(&url), &no_cache).await;
    mirror.time_passes(3 * HOUR);
    let (_, calls) = mirror.calls_of(mirror.ask(&url)).await;
    book::RENEWAL.is(&calls);
}

#[tokio::test]
async fn what_is_not_mirrored_costs_no_call() {
    let mirror = Wired::start("").await;
    let stored = mirror.store_has("a", 10);
    let plain = mirror.origin().url(PATH);
    for route in [
        redirect(&format!("{plain}?X-Amz-Signature=abc")),
        redirect(&format!("{plain}?query")),
        Wired::route_in("redirect", "us-west-2", &stored),
    ] {
        let (answer, calls) = mirror.calls_of(mirror.environment().ask(&route, &[])).await;
        assert_eq!(answer.status(), 302);
        book::ORIGIN.is(&calls);
    }
}
