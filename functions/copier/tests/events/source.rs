//! A source inside the test.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::ports::{Fetch, Opened, Source, SourceFacts};
use futures::stream::{self, StreamExt as _};
use tokio::sync::watch;
use tokio::time::timeout;

/// Serves the same pieces at every URL, or fails, and can be held in the middle of a body.
pub(crate) struct TestSource(watch::Sender<Book>);

struct Book {
    pieces: Vec<Bytes>,
    fails_as: Option<Kind>,
    says_its_length: bool,
    etag: Option<&'static str>,
    held_before: Option<usize>,
    opened: usize,
}

impl TestSource {
    pub(crate) fn of(bytes: &'static str) -> Self {
        Self(watch::Sender::new(Book {
            pieces: vec![Bytes::from_static(bytes.as_bytes())],
            fails_as: None,
            says_its_length: true,
            etag: None,
            held_before: None,
            opened: 0,
        }))
    }

    /// From now on the body arrives in these pieces.
    pub(crate) fn serve(&self, pieces: Vec<Bytes>) {
        self.0.send_modify(|book| book.pieces = pieces);
    }

    pub(crate) fn without_length(&self) {
        self.0.send_modify(|book| book.says_its_length = false);
    }

    /// From now on it says this validator.
    pub(crate) fn says_etag(&self, etag: &'static str) {
        self.0.send_modify(|book| book.etag = Some(etag));
    }

    pub(crate) fn fail_as(&self, kind: Kind) {
        self.0.send_modify(|book| book.fails_as = Some(kind));
    }

    pub(crate) fn mend(&self) {
        self.0.send_modify(|book| book.fails_as = None);
    }

    /// No byte of the body arrives until it is released.
    pub(crate) fn hold(&self) {
        self.hold_before(0);
    }

    /// The body stops before that piece, counted from 0, until it is released.
    pub(crate) fn hold_before(&self, piece: usize) {
        self.0.send_modify(|book| book.held_before = Some(piece));
    }

    pub(crate) fn release(&self) {
        self.0.send_modify(|book| book.held_before = None);
    }

    /// How often a body was asked for.
    pub(crate) fn opened(&self) -> usize {
        self.0.borrow().opened
    }

    pub(crate) async fn until_opened(&self) {
        let mut book = self.0.subscribe();
        let opened = book.wait_for(|book| book.opened > 0);
        let opened = timeout(Duration::from_secs(3600), opened).await;
        drop(opened.expect("somebody opens the source").unwrap());
    }

    fn facts(&self) -> Result<SourceFacts, Failure> {
        let book = self.0.borrow();
        if let Some(kind) = book.fails_as {
            return Err(Failure::new(kind, "the source was told to fail"));
        }
        let length = book.pieces.iter().map(|piece| piece.len() as u64).sum();
        Ok(SourceFacts {
            size: book.says_its_length.then_some(length),
            etag: book.etag.map(str::to_owned),
            ..SourceFacts::default()
        })
    }
}

#[async_trait]
impl Source for TestSource {
    async fn head(&self, _fetch: Fetch<'_>) -> Result<SourceFacts, Failure> {
        self.facts()
    }

    async fn open(&self, _fetch: Fetch<'_>) -> Result<Opened, Failure> {
        let facts = self.facts()?;
        self.0.send_modify(|book| book.opened += 1);
        let body = stream::unfold((self.0.subscribe(), 0), next_piece).boxed();
        Ok(Opened { facts, body })
    }
}

type Reader = (watch::Receiver<Book>, usize);

async fn next_piece((mut book, number): Reader) -> Option<(Result<Bytes, Failure>, Reader)> {
    let arrives = |book: &Book| book.held_before.is_none_or(|held| number < held);
    let piece = book
        .wait_for(arrives)
        .await
        .unwrap()
        .pieces
        .get(number)
        .cloned()?;
    Some((Ok(piece), (book, number + 1)))
}
