//! What only the table tells.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use cloud_mirror_domain::entry::{Entry, Failed, Present, Purging, State, UnfinishedUpload, Work};
use cloud_mirror_domain::ports::{Clock as _, Read};
use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::{SourceUrl, to_base64url};
use cloud_mirror_runtime::{Aws, SystemClock};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::Args;
use crate::operator::{Context, OperatorError, load};

/// An entry, with all that HTTP never shows.
#[derive(Serialize)]
pub(super) struct Detail {
    /// `absent`, `pending`, `present`, `error` or `purging`.
    pub(super) status: String,
    /// The pool's id.
    pool: String,
    /// The canonical source URL.
    source: String,
    /// The rest, by the names under which it is printed.
    #[serde(flatten)]
    facts: Facts,
}

/// Names and values, in the order in which they are read.
#[derive(Default)]
struct Facts(Vec<(String, Value)>);

impl Facts {
    fn add(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.push((name.into(), value.into()));
    }
}

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}: {}", self.status, self.pool, self.source)?;
        self.facts
            .0
            .iter()
            .try_for_each(|(name, value)| match value {
                Value::Null => Ok(()),
                Value::String(text) => write!(f, "\n  {name:<24} {text}"),
                other => write!(f, "\n  {name:<24} {other}"),
            })
    }
}

/// Reads the entry of an object, under the caller's own rights.
pub(super) async fn read(
    arguments: &Args,
    pool: &PoolId,
    url: &SourceUrl,
    context: &Context<'_>,
) -> Result<Detail, OperatorError> {
    let env = arguments.mirror.address.deployment.read(context.env)?;
    let config = load(&arguments.deployed, &env)?;
    let resolved = config
        .rules
        .resolve(pool, &to_base64url(url.as_str()), None);
    let target = resolved.map_err(|refusal| OperatorError::Unable(refusal.to_string()))?;
    let aws = Aws::open(config, &env, Arc::new(SystemClock)).await?;
    let now = SystemClock.now();
    let read = aws.ports.table.get(&target.id, Read::Strong, now).await;
    let entry = read.map_err(|error| {
        OperatorError::Unable(format!(
            "the table cannot be read ({error}); check AWS_REGION, that --outputs or STATUS_TABLE names it, and that you may dynamodb:GetItem"
        ))
    })?;
    Ok(Detail {
        status: entry
            .as_ref()
            .map_or("absent", |entry| entry.status(now))
            .to_owned(),
        pool: target.id.pool.to_string(),
        source: target.id.url.to_string(),
        facts: entry.map(|entry| facts(&entry)).unwrap_or_default(),
    })
}

fn facts(entry: &Entry) -> Facts {
    let mut facts = Facts::default();
    match &entry.state {
        State::Pending(pending) => {
            work(&mut facts, "", &pending.work);
            if let Some(underway) = pending.underway {
                facts.add("size_bytes", underway.size);
                facts.add("bytes_began", moment(underway.began));
            }
        }
        State::Present(it) => present(&mut facts, it),
        State::Error(failed) => error(&mut facts, failed),
        State::Purging(it) => purging(&mut facts, it),
    }
    facts.add("expires", moment(entry.expires));
    facts.add("tries", entry.tries);
    facts.add("distrust", entry.distrust);
    if let Some(it) = &entry.upload {
        upload(&mut facts, it);
    }
    facts
}

/// Of a copy, or of the renewal of one.
fn work(facts: &mut Facts, prefix: &str, work: &Work) {
    facts.add(format!("{prefix}attempt"), json!(work.attempt));
    facts.add(format!("{prefix}run"), json!(work.run));
    facts.add(format!("{prefix}lease_ends"), moment(work.lease));
}

fn present(facts: &mut Facts, present: &Present) {
    let replica = &present.replica;
    facts.add("size_bytes", replica.size);
    facts.add("etag", json!(replica.etag));
    facts.add("stored", moment(replica.stored));
    facts.add("checked", moment(present.checked));
    facts.add("settled_by", json!(present.settled_by));
    facts.add("written_by", json!(replica.written_by));
    if let Some(digests) = &replica.digests {
        facts.add("sha256", json!(digests.sha256));
        facts.add("md5", json!(digests.md5));
    }
    if let Some(checksum) = &replica.checksum {
        facts.add("checksum", json!(checksum));
    }
    if let Some(upstream) = &replica.upstream {
        facts.add("upstream_etag", json!(upstream.etag));
    }
    if let Some(renewal) = &present.renewal {
        work(facts, "renewal_", renewal);
    }
}

fn error(facts: &mut Facts, failed: &Failed) {
    let kind = failed.failure.kind;
    facts.add("error", json!(kind));
    facts.add("message", json!(kind.message()));
    facts.add("detail", json!(failed.failure.detail));
    facts.add("remedy", json!(kind.remedy()));
    facts.add("retry_at", moment(failed.retry_at));
    facts.add("settled_by", json!(failed.settled_by));
}

fn purging(facts: &mut Facts, purging: &Purging) {
    facts.add("purge", json!(purging.id));
    facts.add("lease_ends", moment(purging.lease));
    if let Some(until) = purging.run_until {
        facts.add("run_may_write_until", moment(until));
    }
}

fn upload(facts: &mut Facts, upload: &UnfinishedUpload) {
    facts.add("upload", json!(upload.id));
    facts.add("upload_begun_by", json!(upload.begun_by));
    facts.add("upload_part_bytes", upload.part_size);
    facts.add("upload_parts", upload.progress.parts);
    if let Some(stream) = &upload.progress.stream {
        facts.add("upload_contiguous_bytes", stream.bytes);
    }
}

/// As people and programs read it: `2026-11-21T06:42:59Z`. A moment that is too far for it is told as
/// it is.
fn moment(moment: Timestamp) -> Value {
    let at = UNIX_EPOCH.checked_add(Duration::from_secs(moment.as_seconds()));
    // Beyond the year 9999 there is no such text.
    match at.filter(|_| moment.as_seconds() < 253_402_300_800) {
        Some(at) => humantime::format_rfc3339_seconds(at).to_string().into(),
        None => moment.as_millis().into(),
    }
}
