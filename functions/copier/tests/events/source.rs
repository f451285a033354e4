//! A source inside the test.

use std::collections::VecDeque;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cloud_mirror_domain::digest::{Algorithm, OfferedDigest};
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::ports::{Fetch, Opened, Resume, Source, SourceFacts};
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
    offered: Vec<OfferedDigest>,
    silent_head: bool,
    cache_control: [Option<&'static str>; 2],
    held_before: Option<usize>,
    knows_ranges: bool,
    /// After how many bytes the next connections break.
    breaks_after: VecDeque<usize>,
    /// The first byte of every body that was asked for.
    opened: Vec<u64>,
}

impl TestSource {
    pub(crate) fn of(bytes: &'static str) -> Self {
        Self(watch::Sender::new(Book {
            pieces: vec![Bytes::from_static(bytes.as_bytes())],
            fails_as: None,
            says_its_length: true,
            etag: None,
            offered: Vec::new(),
            silent_head: false,
            cache_control: [None, None],
            held_before: None,
            knows_ranges: true,
            breaks_after: VecDeque::new(),
            opened: Vec::new(),
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

    pub(crate) fn says_no_etag(&self) {
        self.0.send_modify(|book| book.etag = None);
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
        self.0.borrow().opened.len()
    }

    /// Where the bodies that were asked for began.
    pub(crate) fn first_bytes(&self) -> Vec<u64> {
        self.0.borrow().opened.clone()
    }

    pub(crate) fn knows_no_ranges(&self) {
        self.0.send_modify(|book| book.knows_ranges = false);
    }

    /// The next connections break, each after so many bytes.
    pub(crate) fn breaks_after(&self, bytes: impl IntoIterator<Item = usize>) {
        let bytes = bytes.into_iter().collect();
        self.0.send_modify(|book| book.breaks_after = bytes);
    }

    /// It says its digests only with the bytes.
    pub(crate) fn offers_with_its_bytes_alone(&self) {
        self.0.send_modify(|book| book.silent_head = true);
    }

    /// What it says of caching, to HEAD and to GET.
    pub(crate) fn says_of_caching(&self, head: Option<&'static str>, get: Option<&'static str>) {
        self.0.send_modify(|book| book.cache_control = [head, get]);
    }

    /// It says this digest of its bytes, right or wrong.
    pub(crate) fn offers(&self, algorithm: Algorithm, hex: &str) {
        let hex = hex.to_owned();
        let digest = OfferedDigest { algorithm, hex };
        self.0.send_modify(|book| book.offered = vec![digest]);
    }

    pub(crate) async fn until_opened(&self) {
        let mut book = self.0.subscribe();
        let opened = book.wait_for(|book| !book.opened.is_empty());
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
            offered: book.offered.clone(),
            ..SourceFacts::default()
        })
    }
}

#[async_trait]
impl Source for TestSource {
    async fn head(&self, _fetch: Fetch<'_>) -> Result<SourceFacts, Failure> {
        let mut facts = self.facts()?;
        let book = self.0.borrow();
        facts.headers.cache_control = book.cache_control[0].map(str::to_owned);
        if book.silent_head {
            facts.offered.clear();
        }
        Ok(facts)
    }

    async fn open(&self, _fetch: Fetch<'_>, resume: Option<Resume<'_>>) -> Result<Opened, Failure> {
        let mut facts = self.facts()?;
        facts.headers.cache_control = self.0.borrow().cache_control[1].map(str::to_owned);
        let wanted = resume.filter(|resume| facts.etag.as_deref() == Some(resume.etag));
        let mut first_byte = wanted.map_or(0, |resume| resume.first_byte);
        let mut breaks_after = None;
        self.0.send_modify(|book| {
            if !book.knows_ranges {
                first_byte = 0;
            }
            book.opened.push(first_byte);
            breaks_after = book.breaks_after.pop_front();
        });
        let reader = Reader {
            book: self.0.subscribe(),
            number: 0,
            passes: first_byte as usize,
            left: breaks_after.unwrap_or(usize::MAX),
        };
        Ok(Opened {
            facts,
            first_byte,
            body: stream::unfold(reader, next_piece).boxed(),
        })
    }
}

struct Reader {
    book: watch::Receiver<Book>,
    number: usize,
    /// Bytes that were not asked for.
    passes: usize,
    /// Bytes until the connection breaks.
    left: usize,
}

async fn next_piece(mut reader: Reader) -> Option<(Result<Bytes, Failure>, Reader)> {
    loop {
        if reader.left == 0 {
            let broke = Failure::new(Kind::SourceUnreachable, "the connection broke");
            return Some((Err(broke), reader));
        }
        let number = reader.number;
        let arrives = |book: &Book| book.held_before.is_none_or(|held| number < held);
        let book = reader.book.wait_for(arrives).await.unwrap();
        let mut piece = book.pieces.get(number).cloned()?;
        drop(book);
        reader.number += 1;
        let passed = piece.split_to(reader.passes.min(piece.len()));
        reader.passes -= passed.len();
        if !piece.is_empty() {
            piece.truncate(reader.left);
            reader.left -= piece.len();
            return Some((Ok(piece), reader));
        }
    }
}
