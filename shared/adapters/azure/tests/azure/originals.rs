//! Originals in a container of Azurite, put there by another client than ours.

use bytes::Bytes;
use cloud_mirror_domain::rules::StoredObject;
use cloud_mirror_testkit::emulator;
use object_store::azure::{MicrosoftAzure, MicrosoftAzureBuilder};
use object_store::path::Path;
use object_store::{Attribute, Attributes, ObjectStore as _, PutOptions};

use crate::support::{ACCOUNT, KEY, azurite, new_container, pool_of};

/// A container of its own.
pub(crate) struct Originals {
    store: MicrosoftAzure,
    bucket: String,
}

impl Originals {
    pub(crate) async fn new() -> Self {
        let name = new_container();
        let pool = pool_of(azurite(), &name, cloud_mirror_azure::Access::Presigned);
        pool.ports().pool.prepare().await.unwrap();
        // Another test may have been first, with the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let store = MicrosoftAzureBuilder::new()
            .with_account(ACCOUNT)
            .with_access_key(KEY)
            .with_container_name(&name)
            .with_endpoint(format!("{}/{ACCOUNT}", emulator::azurite()))
            .with_allow_http(true)
            .build()
            .unwrap();
        Self {
            store,
            bucket: format!("{ACCOUNT}/{name}"),
        }
    }

    /// As a rule's store names it.
    pub(crate) fn bucket(&self) -> &str {
        &self.bucket
    }

    pub(crate) fn stored(&self, key: &str) -> StoredObject {
        StoredObject {
            provider: "azure".into(),
            bucket: self.bucket.clone(),
            region: "westeurope".into(),
            key: key.into(),
            requester_pays: false,
        }
    }

    /// Puts so many bytes there, with headers and metadata that no replica may inherit; answers them.
    pub(crate) async fn put_pattern(&self, key: &str, size: usize) -> Bytes {
        self.put(key, size, "Hot").await
    }

    /// The same, in the archive.
    pub(crate) async fn put_archived(&self, key: &str, size: usize) {
        self.put(key, size, "Archive").await;
    }

    async fn put(&self, key: &str, size: usize, tier: &'static str) -> Bytes {
        let bytes: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
        let bytes = Bytes::from(bytes);
        let said = [
            (Attribute::ContentType, "application/x-original"),
            (Attribute::ContentEncoding, "gzip"),
            (Attribute::CacheControl, "max-age=1"),
            (Attribute::Metadata("of_the_original".into()), "yes"),
            (Attribute::StorageClass, tier),
        ];
        let options = PutOptions {
            attributes: Attributes::from_iter(said),
            ..PutOptions::default()
        };
        let path = Path::parse(key).unwrap();
        let put = self.store.put_opts(&path, bytes.clone().into(), options);
        put.await.unwrap();
        bytes
    }
}
