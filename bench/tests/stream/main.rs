//! The benchmark itself, on a small object: what it says is true, and a goal that is missed is not
//! passed over. Its figures are another matter, which wants a release build (`docs/BENCHMARKS.md`).

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::process::{Command, Output};

/// Goals that an unoptimised build keeps, too.
const MEMORY: &str = "1TiB";
const TIME: &str = "1000";

/// A copy of four parts, with these goals.
fn measure(memory: &str, time: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cloud-mirror-bench"))
        .args(["stream", "--size", "50MiB", "--rounds", "1"])
        .args(["--most-memory", memory, "--most-time", time])
        .output()
        .unwrap()
}

fn complaint(output: &Output) -> &str {
    str::from_utf8(&output.stderr).unwrap()
}

#[test]
fn a_copy_between_processes_is_measured_and_found_whole() {
    let output = measure(MEMORY, TIME);
    assert!(output.status.success(), "{}", complaint(&output));
    let said = str::from_utf8(&output.stdout).unwrap();
    for figure in ["round 1: copy ", "ratio  ", "peak  "] {
        assert!(said.contains(figure), "{said}");
    }
}

#[test]
fn a_goal_that_is_missed_is_an_error_that_names_it() {
    for (memory, time, named) in [
        ("1MiB", TIME, "more memory"),
        (MEMORY, "0.1", "more processor time"),
    ] {
        let output = measure(memory, time);
        assert_eq!(output.status.code(), Some(1));
        assert!(complaint(&output).contains(named), "{}", complaint(&output));
    }
}
