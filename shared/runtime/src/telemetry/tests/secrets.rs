//! Whatever an error's words repeat, no line shows a secret.

use std::fmt;

use thiserror::Error;
use tracing::{Level, debug, error, error_span, info, trace, warn};

use super::{logged, settings};
use crate::telemetry::Format;

const SECRETS: [&str; 4] = ["5fa5e7ab1e", "IQoJb3JpZ2luX2Vj", "AKIAIOSFODNN7", "hunter2"];

const PRESIGNED: &str = "https://me:hunter2@b.s3.eu-central-1.amazonaws.com/a%20b?X-Amz-Algorithm=AWS4-HMAC-SHA256\
    &X-Amz-Credential=AKIAIOSFODNN7%2F20261121%2Feu-central-1%2Fs3%2Faws4_request\
    &X-Amz-Security-Token=IQoJb3JpZ2luX2Vj&X-Amz-Signature=5fa5e7ab1e";

#[derive(Debug, Error)]
#[error("the source cannot be read")]
struct Outer(#[source] Middle);

#[derive(Debug, Error)]
#[error("GET {0} (Bearer 5fa5e7ab1e)")]
struct Middle(String, #[source] Inner);

#[derive(Debug, Error)]
struct Inner(String);

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error sending request for url ({}): timed out", self.0)
    }
}

fn failure() -> Outer {
    Outer(Middle(PRESIGNED.to_owned(), Inner(PRESIGNED.to_owned())))
}

/// The same failure in every way that a line can have it.
fn told_at(level: Level) {
    let (failure, url) = (failure(), PRESIGNED);
    let chain = cloud_mirror_domain::error::chain(&failure);
    let around = error_span!("message", url, late = tracing::field::Empty);
    let _within = around.enter();
    around.record("late", url);
    let as_error: &(dyn std::error::Error + 'static) = &failure;
    macro_rules! tell {
        ($tell:ident) => {
            $tell!(chain, ?failure, %url, cause = as_error, "could not copy {url}: {chain}")
        };
    }
    match level {
        Level::ERROR => tell!(error),
        Level::WARN => tell!(warn),
        Level::INFO => tell!(info),
        Level::DEBUG => tell!(debug),
        Level::TRACE => tell!(trace),
    }
}

#[test]
fn a_signature_never_reaches_a_log() {
    let levels = [
        Level::ERROR,
        Level::WARN,
        Level::INFO,
        Level::DEBUG,
        Level::TRACE,
    ];
    for format in [Format::Human, Format::Json] {
        for level in levels {
            for stack in [None, Some("mirror")] {
                let settings = settings(format, Some("trace"), stack);
                let text = logged(&settings, || told_at(level)).text();
                assert!(text.contains("could not copy https://"), "{text}");
                assert!(text.contains("timed out"), "the cause chain stays: {text}");
                assert!(
                    text.contains("a%20b?X-Amz-Algorithm=AWS4-HMAC-SHA256"),
                    "{text}"
                );
                for secret in SECRETS {
                    assert!(!text.contains(secret), "{secret} at {level}: {text}");
                }
            }
        }
    }
}

#[test]
fn a_password_is_not_shown_where_a_long_text_is_cut_behind_it() {
    for format in [Format::Human, Format::Json] {
        for cut_off in 0..PRESIGNED.len() {
            let page = "page ".repeat(2 * 1024);
            let page = format!("{}{PRESIGNED}", &page[..8 * 1024 - cut_off]);
            let text = logged(&settings(format, None, None), || {
                error!(text = page, shown = %page, debugged = ?page, "{page}");
            });
            let text = text.text();
            assert!(text.len() > 4 * 8 * 1024 - 4 * cut_off, "{}", text.len());
            for secret in SECRETS.map(|secret| &secret[..3]) {
                assert!(!text.contains(secret), "{secret} at {cut_off}: {text}");
            }
        }
    }
}
