//! Uploads in parts, beyond what the suite can see through the ports.

use std::time::Duration;

use bytes::Bytes;
use cloud_mirror_azure::Access;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{Completion, Method, Part, PoolError, PoolPorts};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use reqwest::Method as Verb;

use crate::support::{
    KEY, clients_of, digests, header, object, pool_of, prepared, put, read, replica, url,
};
use crate::wire::{Answer, Wire};

async fn part(ports: &PoolPorts, url: &SourceUrl, id: &String, number: u32, text: &str) -> Part {
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    ports.upload.part(url, id, number, bytes).await.unwrap()
}

async fn complete(ports: &PoolPorts, url: &SourceUrl, id: &String, parts: &[Part]) {
    let last = Completion {
        digests: Some(&digests()),
        seen: &Seen::None,
    };
    ports.upload.complete(url, id, parts, last).await.unwrap();
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn parts_become_one_object_in_their_order_with_headers_and_digests_at_azurite() {
    let ports = prepared(Access::Presigned).await;
    let url = url("parts");
    let id = ports.upload.begin(&url, &object(&url, 9)).await.unwrap();
    for (number, text) in [(3, "ghi"), (1, "abc"), (2, "def")] {
        part(&ports, &url, &id, number, text).await;
    }
    let parts = ports.upload.parts(&url, &id).await.unwrap();
    complete(&ports, &url, &id, &parts).await;
    let address = ports.pool.address(&url, Method::Get).await.unwrap();
    let answer = read(Verb::GET, &address.url).await;
    for (name, expected) in [
        ("content-type", "text/plain; charset=utf-8"),
        ("content-encoding", "gzip"),
        ("content-disposition", "inline; filename*=UTF-8''a%20b"),
        ("content-language", "de, en"),
        ("cache-control", "max-age=60"),
    ] {
        assert_eq!(header(&answer, name), Some(expected), "{name}");
    }
    assert_eq!(answer.bytes().await.unwrap(), "abcdefghi");
    let known = replica(&ports, &url).await;
    assert_eq!(known.upstream, Some(object(&url, 9).upstream));
    assert_eq!(known.digests, Some(digests()));
}

#[tokio::test]
async fn an_object_that_turns_out_to_be_empty_is_an_upload_without_a_block() {
    let (there, done) = (|| Answer::of(200), || Answer::of(201));
    let no_block = Answer::refusal(404, "BlobNotFound");
    let ended = Answer::of(202);
    let server = Wire::answering([done(), there(), no_block, there(), done(), ended]).await;
    let clients = clients_of(server.url(), &[("AZURE_STORAGE_ACCOUNT_KEY", KEY)]);
    let ports = pool_of(clients, "container", Access::Presigned).ports();
    let url = url("empty");
    let id = ports.upload.begin(&url, &object(&url, 0)).await.unwrap();
    let only = part(&ports, &url, &id, 1, "").await;
    assert_eq!((only.number, only.size), (1, 0));
    complete(&ports, &url, &id, &[only]).await;
    let heard = server.heard();
    let blocks = heard.iter().filter(|asked| asked.query.contains("blockid"));
    assert_eq!(blocks.count(), 0, "Azure refuses a block without a byte");
    let commit = heard.iter().find(|asked| asked.query == "comp=blocklist");
    let commit = commit.unwrap();
    assert_eq!(commit.header("if-none-match"), "*");
    assert!(
        commit.body.ends_with(b"<BlockList></BlockList>"),
        "{commit:?}"
    );
}

#[tokio::test]
async fn an_upload_that_a_purge_ends_while_its_parts_are_looked_at_writes_nothing() {
    let server = Wire::answering([Answer::of(201), Answer::of(200), Answer::of(201)]).await;
    let clients = clients_of(server.url(), &[("AZURE_STORAGE_ACCOUNT_KEY", KEY)]);
    let ports = pool_of(clients, "container", Access::Presigned).ports();
    let url = url("purged");
    let id = ports.upload.begin(&url, &object(&url, 3)).await.unwrap();
    let only = part(&ports, &url, &id, 1, "abc").await;
    let list = format!(
        "<BlockList><UncommittedBlocks><Block><Name>{}</Name><Size>3</Size></Block></UncommittedBlocks></BlockList>",
        only.etag
    );
    server.goes_on_with([
        Answer::of(200).body(list),
        Answer::refusal(404, "BlobNotFound"),
    ]);
    let last = Completion {
        digests: None,
        seen: &Seen::None,
    };
    let completed = ports.upload.complete(&url, &id, &[only], last).await;
    assert_eq!(completed, Err(PoolError::NoSuchUpload));
    let heard = server.heard();
    assert!(
        heard.iter().all(|asked| asked.query != "comp=blocklist"),
        "{heard:?}"
    );
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn an_object_that_turns_out_to_be_empty_is_an_object_at_azurite() {
    let ports = prepared(Access::Presigned).await;
    let url = url("empty-by-parts");
    let id = ports.upload.begin(&url, &object(&url, 0)).await.unwrap();
    let only = part(&ports, &url, &id, 1, "").await;
    complete(&ports, &url, &id, &[only]).await;
    let known = replica(&ports, &url).await;
    assert_eq!((known.size, known.digests), (0, Some(digests())));
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn two_uploads_of_one_replica_do_not_mix_at_azurite() {
    let ports = prepared(Access::Presigned).await;
    let url = url("two");
    let begin = async || ports.upload.begin(&url, &object(&url, 6)).await.unwrap();
    let (one, other) = (begin().await, begin().await);
    part(&ports, &url, &one, 1, "one").await;
    part(&ports, &url, &other, 1, "other").await;
    part(&ports, &url, &one, 2, "two").await;
    let parts = ports.upload.parts(&url, &one).await.unwrap();
    assert_eq!(ports.upload.parts(&url, &other).await.unwrap().len(), 1);
    complete(&ports, &url, &one, &parts).await;
    let address = ports.pool.address(&url, Method::Get).await.unwrap();
    assert_eq!(
        read(Verb::GET, &address.url).await.text().await.unwrap(),
        "onetwo"
    );
    let left = ports.upload.parts(&url, &other).await.unwrap();
    assert_eq!(
        left,
        [],
        "a commit drops every other block: they are sent again"
    );
    ports.upload.abort(&url, &other).await.unwrap();
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn a_run_that_was_given_up_cannot_change_what_its_successor_completes_at_azurite() {
    let ports = prepared(Access::Presigned).await;
    let url = url("zombie");
    let id = ports.upload.begin(&url, &object(&url, 5)).await.unwrap();
    let ours = part(&ports, &url, &id, 1, "right").await;
    part(&ports, &url, &id, 1, "wrong").await;
    let last = Completion {
        digests: None,
        seen: &Seen::None,
    };
    let completed = ports.upload.complete(&url, &id, &[ours], last).await;
    assert!(completed.is_err(), "it must look at the parts again");
    assert_eq!(ports.pool.head(&url).await, Ok(None));
}

#[tokio::test]
#[ignore = "needs Azurite: scripts/azure-suites runs it"]
async fn what_an_aborted_upload_leaves_is_in_nobodys_way_at_azurite() {
    let ports = prepared(Access::Presigned).await;
    for (path, text) in [("left", "whole"), ("left-and-empty", "")] {
        let url = url(path);
        let id = ports.upload.begin(&url, &object(&url, 3)).await.unwrap();
        part(&ports, &url, &id, 1, "abc").await;
        ports.upload.abort(&url, &id).await.unwrap();
        put(&ports, &url, text).await.unwrap();
        let address = ports.pool.address(&url, Method::Get).await.unwrap();
        let answer = read(Verb::GET, &address.url).await;
        assert_eq!(header(&answer, "content-encoding"), Some("gzip"));
        assert_eq!(answer.text().await.unwrap(), text);
        assert_eq!(replica(&ports, &url).await.digests, Some(digests()));
    }
}

/// A page of a listing, with one marker in it, and what comes after it.
fn page(folder: &str, id: &str, next: &str) -> Answer {
    Answer::of(200).body(format!(
        "<EnumerationResults><Blobs><Blob><Name>{folder}{id}</Name><Properties><Last-Modified>\
         Fri, 21 Dec 2012 00:00:00 GMT</Last-Modified></Properties></Blob></Blobs>\
         <NextMarker>{next}</NextMarker></EnumerationResults>"
    ))
}

#[tokio::test]
async fn uploads_are_found_on_every_page_and_by_the_stores_clock() {
    // The folder is the hash of the blob's name, `example.com/a`.
    let folder = "~uploads/036cbe16b0015b0a30d733ca981c8ebb80535abe46b862bbb67d0affb9331be7/";
    let ids = ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAW"];
    let pages = || [page(folder, ids[0], "more"), page(folder, ids[1], "")];
    let server = Wire::answering(pages().into_iter().chain(pages())).await;
    let clients = clients_of(server.url(), &[("AZURE_STORAGE_ACCOUNT_KEY", KEY)]);
    let ports = pool_of(clients, "container", Access::Presigned).ports();
    let begun = Timestamp::from_millis(1_356_048_000_000);
    let after = begun + Duration::from_secs(1);
    assert_eq!(ports.upload.find(&url("a"), after).await.unwrap(), ids);
    let heard = server.heard();
    let markers: Vec<_> = heard
        .iter()
        .map(|asked| asked.query.contains("marker=more"))
        .collect();
    assert_eq!(markers, [false, true], "{heard:?}");
    assert!(
        ports
            .upload
            .find(&url("a"), begun)
            .await
            .unwrap()
            .is_empty()
    );
}
