//! A plain HTTP client that shows every step, and one that follows redirects.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Method, Response};

/// A client as simple as those in CI jobs.
#[derive(Clone)]
pub struct Client {
    one_step: reqwest::Client,
    following: reqwest::Client,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Default for Client {
    fn default() -> Self {
        Self::made_from(direct)
    }
}

impl Client {
    /// A client that looks for an API's host (`http://name:port`) on this machine.
    pub fn resolving(api: &str) -> Self {
        let api = reqwest::Url::parse(api).unwrap();
        let (name, port) = (api.host_str().unwrap(), api.port().unwrap());
        let here = SocketAddr::from(([127, 0, 0, 1], port));
        Self::made_from(|| direct().resolve(name, here))
    }

    fn made_from(builder: impl Fn() -> reqwest::ClientBuilder) -> Self {
        let build = |redirects| {
            builder()
                .timeout(Duration::from_secs(60))
                .redirect(redirects)
                .build()
                .unwrap()
        };
        Self {
            one_step: build(Policy::none()),
            following: build(Policy::limited(5)),
        }
    }

    /// One request, its redirect not followed.
    pub async fn ask(&self, method: &str, url: &str, headers: &[(&str, &str)]) -> Answer {
        send(&self.one_step, method, url, headers).await
    }

    /// One request, at most five redirects followed.
    pub async fn follow(&self, method: &str, url: &str, headers: &[(&str, &str)]) -> Answer {
        send(&self.following, method, url, headers).await
    }
}

/// What clients are made from.
pub(crate) fn direct() -> reqwest::ClientBuilder {
    // Only plain HTTP is spoken here, but the client wants to know; twice does no harm.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}

async fn send(
    client: &reqwest::Client,
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
) -> Answer {
    let mut request = client.request(Method::from_bytes(method.as_bytes()).unwrap(), url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::of(request.send().await.unwrap()).await
}

impl Answer {
    async fn of(response: Response) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().iter().map(|(name, value)| {
            (
                name.to_string(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        });
        let headers = headers.collect();
        let body = response.bytes().await.unwrap().to_vec();
        Self {
            status,
            headers,
            body,
        }
    }

    /// A header's value; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        let header = self.headers.iter().find(|(given, _)| given == name);
        header.map_or("", |(_, value)| value)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
