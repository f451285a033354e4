//! What the bill takes from `template.yaml`.

use std::path::Path;

use super::bill::{COPIER_MB, REDIRECT_MB};

/// The file's text.
fn template() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml");
    std::fs::read_to_string(Path::new(path)).expect("template.yaml")
}

/// The text from a resource's name to the next resource's.
fn resource(template: &str, name: &str) -> String {
    let (_, rest) = template.split_once(&format!("\n  {name}:\n")).expect(name);
    let within = |line: &&str| line.is_empty() || line.starts_with("   ");
    rest.lines()
        .take_while(within)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The format of the HTTP API's access log, folded into one line as YAML's `>-` does.
pub(crate) fn access_log_format() -> String {
    let stage = resource(&template(), "HttpApiStage");
    let (_, format) = stage.split_once("Format: >-\n").expect("a format");
    let lines = format.lines().take_while(|line| line.starts_with("     "));
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}

/// The route by which the redirect is asked.
pub(crate) fn redirect_route() -> String {
    let route = resource(&template(), "RedirectGetRoute");
    said(&route, "RouteKey").to_owned()
}

fn said<'a>(resource: &'a str, property: &str) -> &'a str {
    let begin = format!("{property}: ");
    let found = resource
        .lines()
        .find_map(|line| line.trim().strip_prefix(&begin));
    found.expect(property)
}

#[test]
fn functions_have_the_memory_that_they_are_billed_for() {
    let template = template();
    for (function, billed) in [
        ("RedirectFunction", REDIRECT_MB),
        ("CopierFunction", COPIER_MB),
    ] {
        let function = resource(&template, function);
        let memory: f64 = said(&function, "MemorySize").parse().expect("megabytes");
        assert!((memory - billed).abs() < f64::EPSILON, "{memory} MB");
    }
}
