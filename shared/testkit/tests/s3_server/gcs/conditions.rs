//! Conditions on generations, and on etags where Google knows them.

use reqwest::Method;

use super::support::{BUCKET, a_bucket, answer, ask, header, refusal, refused};

const GENERATION: &str = "x-goog-if-generation-match";

#[tokio::test]
async fn every_write_has_a_greater_generation() {
    let server = a_bucket().await;
    let first = server.put(BUCKET, "a", "1", &[]);
    let second = server.put(BUCKET, "b", "2", &[]);
    server.delete(BUCKET, "a");
    let third = answer(ask(&server, Method::PUT, "a").body("3")).await;
    let third: u64 = header(&third, "x-goog-generation").parse().unwrap();
    assert!(first < second && second < third);
}

#[tokio::test]
async fn a_write_and_a_deletion_meet_only_the_generation_they_name() {
    let server = a_bucket().await;
    let unmet = refused(412, "PreconditionFailed");
    let with = |method, generation: u64| ask(&server, method, "a").header(GENERATION, generation);
    assert_eq!(answer(with(Method::PUT, 0).body("1")).await.status(), 200);
    assert_eq!(refusal(with(Method::PUT, 0).body("2")).await, unmet);
    let generation = server.put(BUCKET, "a", "3", &[]);
    assert_eq!(refusal(with(Method::PUT, generation - 1)).await, unmet);
    assert_eq!(refusal(with(Method::DELETE, generation - 1)).await, unmet);
    assert_eq!(server.object(BUCKET, "a").unwrap(), "3");
    assert_eq!(answer(with(Method::DELETE, generation)).await.status(), 204);
}

#[tokio::test]
async fn a_reader_may_name_an_etag_or_a_generation() {
    let server = a_bucket().await;
    let generation = server.put(BUCKET, "a", "hello", &[]);
    let etag = "\"5d41402abc4b2a76b9719d911017c592\"";
    let get = |name, value: &str| ask(&server, Method::GET, "a").header(name, value);
    assert_eq!(answer(get("if-match", etag)).await.status(), 200);
    assert_eq!(answer(get("if-match", "\"other\"")).await.status(), 412);
    assert_eq!(answer(get("if-none-match", etag)).await.status(), 304);
    let other = (generation + 1).to_string();
    assert_eq!(answer(get(GENERATION, &other)).await.status(), 412);
    let versioned = format!("a?generation={generation}");
    assert_eq!(
        answer(ask(&server, Method::GET, &versioned)).await.status(),
        200
    );
    let versioned = format!("a?generation={other}");
    assert_eq!(
        answer(ask(&server, Method::GET, &versioned)).await.status(),
        404
    );
}

#[tokio::test]
async fn a_multipart_upload_takes_no_condition() {
    let server = a_bucket().await;
    for (method, query) in [
        (Method::POST, "a?uploads"),
        (Method::PUT, "a?partNumber=1&uploadId=u"),
        (Method::POST, "a?uploadId=u"),
        (Method::DELETE, "a?uploadId=u"),
    ] {
        let conditional = ask(&server, method, query).header(GENERATION, "0");
        assert_eq!(refusal(conditional).await, refused(400, "NotImplemented"));
    }
}
