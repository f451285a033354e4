//! `docs/COMMAND.md` says of every command what its `-h` says, and what its `--json` prints.
//!
//! The document cannot drift from the command: this test fails until
//! `UPDATE_DOCS=1 cargo test -p cloud-mirror --test command help` has written it anew.

use clap::{Command, CommandFactory as _};
use cloud_mirror::args::Args;
use serde_json::Value;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/COMMAND.md");

/// Every command that does something, by its whole name, and what `-h` prints for it.
fn commands() -> Vec<(String, String)> {
    let mut all = Args::command();
    all.build();
    let mut found = Vec::new();
    collect(&mut all, "cloud-mirror", &mut found);
    found
}

fn collect(command: &mut Command, name: &str, found: &mut Vec<(String, String)>) {
    if !command.has_subcommands() {
        found.push((name.to_owned(), command.render_help().to_string()));
    }
    for sub in command.get_subcommands_mut() {
        let name = format!("{name} {}", sub.get_name());
        if sub.get_name() != "help" {
            collect(sub, &name, found);
        }
    }
}

/// Where a command's help stands in the document.
fn markers(name: &str) -> (String, String) {
    let marker = |end| format!("<!-- {name} -h: {end} -->\n");
    (marker("begin"), marker("end"))
}

fn document() -> String {
    std::fs::read_to_string(DOCUMENT).unwrap()
}

#[test]
fn the_document_says_what_the_command_says() {
    let mut expected = document();
    for (name, help) in commands() {
        let (begin, end) = markers(&name);
        let (before, rest) = expected.split_once(&begin).unwrap_or_else(|| {
            panic!("docs/COMMAND.md has no section on `{name}`; write one, with {begin}{end}")
        });
        let (_, after) = rest.split_once(&end).unwrap();
        let help = help
            .lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n");
        expected = format!("{before}{begin}```text\n{help}\n```\n{end}{after}");
    }
    if std::env::vars().any(|(name, _)| name == "UPDATE_DOCS") {
        std::fs::write(DOCUMENT, &expected).unwrap();
    }
    assert!(
        document() == expected,
        "docs/COMMAND.md is not what `-h` says; run\n  \
         UPDATE_DOCS=1 cargo test -p cloud-mirror --test command help"
    );
}

#[test]
fn every_command_shows_examples_and_says_how_it_ends() {
    for (name, help) in commands() {
        assert!(help.contains("Examples:\n"), "{name}");
        let does_work = name != "cloud-mirror serve";
        let says = ["Exit code", "ends with 0"]
            .iter()
            .any(|word| help.contains(word));
        assert!(says || !does_work, "{name} does not say how it ends");
    }
}

#[test]
fn no_help_shows_what_a_variable_holds() {
    for (name, help) in commands() {
        let shown = help.split("[env: ").skip(1).filter(|rest| {
            let variable = rest.split(']').next().unwrap_or_default();
            variable.contains('=')
        });
        assert_eq!(shown.count(), 0, "{name}");
    }
}

/// Every key of that result is told of in the command's section of the document.
pub(crate) fn documented(command: &str, result: &Value) {
    let document = document();
    let (_, section) = document.split_once(&markers(command).1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    for key in result.as_object().unwrap().keys() {
        let told = format!("`{key}`");
        assert!(
            section.contains(&told),
            "docs/COMMAND.md, {command}: {told}"
        );
    }
}
