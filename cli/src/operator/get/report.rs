//! What is told of a download.

use std::fmt;
use std::io::Write as _;

use cloud_mirror_domain::error::Kind;
use serde::Serialize;

use super::save::Place;
use super::verify::Verdict;
use crate::operator::Context;
use crate::operator::mirror::{Answer, Redirected};

/// What is known of a download beside its bytes.
pub(super) struct Facts {
    pub(super) source: String,
    pub(super) pool: String,
    pub(super) content_encoding: Option<String>,
}

/// A download that came to its end.
#[derive(Serialize)]
pub(super) struct Report {
    /// The canonical source URL.
    source: String,
    /// The file, or nothing where there is none: on standard output, or because the bytes are wrong.
    file: Option<String>,
    /// Whether the bytes went to standard output, where they cannot be taken back.
    #[serde(skip)]
    on_stdout: bool,
    /// How many bytes came.
    bytes: u64,
    /// Whether nothing speaks against them.
    ok: bool,
    /// By what they were verified.
    verified_by: Vec<&'static str>,
    /// What is wrong with them.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// Where they came from.
    from: Answer,
    /// The pool that was asked for.
    pool: String,
    /// `hit`, `stored`, `collapsed`, or the word for why it was the origin.
    how: String,
    /// How they are compressed.
    #[serde(skip_serializing_if = "Option::is_none")]
    content_encoding: Option<String>,
    /// By which the mirror's log lines are found.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl Report {
    pub(super) fn of(
        facts: Facts,
        redirected: &Redirected,
        place: &Place,
        bytes: u64,
        verdict: &Verdict,
    ) -> Self {
        let (verified_by, problem) = match verdict {
            Verdict::By(by) => (by.clone(), None),
            Verdict::Wrong(problem) => (Vec::new(), Some(problem.clone())),
        };
        let file = match place {
            Place::File(file) if problem.is_none() => Some(file.display().to_string()),
            _ => None,
        };
        Self {
            source: facts.source,
            file,
            on_stdout: *place == Place::Stdout,
            bytes,
            ok: problem.is_none(),
            verified_by,
            problem,
            from: redirected.answer,
            pool: facts.pool,
            how: how(redirected),
            content_encoding: facts.content_encoding,
            request_id: redirected.request_id.clone(),
        }
    }

    /// On standard output, unless the bytes themselves went there.
    pub(super) fn tell(&self, place: &Place, context: &Context<'_>) {
        match place {
            Place::File(_) => context.print(self),
            Place::Stdout => {
                let _ = writeln!(std::io::stderr(), "{}", context.line(self));
            }
        }
    }
}

/// One word for how the answer came about.
fn how(redirected: &Redirected) -> String {
    let status = &redirected.cache_status;
    let word = |word: &&str| status.split("; ").any(|part| part == *word);
    match redirected.answer {
        Answer::Replica => {
            let words = ["hit", "stored", "collapsed"];
            words.into_iter().find(word).unwrap_or("hit").to_owned()
        }
        Answer::Origin | Answer::Hop => redirected.detail().unwrap_or("origin").to_owned(),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, file) = (self.bytes, self.file.as_deref());
        match &self.problem {
            Some(problem) => write!(
                f,
                "wrong bytes: {problem}; {}. Purge the replica (`cloud-mirror purge`) and get it again",
                match self.on_stdout {
                    true => "do not use what came on standard output",
                    false => "nothing is kept",
                }
            )?,
            None => write!(
                f,
                "{}: {bytes} bytes, {}",
                file.unwrap_or("standard output"),
                verified(&self.verified_by)
            )?,
        }
        if let Some(encoding) = &self.content_encoding {
            write!(
                f,
                "\ncompressed ({encoding}) as the source has it, and left so"
            )?;
        }
        let pool = &self.pool;
        match self.from {
            Answer::Replica => write!(f, "\nfrom the replica in {pool}, {}", made(&self.how)),
            Answer::Origin | Answer::Hop => write!(f, "\nfrom the origin: {}", why(&self.how)),
        }
    }
}

fn verified(by: &[&'static str]) -> String {
    match by {
        [] => "not verified: nothing is told of them".to_owned(),
        ["length"] => "verified by their length only".to_owned(),
        by => format!("verified by {}", by.join(" and ")),
    }
}

fn made(how: &str) -> &'static str {
    match how {
        "stored" => "copied for this request",
        "collapsed" => "copied meanwhile for another request",
        _ => "which was there (hit)",
    }
}

/// Why the mirror sent its client to the origin, in a sentence.
fn why(how: &str) -> String {
    let told = match how {
        "same-place" => "it is in the pool's own region already",
        "signed" => "the URL carries a signature, and such URLs are not mirrored",
        "query" => "the URL has a query, and its source rule does not say what that means",
        "wait-exhausted" => "its copy was not ready in time; it goes on, so try again later",
        "too-slow" => {
            "its copy takes longer than a request may wait; it goes on, so try again later"
        }
        "purging" => "its replica is being purged",
        word if word.starts_with("fail-open-") => {
            return format!("a part of the mirror does not answer ({word})");
        }
        word => {
            let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == word);
            return kind.map_or_else(
                || word.to_owned(),
                |kind| format!("{} ({word})", kind.message()),
            );
        }
    };
    told.to_owned()
}
