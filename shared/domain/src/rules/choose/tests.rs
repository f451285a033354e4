//! Who is sent where.

mod properties;

use super::*;
use crate::rules::{Auto, Basis, Store};
use crate::url::SourceUrl;

const URL: &str = "https://example.com/a";
const IN_A_STORE: &str = "https://stored.example.com/a";

/// The rules of these pools (a `!` says that one is being evacuated) and near lists. The objects
/// of `stored.example.com` lie in the S3 of `us-west-2`.
fn rules(pools: &[&str], near: &[(&str, &[&str])]) -> Rules {
    let pool = |text: &&str| Pool {
        drain: text.starts_with('!'),
        ..Pool::new(id(text.trim_start_matches('!')))
    };
    let mut stored = SourceRule::new(SourceUrl::parse("https://stored.example.com/").unwrap());
    stored.store = Some(Store {
        provider: "s3".into(),
        endpoint: None,
        bucket: "acme".into(),
        region: "us-west-2".into(),
        prefix: String::new(),
        requester_pays: false,
    });
    let near = near.iter().map(|(region, pools)| {
        let pools = pools.iter().map(|pool| id(pool)).collect();
        ((*region).to_owned(), pools)
    });
    Rules {
        sources: vec![
            SourceRule::new(SourceUrl::parse("https://example.com/").unwrap()),
            stored,
        ]
        .into(),
        pools: pools.iter().map(pool).collect(),
        auto: Auto {
            near: near.collect(),
            ..Auto::default()
        },
    }
}

fn id(path: &str) -> PoolId {
    let (service, region) = path.split_once('/').unwrap();
    PoolId::new(service, region)
}

fn from(region: &str) -> Caller {
    let known = (!region.is_empty()).then(|| (region.into(), Basis::Address));
    let (region, by) = known.unzip();
    Caller {
        region,
        by,
        ..Caller::default()
    }
}

/// The pool, or why there is none.
fn told(chosen: &Chosen) -> String {
    match &chosen.pool {
        Some(pool) => format!("{} {:?}", pool.as_path(), chosen.reason),
        None => format!("{:?}", chosen.target.standing),
    }
}

fn choose(rules: &Rules, asked: &str, caller: &str, url: &str) -> String {
    told(&rules.choose(&id(asked), url, None, &from(caller)).unwrap())
}

/// Two pools in Frankfurt, one of each service; one in Ireland; one in Oregon, which is evacuated.
fn world() -> Rules {
    rules(
        &[
            "file/eu-central-1",
            "s3/eu-central-1",
            "s3/eu-west-1",
            "!s3/us-west-2",
            "s3/us-east-1",
        ],
        &[
            ("europe-west3", &["s3/eu-central-1", "s3/eu-west-1"]),
            (
                "eu-north-1",
                &["file/eu-west-1", "s3/us-west-2", "s3/eu-west-1"],
            ),
            ("us-west-2", &["s3/us-west-2", "s3/us-east-1"]),
            ("us-west-1", &["s3/us-west-2"]),
        ],
    )
}

#[test]
fn a_pool_is_chosen_by_region_and_service() {
    #[rustfmt::skip]
    let cases = [
        // Asked for, the caller's region, expected.
        ("s3/eu-west-1", "us-east-1", "s3/eu-west-1 Named"),
        ("s3/auto", "eu-central-1", "s3/eu-central-1 Here"),
        ("file/auto", "eu-central-1", "file/eu-central-1 Here"),
        ("auto/auto", "eu-central-1", "file/eu-central-1 Here"),
        ("auto/eu-west-1", "us-east-1", "s3/eu-west-1 Here"),
        // A cloud region without a pool, and one that has none of the service.
        ("s3/auto", "europe-west3", "s3/eu-central-1 Near"),
        ("auto/auto", "europe-west3", "s3/eu-central-1 Near"),
        ("auto/europe-west3", "", "s3/eu-central-1 Near"),
        ("file/auto", "europe-west3", "NoPool"),
        ("file/auto", "eu-west-1", "NoPool"),
        // In order, past what does not exist and what is evacuated.
        ("auto/auto", "eu-north-1", "s3/eu-west-1 Near"),
        // Evacuated: with others near, and without.
        ("s3/us-west-2", "", "s3/us-east-1 Evacuated"),
        ("s3/auto", "us-west-2", "s3/us-east-1 Evacuated"),
        ("auto/us-west-2", "", "s3/us-east-1 Evacuated"),
        ("s3/auto", "us-west-1", "NoPool"),
        // Nobody knows, or nobody serves.
        ("s3/auto", "", "NoPool"),
        ("auto/auto", "mars-1", "NoPool"),
        ("auto/mars-1", "eu-west-1", "NoPool"),
        ("tape/auto", "eu-west-1", "NoPool"),
    ];
    for (asked, caller, expected) in cases {
        let chosen = choose(&world(), asked, caller, URL);
        assert_eq!(chosen, expected, "{asked} from {caller}");
    }
}

#[test]
fn an_evacuated_pool_without_a_near_one_leaves_its_callers_to_the_origin() {
    let rules = rules(
        &["!s3/us-west-2", "file/us-east-1"],
        &[("us-west-2", &["file/us-east-1"])],
    );
    assert_eq!(choose(&rules, "s3/us-west-2", "", URL), "Drained");
    assert_eq!(choose(&rules, "s3/auto", "us-west-2", URL), "Drained");
    let any = choose(&rules, "auto/us-west-2", "", URL);
    assert_eq!(any, "file/us-east-1 Evacuated", "any service will do");
}

#[test]
fn a_source_in_the_callers_region_is_better_than_a_distant_pool() {
    for (asked, caller, expected) in [
        ("s3/us-west-2", "", "SamePlace"),
        ("auto/auto", "us-west-2", "SamePlace"),
        ("file/auto", "us-west-2", "SamePlace"),
        ("s3/eu-west-1", "us-west-2", "s3/eu-west-1 Named"),
        ("s3/auto", "eu-west-1", "s3/eu-west-1 Here"),
    ] {
        let chosen = choose(&world(), asked, caller, IN_A_STORE);
        assert_eq!(chosen, expected, "{asked} from {caller}");
    }
    let open = rules(&["file/us-west-2", "s3/us-west-2"], &[]);
    let chosen = choose(&open, "file/auto", "us-west-2", IN_A_STORE);
    assert_eq!(chosen, "file/us-west-2 Here", "as if it had been named");
    let target = |asked| open.choose(&id(asked), IN_A_STORE, None, &from("us-west-2"));
    let standing = target("s3/auto").unwrap().target.standing;
    assert_eq!(standing, Standing::SamePlace, "nothing to gain there");
}

#[test]
fn what_is_mirrored_nowhere_is_so_wherever_its_caller_is() {
    for (url, expected) in [
        ("https://example.com/a?X-Amz-Signature=00", Standing::Signed),
        ("https://example.com/a?x=1", Standing::Query),
    ] {
        for caller in ["", "mars-1", "eu-central-1", "us-west-2"] {
            let chosen = world().choose(&id("s3/auto"), url, None, &from(caller));
            assert_eq!(chosen.unwrap().target.standing, expected, "{url} {caller}");
        }
    }
}

#[test]
fn only_a_pool_that_is_named_can_be_unknown() {
    let asked = |asked| world().choose(&id(asked), URL, None, &from(""));
    assert!(matches!(
        asked("s3/mars-1"),
        Err(Refusal::UnknownPool { .. })
    ));
    let named = world().resolve(&id("s3/auto"), URL, None).unwrap_err();
    assert_eq!(named.status(), (404, "unknown-pool"));
    assert!(
        named
            .to_string()
            .starts_with("`auto` says where a caller is sent")
    );
    let forbidden = world().choose(&id("s3/auto"), "https://evil.example/a", None, &from(""));
    assert_eq!(forbidden, Err(Refusal::NotAllowed));
}

#[test]
fn a_pool_that_is_evacuated_can_be_named_by_whoever_keeps_it() {
    let target = world().resolve(&id("s3/us-west-2"), URL, None).unwrap();
    assert_eq!(target.standing, Standing::Mirrored);
    assert_eq!(target.id.pool, id("s3/us-west-2"));
}

#[test]
fn every_choice_is_explained_in_one_sentence() {
    for (asked, caller, url, expected) in [
        (
            "s3/eu-west-1",
            "",
            URL,
            "s3/eu-west-1 is the pool that was asked for.",
        ),
        (
            "auto/auto",
            "eu-west-1",
            URL,
            "s3/eu-west-1 is the first pool of eu-west-1 that serves this.",
        ),
        (
            "s3/auto",
            "europe-west3",
            URL,
            "europe-west3 has no pool that serves this, and s3/eu-central-1 is the first near it that does.",
        ),
        (
            "s3/us-west-2",
            "",
            URL,
            "us-west-2 is being evacuated (drain), and s3/us-east-1 is the first near it that takes callers.",
        ),
        (
            "s3/us-west-2",
            "",
            IN_A_STORE,
            "The source itself lies where callers of us-west-2 are served best, so there is nothing to gain.",
        ),
        (
            "s3/auto",
            "mars-1",
            URL,
            "mars-1 has no pool that serves this, and none near it does, so the origin serves its callers.",
        ),
    ] {
        let chosen = world().choose(&id(asked), url, None, &from(caller));
        assert_eq!(chosen.unwrap().why(), expected);
    }
}
