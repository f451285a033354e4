//! One request: where it goes, whose it is, how long it may take and how often it is tried.

use std::time::Duration;

use bytes::Bytes;
use cloud_mirror_body::PROGRESS;
use cloud_mirror_domain::error::chain;
use cloud_mirror_domain::url::redact;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use reqwest::Response;

use crate::GcsClients;
use crate::failure::Refusal;
use crate::place::{Place, segment};

/// The pause before the second try; it doubles.
const PAUSE: Duration = Duration::from_millis(100);

/// Says that gzip is welcome.
const AS_STORED: HeaderValue = HeaderValue::from_static("gzip");

const USER_PROJECT: HeaderName = HeaderName::from_static("x-goog-user-project");

/// How long a call may take.
#[derive(Clone, Copy, Debug)]
struct Patience {
    one_try: Duration,
    all_tries: Duration,
    tries: u32,
}

/// A client waits: less than the grace that the redirect function keeps (docs/adr/0010).
const QUICK: Patience = Patience {
    one_try: Duration::from_secs(2),
    all_tries: Duration::from_millis(3_500),
    tries: 3,
};

/// Bytes move: the run's lease and the invocation's end are the limits that count.
const MOVING: Patience = Patience {
    one_try: Duration::from_secs(300),
    all_tries: Duration::from_secs(600),
    tries: 3,
};

/// An answer that was a success.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// The body as text; Google's XML and JSON are UTF-8.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_default()
    }

    /// What takes long may be answered before it is done, and then an error ends the answer.
    pub(crate) fn whole(self, about: &str) -> Result<(), Refusal> {
        if self.text().contains("<Error") {
            let status = http::StatusCode::INTERNAL_SERVER_ERROR;
            return Err(Refusal::of_answer(about, status, &self.body));
        }
        Ok(())
    }
}

/// A request, before it is sent.
pub(crate) struct Asking {
    clients: GcsClients,
    /// What is done, and to what: for messages.
    pub(crate) about: String,
    method: Method,
    url: String,
    pub(crate) headers: HeaderMap,
    body: Bytes,
    patience: Patience,
    moves_bytes: bool,
}

impl GcsClients {
    /// A request of the XML API on an object.
    pub(crate) fn object(&self, action: &str, method: Method, place: Place<'_>) -> Asking {
        let url = format!("{}/{}", self.endpoint(), place.path());
        self.asking(format!("{action} {place}"), method, url)
    }

    /// A request of the XML API on a bucket.
    pub(crate) fn bucket(&self, action: &str, method: Method, bucket: &str) -> Asking {
        let url = format!("{}/{}", self.endpoint(), segment(bucket));
        self.asking(format!("{action} gs://{bucket}"), method, url)
    }

    /// A request of the JSON API; `path` follows `/storage/v1/`, and its segments are escaped.
    pub(crate) fn json(&self, about: String, method: Method, path: &str) -> Asking {
        let url = format!("{}/storage/v1/{path}", self.endpoint());
        self.asking(about, method, url)
    }

    fn asking(&self, about: String, method: Method, url: String) -> Asking {
        Asking {
            clients: self.clone(),
            about,
            method,
            url,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            patience: QUICK,
            moves_bytes: false,
        }
    }
}

impl Asking {
    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        self = self.flag(name);
        self.url = format!("{}={}", self.url, segment(value));
        self
    }

    /// A parameter without a value, as sub-resources are named.
    pub(crate) fn flag(mut self, name: &str) -> Self {
        let separator = if self.url.contains('?') { '&' } else { '?' };
        self.url = format!("{}{separator}{name}", self.url);
        self
    }

    /// A header whose value is plain; any other is left out, as no request can be made with it.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    pub(crate) fn headers(mut self, headers: HeaderMap) -> Self {
        self.headers.extend(headers);
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn json(self, document: &serde_json::Value) -> Self {
        self.header("content-type", "application/json")
            .body(document.to_string())
    }

    /// Asks for an object as it is stored. Without it, Google decompresses what has
    /// `Content-Encoding: gzip`, and then says neither its length nor its encoding. Documents are not
    /// asked for so: nobody here would decompress them.
    pub(crate) fn welcoming_gzip(mut self) -> Self {
        self.headers.insert(header::ACCEPT_ENCODING, AS_STORED);
        self
    }

    /// Asks for no answer from before: Google keeps public objects in caches of its own, as long as
    /// their `Cache-Control` lets it, and does not say that it never answers us from there.
    pub(crate) fn uncached(self) -> Self {
        self.header("cache-control", "no-cache")
    }

    /// Says that our project pays, if whoever asks for the object has to and its rule allows it.
    pub(crate) fn paid_by_us(mut self, wanted: bool) -> Self {
        let project = self.clients.project().map(HeaderValue::from_str);
        if let Some(Ok(project)) = project.filter(|_| wanted) {
            self.headers.insert(USER_PROJECT, project);
        }
        self
    }

    /// Bytes move while it is answered.
    pub(crate) fn patiently(mut self) -> Self {
        self.moves_bytes = true;
        self.patience = MOVING;
        self
    }

    /// As [`Self::patiently`], and tried once: of parts many are under way, and whoever sends them has a
    /// pace of its own, which must see every refusal.
    pub(crate) fn once(mut self) -> Self {
        self = self.patiently();
        self.patience.tries = 1;
        self
    }

    /// Sends it, again where that may help, and reads the answer to its end.
    pub(crate) async fn send(self) -> Result<Answer, Refusal> {
        let limit = self.patience.all_tries;
        let answered = tokio::time::timeout(limit, self.tries()).await;
        answered.unwrap_or_else(|_| Err(self.silence(limit)))
    }

    /// Sends it once, and leaves the answer's body to be read for as long as it comes.
    pub(crate) async fn open(self) -> Result<Response, Refusal> {
        let answered = tokio::time::timeout(PROGRESS, self.response(None)).await;
        let response = answered.unwrap_or_else(|_| Err(self.silence(PROGRESS)))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let refused = tokio::time::timeout(PROGRESS, self.answer(response)).await;
        match refused {
            Ok(Err(refusal)) => Err(refusal),
            Ok(Ok(_)) | Err(_) => Err(self.silence(PROGRESS)),
        }
    }

    async fn tries(&self) -> Result<Answer, Refusal> {
        let mut pause = PAUSE;
        for _ in 1..self.patience.tries {
            match self.once_more().await {
                Err(refusal) if refusal.may_pass() => tokio::time::sleep(pause).await,
                settled => return settled,
            }
            pause *= 2;
        }
        self.once_more().await
    }

    async fn once_more(&self) -> Result<Answer, Refusal> {
        let response = self.response(Some(self.patience.one_try)).await?;
        self.answer(response).await
    }

    async fn response(&self, limit: Option<Duration>) -> Result<Response, Refusal> {
        let token = self.clients.token().await.map_err(|error| {
            let why = format!("no token: {}", chain(&error));
            Refusal::unreachable(&self.about, &redact(&why))
        })?;
        let client = if self.moves_bytes || limit.is_none() {
            self.clients.mover()
        } else {
            self.clients.quick()
        };
        let mut request = client
            .request(self.method.clone(), &self.url)
            .headers(self.headers.clone())
            .bearer_auth(token)
            .body(self.body.clone());
        if let Some(limit) = limit {
            request = request.timeout(limit);
        }
        // Google refuses (411) a write that does not say its length, and hyper says no length of 0.
        if self.body.is_empty() && matches!(self.method, Method::PUT | Method::POST) {
            request = request.header(header::CONTENT_LENGTH, 0);
        }
        let response = request.send().await;
        response.map_err(|error| self.broken(error))
    }

    /// What an answer says, success or not.
    async fn answer(&self, response: Response) -> Result<Answer, Refusal> {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await;
        let body = body.map_err(|error| self.broken(error))?;
        if status.is_success() {
            Ok(Answer { headers, body })
        } else {
            Err(Refusal::of_answer(&self.about, status, &body))
        }
    }

    fn broken(&self, error: reqwest::Error) -> Refusal {
        Refusal::unreachable(&self.about, &chain(&error.without_url()))
    }

    fn silence(&self, limit: Duration) -> Refusal {
        Refusal::unreachable(&self.about, &format!("no answer within {limit:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Reason;

    #[test]
    fn an_error_behind_a_success_is_an_error() {
        let answered = |body: &'static str| {
            let (headers, body) = (HeaderMap::new(), Bytes::from_static(body.as_bytes()));
            Answer { headers, body }.whole("CopyObject")
        };
        assert!(answered("<CopyObjectResult><ETag>e</ETag></CopyObjectResult>").is_ok());
        let error = "<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>a</Message></Error>";
        assert_eq!(answered(error).unwrap_err().reason, Reason::Throttled);
    }
}
