//! The fuzzer's entry: one program for all targets, so that one build does. `FUZZ_TARGET` names
//! the target; the arguments are libFuzzer's own.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

/// Chosen once: every input of a run is for the same target.
static TARGET: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    #[expect(
        clippy::disallowed_methods,
        reason = "the arguments are libFuzzer's, and it hands on none of ours"
    )]
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    cloud_mirror_fuzz::target(&name).unwrap_or_else(|| {
        eprintln!("FUZZ_TARGET is {name:?}, which is no target");
        std::process::exit(2)
    })
});

fuzz_target!(|data: &[u8]| TARGET(data));
