//! A source and the origin server that it reads.

use cloud_mirror_domain::error::Failure;
use cloud_mirror_domain::ports::{Body, Fetch, ObjectHeaders, Opened, Resume, Source, SourceFacts};
use cloud_mirror_domain::rules::SourceRule;
use futures::TryStreamExt;

use crate::origin::{Object, Origin};

/// A source, and an origin server that its rule allows.
pub(super) struct Story<'a> {
    pub(super) source: &'a dyn Source,
    pub(super) origin: Origin,
    pub(super) rule: SourceRule,
}

impl<'a> Story<'a> {
    pub(super) async fn of(source: &'a dyn Source) -> Self {
        let origin = Origin::start().await;
        let rule = origin.rule();
        Self {
            source,
            origin,
            rule,
        }
    }

    pub(super) async fn serving(
        source: &'a dyn Source,
        path: &str,
        object: impl Into<Object>,
    ) -> Self {
        let story = Self::of(source).await;
        story.origin.serve(path, object);
        story
    }

    pub(super) async fn head(&self, path: &str) -> Result<SourceFacts, Failure> {
        let url = self.origin.source_url(path);
        self.source
            .head(Fetch {
                url: &url,
                rule: &self.rule,
            })
            .await
    }

    pub(super) async fn open(&self, path: &str) -> Result<Opened, Failure> {
        self.open_from(path, None).await
    }

    /// Opens it again where a stream broke that had this entity tag.
    pub(super) async fn resume(
        &self,
        path: &str,
        first_byte: u64,
        etag: &str,
    ) -> Result<Opened, Failure> {
        self.open_from(path, Some(Resume { first_byte, etag }))
            .await
    }

    async fn open_from(&self, path: &str, resume: Option<Resume<'_>>) -> Result<Opened, Failure> {
        let url = self.origin.source_url(path);
        let rule = &self.rule;
        self.source.open(Fetch { url: &url, rule }, resume).await
    }

    pub(super) async fn bytes(&self, path: &str) -> Result<Vec<u8>, Failure> {
        read(self.open(path).await?.body).await
    }

    /// How HEAD and GET fail, which must be alike.
    pub(super) async fn failure(&self, path: &str) -> Failure {
        let failure = self.open_failure(path).await;
        assert_eq!(
            self.head(path).await.expect_err(path).kind,
            failure.kind,
            "{path}"
        );
        failure
    }

    pub(super) async fn open_failure(&self, path: &str) -> Failure {
        let opened = self.open(path).await.map(|opened| opened.facts);
        opened.expect_err(path)
    }

    pub(super) fn requests(&self, path: &str) -> usize {
        self.origin.heads(path) + self.origin.gets(path)
    }
}

pub(super) async fn read(body: Body) -> Result<Vec<u8>, Failure> {
    body.try_fold(Vec::new(), |mut all, piece| async move {
        all.extend_from_slice(&piece);
        Ok(all)
    })
    .await
}

/// An object that says everything of itself.
pub(super) fn with_all_headers(bytes: &'static str) -> Object {
    Object::new(bytes)
        .etag("W/\"v1\"")
        .content_type("text/plain; charset=utf-8")
        .content_encoding("gzip")
        .header("content-disposition", "attachment; filename=\"a b\"")
        .header("content-language", "de, en")
        .header("cache-control", "public, max-age=60")
        .header("last-modified", "Wed, 21 Oct 2015 07:28:00 GMT")
}

/// What [`with_all_headers`] says, for so many bytes.
pub(super) fn all_facts(size: u64) -> SourceFacts {
    let said = |text: &str| Some(text.to_owned());
    SourceFacts {
        size: Some(size),
        etag: said("W/\"v1\""),
        last_modified: said("Wed, 21 Oct 2015 07:28:00 GMT"),
        headers: ObjectHeaders {
            content_type: said("text/plain; charset=utf-8"),
            content_encoding: said("gzip"),
            content_disposition: said("attachment; filename=\"a b\""),
            content_language: said("de, en"),
            cache_control: said("public, max-age=60"),
        },
        via_hosts: Vec::new(),
        ..SourceFacts::default()
    }
}
