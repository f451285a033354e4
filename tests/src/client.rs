//! A plain HTTP client that shows every step, and one that follows redirects.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Method, Response};

use crate::watch::{Step, Watch};

/// A client gives up after this; no budget of the default policy is longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A client as simple as those in CI jobs.
#[derive(Clone)]
pub struct Client {
    one_step: reqwest::Client,
    following: reqwest::Client,
    watch: Option<Watch>,
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
                // A connection that was kept may be one to a process that a redeployment has ended.
                .pool_max_idle_per_host(0)
                .timeout(PATIENCE)
                .redirect(redirects)
                .build()
                .unwrap()
        };
        Self {
            one_step: build(Policy::none()),
            following: build(Policy::limited(5)),
            watch: None,
        }
    }

    /// The same, which reports every answer to a watch from now on.
    #[must_use]
    pub(crate) fn watched(self, watch: Watch) -> Self {
        Self {
            watch: Some(watch),
            ..self
        }
    }

    /// The same without a watch.
    #[must_use]
    pub(crate) fn unwatched(&self) -> Self {
        Self {
            watch: None,
            ..self.clone()
        }
    }

    /// The watch over its answers, if there is one.
    pub(crate) fn watch(&self) -> Option<&Watch> {
        self.watch.as_ref()
    }

    /// One request, its redirect not followed.
    pub async fn ask(&self, method: &str, url: &str, headers: &[(&str, &str)]) -> Answer {
        self.step(Step::One, method, url, headers).await.unwrap()
    }

    /// One request, at most five redirects followed.
    pub async fn follow(&self, method: &str, url: &str, headers: &[(&str, &str)]) -> Answer {
        self.step(Step::Followed, method, url, headers)
            .await
            .unwrap()
    }

    /// The same as [`Self::ask`]; an error where there is no answer.
    pub(crate) async fn try_ask(
        &self,
        url: &str,
        headers: &[(&str, &str)],
    ) -> reqwest::Result<Answer> {
        self.step(Step::One, "GET", url, headers).await
    }

    /// The same as [`Self::follow`]; an error where there is no answer.
    pub(crate) async fn try_follow(
        &self,
        url: &str,
        headers: &[(&str, &str)],
    ) -> reqwest::Result<Answer> {
        self.step(Step::Followed, "GET", url, headers).await
    }

    async fn step(
        &self,
        step: Step,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
    ) -> reqwest::Result<Answer> {
        let client = match step {
            Step::One => &self.one_step,
            Step::Followed => &self.following,
        };
        let Some(watch) = &self.watch else {
            return Ok(send(client, method, url, headers).await?.0);
        };
        let asked = watch.asked(step, method, url);
        let answer = send(client, method, url, headers).await;
        watch.answered(asked, answer.as_ref()).await;
        Ok(answer?.0)
    }
}

/// What clients are made from.
pub(crate) fn direct() -> reqwest::ClientBuilder {
    // Only plain HTTP is spoken here, but the client wants to know; twice does no harm.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}

/// An answer, and the URL that gave it: where redirects were followed, that of the last step.
pub(crate) type From = (Answer, reqwest::Url);

async fn send(
    client: &reqwest::Client,
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
) -> reqwest::Result<From> {
    let mut request = client.request(Method::from_bytes(method.as_bytes()).unwrap(), url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await?;
    let from = response.url().clone();
    Ok((Answer::of(response).await?, from))
}

impl Answer {
    async fn of(response: Response) -> reqwest::Result<Self> {
        let status = response.status().as_u16();
        let headers = response.headers().iter().map(|(name, value)| {
            (
                name.to_string(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        });
        Ok(Self {
            status,
            headers: headers.collect(),
            body: response.bytes().await?.to_vec(),
        })
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
