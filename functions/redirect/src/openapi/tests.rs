//! The document says what the code says. That the answers are as it says is shown where they are
//! given, in the end-to-end stories.

use std::collections::{BTreeMap, BTreeSet};

use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::route::OFFERS;
use cloud_mirror_domain::rules::{Pool, PoolId, Refusal, Rules};
use cloud_mirror_domain::url::UrlError;
use serde_json::Value;

use super::document;

/// The words that are said by the handlers themselves.
const HANDLERS: [&str; 5] = [
    "no-such-route",
    "wrong-method",
    "status-unavailable",
    "purge-failed",
    "not-authorised",
];

fn described() -> Value {
    let pool = |region| Pool::new(PoolId::new("s3", region));
    let rules = Rules {
        pools: vec![pool("us-west-2"), pool("eu-central-1")],
        ..Rules::default()
    };
    serde_json::from_str(&document(&rules)).unwrap()
}

/// Every object in it, the whole included.
fn objects(value: &Value) -> Vec<&serde_json::Map<String, Value>> {
    match value {
        Value::Object(object) => {
            let inner = object.values().flat_map(objects);
            std::iter::once(object).chain(inner).collect()
        }
        Value::Array(items) => items.iter().flat_map(objects).collect(),
        _ => Vec::new(),
    }
}

fn words(value: &Value) -> BTreeSet<&str> {
    let items = value.as_array().unwrap().iter();
    items.map(|item| item.as_str().unwrap()).collect()
}

fn refusals() -> [(u16, &'static str); 4] {
    let unknown = Refusal::UnknownPool {
        wanted: String::new(),
        known: Vec::new(),
    };
    [
        Refusal::Url(UrlError::Unreadable),
        Refusal::Url(UrlError::TooLong),
        Refusal::NotAllowed,
        unknown,
    ]
    .map(|refusal| refusal.status())
}

#[test]
fn it_lists_the_routes_and_methods_that_are_offered_and_no_others() {
    let methods = |item: &Value| -> BTreeSet<String> {
        let names = item.as_object().unwrap().keys();
        names
            .filter(|name| *name != "parameters")
            .map(|name| name.to_uppercase())
            .collect()
    };
    let document = described();
    let told: BTreeMap<_, _> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(path, item)| (path.as_str(), methods(item)))
        .collect();
    let offered: BTreeMap<_, _> = OFFERS
        .iter()
        .map(|offer| {
            let methods = offer.methods.iter().map(|method| (*method).to_owned());
            (offer.path, methods.collect())
        })
        .collect();
    assert_eq!(told, offered);
}

#[test]
fn it_knows_every_word_of_an_error_and_invents_none() {
    let document = described();
    let told: BTreeSet<_> = objects(&document["components"]["responses"])
        .into_iter()
        .filter_map(|object| object.get("error"))
        .flat_map(|error| words(&error["enum"]))
        .collect();
    let absent = Kind::ALL.iter().filter(|kind| kind.status().is_some());
    let said: BTreeSet<_> = absent
        .map(|kind| kind.as_str())
        .chain(refusals().map(|(_, word)| word))
        .chain(HANDLERS)
        .collect();
    assert_eq!(told, said);
    let kinds = words(&document["components"]["schemas"]["Kind"]["enum"]);
    assert_eq!(kinds, Kind::ALL.iter().map(|kind| kind.as_str()).collect());
}

#[test]
fn each_refusal_stands_under_its_own_status() {
    let document = described();
    let absent = Kind::ALL.iter();
    let absent = absent.filter_map(|kind| Some((kind.status()?, kind.as_str())));
    let redirect = &document["paths"][OFFERS[0].path]["get"]["responses"];
    for (status, word) in absent.chain(refusals()) {
        let name = redirect[status.to_string()]["$ref"].as_str().unwrap();
        let response = document.pointer(name.trim_start_matches('#')).unwrap();
        let error = &response["content"]["application/json"]["schema"]["properties"]["error"];
        assert!(words(&error["enum"]).contains(word), "{status} {word}");
    }
}

#[test]
fn no_reference_leads_nowhere_and_nothing_is_left_to_fill_in() {
    let document = described();
    let references = objects(&document).into_iter();
    for place in references.filter_map(|object| object.get("$ref")?.as_str()) {
        let found = document.pointer(place.trim_start_matches('#'));
        assert!(found.is_some(), "{place}");
    }
    let blanks = [
        "version",
        "services",
        "regions",
        "purge_services",
        "purge_regions",
    ];
    for blank in blanks {
        let blank = format!("\"{{{blank}}}\"");
        assert!(super::DOCUMENT.contains(&blank), "{blank}");
        assert!(!document.to_string().contains(&blank), "{blank}");
    }
}

#[test]
fn the_examples_are_the_running_mirrors_pools() {
    let document = described();
    let examples =
        |name: &str| words(&document["components"]["parameters"][name]["schema"]["examples"]);
    assert_eq!(examples("service"), ["auto", "s3"].into());
    assert_eq!(examples("purge-service"), ["s3"].into());
    let regions = |word| ["eu-central-1", "us-west-2", word].into();
    assert_eq!(examples("region"), regions("auto"));
    assert_eq!(examples("purge-region"), regions("all"));
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
}
