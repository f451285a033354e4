//! Mirrors and stores that lie, break off, or lead astray: no file is left, and it is said why.

use std::process::Stdio;
use std::time::Duration;

use cloud_mirror_testkit::origin::{Object, Origin};

use super::{Desk, URL, a_mirror_that_leads_to};
use crate::process::signal;
use crate::scripted::{Scripted, http, redirect};

async fn told_of_a_store(answer: Vec<u8>, known: &'static str, code: i32, words: &[&str]) {
    let store = Scripted::start(move |_, _| answer.clone()).await;
    let mirror = a_mirror_that_leads_to(store.url().to_owned(), known).await;
    let desk = Desk::at(mirror.url());
    desk.get(&[URL]).await.ends(code, words);
    assert!(desk.files().is_empty() || code == 0, "{:?}", desk.files());
}

#[tokio::test]
async fn a_store_that_promises_more_than_it_sends_is_found_out() {
    let lies = http(200, &[("content-length", "100")], b"bytes");
    told_of_a_store(lies, "{}", 2, &["broke off after 5 bytes", "get it again"]).await;
    let chunk = http(200, &[("transfer-encoding", "chunked")], b"5\r\nbytes\r\n");
    told_of_a_store(chunk, "{}", 2, &["broke off after 5 bytes"]).await;
}

#[tokio::test]
async fn a_store_that_has_another_size_than_the_mirror_knows_is_found_out() {
    const KNOWN: &str = r#"{"status": "present", "pool": "s3_x", "source": "x", "size_bytes": 6}"#;
    told_of_a_store(
        http(200, &[], b"bytes"),
        KNOWN,
        1,
        &["5 bytes came, 6 were told"],
    )
    .await;
}

#[tokio::test]
async fn a_store_whose_checksum_is_not_that_of_its_bytes_is_found_out() {
    for (name, value) in [
        ("x-amz-checksum-crc64nvme", "rosUhgp5mIg="),
        ("content-md5", "kAFQmDzST7DWlj99KOF/cg=="),
        ("x-goog-hash", "md5=kAFQmDzST7DWlj99KOF/cg=="),
    ] {
        let wrong = http(200, &[(name, value)], b"bytes");
        told_of_a_store(wrong, "{}", 1, &["wrong bytes"]).await;
    }
}

#[tokio::test]
async fn a_checksum_of_parts_says_nothing_of_the_whole() {
    let headers = [
        ("x-amz-checksum-crc64nvme", "rosUhgp5mIg="),
        ("x-amz-checksum-type", "COMPOSITE"),
    ];
    let composite = http(200, &headers, b"bytes");
    told_of_a_store(composite, "{}", 0, &["by their length only"]).await;
}

#[tokio::test]
async fn a_store_that_tells_nothing_is_said_to_be_unverified() {
    let chunked = [("transfer-encoding", "chunked")];
    let bare = http(200, &chunked, b"5\r\nbytes\r\n0\r\n\r\n");
    told_of_a_store(bare, "{}", 0, &["5 bytes, not verified"]).await;
}

#[tokio::test]
async fn a_replica_that_is_gone_behind_the_mirrors_back_says_what_to_do() {
    told_of_a_store(
        http(404, &[], b""),
        "{}",
        2,
        &["the replica at", "404", "cloud-mirror purge"],
    )
    .await;
}

/// A mirror that remembers a replica which was purged elsewhere, until it is told not to: then it sends
/// its client on as it is told here.
async fn remembering(gone: Vec<u8>, then: fn(&str) -> Vec<u8>) -> Scripted {
    let asked = std::sync::atomic::AtomicBool::new(false);
    Scripted::start(move |path, own| match path {
        "/gone" => gone.clone(),
        "/anew" => http(200, &[], b"bytes"),
        path if path.starts_with("/v1/status/") => http(200, &[], b"{}"),
        _ if asked.swap(true, std::sync::atomic::Ordering::SeqCst) => then(own),
        _ => redirect("hit; ttl=60", &format!("{own}/gone")),
    })
    .await
}

fn copied_anew(own: &str) -> Vec<u8> {
    redirect("fwd=miss; stored; ttl=60", &format!("{own}/anew"))
}

fn left_to_the_origin(own: &str) -> Vec<u8> {
    redirect("fwd=miss; detail=wait-exhausted", &format!("{own}/anew"))
}

#[tokio::test]
async fn a_mirror_that_remembers_what_was_purged_elsewhere_is_asked_not_to() {
    for status in [403, 404, 410] {
        let mirror = remembering(http(status, &[], b""), copied_anew).await;
        let desk = Desk::at(mirror.url());
        let told = desk.get(&["--wait", "9", URL]).await;
        told.ends(0, &["5 bytes", "copied for this request"]);
        let heads = mirror.heads();
        let asked = heads
            .iter()
            .filter(|head| head.starts_with("get /v1/redirect/"));
        let asked: Vec<_> = asked.collect();
        assert_eq!(asked.len(), 2, "{heads:?}");
        assert!(!asked[0].contains("no-cache"), "{heads:?}");
        assert!(asked[1].contains("cache-control: no-cache"), "{heads:?}");
        assert!(asked[1].contains("prefer: wait=9"), "{heads:?}");
    }
}

#[tokio::test]
async fn what_is_not_copied_anew_in_time_comes_from_the_origin() {
    let mirror = remembering(http(404, &[], b""), left_to_the_origin).await;
    let desk = Desk::at(mirror.url());
    desk.get(&[URL])
        .await
        .ends(0, &["5 bytes", "from the origin"]);
}

#[tokio::test]
async fn a_store_that_fails_is_no_reason_to_ask_the_mirror_again() {
    let mirror = remembering(http(500, &[], b""), copied_anew).await;
    let desk = Desk::at(mirror.url());
    desk.get(&[URL]).await.ends(2, &["the replica at", "500"]);
}

#[tokio::test]
async fn a_store_that_leads_on_and_on_ends() {
    let leads = redirect("x", "/again");
    told_of_a_store(leads, "{}", 2, &["redirects lead on and on"]).await;
}

/// A mirror that makes so many hops before it knows.
async fn hopping(hops: usize) -> Scripted {
    Scripted::start(move |path, own| {
        let hop = path
            .split_once("cloud-mirror-hop=")
            .map_or(0, |(_, hop)| hop.parse().unwrap());
        match path {
            "/replica" => http(200, &[], b"bytes"),
            _ if hop < hops => {
                let next = format!("?cloud-mirror-budget=1&cloud-mirror-hop={}", hop + 1);
                redirect("fwd=miss; detail=hop", &next)
            }
            _ => redirect("fwd=miss; stored; ttl=9", &format!("{own}/replica")),
        }
    })
    .await
}

#[tokio::test]
async fn a_mirrors_hops_are_followed_as_far_as_a_mirror_makes_them() {
    for hops in [1, 3] {
        let mirror = hopping(hops).await;
        let desk = Desk::at(mirror.url());
        desk.get(&["--wait", "9", URL])
            .await
            .ends(0, &["copied for this request"]);
        let heads = mirror.heads();
        assert!(heads[0].contains("prefer: wait=9"), "{heads:?}");
        assert!(
            !heads[1].contains("prefer:"),
            "what is left stands in the hop: {heads:?}"
        );
    }
    let mirror = hopping(4).await;
    let desk = Desk::at(mirror.url());
    desk.get(&[URL]).await.ends(2, &["on and on"]);
    assert!(desk.files().is_empty());
}

#[tokio::test]
async fn a_hop_to_another_host_is_not_followed() {
    let mirror =
        Scripted::start(|_, _| redirect("fwd=miss; detail=hop", "http://127.0.0.1:9/v1/")).await;
    Desk::at(mirror.url())
        .get(&[URL])
        .await
        .ends(2, &["a hop to another host"]);
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_named_before_anything_is_kept() {
    let store = Scripted::start(|_, _| http(200, &[], b"bytes")).await;
    let mirror = a_mirror_that_leads_to(store.url().to_owned(), "{}").await;
    let desk = Desk::at(mirror.url());
    for (place, word) in [
        ("absent/a", "absent/a cannot be written"),
        (".", "is a folder"),
    ] {
        desk.get(&["-o", place, URL]).await.ends(2, &[word, "-o"]);
    }
    desk.get(&["https://downloads.example.org/"])
        .await
        .ends(2, &["name one with -o"]);
    assert!(desk.files().is_empty());
}

#[tokio::test]
async fn who_interrupts_a_download_finds_no_half_of_it() {
    let origin = Origin::start().await;
    origin.serve("/a", Object::new(vec![7; 100_000]).stalled_after(50_000));
    let mirror = a_mirror_that_leads_to(origin.url("/a"), "{}").await;
    for how in ["-INT", "-TERM"] {
        let desk = Desk::at(mirror.url());
        let mut asked = desk.asked(&[URL]);
        let child = asked.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let child = child.unwrap();
        while desk.files().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(
            desk.file("a.bin").is_none(),
            "it has its name at the end only"
        );
        signal(&child, how).await;
        let output = child.wait_with_output().await.unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains("interrupted; no file is left"), "{told}");
        assert!(desk.files().is_empty(), "{:?}", desk.files());
    }
}
