//! The trace beside a message's body, where X-Ray looks for it. The server of these tests forgets it, so
//! what is looked at is the request itself, and what is answered is written out.

use std::time::Duration;

use cloud_mirror_domain::message::Message;
use cloud_mirror_domain::ports::{CopyInbox as _, CopyQueue as _};
use cloud_mirror_domain::trace::Trace;
use cloud_mirror_sqs::{SqsInbox, SqsQueue};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::support::{client, message};

const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

/// Answers one request with these words, and says what was asked.
async fn answer(listener: TcpListener, words: &str) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let (mut asked, mut chunk) = (Vec::new(), [0; 4096]);
    while !asked.ends_with(b"}") {
        let read = stream.read(&mut chunk).await.unwrap();
        assert!(read > 0, "the request ends in the middle");
        asked.extend_from_slice(&chunk[..read]);
    }
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\nconnection: close";
    let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{words}", words.len());
    stream.write_all(answer.as_bytes()).await.unwrap();
    String::from_utf8(asked).unwrap()
}

/// A server's listener, and the URL of a queue there.
async fn a_server() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

#[tokio::test]
async fn a_trace_travels_in_the_body_and_beside_it() {
    for (trace, attributes) in [(Trace::parse(TRACE), true), (None, false)] {
        let (listener, url) = a_server().await;
        let queue = SqsQueue::new(client(&url), format!("{url}/1/copies"));
        let message = Message { trace, ..message() };
        let sent = queue.send(&message, Duration::ZERO);
        let (sent, asked) = tokio::join!(sent, answer(listener, r#"{"MessageId":"1"}"#));
        sent.unwrap();
        let beside =
            format!(r#""MessageSystemAttributes":{{"AWSTraceHeader":{{"StringValue":"{TRACE}","#);
        assert_eq!(asked.contains(&beside), attributes, "{asked}");
        let in_the_body = format!(r#"\"trace\":\"{TRACE}\""#);
        assert_eq!(asked.contains(&in_the_body), attributes, "{asked}");
    }
}

#[tokio::test]
async fn the_inbox_asks_for_the_trace_beside_a_strangers_message() {
    for (said, expected) in [(TRACE, Trace::parse(TRACE)), ("Root=nonsense", None)] {
        let (listener, url) = a_server().await;
        let inbox = SqsInbox::new(client(&url), format!("{url}/1/copies"));
        let words = format!(
            r#"{{"Messages":[{{"MessageId":"1","ReceiptHandle":"r","Body":"{{}}","Attributes":{{"ApproximateReceiveCount":"2","AWSTraceHeader":"{said}"}}}}]}}"#
        );
        let (received, asked) = tokio::join!(inbox.receive(1), answer(listener, &words));
        let received = received.unwrap();
        assert_eq!((received[0].trace, received[0].receives), (expected, 2));
        assert!(
            asked.contains(r#""ApproximateReceiveCount","AWSTraceHeader""#),
            "{asked}"
        );
    }
}
