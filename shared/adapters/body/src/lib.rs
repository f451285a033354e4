//! The bytes of a source's object, counted and timed.
//!
//! Every adapter that reads a source says so of its bytes here, so that a stream that is cut short
//! or falls silent is the same failure wherever it came from.

mod range;

use std::time::Duration;

use bytes::Bytes;
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::ports::Body;
use futures::stream::{self, BoxStream, Stream, StreamExt};

pub use range::ContentRange;

/// How long a source may let us wait for its answer, and then for each next piece of the body.
pub const PROGRESS: Duration = Duration::from_secs(30);

/// A body that ends well only with exactly as many bytes as were announced. Without an announced
/// size its end is taken at its word. After a failure it yields nothing more.
///
/// `name` stands for it in failures, and so do the errors of `pieces`: neither may hold a secret.
/// `progress` is how long a reader waits for the next piece; time in which nobody reads does not
/// count.
pub fn checked<S>(name: String, announced: Option<u64>, progress: Duration, pieces: S) -> Body
where
    S: Stream<Item = Result<Bytes, String>> + Send + 'static,
{
    let incoming = Incoming {
        name,
        announced,
        progress,
        received: 0,
        pieces: pieces.boxed(),
    };
    stream::try_unfold(incoming, Incoming::next).boxed()
}

struct Incoming {
    name: String,
    announced: Option<u64>,
    progress: Duration,
    received: u64,
    pieces: BoxStream<'static, Result<Bytes, String>>,
}

impl Incoming {
    /// The clock starts when somebody reads, so a reader may take its time between pieces.
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, Failure> {
        match tokio::time::timeout(self.progress, self.pieces.next()).await {
            Ok(Some(Ok(piece))) => self.counted(piece).map(Some),
            Ok(Some(Err(cause))) => Err(self.stopped(Kind::SourceUnreachable, &cause)),
            Ok(None) => self.ended().map(|()| None),
            Err(_) => {
                let cause = format!("nothing came for {:?}", self.progress);
                Err(self.stopped(Kind::SourceStalled, &cause))
            }
        }
    }

    fn counted(mut self, piece: Bytes) -> Result<(Bytes, Self), Failure> {
        self.received += piece.len() as u64;
        match self.announced {
            Some(announced) if self.received > announced => Err(Failure::new(
                Kind::SourceChanged,
                format!(
                    "{} sent more than the {announced} bytes it announced",
                    self.name
                ),
            )),
            _ => Ok((piece, self)),
        }
    }

    /// The client already refuses a body that is cut short; a copy depends on it, so it is also
    /// checked where it can be tested.
    fn ended(&self) -> Result<(), Failure> {
        match self.announced {
            Some(announced) if self.received < announced => {
                Err(self.stopped(Kind::SourceUnreachable, "the body ended"))
            }
            _ => Ok(()),
        }
    }

    fn stopped(&self, kind: Kind, cause: &str) -> Failure {
        let of = self
            .announced
            .map(|size| format!(" of {size}"))
            .unwrap_or_default();
        let Self { name, received, .. } = self;
        let detail = format!("{name} stopped sending after {received}{of} bytes: {cause}");
        Failure::new(kind, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream::TryStreamExt;

    const MINUTE: Duration = Duration::from_secs(60);

    fn sent(pieces: &[&'static str]) -> impl Stream<Item = Result<Bytes, String>> + use<> {
        let pieces: Vec<_> = pieces
            .iter()
            .map(|text| Ok(Bytes::from_static(text.as_bytes())))
            .collect();
        stream::iter(pieces)
    }

    async fn read(body: Body) -> Result<String, Failure> {
        let pieces: Vec<Bytes> = body.try_collect().await?;
        Ok(String::from_utf8(pieces.concat()).unwrap())
    }

    fn body(announced: Option<u64>, pieces: &[&'static str]) -> Body {
        checked(
            "https://example.com/a".into(),
            announced,
            MINUTE,
            sent(pieces),
        )
    }

    #[tokio::test]
    async fn a_body_of_the_announced_size_arrives_whole() {
        assert_eq!(
            read(body(Some(6), &["one", "two"])).await.unwrap(),
            "onetwo"
        );
        assert_eq!(read(body(Some(0), &[])).await.unwrap(), "");
        assert_eq!(read(body(None, &["one", "two"])).await.unwrap(), "onetwo");
    }

    #[tokio::test]
    async fn a_body_that_is_shorter_than_announced_never_ends_well() {
        let failure = read(body(Some(7), &["one", "two"])).await.unwrap_err();
        assert_eq!(failure.kind, Kind::SourceUnreachable);
        assert!(failure.detail.contains("after 6 of 7 bytes"), "{failure}");
    }

    #[tokio::test]
    async fn a_body_that_is_longer_than_announced_is_another_object() {
        let failure = read(body(Some(5), &["one", "two"])).await.unwrap_err();
        assert_eq!(failure.kind, Kind::SourceChanged);
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_that_falls_silent_is_given_up() {
        let silent = sent(&["one"]).chain(stream::pending());
        let body = checked("https://example.com/a".into(), Some(6), MINUTE, silent);
        let failure = read(body).await.unwrap_err();
        assert_eq!(failure.kind, Kind::SourceStalled);
        assert!(failure.detail.contains("after 3 of 6 bytes"), "{failure}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_takes_its_time_is_not_the_sources_fault() {
        let mut body = body(Some(6), &["one", "two"]);
        assert_eq!(body.next().await.unwrap().unwrap(), "one");
        tokio::time::advance(60 * MINUTE).await;
        assert_eq!(body.next().await.unwrap().unwrap(), "two");
        assert!(body.next().await.is_none());
    }
}
