//! What a hit costs the function's processor: an HTTP API's event as text, through the very closure that
//! `main.rs` hands to the runtime, to the answer as text. Each hit writes the log line of a deployed
//! function, its metrics included, to nowhere. Deployed functions are built by the profile `function`:
//! `cargo bench --profile function -p cloud-mirror-redirect --bench event`.

#![allow(missing_docs, reason = "made by a macro")]

mod counted;
mod world;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use tokio::runtime::{Builder, Runtime};

use world::Hits;

fn runtime() -> Runtime {
    let builder = &mut Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}

fn event(criterion: &mut Criterion) {
    world::log_to_nowhere();
    let runtime = runtime();
    for hits in [Hits::Hot, Hits::Table, Hits::Presigned] {
        let answer = world::function(&runtime, hits);
        criterion.bench_function(&format!("event to answer, {hits}"), |bencher| {
            bencher.iter(|| answer(black_box(world::EVENT)));
        });
    }
}

criterion_group!(benches, event);
criterion_main!(benches);
