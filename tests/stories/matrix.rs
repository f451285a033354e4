//! Which story is told on which deployment.
//!
//! The list of stories in `main.rs` makes one test of every cell but those that it says are
//! empty, each with one of the reasons below. So no cell is empty for want of a reason, and no
//! reason stands where the story is told all the same. `docs/STORIES.md` is rendered from it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The deployments, as the list of stories spells them.
pub(crate) const DEPLOYMENTS: [&str; 3] = ["in_process", "processes", "deployed"];

/// Of the one-process run.
pub(crate) const NO_S3: &str =
    "pools are folders here: there is no S3 to ask, and nothing in them may be private";
/// Of the one-process run.
pub(crate) const ONE_PROCESS: &str = "there is one process only";
/// Of the one-process run.
pub(crate) const NO_WIRE: &str = "nothing goes over a wire here";
/// Of the one-process run and of the deployed stack.
pub(crate) const ONE_STACK: &str = "there is one stack only";
/// Where pools are buckets.
pub(crate) const S3_ANSWERS: &str =
    "S3 itself answers requests for replicas, and how it does is not ours to promise";
/// Where pools are buckets.
pub(crate) const S3_HAS_A_TYPE: &str =
    "S3 gives `application/octet-stream` to an object that has no Content-Type";

/// Of the deployed stack.
pub(crate) const ONE_CLOCK: &str =
    "the functions' clock is the machine's, and the story takes most of a day";
/// Of the deployed stack.
pub(crate) const API_ROUTES: &str = "the HTTP API itself answers what it has no route for";

/// Of the deployed stack.
pub(crate) const API_HOST: &str = "the HTTP API itself is found by the host that a client names";

/// Of the deployed stack.
pub(crate) const LAMBDA_ASKS: &str =
    "Lambda itself asks the queue here, and how often is not ours to promise";

/// Of the deployed stack.
pub(crate) const IAM: &str =
    "IAM guards purges here, with a signature where a token would have to be";
/// Of the deployed stack.
pub(crate) const ENVIRONMENTS: &str =
    "Lambda itself chooses which environment answers, and so who remembers what";
/// Of the deployed stack.
pub(crate) const PURGE_FUNCTION: &str =
    "purges have a function of their own here, which never redirects";
/// Of processes without a front door.
pub(crate) const NO_IAM: &str =
    "`serve` has no IAM in front of it: a token or this machine alone may purge, as fault 5 tells";

/// One story: its module, its name, and its empty cells, each a deployment and a reason.
pub(crate) type Row = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/STORIES.md");
const BEGIN: &str = "<!-- rendered from the list of stories: begin -->\n";
const END: &str = "<!-- rendered from the list of stories: end -->\n";

/// The matrix as Markdown, with the reasons below it.
fn render(rows: &[Row]) -> String {
    let mut reasons = Vec::new();
    let mut text = String::from(
        "| story | in one process | several processes | deployed |\n|---|---|---|---|\n",
    );
    let mut told = BTreeMap::new();
    for (module, story, empty) in rows {
        let cells = DEPLOYMENTS.map(|deployment| {
            let reason = empty.iter().find(|(at, _)| *at == deployment);
            *told.entry(deployment).or_insert(0) += usize::from(reason.is_none());
            reason.map_or("told".to_owned(), |(_, reason)| note(&mut reasons, reason))
        });
        let words = story.replace('_', " ");
        writeln!(text, "| {module}: {words} | {} |", cells.join(" | ")).unwrap();
    }
    let told = DEPLOYMENTS.map(|deployment| format!("{} of {}", told[deployment], rows.len()));
    writeln!(text, "| **told** | {} |\n", told.join(" | ")).unwrap();
    for (n, reason) in (1..).zip(reasons) {
        writeln!(text, "{n}. {reason}").unwrap();
    }
    text
}

/// The number of a reason, which is noted if it is new.
fn note(reasons: &mut Vec<&'static str>, reason: &'static str) -> String {
    let known = reasons.iter().position(|known| *known == reason);
    let at = known.unwrap_or_else(|| {
        reasons.push(reason);
        reasons.len() - 1
    });
    format!("– ({})", at + 1)
}

#[test]
fn the_document_shows_which_story_is_told_where() {
    let document = std::fs::read_to_string(DOCUMENT).expect("docs/STORIES.md");
    let (before, rest) = document.split_once(BEGIN).expect("the begin marker");
    let (_, after) = rest.split_once(END).expect("the end marker");
    let matrix = render(crate::STORIES);
    println!("{matrix}");
    let expected = format!("{before}{BEGIN}{matrix}{END}{after}");
    if std::env::vars().any(|(name, _)| name == "UPDATE_DOCS") {
        std::fs::write(DOCUMENT, &expected).expect("docs/STORIES.md");
        return;
    }
    assert!(
        document == expected,
        "docs/STORIES.md is not the list of stories; run\n  \
         UPDATE_DOCS=1 cargo test -p cloud-mirror-tests --test stories matrix"
    );
}

#[test]
fn an_empty_cell_names_a_deployment_that_there_is_once() {
    for (module, story, empty) in crate::STORIES {
        let named: Vec<_> = empty.iter().map(|(deployment, _)| deployment).collect();
        let known = DEPLOYMENTS.iter().filter(|known| named.contains(known));
        assert_eq!(known.count(), named.len(), "{module}::{story}: {named:?}");
        assert!(
            named.len() < DEPLOYMENTS.len(),
            "{module}::{story} is told nowhere"
        );
    }
}
