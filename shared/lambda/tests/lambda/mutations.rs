//! No event, however bent, panics: the files of `events/http`, bent at random.

use std::sync::LazyLock;

use cloud_mirror_domain::route::Route;
use cloud_mirror_domain::url::read_path;
use cloud_mirror_lambda::answer;
use http::{Request, Response, Uri};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::fixtures::{event, names, raw_path};

static EVENTS: LazyLock<Vec<Value>> =
    LazyLock::new(|| names().iter().map(|name| event(name)).collect());

#[derive(Clone, Debug)]
enum Bend {
    Drop,
    Put(Value),
    /// The field's name becomes another, its value stays.
    Rename(String),
}

fn texts() -> impl Strategy<Value = String> {
    let chosen = [
        "",
        " ",
        "/",
        "//",
        "/?",
        "#",
        "*",
        "\u{0}",
        "\r\nSet-Cookie: a=b",
        "\t",
        "\u{7f}",
        "%",
        "/%zz%e",
        "/v1/redirect/s3/eu/%FF%FE",
        "/v1/redirect/s3/eu/https://e.com/\u{0}?#",
        "/v1/redirect/s3/eu/🦀",
        "\u{202e}e\u{301}\u{feff}🦀",
        "a b",
        "[::1",
        "host:99999",
        "a@b@c",
        "$default",
        "2.0",
        "1.0",
        "HEAD",
        "G\u{e9}T",
    ];
    prop_oneof![
        6 => select(chosen.map(str::to_owned).to_vec()),
        3 => "\\PC{0,30}",
        2 => "/[ -~]{0,60}",
        1 => (0_usize..90_000).prop_map(|n| format!("/{}", "a".repeat(n))),
        1 => (0_usize..30_000).prop_map(|n| "é%".repeat(n)),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    let chosen = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1e300),
        json!(u64::MAX),
        json!([]),
        json!({}),
        json!([null]),
        json!([[1]]),
        json!({ "": [] }),
        json!({ "a": { "b": 1 } }),
        json!(["a", 1]),
    ];
    prop_oneof![
        2 => select(chosen.to_vec()),
        4 => texts().prop_map(Value::from),
        1 => vec(texts(), 0..4).prop_map(Value::from),
        1 => (texts(), texts()).prop_map(|(name, value)| json!({ name: value })),
    ]
}

fn bends() -> impl Strategy<Value = Vec<(Index, Bend)>> {
    let bend = prop_oneof![
        2 => Just(Bend::Drop),
        6 => values().prop_map(Bend::Put),
        1 => texts().prop_map(Bend::Rename),
    ];
    vec((any::<Index>(), bend), 1..5)
}

/// Every place below the root, as (place of the parent, key).
fn places(value: &Value, here: &str, found: &mut Vec<(String, String)>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, child)| (key.clone(), child))
            .collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(n, child)| (n.to_string(), child))
            .collect(),
        _ => return,
    };
    for (key, child) in children {
        found.push((here.to_owned(), key.clone()));
        let escaped = key.replace('~', "~0").replace('/', "~1");
        places(child, &format!("{here}/{escaped}"), found);
    }
}

fn bent(mut event: Value, bends: Vec<(Index, Bend)>) -> Value {
    for (which, bend) in bends {
        let mut found = Vec::new();
        places(&event, "", &mut found);
        if found.is_empty() {
            break;
        }
        let (parent, key) = which.get(&found);
        match event.pointer_mut(parent).unwrap() {
            Value::Object(map) => bend_field(map, key, bend),
            Value::Array(list) => bend_item(list, key.parse().unwrap(), bend),
            _ => unreachable!("a parent has children"),
        }
    }
    event
}

fn bend_field(map: &mut serde_json::Map<String, Value>, key: &str, bend: Bend) {
    let old = map.remove(key).unwrap();
    match bend {
        Bend::Drop => None,
        Bend::Put(value) => map.insert(key.to_owned(), value),
        Bend::Rename(name) => map.insert(name, old),
    };
}

fn bend_item(list: &mut Vec<Value>, at: usize, bend: Bend) {
    match bend {
        Bend::Put(value) => list[at] = value,
        Bend::Drop | Bend::Rename(_) => {
            list.remove(at);
        }
    }
}

/// Looks at everything that our handlers look at.
async fn curious(request: Request<()>) -> Response<String> {
    assert!(request.uri().to_string().parse::<Uri>().is_ok());
    if let Some(Route::Redirect(_, url) | Route::Purge(_, url)) = Route::of(raw_path(&request)) {
        let _ = read_path(url, request.uri().query());
    }
    let mut response = Response::new(request.uri().to_string());
    *response.headers_mut() = request.headers().clone();
    response
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn no_event_however_bent_panics(which in any::<Index>(), bends in bends()) {
        let event = bent(which.get(EVENTS.as_slice()).clone(), bends);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        // `answer` turns the handler's panics into 500; its own would end this test.
        if let Ok(answer) = runtime.block_on(answer(event, curious)) {
            let status = answer["statusCode"].as_u64().unwrap();
            prop_assert!([200, 400].contains(&status), "{answer}");
            prop_assert!(answer["body"].is_string());
            prop_assert_eq!(&answer["isBase64Encoded"], &json!(false));
            prop_assert!(answer["headers"].is_object() || answer["multiValueHeaders"].is_object());
        }
    }

    #[test]
    fn no_json_at_all_panics(value in values(), name in texts()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for event in [value.clone(), json!({ name: value.clone() }), json!({ "rawPath": value })] {
            let _ = runtime.block_on(answer(event, curious));
        }
    }
}
