//! Names that lead somewhere else the second time.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::rules::SourceRule;
use cloud_mirror_http::{HttpSource, Limits, Names};
use cloud_mirror_testkit::origin::{Canary, Object, Origin};
use tokio::net::TcpListener;

use crate::{bytes, rule_for};

/// Private, as it is everywhere.
pub(crate) const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Public, in the book of these stories only.
const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// A book of names: one answer after the other, the last one for ever. It notes who asked.
#[derive(Debug)]
pub(crate) struct Book {
    answers: Mutex<Vec<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl Book {
    /// Every name leads there.
    pub(crate) fn of_everything(address: IpAddr) -> Arc<Self> {
        Self::answering([vec![address]])
    }

    fn answering<const N: usize>(mut answers: [Vec<IpAddr>; N]) -> Arc<Self> {
        answers.reverse();
        Arc::new(Self {
            answers: Mutex::new(answers.into()),
            asked: Mutex::default(),
        })
    }

    fn lookups(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

#[async_trait]
impl Names for Book {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.lock().unwrap().push(host.to_owned());
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 {
            answers.pop()
        } else {
            answers.first().cloned()
        };
        answer.ok_or_else(|| io::Error::other("the book is empty"))
    }

    fn is_public(&self, ip: IpAddr) -> bool {
        ip == PUBLIC
    }
}

/// An origin at the public address, a canary on the same port of loopback, and a name for both.
struct Story {
    origin: Origin,
    canary: Canary,
    book: Arc<Book>,
    source: HttpSource,
}

impl Story {
    async fn answering<const N: usize>(answers: [Vec<IpAddr>; N]) -> Self {
        let (origin, canary) = on_one_port().await;
        let book = Book::answering(answers);
        let names = Arc::clone(&book) as Arc<dyn Names>;
        let source = HttpSource::with_names(Limits::default(), names).unwrap();
        Self {
            origin,
            canary,
            book,
            source,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://rebind.example:{}{path}", self.canary.port())
    }

    fn rule(&self) -> SourceRule {
        rule_for(&self.url("/"))
    }

    async fn fetch(&self, path: &str) -> Result<Vec<u8>, Kind> {
        let found = bytes(&self.source, &self.url(path), &self.rule()).await;
        found.map_err(|failure| failure.kind)
    }

    #[track_caller]
    fn assert_canary_is_alive(&self) {
        assert_eq!(self.canary.connections(), 0, "nobody came to the canary");
    }
}

/// The port is free on one address; on the other it may be taken, and then another is tried.
async fn on_one_port() -> (Origin, Canary) {
    for _ in 0..100 {
        let canary = Canary::start();
        if let Ok(listener) = TcpListener::bind((PUBLIC, canary.port())).await {
            return (Origin::listening(listener), canary);
        }
    }
    panic!("{PUBLIC} is no address of this host's loopback")
}

#[tokio::test]
async fn a_connection_is_made_to_the_very_address_that_was_judged() {
    let story = Story::answering([vec![PUBLIC], vec![LOOPBACK]]).await;
    story.origin.serve("/a", "a");
    assert_eq!(story.fetch("/a").await.unwrap(), b"a");
    assert_eq!(story.book.lookups(), 1, "there is no second answer to use");
    assert_eq!(story.origin.gets("/a"), 1);
    story.assert_canary_is_alive();
}

#[tokio::test]
async fn each_new_connection_is_judged_and_a_second_answer_that_is_private_is_refused() {
    let story = Story::answering([vec![PUBLIC], vec![LOOPBACK]]).await;
    story.origin.serve("/a", "a");
    assert!(story.fetch("/a").await.is_ok());
    for _ in 0..3 {
        assert_eq!(story.fetch("/a").await, Err(Kind::AddressRefused));
    }
    assert_eq!((story.book.lookups(), story.origin.gets("/a")), (4, 1));
    story.assert_canary_is_alive();
}

#[tokio::test]
async fn an_answer_with_one_private_address_is_refused_whole() {
    for answer in [vec![PUBLIC, LOOPBACK], vec![LOOPBACK, PUBLIC]] {
        let story = Story::answering([answer]).await;
        story.origin.serve("/a", "a");
        assert_eq!(story.fetch("/a").await, Err(Kind::AddressRefused));
        assert_eq!(story.origin.gets("/a"), 0);
        story.assert_canary_is_alive();
    }
}

#[tokio::test]
async fn a_redirect_to_the_same_name_is_judged_anew() {
    let story = Story::answering([vec![PUBLIC], vec![LOOPBACK]]).await;
    story.origin.serve("/a", Object::redirect_to("/b"));
    assert_eq!(story.fetch("/a").await, Err(Kind::AddressRefused));
    assert_eq!((story.origin.gets("/a"), story.origin.gets("/b")), (1, 0));
    story.assert_canary_is_alive();
}

#[tokio::test]
async fn an_open_connection_to_a_private_address_never_serves_a_strict_rule() {
    let origin = Origin::start().await;
    origin.serve("/a", Object::new("a").header("connection", "keep-alive"));
    let book = Book::of_everything(LOOPBACK);
    let names = Arc::clone(&book) as Arc<dyn Names>;
    let source = HttpSource::with_names(Limits::default(), names).unwrap();
    let url = origin.url("/a").replace("127.0.0.1", "rebind.example");
    let strict = rule_for(&url);
    let mut permissive = strict.clone();
    permissive.allow_private = true;
    let is_kept = || book.lookups() < origin.gets("/a");
    for _ in 0..100 {
        assert!(bytes(&source, &url, &permissive).await.is_ok());
        if is_kept() {
            break;
        }
    }
    assert!(is_kept(), "a connection served twice");
    let gets = origin.gets("/a");
    let failure = bytes(&source, &url, &strict).await.unwrap_err();
    assert_eq!(failure.kind, Kind::AddressRefused, "{failure}");
    assert_eq!(origin.gets("/a"), gets);
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_unreachable() {
    let story = Story::answering([]).await;
    assert_eq!(story.fetch("/a").await, Err(Kind::SourceUnreachable));
    let story = Story::answering([vec![]]).await;
    assert_eq!(story.fetch("/a").await, Err(Kind::SourceUnreachable));
}
