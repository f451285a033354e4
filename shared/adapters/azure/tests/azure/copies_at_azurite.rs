//! Copies that Azurite makes itself. It has no Put Blob From URL (3.37.0), so that a whole blob is one
//! block there; what Put Blob From URL says over the wire is shown in `copies`.

use std::sync::Arc;

use bytes::Bytes;
use cloud_mirror_azure::{Access, AzureSource};
use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{
    Completion, CopySource, Method, NewObject, Part, PartOf, PoolError, PoolPorts, StoreCopy,
    StoreCopyError,
};
use cloud_mirror_domain::rules::StoredObject;
use cloud_mirror_domain::url::SourceUrl;

use crate::originals::Originals;
use crate::recorder::Recorder;
use crate::sources::Original;
use crate::support::{
    KEY, azurite, clients_of, header, new_container, object, pool_of, put, read, replica, url,
};

const MIB: usize = 1024 * 1024;

/// More than all headers of a copy and less than any original here that is not tiny.
const A_FEW_BYTES: usize = 4_096;

/// Originals in one container, and a pool in another that is reached through a proxy that counts.
struct Scene {
    recorder: Recorder,
    originals: Originals,
    pool: PoolPorts,
}

impl Scene {
    async fn new() -> Self {
        let recorder = Recorder::before_azurite().await;
        let clients = clients_of(recorder.url(), &[("AZURE_STORAGE_ACCOUNT_KEY", KEY)]);
        let pool = pool_of(clients, &new_container(), Access::Presigned).ports();
        pool.pool.prepare().await.unwrap();
        let originals = Originals::new().await;
        recorder.passed();
        Self {
            recorder,
            originals,
            pool,
        }
    }

    fn store(&self) -> &Arc<dyn StoreCopy> {
        self.pool.store_copy.as_ref().unwrap()
    }

    /// The original's entity tag, as the copier learns it.
    async fn etag(&self, key: &str) -> String {
        let source = AzureSource::new(azurite());
        let original = Original::at(source, self.originals.bucket(), key);
        original.head().await.unwrap().etag.unwrap()
    }

    async fn copy(
        &self,
        (key, etag): (&str, &str),
        object: &NewObject,
        seen: &Seen,
    ) -> Result<(), StoreCopyError> {
        let stored = self.originals.stored(key);
        let from = from(&stored, etag);
        self.store().copy(&url(key), object, from, seen).await
    }

    /// Copies an original that nobody has copied yet.
    async fn copied(&self, key: &str, size: usize) {
        let etag = self.etag(key).await;
        let object = object(&url(key), size);
        self.copy((key, &etag), &object, &Seen::None).await.unwrap();
    }

    async fn bytes(&self, url: &SourceUrl) -> Bytes {
        let address = self.pool.pool.address(url, Method::Get).await.unwrap();
        read(reqwest::Method::GET, &address.url)
            .await
            .bytes()
            .await
            .unwrap()
    }
}

fn from<'a>(object: &'a StoredObject, etag: &'a str) -> CopySource<'a> {
    CopySource { object, etag }
}

fn kind(copied: Result<(), StoreCopyError>) -> Kind {
    match copied {
        Err(StoreCopyError::Source(failure)) => failure.kind,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn a_small_blob_is_copied_and_none_of_its_bytes_passes_through_us_at_azurite() {
    let scene = Scene::new().await;
    let bytes = scene.originals.put_pattern("a", MIB).await;
    scene.copied("a", MIB).await;
    let passed = scene.recorder.passed();
    assert!(passed.bytes < A_FEW_BYTES, "{passed:?}");
    assert_eq!(
        passed.requests,
        ["PUT - 501", "PUT block 201", "PUT blocklist 201"],
        "Put Blob From URL, and what is done without it"
    );
    assert_eq!(scene.bytes(&url("a")).await, bytes);
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn an_empty_blob_is_copied_at_azurite() {
    let scene = Scene::new().await;
    scene.originals.put_pattern("a", 0).await;
    scene.copied("a", 0).await;
    assert_eq!(
        scene.recorder.passed().requests,
        ["HEAD - 200", "PUT - 201"]
    );
    assert_eq!(replica(&scene.pool, &url("a")).await.size, 0);
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn names_that_need_escapes_are_copied_at_azurite() {
    let scene = Scene::new().await;
    for (key, path) in [
        ("a b/c", "a%20b/c"),
        ("a%20b", "a%2520b"),
        ("é+#?", "%C3%A9%2B%23%3F"),
    ] {
        let bytes = scene.originals.put_pattern(key, 100).await;
        let etag = scene.etag(path).await;
        let (stored, url) = (scene.originals.stored(key), url(path));
        let object = object(&url, 100);
        let copied = scene
            .store()
            .copy(&url, &object, from(&stored, &etag), &Seen::None);
        copied.await.unwrap();
        assert_eq!(scene.bytes(&url).await, bytes, "{key}");
    }
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn headers_and_metadata_are_replaced_at_azurite() {
    let scene = Scene::new().await;
    scene.originals.put_pattern("a", 100).await;
    let etag = scene.etag("a").await;
    let mut object = object(&url("a"), 100);
    object.headers.cache_control = None;
    object.headers.content_encoding = None;
    scene
        .copy(("a", &etag), &object, &Seen::None)
        .await
        .unwrap();
    let replica = replica(&scene.pool, &url("a")).await;
    assert_eq!(replica.upstream, Some(object.upstream));
    assert_eq!(replica.written_by, Some(object.written_by));
    let address = scene
        .pool
        .pool
        .address(&url("a"), Method::Head)
        .await
        .unwrap();
    let answer = read(reqwest::Method::HEAD, &address.url).await;
    assert_eq!(
        header(&answer, "content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(header(&answer, "cache-control"), None);
    assert_eq!(header(&answer, "content-encoding"), None);
    assert_eq!(header(&answer, "x-ms-meta-of_the_original"), None);
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn a_changed_source_is_not_copied_and_says_so_at_azurite() {
    let scene = Scene::new().await;
    for size in [0, 100] {
        let key = format!("of-{size}");
        scene.originals.put_pattern(&key, size).await;
        let etag = scene.etag(&key).await;
        scene.originals.put_pattern(&key, 200).await;
        let object = object(&url(&key), size);
        let copied = scene.copy((&key, &etag), &object, &Seen::None).await;
        assert_eq!(kind(copied), Kind::SourceChanged);
        assert_eq!(scene.pool.pool.head(&url(&key)).await, Ok(None));
    }
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn a_replica_that_is_not_as_it_was_seen_stays_at_azurite() {
    let scene = Scene::new().await;
    for size in [0, 100] {
        let key = format!("of-{size}");
        scene.originals.put_pattern(&key, size).await;
        let source = scene.etag(&key).await;
        put(&scene.pool, &url(&key), "another's").await.unwrap();
        let there = replica(&scene.pool, &url(&key)).await.etag;
        let object = object(&url(&key), size);
        for seen in [Seen::None, Seen::Etag("\"0x1\"".into())] {
            let copied = scene.copy((&key, &source), &object, &seen).await;
            assert_eq!(copied, Err(PoolError::Precondition.into()), "{seen:?}");
            assert_eq!(replica(&scene.pool, &url(&key)).await.etag, there);
        }
        let seen = Seen::Etag(there);
        scene.copy((&key, &source), &object, &seen).await.unwrap();
        assert_eq!(replica(&scene.pool, &url(&key)).await.size, size as u64);
    }
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn a_blob_is_copied_by_parts_at_azurite() {
    let scene = Scene::new().await;
    let bytes = scene.originals.put_pattern("a", 3 * MIB).await;
    let (url, etag, stored) = (url("a"), scene.etag("a").await, scene.originals.stored("a"));
    let upload = scene
        .pool
        .upload
        .begin(&url, &object(&url, 3 * MIB))
        .await
        .unwrap();
    let mut parts: Vec<Part> = Vec::new();
    for (number, range) in [(2, MIB..2 * MIB), (1, 0..MIB), (3, 2 * MIB..3 * MIB)] {
        let part = PartOf {
            number,
            from: from(&stored, &etag),
            range: range.start as u64..range.end as u64,
        };
        parts.push(scene.store().part(&url, &upload, part).await.unwrap());
    }
    parts.sort_by_key(|part| part.number);
    assert_eq!(scene.pool.upload.parts(&url, &upload).await.unwrap(), parts);
    let last = Completion {
        digests: None,
        seen: &Seen::None,
    };
    let completed = scene.pool.upload.complete(&url, &upload, &parts, last);
    completed.await.unwrap();
    let passed = scene.recorder.passed();
    assert!(passed.bytes < A_FEW_BYTES, "{passed:?}");
    let of_parts = &passed.requests[1..7];
    assert_eq!(
        of_parts,
        ["HEAD - 200", "PUT block 201"].repeat(3),
        "{passed:?}"
    );
    assert_eq!(scene.bytes(&url).await, bytes);
    let stored = replica(&scene.pool, &url).await;
    assert_eq!((stored.size, stored.digests), (3 * MIB as u64, None));
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn an_ended_upload_is_in_no_copys_way_at_azurite() {
    let scene = Scene::new().await;
    for size in [0, 100] {
        let key = format!("of-{size}");
        let (url, upload) = (url(&key), &scene.pool.upload);
        let begun = upload.begin(&url, &object(&url, 100)).await.unwrap();
        let block = Bytes::from_static(b"nobody will commit this");
        upload.part(&url, &begun, 1, block).await.unwrap();
        upload.abort(&url, &begun).await.unwrap();
        let bytes = scene.originals.put_pattern(&key, size).await;
        scene.copied(&key, size).await;
        assert_eq!(scene.bytes(&url).await, bytes, "{size}");
    }
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn a_part_of_a_changed_source_is_not_copied_at_azurite() {
    let scene = Scene::new().await;
    scene.originals.put_pattern("a", 300).await;
    let (url, etag, stored) = (url("a"), scene.etag("a").await, scene.originals.stored("a"));
    let upload = scene
        .pool
        .upload
        .begin(&url, &object(&url, 300))
        .await
        .unwrap();
    scene.originals.put_pattern("a", 400).await;
    let part = PartOf {
        number: 1,
        from: from(&stored, &etag),
        range: 0..100,
    };
    let copied = scene.store().part(&url, &upload, part).await;
    assert_eq!(kind(copied.map(drop)), Kind::SourceChanged);
    assert_eq!(scene.pool.upload.parts(&url, &upload).await.unwrap(), []);
}
