//! What fuzzing found stays found: every target over every file of its corpus.

#![allow(clippy::unwrap_used, reason = "everything here runs in tests")]

use std::fs;
use std::path::{Path, PathBuf};

use cloud_mirror_fuzz::{TARGETS, target};

/// A target's inputs, in the order of their names.
fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(name);
    let files = fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let mut files: Vec<_> = files
        .map(|file| (file.clone(), fs::read(file).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn what_fuzzing_found_stays_found() {
    for (name, run) in TARGETS {
        let inputs = corpus(name);
        assert!(!inputs.is_empty(), "{name} has no corpus");
        for (file, input) in &inputs {
            // Said before it is run, so that a failure names its file.
            println!("{}", file.display());
            run(input);
        }
        println!("{name}: {} inputs", inputs.len());
    }
}

/// A corpus that no target reads would prove nothing.
#[test]
fn every_corpus_has_its_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for corpus in fs::read_dir(folder).unwrap() {
        let name = corpus.unwrap().file_name().into_string().unwrap();
        assert!(target(&name).is_some(), "{name} is no target");
    }
}
