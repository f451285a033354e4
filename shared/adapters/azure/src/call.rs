//! A request, before it is signed.

use bytes::Bytes;
use cloud_mirror_domain::error::chain;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use object_store::client::{HttpRequest, HttpRequestBody};

use crate::client::Container;
use crate::failure::Refusal;
use crate::transport::Patience;

/// One request, before it is signed. May be sent any number of times. Headers may hold secrets (the
/// source of a copy does), so nothing shows it.
#[derive(Clone)]
pub(crate) struct Call {
    action: &'static str,
    method: Method,
    blob: Option<String>,
    query: Vec<(&'static str, String)>,
    headers: Vec<(HeaderName, String)>,
    pub(crate) body: Bytes,
    pub(crate) patience: Patience,
}

impl Call {
    /// A quick call to the container itself; `action` is Azure's name for it.
    pub(crate) fn new(method: Method, action: &'static str) -> Self {
        Self {
            action,
            method,
            blob: None,
            query: Vec::new(),
            headers: Vec::new(),
            body: Bytes::new(),
            patience: Patience::Quick,
        }
    }

    /// By another of Azure's names.
    pub(crate) fn named(mut self, action: &'static str) -> Self {
        self.action = action;
        self
    }

    /// To this blob instead.
    pub(crate) fn blob(mut self, name: impl Into<String>) -> Self {
        self.blob = Some(name.into());
        self
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn headers(
        mut self,
        headers: impl IntoIterator<Item = (HeaderName, String)>,
    ) -> Self {
        self.headers.extend(headers);
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// With the limits of what moves bytes.
    pub(crate) fn patient(mut self) -> Self {
        self.patience = Patience::Patient;
        self
    }

    /// The action and its place, for words.
    pub(crate) fn place(&self, account: &str, container: &str) -> String {
        let blob = self.blob.as_deref().unwrap_or_default();
        format!("{} {account}/{container}/{blob}", self.action)
    }

    /// The request without its body, to be signed.
    pub(crate) fn unsigned(
        &self,
        container: &Container,
        what: &str,
    ) -> Result<HttpRequest, Refusal> {
        let mut url = container.url(self.blob.as_deref());
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        let uri = http::Uri::try_from(url.as_str());
        let uri = uri.map_err(|error| Refusal::failed(what, &chain(&error)))?;
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = self.header_map(what)?;
        Ok(request)
    }

    /// The length is signed, so it is said here. Only what writes has one.
    fn header_map(&self, what: &str) -> Result<HeaderMap, Refusal> {
        let mut map = HeaderMap::new();
        for (name, value) in &self.headers {
            let refused = |_| Refusal::failed(what, &format!("{name} cannot be sent as it is"));
            let mut value = HeaderValue::try_from(value).map_err(refused)?;
            value.set_sensitive(name.as_str().starts_with("x-ms-copy-source"));
            map.append(name, value);
        }
        if matches!(self.method, Method::PUT | Method::POST) {
            map.insert(header::CONTENT_LENGTH, self.body.len().into());
        }
        Ok(map)
    }
}
