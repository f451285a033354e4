//! Azurite, pools in containers of it, objects, and clients without credentials.

use std::sync::Arc;

use bytes::Bytes;
use cloud_mirror_azure::{Access, AzureClients, AzurePool, AzurePoolSettings};
use cloud_mirror_domain::entry::{Digests, Replica, Upstream};
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{NewObject, ObjectHeaders, PoolError, PoolPorts, Written};
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_testkit::clock::ShiftedClock;
use cloud_mirror_testkit::emulator;
use reqwest::Method;
use ulid::Ulid;

/// The account that every Azurite has.
pub(crate) const ACCOUNT: &str = "devstoreaccount1";

/// Its key, which is the same everywhere and public.
pub(crate) const KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// Clients of a server at that URL, whose addresses have the account in their path, with those
/// further variables of the environment.
pub(crate) fn clients_of(server: &str, variables: &[(&str, &str)]) -> AzureClients {
    let endpoint = format!("{server}/{{account}}");
    let find = |name: &str| {
        let given = variables.iter().find(|(known, _)| *known == name);
        match (name, given) {
            (_, Some((_, value))) => Some((*value).to_owned()),
            ("AZURE_STORAGE_ENDPOINT", None) => Some(endpoint.clone()),
            _ => None,
        }
    };
    AzureClients::new(&find).unwrap()
}

/// Clients of Azurite with its account's key.
pub(crate) fn azurite() -> AzureClients {
    clients_of(&emulator::azurite(), &[("AZURE_STORAGE_ACCOUNT_KEY", KEY)])
}

pub(crate) fn pool_of(clients: AzureClients, container: &str, access: Access) -> AzurePool {
    let settings = AzurePoolSettings {
        account: ACCOUNT.into(),
        container: container.into(),
        access,
    };
    AzurePool::new(settings, &clients, Arc::new(ShiftedClock::default())).unwrap()
}

/// The name of a container that nobody else uses.
pub(crate) fn new_container() -> String {
    format!("pool-{}", Ulid::generate().to_string().to_lowercase())
}

/// The ports of a pool in a container of its own, at Azurite.
pub(crate) async fn prepared(access: Access) -> PoolPorts {
    let ports = pool_of(azurite(), &new_container(), access).ports();
    ports.pool.prepare().await.unwrap();
    ports
}

pub(crate) fn url(path: &str) -> SourceUrl {
    SourceUrl::parse(&format!("https://example.com/{path}")).unwrap()
}

/// A source with all headers that a replica restates.
pub(crate) fn object(url: &SourceUrl, size: usize) -> NewObject {
    NewObject {
        headers: ObjectHeaders {
            content_type: Some("text/plain; charset=utf-8".into()),
            content_encoding: Some("gzip".into()),
            content_disposition: Some("inline; filename*=UTF-8''a%20b".into()),
            content_language: Some("de, en".into()),
            cache_control: Some("max-age=60".into()),
        },
        upstream: Upstream {
            url: url.to_string(),
            etag: Some("\"upstream\"".into()),
            length: Some(size as u64),
        },
        written_by: Ulid::from_parts(1_780_000_000_000, 7),
        via_hosts: vec!["cdn.example".into(), "edge.example".into()],
    }
}

pub(crate) fn written(text: &str) -> Written {
    Written {
        bytes: Bytes::copy_from_slice(text.as_bytes()),
        digests: digests(),
    }
}

/// As long as true ones.
pub(crate) fn digests() -> Digests {
    Digests {
        md5: "1".repeat(32),
        sha1: "2".repeat(40),
        sha256: "3".repeat(64),
        sha512: "4".repeat(128),
    }
}

/// Puts an object where there is none.
pub(crate) async fn put(ports: &PoolPorts, url: &SourceUrl, text: &str) -> Result<(), PoolError> {
    let object = object(url, text.len());
    let upload = &ports.upload;
    upload.put(url, &object, written(text), &Seen::None).await
}

/// What the pool says of a replica that is there.
pub(crate) async fn replica(ports: &PoolPorts, url: &SourceUrl) -> Replica {
    ports.pool.head(url).await.unwrap().unwrap()
}

/// What a client without credentials is answered.
pub(crate) async fn read(method: Method, address: &str) -> reqwest::Response {
    reader().request(method, address).send().await.unwrap()
}

/// A client without credentials.
pub(crate) fn reader() -> reqwest::Client {
    // Another test may have been first, with the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

pub(crate) fn header<'a>(answer: &'a reqwest::Response, name: &str) -> Option<&'a str> {
    answer
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap())
}
