//! `cloud-mirror get`: complete and verified, or nothing.

mod hostile;

use std::path::{Path, PathBuf};

use cloud_mirror_testkit::servers::s3::S3Server;
use tempfile::TempDir;
use tokio::process::Command;

use crate::help::documented;
use crate::process::{Running, Said, command, said};
use crate::scripted::{Scripted, http, redirect};

const HELLO: &[u8] = include_bytes!("../../../samples/hello.txt");
const URL: &str = "https://downloads.example.org/a.bin";

/// A folder to download into, and the mirror to ask.
pub(crate) struct Desk {
    folder: TempDir,
    mirror: String,
}

impl Desk {
    pub(crate) fn at(mirror: &str) -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            mirror: mirror.to_owned(),
        }
    }

    pub(crate) async fn get(&self, arguments: &[&str]) -> Said {
        said(&mut self.asked(arguments)).await
    }

    pub(crate) fn asked(&self, arguments: &[&str]) -> Command {
        let mut asked = command(self.folder.path());
        asked.args(["get", "--mirror", &self.mirror, "--service", "file"]);
        asked.args(["--region", "eu-central-1"]).args(arguments);
        // Nothing that a machine has set for its browsers changes where a request goes.
        asked
            .env("HTTP_PROXY", "http://127.0.0.1:9")
            .env("http_proxy", "http://127.0.0.1:9");
        asked
    }

    pub(crate) fn file(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.folder.path().join(name)).ok()
    }

    /// Everything in it, the hidden files too.
    pub(crate) fn files(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

/// A mirror that sends everybody to that address for a replica, and knows that of it.
pub(crate) async fn a_mirror_that_leads_to(address: String, known: &'static str) -> Scripted {
    Scripted::start(move |path, _| match path.starts_with("/v1/status/") {
        true => http(200, &[], known.as_bytes()),
        false => redirect("hit; ttl=60", &address),
    })
    .await
}

#[tokio::test]
async fn a_download_says_by_what_it_was_verified_and_where_it_came_from() {
    let folder = TempDir::new().unwrap();
    let running = Running::serve(folder.path(), &[]).await;
    let desk = Desk::at(&running.base_url());
    let hello = format!("{}/origin/hello.txt", running.base_url());
    let words = [
        "hello.txt: 23 bytes, verified by sha256",
        "from the replica in file_eu-central-1",
    ];
    let told = desk.get(&[&hello]).await;
    told.ends(0, &words);
    told.ends(0, &["copied for this request"]);
    assert_eq!(desk.file("hello.txt").unwrap(), HELLO);
    let told = desk.get(&["-o", "again", &hello]).await;
    told.ends(0, &["again: 23 bytes", "which was there (hit)"]);
    assert_eq!(told.err, "", "no progress without a terminal");
    assert_eq!(desk.files().len(), 2, "{:?}", desk.files());
}

#[tokio::test]
async fn programs_are_told_the_same() {
    let folder = TempDir::new().unwrap();
    let running = Running::serve(folder.path(), &[]).await;
    let desk = Desk::at(&running.base_url());
    let hello = format!("{}/origin/hello.txt", running.base_url());
    let told = desk.get(&["--json", &hello]).await.json();
    documented("cloud-mirror get", &told);
    for (name, expected) in [
        ("file", serde_json::json!("hello.txt")),
        ("bytes", 23.into()),
        ("ok", true.into()),
        ("verified_by", serde_json::json!(["sha256"])),
        ("from", "replica".into()),
        ("pool", "file_eu-central-1".into()),
        ("how", "stored".into()),
    ] {
        assert_eq!(told[name], expected, "{told}");
    }
}

#[tokio::test]
async fn who_does_not_wait_is_sent_to_the_origin_and_told_why() {
    let folder = TempDir::new().unwrap();
    let running = Running::serve(folder.path(), &[]).await;
    let desk = Desk::at(&running.base_url());
    let hello = format!("{}/origin/hello.txt", running.base_url());
    let told = desk.get(&["--wait", "0", &hello]).await;
    told.ends(
        0,
        &[
            "from the origin: its copy was not ready in time",
            "verified by their length only",
        ],
    );
    assert_eq!(desk.file("hello.txt").unwrap(), HELLO);
}

#[tokio::test]
async fn standard_output_gets_the_bytes_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    let running = Running::serve(folder.path(), &[]).await;
    let desk = Desk::at(&running.base_url());
    let hello = format!("{}/origin/hello.txt", running.base_url());
    let told = desk.get(&["-o", "-", &hello]).await;
    assert_eq!(told.out.as_bytes(), HELLO);
    assert!(
        told.err
            .contains("standard output: 23 bytes, verified by sha256"),
        "{told:?}"
    );
    assert!(desk.files().is_empty());
}

#[tokio::test]
async fn an_empty_object_is_an_object() {
    let folder = TempDir::new().unwrap();
    let running = Running::serve(folder.path(), &[]).await;
    std::fs::write(folder.path().join("data/origin/empty"), "").unwrap();
    let desk = Desk::at(&running.base_url());
    let empty = format!("{}/origin/empty", running.base_url());
    desk.get(&[&empty])
        .await
        .ends(0, &["empty: 0 bytes, verified by sha256"]);
    assert_eq!(desk.file("empty").unwrap(), b"");
}

#[tokio::test]
async fn what_the_source_does_not_have_is_told_with_its_own_status() {
    let folder = TempDir::new().unwrap();
    let running = Running::serve(folder.path(), &[]).await;
    let desk = Desk::at(&running.base_url());
    let absent = format!("{}/origin/absent", running.base_url());
    desk.get(&[&absent])
        .await
        .ends(2, &["404", "source-not-found"]);
    desk.get(&["https://evil.example/a"])
        .await
        .ends(2, &["403", "source-not-allowed"]);
    assert!(desk.files().is_empty());
}

#[tokio::test]
async fn a_replica_that_was_tampered_with_is_not_kept_and_a_file_that_was_there_is() {
    let folder = TempDir::new().unwrap();
    let running = Running::serve(folder.path(), &[]).await;
    let desk = Desk::at(&running.base_url());
    let hello = format!("{}/origin/hello.txt", running.base_url());
    desk.get(&[&hello]).await.ends(0, &[]);
    let replica = file_with(HELLO, &folder.path().join("data/pools/eu-central-1"));
    std::fs::write(replica, b"Hello from an attacker.").unwrap();
    let told = desk.get(&[&hello]).await;
    told.ends(
        1,
        &["wrong bytes: their sha256 is not", "cloud-mirror purge"],
    );
    assert_eq!(desk.file("hello.txt").unwrap(), HELLO, "as it was");
    assert_eq!(desk.files(), ["hello.txt"]);
    let told = desk.get(&["--json", "-o", "new", &hello]).await;
    assert_eq!((told.code, &told.json()["ok"]), (Some(1), &false.into()));
    assert_eq!(desk.files(), ["hello.txt"]);
}

/// The file with these bytes, somewhere in a folder.
fn file_with(bytes: &[u8], folder: &Path) -> PathBuf {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false if std::fs::read(&path).unwrap() == bytes => return path,
                false => {}
            }
        }
    }
    panic!("no file has these bytes");
}

/// A public bucket of S3's with one object, whose checksum it tells to who asks for it.
async fn a_public_bucket() -> S3Server {
    let s3 = S3Server::start().await;
    s3.create_bucket("pool", "us-east-1");
    s3.make_public("pool");
    s3.put("pool", "a.bin", "bytes", &[]);
    s3
}

#[tokio::test]
async fn the_stores_own_checksum_is_asked_for_and_compared() {
    let s3 = a_public_bucket().await;
    let mirror = a_mirror_that_leads_to(format!("{}/pool/a.bin", s3.url()), "{}").await;
    let desk = Desk::at(mirror.url());
    desk.get(&[URL])
        .await
        .ends(0, &["a.bin: 5 bytes, verified by crc64nvme"]);
    assert_eq!(desk.file("a.bin").unwrap(), b"bytes");
}

#[tokio::test]
async fn an_object_that_was_replaced_in_its_store_fails_by_what_the_mirror_knows() {
    const KNOWN: &str = r#"{"status": "present", "pool": "s3_x", "source": "x", "size_bytes": 5,
        "digests": {"md5": "", "sha1": "", "sha512": "",
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}}"#;
    let s3 = a_public_bucket().await;
    let mirror = a_mirror_that_leads_to(format!("{}/pool/a.bin", s3.url()), KNOWN).await;
    let desk = Desk::at(mirror.url());
    desk.get(&[URL])
        .await
        .ends(1, &["wrong bytes: their sha256 is not ba7816bf"]);
    assert!(desk.files().is_empty());
    let told = desk.get(&["-o", "-", URL]).await;
    told.ends(1, &["do not use what came on standard output"]);
}

#[tokio::test]
async fn a_checksum_that_the_mirror_knows_is_enough() {
    // The CRC-64/NVME of "123456789", as the catalogue of CRC algorithms says.
    const KNOWN: &str = r#"{"status": "present", "pool": "s3_x", "source": "x",
        "checksum": "crc64nvme:rosUhgp5mIg="}"#;
    let store = Scripted::start(|path, _| match path {
        "/right" => http(200, &[], b"123456789"),
        _ => http(200, &[], b"123456780"),
    })
    .await;
    for (path, code) in [("right", 0), ("wrong", 1)] {
        let mirror = a_mirror_that_leads_to(format!("{}/{path}", store.url()), KNOWN).await;
        let desk = Desk::at(mirror.url());
        desk.get(&[URL]).await.ends(code, &["crc64nvme"]);
        assert_eq!(desk.files().is_empty(), code == 1);
    }
}

#[tokio::test]
async fn a_signed_address_is_asked_with_no_header_that_its_signature_does_not_cover() {
    let store = Scripted::start(|_, _| http(200, &[], b"bytes")).await;
    let signed = format!(
        "{}/a?X-Amz-SignedHeaders=host&X-Amz-Signature=00",
        store.url()
    );
    for (address, asks) in [(signed, false), (format!("{}/a", store.url()), true)] {
        let mirror = a_mirror_that_leads_to(address, "{}").await;
        Desk::at(mirror.url())
            .get(&[URL])
            .await
            .ends(0, &["by their length only"]);
        let head = store.heads().pop().unwrap();
        assert_eq!(
            head.contains("x-amz-checksum-mode: enabled"),
            asks,
            "{head}"
        );
        assert!(head.contains("accept-encoding: identity"), "{head}");
    }
}

#[tokio::test]
async fn what_is_compressed_at_its_source_stays_so() {
    let headers = [("content-encoding", "gzip")];
    let store = Scripted::start(move |_, _| http(200, &headers, b"\x1f\x8b, as it were")).await;
    let mirror = a_mirror_that_leads_to(store.url().to_owned(), "{}").await;
    let desk = Desk::at(mirror.url());
    desk.get(&[URL]).await.ends(0, &["compressed (gzip)"]);
    assert_eq!(desk.file("a.bin").unwrap(), b"\x1f\x8b, as it were");
}

#[tokio::test]
async fn a_large_object_arrives_as_it_is() {
    const SIZE: usize = 20_000_001;
    let s3 = a_public_bucket().await;
    s3.put_pattern("pool", "large", SIZE as u64, 7);
    let mirror = a_mirror_that_leads_to(format!("{}/pool/large", s3.url()), "{}").await;
    let desk = Desk::at(mirror.url());
    desk.get(&[URL])
        .await
        .ends(0, &["20000001 bytes, verified by their length only"]);
    assert!(desk.file("a.bin").unwrap() == s3.object("pool", "large").unwrap());
}
