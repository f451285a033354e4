//! What an origin answers at one path.

use std::time::Duration;

use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;

/// How the body of an answer ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ending {
    /// With its last byte.
    Whole,
    /// With a broken connection after so many bytes.
    Cut(usize),
    /// Never: after so many bytes nothing more comes.
    Stall(usize),
}

/// What an origin answers at one path: well-behaved unless told otherwise.
///
/// Ranges are answered as RFC 9110 says: one range `bytes=first-[last]` of an object with status
/// 200, `If-Range` with its strong entity tag; everything else gets the whole object.
#[derive(Clone, Debug)]
pub struct Object {
    pub(super) bytes: Bytes,
    pub(super) headers: HeaderMap,
    pub(super) get_status: u16,
    pub(super) head_status: u16,
    pub(super) ending: Ending,
    pub(super) endings_left: usize,
    pub(super) next: Option<Box<Self>>,
    pub(super) delay: Option<Duration>,
    pub(super) held: bool,
    pub(super) without_length: bool,
    pub(super) without_ranges: bool,
    pub(super) redirects_to_itself: bool,
}

impl Object {
    /// These bytes with status 200, as `application/octet-stream` without an entity tag.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        let object = Self {
            bytes: bytes.into(),
            headers: HeaderMap::new(),
            get_status: 200,
            head_status: 200,
            ending: Ending::Whole,
            endings_left: usize::MAX,
            next: None,
            delay: None,
            held: false,
            without_length: false,
            without_ranges: false,
            redirects_to_itself: false,
        };
        object.content_type("application/octet-stream")
    }

    /// A redirect (302) to a URL, whole or relative. [`Object::status`] makes it another one.
    pub fn redirect_to(url: impl AsRef<str>) -> Self {
        Self::new("elsewhere")
            .status(302)
            .header("location", url.as_ref())
    }

    /// A redirect to the very URL that was asked for.
    pub fn redirect_loop() -> Self {
        Self {
            redirects_to_itself: true,
            ..Self::new("elsewhere").status(302)
        }
    }

    /// Another `Content-Type`.
    pub fn content_type(self, value: &str) -> Self {
        self.header("content-type", value)
    }

    /// No `Content-Type` at all.
    pub fn without_content_type(mut self) -> Self {
        self.headers.remove(header::CONTENT_TYPE);
        self
    }

    /// A `Content-Encoding`; the bytes stay as they are.
    pub fn content_encoding(self, value: &str) -> Self {
        self.header("content-encoding", value)
    }

    /// An `ETag`, with the quotes that it shall have.
    pub fn etag(self, value: &str) -> Self {
        self.header("etag", value)
    }

    /// Any header, in place of one of that name; the value may be any bytes that HTTP can send.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name: HeaderName = name.parse().unwrap();
        self.headers
            .insert(name, HeaderValue::from_bytes(value.as_ref()).unwrap());
        self
    }

    /// Answers HEAD and GET with this status, the bytes being its page.
    pub fn status(mut self, status: u16) -> Self {
        self.get_status = status;
        self.head_status = status;
        self
    }

    /// Answers HEAD with 200 and GET with this status.
    pub fn head_ok_get_status(mut self, status: u16) -> Self {
        self.get_status = status;
        self.head_status = 200;
        self
    }

    /// Answers HEAD with this status and leaves GET as it is.
    pub fn head_status(mut self, status: u16) -> Self {
        self.head_status = status;
        self
    }

    /// Answers HEAD with 405.
    pub fn head_not_allowed(self) -> Self {
        self.head_status(405)
    }

    /// Announces the whole length, sends so many bytes, and breaks the connection. An answer with
    /// a range is cut after so many bytes of its own; one that is no longer than that is sent whole,
    /// and then cut.
    pub fn cut_short_after(mut self, bytes: usize) -> Self {
        self.ending = Ending::Cut(bytes);
        self
    }

    /// Announces the whole length, sends so many bytes, and then nothing more: the connection stays.
    pub fn stalled_after(mut self, bytes: usize) -> Self {
        self.ending = Ending::Stall(bytes);
        self
    }

    /// Only so many GETs are cut short or stall; those after them get the whole body.
    pub fn cut_times(mut self, gets: usize) -> Self {
        self.endings_left = gets;
        self
    }

    /// Answers one GET; then the path has this object, for every verb. A held GET is answered with
    /// what the path has when it is let go.
    pub fn then(mut self, next: impl Into<Self>) -> Self {
        self.next = Some(Box::new(next.into()));
        self
    }

    /// Ignores ranges: every GET gets the whole object.
    pub fn without_ranges(mut self) -> Self {
        self.without_ranges = true;
        self
    }

    /// Sends the headers at once and the body after this time.
    pub fn slow(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }

    /// Leaves every GET without an answer until [`super::Origin::release`]; HEAD is answered.
    pub fn held(mut self) -> Self {
        self.held = true;
        self
    }

    /// Announces no length: GET is answered in chunks.
    pub fn without_length(mut self) -> Self {
        self.without_length = true;
        self
    }
}

impl From<&'static str> for Object {
    fn from(text: &'static str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Object {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<Vec<u8>> for Object {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(bytes)
    }
}

impl From<Bytes> for Object {
    fn from(bytes: Bytes) -> Self {
        Self::new(bytes)
    }
}
