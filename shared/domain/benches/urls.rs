//! How long one request's `{url}` takes to read, and its rule to find among many.

#![allow(missing_docs, reason = "made by a macro")]

use std::cell::LazyCell;
use std::hint::black_box;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud_mirror_domain::rules::{Auto, Caller, Chosen, Pool, PoolId, Refusal, Rules, SourceRule};
use cloud_mirror_domain::url::{SourceUrl, UrlError, read_path, to_base64url};
use criterion::{Criterion, criterion_group, criterion_main};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// What a request of that many bytes asks for: a release's file, in folders as deep as it takes.
fn url(bytes: usize) -> String {
    let (head, name) = (
        "https://objects.example.com/releases/",
        "tool-2.11.0-x86_64.tar.gz",
    );
    let folders = "2026-11/linux-gnu/".chars().cycle();
    let between = bytes - head.len() - name.len() - 1;
    let folders: String = folders.take(between).collect();
    format!("{head}{folders}/{name}")
}

/// The four forms, of which base64 is written as Python's `encodebytes` writes it: in lines of 76.
fn forms(url: &str) -> [(&'static str, String); 4] {
    let digits = STANDARD.encode(url);
    let lines = digits.as_bytes().chunks(76).map(String::from_utf8_lossy);
    let lines: Vec<_> = lines.collect();
    [
        ("base64url", to_base64url(url)),
        ("base64 in lines", lines.join("%0A") + "%0A"),
        (
            "percent-encoded",
            utf8_percent_encode(url, NON_ALPHANUMERIC).to_string(),
        ),
        ("plain", url.to_owned()),
    ]
}

/// By itself, so that a profiler can count what belongs to one reading.
#[inline(never)]
fn counted_reading(raw: &str) -> Result<SourceUrl, UrlError> {
    read_path(black_box(raw), None)
}

fn reading(criterion: &mut Criterion) {
    for bytes in [90, 1_900] {
        for (form, raw) in forms(&url(bytes)) {
            let name = format!("reading a URL of {bytes} bytes, {form}");
            criterion.bench_function(&name, |bencher| bencher.iter(|| counted_reading(&raw)));
        }
    }
}

/// What the rules of a mirror have in common, how the n-th of them is written, and how a URL is asked for that it
/// alone allows.
struct Shape {
    name: &'static str,
    rule: fn(usize) -> String,
    asked: fn(usize) -> String,
}

const SHAPES: [Shape; 3] = [
    Shape {
        name: "paths of one host",
        rule: |n| format!("https://objects.example.com/releases/team-{n:05}/public/"),
        asked: |n| format!("https://objects.example.com/releases/team-{n:05}/public/a/tool.tar.gz"),
    },
    Shape {
        name: "hosts",
        rule: |n| format!("https://objects-{n:05}.example.com/releases/public/"),
        asked: |n| format!("https://objects-{n:05}.example.com/releases/public/a/b/tool.tar.gz"),
    },
    Shape {
        name: "buckets in every spelling",
        rule: |n| match n % 3 {
            0 => format!("https://acme-{n:05}.s3.us-west-2.amazonaws.com/public/"),
            1 => format!("https://s3.us-west-2.amazonaws.com/acme-{n:05}/public/"),
            _ => format!("https://acme-{n:05}.s3.dualstack.us-west-2.amazonaws.com/public/"),
        },
        asked: |n| format!("https://s3-us-west-2.amazonaws.com/acme-{n:05}/public/a/tool.tar.gz"),
    },
];

/// So many rules of a shape, and so many pools in as many regions.
fn rules(shape: &Shape, sources: usize, pools: usize) -> Rules {
    let prefix = |n| SourceUrl::parse(&(shape.rule)(n)).expect("a prefix is a URL");
    let sources: Vec<_> = (0..sources).map(|n| SourceRule::new(prefix(n))).collect();
    Rules {
        sources: sources.into(),
        pools: (0..pools).map(|n| Pool::new(pool(n))).collect(),
        auto: Auto::default(),
    }
}

fn pool(n: usize) -> PoolId {
    PoolId::new("s3", format!("eu-central-{n}"))
}

#[inline(never)]
fn counted_choice(rules: &Rules, pool: &PoolId, raw: &str) -> Result<Chosen, Refusal> {
    rules.choose(black_box(pool), black_box(raw), None, &Caller::default())
}

/// How many rules and pools.
const WORLDS: [(usize, usize); 5] = [(1, 3), (100, 3), (10_000, 3), (1, 30), (10_000, 30)];

/// The first rule and the last pool are asked for: a scan comes to them last, or passes over all others.
fn choosing(criterion: &mut Criterion) {
    for shape in &SHAPES {
        for (sources, pools) in WORLDS {
            let pool = pool(pools - 1);
            // Made once, and only where a filter does not leave it out.
            let rules = LazyCell::new(|| rules(shape, sources, pools));
            for (what, n) in [("allowed", 0), ("refused", sources)] {
                let raw = to_base64url(&(shape.asked)(n));
                let world = format!("{sources} rules, {} and {pools} pools", shape.name);
                criterion.bench_function(&format!("choosing by {world}, {what}"), |bencher| {
                    let chosen = rules.choose(&pool, &raw, None, &Caller::default());
                    assert_eq!(chosen.is_ok(), n == 0, "{chosen:?}");
                    bencher.iter(|| counted_choice(&rules, &pool, &raw));
                });
            }
        }
    }
}

/// Nothing here is noisy enough to need the usual eight seconds.
fn briefly() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
}

criterion_group! {
    name = benches;
    config = briefly();
    targets = reading, choosing
}
criterion_main!(benches);
