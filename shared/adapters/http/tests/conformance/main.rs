//! What this adapter promises, over real sockets of 127.0.0.1.

#![allow(clippy::unwrap_used, reason = "everything here runs in tests")]

mod asking;
mod caps;
mod offering;
mod rebinding;
mod resuming;
mod safety;

use std::time::Duration;

use cloud_mirror_domain::error::Failure;
use cloud_mirror_domain::ports::{Fetch, Source, SourceFacts};
use cloud_mirror_domain::rules::SourceRule;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_http::{HttpSource, Limits};
use cloud_mirror_testkit::source_suite;
use futures::TryStreamExt;

#[tokio::test]
async fn it_is_a_source() {
    source_suite::conforms(&source()).await;
}

fn source() -> HttpSource {
    HttpSource::new(Limits::default()).unwrap()
}

/// One that takes silence for an answer soon.
fn impatient() -> HttpSource {
    HttpSource::new(Limits {
        progress: Duration::from_millis(100),
        ..Limits::default()
    })
    .unwrap()
}

fn parsed(url: &str) -> SourceUrl {
    SourceUrl::parse(url).unwrap()
}

/// A rule for everything under that URL, with the permission to use plain http.
fn rule_for(url: &str) -> SourceRule {
    SourceRule {
        allow_http: true,
        ..SourceRule::new(parsed(url))
    }
}

async fn head(source: &HttpSource, url: &str, rule: &SourceRule) -> Result<SourceFacts, Failure> {
    source
        .head(Fetch {
            url: &parsed(url),
            rule,
        })
        .await
}

async fn bytes(source: &HttpSource, url: &str, rule: &SourceRule) -> Result<Vec<u8>, Failure> {
    let opened = source
        .open(
            Fetch {
                url: &parsed(url),
                rule,
            },
            None,
        )
        .await?;
    let pieces: Vec<_> = opened.body.try_collect().await?;
    Ok(pieces.concat())
}
