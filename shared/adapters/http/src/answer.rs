//! What an answer means to whoever asked.

use std::time::Duration;

use cloud_mirror_body::{ContentRange, checked};
use cloud_mirror_domain::error::{Failure, Kind, chain};
use cloud_mirror_domain::ports::{Opened, Resume, SourceFacts};
use cloud_mirror_domain::url::SourceUrl;
use futures::TryStreamExt as _;
use http::{StatusCode, header};
use reqwest::Response;

use crate::facts::{facts_of, one};
use crate::failure::{failed_at, named, of_status};

/// The first answer that is no redirect, whatever its status.
pub(crate) struct Answer {
    pub(crate) url: SourceUrl,
    pub(crate) via_hosts: Vec<String>,
    pub(crate) response: Response,
}

impl Answer {
    pub(crate) fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// What is said of the object, if the answer is the whole object.
    pub(crate) fn successful_facts(&self) -> Result<SourceFacts, Failure> {
        match self.status() {
            // Nobody asked for a part (206), and an answer without a body (204) is no object.
            StatusCode::OK => Ok(self.facts()),
            status => Err(of_status(&self.url, status, self.response.headers())),
        }
    }

    /// The object from its first byte, or from where a stream goes on. `progress` is how long a
    /// piece of the body may take.
    pub(crate) fn opened(
        self,
        resume: Option<Resume<'_>>,
        progress: Duration,
    ) -> Result<Opened, Failure> {
        match (self.status(), resume) {
            (StatusCode::PARTIAL_CONTENT, Some(resume)) => self.going_on(resume, progress),
            (StatusCode::RANGE_NOT_SATISFIABLE, Some(resume)) => {
                let why = format!("has nothing from byte {} on any more", resume.first_byte);
                Err(failed_at(Kind::SourceChanged, &self.url, &why))
            }
            _ => {
                let facts = self.successful_facts()?;
                let announced = facts.size;
                Ok(self.into_opened(facts, 0, announced, progress))
            }
        }
    }

    /// A part's own headers say little of the object: its length and its digests are the part's.
    fn going_on(self, resume: Resume<'_>, progress: Duration) -> Result<Opened, Failure> {
        self.holds_the_same(resume.etag)?;
        let range = self.part_from(resume.first_byte)?;
        let facts = SourceFacts {
            size: range.total,
            offered: Vec::new(),
            ..self.facts()
        };
        Ok(self.into_opened(facts, range.first, Some(range.remaining()), progress))
    }

    /// Whoever ignores `If-Range` must at least say what it sends a part of; RFC 9110 demands it of
    /// all (section 15.3.7).
    fn holds_the_same(&self, etag: &str) -> Result<(), Failure> {
        match one(self.response.headers(), &header::ETAG) {
            Some(now) if now == etag => Ok(()),
            Some(now) => {
                let why = format!("had the entity tag {etag} and sends a part of {now}");
                Err(failed_at(Kind::SourceChanged, &self.url, &why))
            }
            None => Err(self.failed("sends a part without saying of what")),
        }
    }

    fn part_from(&self, first_byte: u64) -> Result<ContentRange, Failure> {
        let said = |name| one(self.response.headers(), &name);
        let kind = said(header::CONTENT_TYPE).unwrap_or_default();
        if kind
            .to_ascii_lowercase()
            .starts_with("multipart/byteranges")
        {
            return Err(self.failed("sends several parts where one was asked for"));
        }
        let range = said(header::CONTENT_RANGE);
        range
            .as_deref()
            .and_then(ContentRange::parse)
            .filter(|range| range.first == first_byte)
            .ok_or_else(|| {
                let range = range.as_deref().unwrap_or("no range");
                self.failed(&format!(
                    "sends {range} where bytes from {first_byte} on were asked for"
                ))
            })
    }

    fn failed(&self, why: &str) -> Failure {
        failed_at(Kind::SourceFailed, &self.url, why)
    }

    fn facts(&self) -> SourceFacts {
        facts_of(self.response.headers(), self.via_hosts.clone())
    }

    fn into_opened(
        self,
        facts: SourceFacts,
        first_byte: u64,
        announced: Option<u64>,
        progress: Duration,
    ) -> Opened {
        let pieces = self.response.bytes_stream();
        // An error of reqwest's names its URL with the query string.
        let pieces = pieces.map_err(|error| chain(&error.without_url()));
        Opened {
            facts,
            first_byte,
            body: checked(named(&self.url), announced, progress, pieces),
        }
    }
}
