//! Every request is on record.

use crate::support::{BUCKET, REGION, a_bucket, begin, client_with, lasting, plain, put};

const KEY: &str = "a folder/ä+b%2Fc";

#[tokio::test]
async fn requests_are_recorded_with_operation_place_and_region() {
    let (server, client) = a_bucket().await;
    put(&client, KEY, b"bytes").await;
    let requests = server.requests();
    let [request] = requests.as_slice() else {
        panic!("one request was made")
    };
    assert_eq!(request.operation, "PutObject");
    assert_eq!(request.method, "PUT");
    assert_eq!(
        (request.bucket.as_str(), request.key.as_str()),
        (BUCKET, KEY)
    );
    assert_eq!(request.region.as_deref(), Some(REGION));
    assert_eq!(request.status, Some(200));
    assert!(request.signed());
}

#[tokio::test]
async fn copies_are_recorded_with_their_source() {
    let (server, client) = a_bucket().await;
    server.put(BUCKET, KEY, vec![0; 6 << 20], &[]);
    let source = format!("{BUCKET}/a%20folder/%C3%A4%2Bb%252Fc");
    let copy = client.copy_object().bucket(BUCKET).key("b");
    copy.copy_source(&source).send().await.unwrap();
    let id = begin(&client, "c").await;
    let part = client
        .upload_part_copy()
        .bucket(BUCKET)
        .key("c")
        .upload_id(id);
    let part = part.part_number(1).copy_source(&source);
    part.copy_source_range("bytes=1-2").send().await.unwrap();
    assert_eq!(server.count("CopyObject"), 1);
    assert_eq!(server.count("UploadPartCopy"), 1);
    assert_eq!(server.count("GetObject"), 0);
    let last = server.requests().pop().unwrap();
    assert_eq!(last.copy_source, Some(format!("{BUCKET}/{KEY}")));
    assert_eq!(last.copy_source_range.as_deref(), Some("bytes=1-2"));
    assert!(last.query.contains("partNumber=1"));
}

#[tokio::test]
async fn refused_requests_are_recorded_too() {
    let (server, _) = a_bucket().await;
    let wrong = client_with(&server, REGION, ("unknown", "wrong"));
    let _refused = wrong.get_object().bucket(BUCKET).key("a").send().await;
    let _refused = plain()
        .get(format!("{}/{BUCKET}/a", server.url()))
        .send()
        .await;
    let [wrong, unsigned] = &server.requests()[..] else {
        panic!("two requests were made")
    };
    assert!(wrong.signed());
    assert_eq!((wrong.operation.as_str(), wrong.status), ("", Some(403)));
    assert!(!unsigned.signed());
    let operation = unsigned.operation.as_str();
    assert_eq!((operation, unsigned.status), ("GetObject", Some(403)));
}

#[tokio::test]
async fn a_presigned_request_is_a_signed_one() {
    let (server, client) = a_bucket().await;
    server.put(BUCKET, "a", "bytes", &[]);
    let get = client.get_object().bucket(BUCKET).key("a");
    let url = get.presigned(lasting(60)).await.unwrap();
    plain().get(url.uri()).send().await.unwrap();
    let request = server.requests().pop().unwrap();
    assert_eq!(request.region.as_deref(), Some(REGION));
    assert_eq!(
        (request.operation.as_str(), request.status),
        ("GetObject", Some(200))
    );
}
