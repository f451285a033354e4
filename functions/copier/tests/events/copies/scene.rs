//! The services between which an object travels, and what the copier makes of them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cloud_mirror_azure::AzureSource;
use cloud_mirror_domain::ports::{Clock, PoolPorts, Source};
use cloud_mirror_domain::rules::{Access, Pool, PoolId, SourceRule, Store};
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_files::FilePool;
use cloud_mirror_gcs::GcsSource;
use cloud_mirror_http::{HttpSource, Limits};
use cloud_mirror_runtime::SystemClock;
use cloud_mirror_s3::S3Source;
use cloud_mirror_testkit::origin::{Object as Served, Origin};
use tempfile::TempDir;

use super::azure::{ACCOUNT, Azure};
use super::counted::Asked;
use super::gcs::Gcs;
use super::objects::{HEADERS, PATH};
use super::places::{From, Into};
use super::s3::{S3, SOURCE_REGION};
use crate::house::POOL_REGION;

/// The bucket of the sources, and that of the pool.
pub(super) const ARTIFACTS: &str = "artifacts";
pub(super) const MIRROR: &str = "mirror";

pub(super) const LIFESPAN: Duration = Duration::from_secs(24 * 60 * 60);

/// Every service there is. Azure's only where it is needed: nobody starts it here.
pub(super) struct Scene {
    from: From,
    into: Into,
    web: Origin,
    s3: S3,
    compatible: S3,
    other: S3,
    gcs: Gcs,
    azure: Option<(Azure, Azure)>,
    folder: TempDir,
    files: FilePool,
    clock: Arc<dyn Clock>,
}

impl Scene {
    pub(super) async fn new((from, into): (From, Into)) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let folder = tempfile::tempdir().unwrap();
        // An error says that another test was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let azure = match from.service() == Some("azure") || into == Into::Azure {
            true => Some((Azure::start().await, Azure::start().await)),
            false => None,
        };
        Self {
            from,
            into,
            web: Origin::start().await,
            s3: S3::start().await,
            compatible: S3::compatible().await,
            other: S3::compatible().await,
            gcs: Gcs::start().await,
            azure,
            files: file_pool(folder.path(), Arc::clone(&clock)),
            folder,
            clock,
        }
    }

    /// The source of the copy and its pool, neither of them asked anything yet but what `prepare` asks.
    pub(super) async fn prepare(&self, bytes: Bytes) {
        self.pool_ports().pool.prepare().await.unwrap();
        match self.from {
            From::Web => self.web.serve(&format!("/{PATH}"), served(bytes)),
            From::PublicS3 => {
                self.s3.server.make_public(ARTIFACTS);
                self.s3.put(bytes);
            }
            From::S3 => self.s3.put(bytes),
            From::PublicCompatible => {
                self.compatible.server.make_public(ARTIFACTS);
                self.compatible.put(bytes);
            }
            From::Compatible => self.compatible.put(bytes),
            From::PublicGcs => {
                self.gcs.server.make_public(ARTIFACTS);
                self.gcs.put(bytes);
            }
            From::Gcs => self.gcs.put(bytes),
            From::PublicAzure => self.prepare_azure(Access::Public, bytes).await,
            From::Azure => self.prepare_azure(Access::Presigned, bytes).await,
        }
    }

    async fn prepare_azure(&self, access: Access, bytes: Bytes) {
        let (source, _) = self.azure();
        let container = source.pool(access, self.clock()).ports().pool;
        container.prepare().await.unwrap();
        source.put(bytes).await;
    }

    /// One for the source, and one for the pool.
    fn azure(&self) -> &(Azure, Azure) {
        self.azure.as_ref().unwrap()
    }

    pub(super) fn rule(&self) -> SourceRule {
        let prefix = match self.from {
            From::Web => self.web.url("/"),
            From::PublicS3 => format!("{}/{ARTIFACTS}/", self.s3.server.url()),
            From::PublicCompatible => format!("{}/{ARTIFACTS}/", self.compatible.server.url()),
            From::PublicGcs => format!("{}/{ARTIFACTS}/", self.gcs.server.url()),
            From::PublicAzure => {
                let (source, _) = self.azure();
                format!("{}/{}/", source.url, source.container)
            }
            _ => "https://artifacts.example/".to_owned(),
        };
        let mut rule = SourceRule::new(SourceUrl::parse(&prefix).unwrap());
        rule.store = self.from.service().map(|service| self.store(service));
        rule.private = self.from.is_private();
        rule.allow_http = !rule.private;
        rule.allow_private = !rule.private;
        rule
    }

    fn store(&self, service: &str) -> Store {
        let compatible = self.compatible.server.url();
        Store {
            provider: service.to_owned(),
            endpoint: (service == "compatible").then_some(compatible),
            bucket: match service {
                "azure" => format!("{ACCOUNT}/{}", self.azure().0.container),
                _ => ARTIFACTS.to_owned(),
            },
            region: SOURCE_REGION.to_owned(),
            prefix: String::new(),
            requester_pays: false,
        }
    }

    pub(super) fn url(&self) -> SourceUrl {
        SourceUrl::parse(&format!("{}{PATH}", self.rule().prefix)).unwrap()
    }

    pub(super) fn pool(&self) -> Pool {
        let id = PoolId::new(self.into.service(), POOL_REGION);
        Pool {
            lifespan: LIFESPAN,
            endpoint: match self.into {
                Into::Compatible => Some(self.compatible.server.url()),
                Into::OtherCompatible => Some(self.other.server.url()),
                _ => None,
            },
            ..Pool::new(id)
        }
    }

    pub(super) fn pool_ports(&self) -> PoolPorts {
        let clock = Arc::clone(&self.clock);
        match self.into {
            Into::Folder => self.files.ports(),
            Into::S3 => self.s3.pool(clock).ports(),
            Into::Compatible => self.compatible.pool(clock).ports(),
            Into::OtherCompatible => self.other.pool(clock).ports(),
            Into::Gcs => self.gcs.pool(clock).ports(),
            Into::Azure => self.azure().1.pool(Access::Presigned, clock).ports(),
        }
    }

    /// Who is asked for the source: its store with our credentials, if it is private.
    pub(super) fn source(&self) -> Arc<dyn Source> {
        match self.from {
            From::S3 => Arc::new(S3Source::new(self.s3.clients.clone())),
            From::Compatible => Arc::new(S3Source::new(self.compatible.clients.clone())),
            From::Gcs => Arc::new(GcsSource::new(self.gcs.clients.clone())),
            From::Azure => Arc::new(AzureSource::new(self.azure().0.clients.clone())),
            _ => Arc::new(HttpSource::new(Limits::default()).unwrap()),
        }
    }

    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// The folder's pool, which no server is in front of here.
    pub(super) fn files(&self) -> &FilePool {
        &self.files
    }

    /// What the source was asked so far.
    pub(super) fn asked_of_source(&self) -> Vec<Asked> {
        match self.from {
            From::Web => asked_of_web(&self.web),
            From::PublicS3 | From::S3 => self.s3.asked(ARTIFACTS),
            From::PublicCompatible | From::Compatible => self.compatible.asked(ARTIFACTS),
            From::PublicGcs | From::Gcs => self.gcs.asked(ARTIFACTS),
            From::PublicAzure | From::Azure => self.azure().0.asked(),
        }
    }

    /// What the pool was asked so far.
    pub(super) fn asked_of_pool(&self) -> Vec<Asked> {
        match self.into {
            Into::Folder => Vec::new(),
            Into::S3 => self.s3.asked(MIRROR),
            Into::Compatible => self.compatible.asked(MIRROR),
            Into::OtherCompatible => self.other.asked(MIRROR),
            Into::Gcs => self.gcs.asked(MIRROR),
            Into::Azure => self.azure().1.asked(),
        }
    }

    /// Whether nothing is left of an upload in the pool.
    pub(super) fn has_no_upload(&self) -> bool {
        match self.into {
            Into::S3 => self.s3.server.uploads(MIRROR).is_empty(),
            Into::Compatible => self.compatible.server.uploads(MIRROR).is_empty(),
            Into::OtherCompatible => self.other.server.uploads(MIRROR).is_empty(),
            Into::Gcs => {
                self.gcs.server.uploads(MIRROR).is_empty()
                    && self.gcs.server.keys(MIRROR).len() == 1
            }
            Into::Folder => self.folder.path().is_dir(),
            Into::Azure => true,
        }
    }
}

fn file_pool(folder: &Path, clock: Arc<dyn Clock>) -> FilePool {
    let url = "http://127.0.0.1/pool/file".to_owned();
    FilePool::new(folder.join("pool"), url, clock, LIFESPAN)
}

fn served(bytes: Bytes) -> Served {
    let served = Served::new(bytes).etag("\"1\"");
    let kept = HEADERS.into_iter();
    kept.fold(served, |served, (name, value)| served.header(name, value))
}

fn asked_of_web(web: &Origin) -> Vec<Asked> {
    let path = format!("/{PATH}");
    let heads = std::iter::repeat_n(Asked::new("HEAD"), web.heads(&path));
    let gets = std::iter::repeat_n(Asked::new("GET"), web.gets(&path));
    heads.chain(gets).collect()
}
