//! What a log line costs: a hit's, in every format, and one that the filter leaves out; and what
//! looking for secrets costs. An iteration tells a thousand, so that the time in microseconds is one
//! line's in nanoseconds, and so that `--test` under a profiler that counts instructions is a measure.

#![allow(missing_docs, reason = "made by a macro")]

use std::hint::black_box;
use std::io;

use cloud_mirror_domain::url::redact;
use cloud_mirror_runtime::telemetry::{Format, Settings, dispatch};
use criterion::{Criterion, criterion_group, criterion_main};
use tracing::dispatcher::with_default;
use tracing::field::{self, Empty};
use tracing::{debug, error_span, info};

const TOLD: u32 = 1_000;

const URL: &str = "https://ftp.example.org/debian/pool/main/g/glibc/libc6_2.41-12_amd64.deb";

const SIGNED: &str = "https://b.s3.eu-central-1.amazonaws.com/a%20b?X-Amz-Algorithm=AWS4-HMAC-SHA256\
    &X-Amz-Credential=AKIAIOSFODNN7%2F20261121%2Feu-central-1%2Fs3%2Faws4_request\
    &X-Amz-Date=20261121T000000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host\
    &X-Amz-Signature=5fa5e7ab1e5fa5e7ab1e5fa5e7ab1e5fa5e7ab1e5fa5e7ab1e5fa5e7ab1e5fa5e7ab1e5f";

/// As the redirect's `told` and `answer` do.
#[inline(never)]
fn hit() {
    let span = error_span!(
        "request",
        request_id = black_box("01KAMQ3Z5S8V2J4W6Y9B1D3F5G"),
        trace_id = %black_box("1-692105a0-5f0a1b2c3d4e5f6a7b8c9d0e"),
        pool = black_box("s3_eu-central-1").to_owned(),
        asked_pool = black_box(None::<String>),
        url = black_box(Some(URL)).map(field::display),
        attempt = Empty,
    );
    span.in_scope(|| {
        info!(
            event = "decided",
            answer = black_box("hit"),
            status = black_box(302_u16),
            cache_status = black_box("hit; ttl=604800"),
            caller_region = black_box(Some("eu-central-1")),
            located_by = black_box(Some("address")),
            wait_milliseconds = black_box(0_u64),
        );
    });
    // A future is entered once more when it is dropped.
    span.in_scope(|| ());
}

/// A call's, whose level the filter leaves out.
#[inline(never)]
fn unheard() {
    debug!(target: "cloud_mirror::calls", operation = black_box("GetItem"), milliseconds = black_box(3_u64));
}

#[inline(never)]
fn many(tell: impl Fn()) {
    for _ in 0..TOLD {
        tell();
    }
}

fn settings(format: Format, stack: Option<&str>) -> Settings {
    Settings {
        format,
        filter: None,
        stack: stack.map(str::to_owned),
    }
}

fn lines(criterion: &mut Criterion) {
    let json = || settings(Format::Json, None);
    for (name, settings, tell) in [
        ("JSON", json(), hit as fn()),
        (
            "JSON with metrics",
            settings(Format::Json, Some("mirror")),
            hit,
        ),
        ("human", settings(Format::Human, None), hit),
        ("below the filter", json(), unheard),
    ] {
        let dispatch = dispatch(&settings, io::sink);
        with_default(&dispatch, || {
            criterion.bench_function(&format!("1,000 lines, {name}"), |bencher| {
                bencher.iter(|| many(tell));
            });
        });
    }
}

fn secrets(criterion: &mut Criterion) {
    for (name, text) in [
        ("a URL", URL),
        ("a request id", "01KAMQ3Z5S8V2J4W6Y9B1D3F5G"),
        ("a cache status", "hit; ttl=604800"),
        ("a signed URL", SIGNED),
    ] {
        criterion.bench_function(&format!("1,000 texts redacted, {name}"), |bencher| {
            bencher.iter(|| {
                many(|| {
                    black_box(redact(black_box(text)));
                });
            });
        });
    }
}

criterion_group!(benches, lines, secrets);
criterion_main!(benches);
