//! A caller who leaves service or region to the mirror is sent where he is served best; and whose region
//! is being evacuated, elsewhere.

use cloud_mirror_tests::{Answer, Mirror, Setup, Stage, eventually};
use serde_json::Value;

/// Addresses as the providers have published them.
const FRANKFURT: &str = "52.28.0.1:46532";
const FRANKFURT_6: &str = "2a05:d014::1:46532";
const OREGON: &str = "52.94.76.1:46532";
/// Google's `europe-west3`, in which there is no pool.
const OF_GOOGLE: &str = "34.0.224.1:46532";
/// Amazon's `sa-east-1`, in which there is none and near which there is none.
const SAO_PAULO: &str = "56.1.0.1:46532";
/// Amazon's, and of no region.
const GLOBAL: &str = "23.228.249.1:46532";
/// For documents: nobody's.
const NOBODYS: &str = "203.0.113.1:46532";

const NEAR: &str = r#"
    [near]
    europe-west3 = ["{service}/eu-central-1", "{service}/us-west-2"]
    eu-central-1 = ["{service}/us-west-2"]
"#;
const WITH_AN_EDGE: &str = r#"
    [auto]
    default_region = "us-west-2"
    [auto.edge]
    secret_header = "X-Edge-Secret"
    secret_env = "EDGE_SECRET"
    countries = { DE = "eu-central-1", US = "us-west-2", US-VA = "eu-central-1" }
"#;
const PROOF: (&str, &str) = ("x-edge-secret", "open-sesame");
const ADDRESS: &str = "cloudfront-viewer-address";
const COUNTRY: &str = "cloudfront-viewer-country";
const PART: &str = "cloudfront-viewer-country-region";

async fn behind_an_edge(stage: &Stage) -> Mirror {
    let setup = Setup::default().policy(format!("{WITH_AN_EDGE}{NEAR}"));
    let mirror = stage
        .mirror_as(setup.variable("EDGE_SECRET", PROOF.1))
        .await;
    mirror.origin_has("/a", "bytes");
    mirror
}

/// The same route for the pool that is meant so.
fn elsewhere(mirror: &Mirror, verb: &str, pool: &str) -> String {
    let own = format!("/{}/", mirror.pool_id().as_path());
    let pool = pool.replace("{service}", mirror.deployment.service());
    mirror
        .api_url(verb, "/a")
        .replace(&own, &format!("/{pool}/"))
}

async fn ask_for(mirror: &Mirror, pool: &str, headers: &[(&str, &str)]) -> Answer {
    let url = elsewhere(mirror, "redirect", pool);
    mirror.client.ask("GET", &url, headers).await
}

/// The region of the pool that an answer leads to, or why it leads to the origin.
#[track_caller]
fn region_of(mirror: &Mirror, answer: &Answer) -> String {
    let told = answer.header("x-cloud-mirror-pool");
    let detail = answer.header("cache-status").rsplit("detail=").next();
    if mirror.is_origin(answer, "/a") {
        assert_eq!(told, "", "no pool was chosen");
        return detail.unwrap_or_default().to_owned();
    }
    let service = format!("{}_", mirror.deployment.service());
    let region = told
        .strip_prefix(&service)
        .unwrap_or_else(|| panic!("{answer:?}"));
    let location = answer.header("location");
    assert!(mirror.deployment.is_in_pool(location, region), "{answer:?}");
    region.to_owned()
}

pub(crate) async fn a_caller_is_sent_to_the_pool_of_its_region(stage: Stage) {
    let mirror = behind_an_edge(&stage).await;
    for (viewer, region) in [
        (FRANKFURT, "eu-central-1"),
        (FRANKFURT_6, "eu-central-1"),
        (OREGON, "us-west-2"),
    ] {
        for pool in ["{service}/auto", "auto/auto"] {
            let answer = ask_for(&mirror, pool, &[PROOF, (ADDRESS, viewer)]).await;
            assert_eq!(region_of(&mirror, &answer), region, "{pool} from {viewer}");
        }
    }
    assert_eq!(mirror.origin.gets("/a"), 2, "one copy for each region");
    let named = ask_for(&mirror, "auto/eu-central-1", &[]).await;
    assert_eq!(region_of(&mirror, &named), "eu-central-1");
}

pub(crate) async fn a_cloud_region_without_a_pool_is_served_by_the_first_near_it(stage: Stage) {
    let mirror = behind_an_edge(&stage).await;
    for (viewer, led_to) in [(OF_GOOGLE, "eu-central-1"), (SAO_PAULO, "no-pool")] {
        let answer = ask_for(&mirror, "auto/auto", &[PROOF, (ADDRESS, viewer)]).await;
        assert_eq!(region_of(&mirror, &answer), led_to, "{viewer}");
    }
}

pub(crate) async fn a_country_counts_where_an_address_tells_nothing(stage: Stage) {
    let mirror = behind_an_edge(&stage).await;
    for (viewer, country, part, region) in [
        (GLOBAL, "DE", "BY", "eu-central-1"),
        (NOBODYS, "US", "VA", "eu-central-1"),
        (NOBODYS, "US", "CA", "us-west-2"),
        ("bent", "DE", "", "eu-central-1"),
        (NOBODYS, "JP", "13", "us-west-2"),
    ] {
        let says = [PROOF, (ADDRESS, viewer), (COUNTRY, country), (PART, part)];
        let answer = ask_for(&mirror, "auto/auto", &says).await;
        assert_eq!(
            region_of(&mirror, &answer),
            region,
            "{viewer} {country}-{part}"
        );
    }
}

pub(crate) async fn an_unknown_caller_goes_to_the_default_region_or_to_the_origin(stage: Stage) {
    let mirror = behind_an_edge(&stage).await;
    let answer = ask_for(&mirror, "{service}/auto", &[]).await;
    assert_eq!(region_of(&mirror, &answer), "us-west-2");
    drop(mirror);
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", "bytes");
    for pool in ["{service}/auto", "auto/auto", "auto/mars-1", "tape/auto"] {
        let answer = ask_for(&mirror, pool, &[]).await;
        assert_eq!(region_of(&mirror, &answer), "no-pool", "{pool}");
    }
    assert_eq!(mirror.origin.gets("/a"), 0, "nothing was copied");
    mirror.has_counted_fail_opens(0).await;
}

pub(crate) async fn nothing_that_a_caller_writes_says_where_it_is(stage: Stage) {
    let mirror = behind_an_edge(&stage).await;
    let forged = (ADDRESS, FRANKFURT);
    for headers in [
        &[("x-forwarded-for", "52.28.0.1")] as &[_],
        &[("x-forwarded-for", "52.28.0.1, 52.28.0.1")],
        &[("forwarded", "for=52.28.0.1"), ("x-real-ip", "52.28.0.1")],
        &[forged, (COUNTRY, "DE")],
        &[forged, (COUNTRY, "DE"), (PROOF.0, "guess")],
        &[forged, (COUNTRY, "DE"), (PROOF.0, "")],
    ] {
        let answer = ask_for(&mirror, "auto/auto", headers).await;
        assert_eq!(region_of(&mirror, &answer), "us-west-2", "{headers:?}");
    }
}

pub(crate) async fn an_evacuated_pools_callers_are_sent_near_and_its_replicas_stay(stage: Stage) {
    let setup = Setup::default().policy(NEAR);
    let mirror = stage.mirror_as(setup.clone()).await;
    mirror.origin_has("/a", "bytes");
    mirror.has_copied("/a").await;
    let evacuated = setup.clone().drained("eu-central-1");
    mirror.deployment.redeploy(evacuated).await;
    for pool in ["{service}/eu-central-1", "auto/eu-central-1"] {
        let answer = ask_for(&mirror, pool, &[]).await;
        assert_eq!(region_of(&mirror, &answer), "us-west-2", "{pool}");
    }
    let kept = mirror.status("/a").await;
    assert!(kept.contains(r#""status":"present""#), "{kept}");
    assert!(mirror.replica("/a").await.is_some(), "it is kept");
    mirror.deployment.redeploy(setup).await;
    let answer = mirror.ask("/a").await;
    assert!(mirror.is_replica(&answer), "{answer:?}");
    assert!(
        answer.header("cache-status").contains("; hit;"),
        "{answer:?}"
    );
    assert_eq!(mirror.origin.gets("/a"), 2, "one copy for each region");
}

pub(crate) async fn an_evacuated_region_with_none_near_is_left_to_the_origin(stage: Stage) {
    let mirror = stage
        .mirror_as(Setup::default().drained("eu-central-1"))
        .await;
    mirror.origin_has("/a", "bytes");
    let answer = mirror.ask("/a").await;
    assert_eq!(region_of(&mirror, &answer), "drained");
    assert_eq!(mirror.origin.gets("/a"), 0, "nothing was copied");
}

pub(crate) async fn what_was_ordered_for_an_evacuated_pool_is_still_copied_and_purged(
    stage: Stage,
) {
    let mirror = stage
        .mirror_as(Setup::default().drained("eu-central-1"))
        .await;
    mirror.origin_has("/a", "bytes");
    let (pool, url) = (mirror.pool_id(), mirror.origin.url("/a"));
    let message = format!(r#"{{"v":1,"id":"{pool}","url":"{url}","action":"put"}}"#);
    mirror.deployment.deliver(message).await;
    eventually("it is copied", || async {
        let known = mirror.status("/a").await;
        known.contains(r#""status":"present""#)
    })
    .await;
    assert!(mirror.replica("/a").await.is_some());
    assert_eq!(mirror.purge("/a").await.status, 204);
    assert_eq!(mirror.replica("/a").await, None);
}

pub(crate) async fn a_purge_names_its_pool(stage: Stage) {
    let mirror = stage.mirror().await;
    for pool in ["{service}/auto", "auto/auto", "auto/eu-central-1"] {
        let answer = mirror.purge_at(&elsewhere(&mirror, "purge", pool)).await;
        assert_eq!(answer.status, 404, "{pool}");
        let text = answer.text();
        assert!(text.contains("here the pool must be named"), "{text}");
    }
}

/// What the status route explains.
async fn explained(mirror: &Mirror, pool: &str, headers: &[(&str, &str)]) -> Value {
    let url = elsewhere(mirror, "status", pool) + "?cloud-mirror-explain=1";
    let answer = mirror.client.ask("GET", &url, headers).await;
    assert!(!answer.text().contains(PROOF.1), "no secret is told");
    let known: Value = serde_json::from_slice(&answer.body).unwrap();
    known["explain"].clone()
}

pub(crate) async fn a_choice_is_explained_to_who_asks(stage: Stage) {
    let mirror = behind_an_edge(&stage).await;
    let pool = |region: &str| format!("{}_{region}", mirror.deployment.service());
    let told = explained(&mirror, "auto/auto", &[PROOF, (ADDRESS, OF_GOOGLE)]).await;
    assert_eq!(told["asked"], "auto/auto");
    assert_eq!(told["address"], "34.0.224.1");
    assert_eq!(
        (&told["cloud"], &told["by"]),
        (&"google".into(), &"edge-address".into())
    );
    assert_eq!(
        (&told["region"], &told["pool"]),
        (&"europe-west3".into(), &pool("eu-central-1").into())
    );
    assert!(
        told["why"].as_str().unwrap().contains("the first near it"),
        "{told}"
    );
    let told = explained(&mirror, "auto/auto", &[PROOF, (COUNTRY, "DE")]).await;
    assert_eq!(
        (&told["address"], &told["by"]),
        (&Value::Null, &"edge-country".into())
    );
    let told = explained(&mirror, "{service}/eu-central-1", &[]).await;
    assert_eq!(
        (&told["by"], &told["pool"]),
        (&"asked".into(), &pool("eu-central-1").into())
    );
    let told = explained(&mirror, "auto/mars-1", &[]).await;
    assert_eq!(told["pool"], Value::Null);
    assert_eq!(mirror.origin.gets("/a"), 0, "a look copies nothing");
}

pub(crate) async fn the_pools_tell_what_is_evacuated_what_is_near_and_how_old_the_ranges_are(
    stage: Stage,
) {
    let setup = Setup::default().policy(NEAR).drained("eu-central-1");
    let mirror = stage.mirror_as(setup).await;
    let url = format!("{}/v1/pools", mirror.deployment.base_url());
    let told: Value =
        serde_json::from_slice(&mirror.client.ask("GET", &url, &[]).await.body).unwrap();
    let drained: Vec<_> = told["pools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pool| &pool["drain"])
        .collect();
    assert_eq!(drained, [&Value::from(false), &Value::from(true)]);
    let near = &told["near"]["europe-west3"][0];
    assert_eq!(
        near,
        &format!("{}_eu-central-1", mirror.deployment.service())
    );
    let ranges = told["ranges"].as_array().unwrap();
    let of_amazon = ranges
        .iter()
        .find(|ranges| ranges["cloud"] == "aws")
        .expect("Amazon's");
    assert!(
        of_amazon["published"].as_str().unwrap().ends_with('Z'),
        "{of_amazon}"
    );
    assert!(of_amazon["age_days"].is_u64(), "{of_amazon}");
    assert!(
        of_amazon["prefixes"].as_u64().unwrap() > 1_000,
        "{of_amazon}"
    );
}
