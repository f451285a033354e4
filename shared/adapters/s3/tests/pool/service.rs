//! A service that speaks S3's protocol, and pools on it.

use std::sync::Arc;

use aws_sdk_s3::config::Builder;
use aws_smithy_http_client::tls;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns};
use cloud_mirror_domain::ports::PoolPorts;
use cloud_mirror_s3::{Access, CompatibleService, S3Clients, S3Pool};
use cloud_mirror_testkit::clock::ShiftedClock;
use cloud_mirror_testkit::servers::s3::{S3Server, Settings};

use crate::support::{PATIENCE, base, settings};

/// What the service calls its only region in signatures.
pub(crate) const SIGNED_FOR: &str = "auto";

/// Where a bucket's name stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Path,
    VirtualHost,
}

/// A service, and how it is reached.
pub(crate) struct Service {
    pub(crate) s3: S3Server,
    pub(crate) clock: Arc<ShiftedClock>,
    pub(crate) style: Style,
    keys: (&'static str, &'static str),
    tags: bool,
}

impl Service {
    /// One that has no more than such services have in common.
    pub(crate) async fn new(style: Style) -> Self {
        Self::with(Settings::compatible(), style).await
    }

    pub(crate) async fn with(settings: Settings, style: Style) -> Self {
        let keys = settings.keys;
        Self {
            s3: S3Server::start_with(settings).await,
            clock: Arc::default(),
            style,
            keys,
            tags: false,
        }
    }

    pub(crate) fn keeping_tags(self) -> Self {
        Self { tags: true, ..self }
    }

    pub(crate) fn endpoint(&self) -> String {
        match self.style {
            Style::Path => self.s3.url(),
            Style::VirtualHost => self.s3.url_for_hosts(),
        }
    }

    pub(crate) fn reached(&self) -> CompatibleService {
        CompatibleService {
            endpoint: self.endpoint(),
            by_path: self.style == Style::Path,
            signing_region: Some(SIGNED_FOR.to_owned()),
            access_key_id: self.keys.0.to_owned(),
            secret_access_key: self.keys.1.to_owned(),
            tags: self.tags,
        }
    }

    pub(crate) fn base(&self) -> Builder {
        let http = aws_smithy_http_client::Builder::new();
        let http = http.tls_provider(tls::Provider::Rustls(CryptoMode::Ring));
        base("http://nowhere.invalid", PATIENCE).http_client(http.build_with_resolver(Loopback))
    }

    pub(crate) fn clients(&self) -> S3Clients {
        S3Clients::compatible(self.base(), self.reached())
    }

    pub(crate) fn pool(&self, access: Access) -> S3Pool {
        S3Pool::new(settings(access), self.clients(), self.clock.clone())
    }

    pub(crate) async fn prepared(&self, access: Access) -> PoolPorts {
        let ports = self.pool(access).ports();
        ports.pool.prepare().await.unwrap();
        ports
    }

    /// A client without credentials that finds every host here.
    pub(crate) fn reader(&self) -> reqwest::Client {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let host = format!("{}.localhost", crate::support::BUCKET);
        let reader = reqwest::Client::builder().no_proxy();
        reader.resolve(&host, self.s3.address()).build().unwrap()
    }
}

/// Not every machine resolves names below `localhost`.
#[derive(Clone, Debug)]
struct Loopback;

impl ResolveDns for Loopback {
    fn resolve_dns<'a>(&'a self, _: &'a str) -> DnsFuture<'a> {
        DnsFuture::ready(Ok(vec![std::net::Ipv4Addr::LOCALHOST.into()]))
    }
}
