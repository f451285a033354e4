//! A proxy in front of DynamoDB that counts requests at the wire and can lose a reply.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Forwards everything to one server, for as long as the test's runtime lives.
pub(crate) struct Proxy {
    url: String,
    board: Arc<Board>,
}

#[derive(Default)]
struct Board {
    /// The operations that were asked for: `GetItem`, …
    asked: Mutex<Vec<String>>,
    /// The operation whose next reply is lost.
    loses: Mutex<Option<&'static str>>,
    /// The operation that is refused, and how often still.
    refuses: Mutex<(&'static str, usize)>,
}

/// What befalls a request.
enum Fate {
    Answered,
    Lost,
    Refused,
}

/// What DynamoDB says to who asks for more than an item's share.
const THROTTLED: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}"#;

impl Proxy {
    pub(crate) async fn before(server: &str) -> Self {
        let server = server.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let board = Arc::new(Board::default());
        let shared = Arc::clone(&board);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(forward(client, server, Arc::clone(&shared)));
            }
        });
        Self { url, board }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What was asked since this was last called.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.board.asked.lock().unwrap())
    }

    /// The next requests of that kind, so many of them, are throttled.
    pub(crate) fn refuse(&self, operation: &'static str, times: usize) {
        *self.board.refuses.lock().unwrap() = (operation, times);
    }

    /// The next such request is carried out, but its reply never arrives.
    pub(crate) fn lose_the_reply_to(&self, operation: &'static str) {
        *self.board.loses.lock().unwrap() = Some(operation);
    }
}

impl Board {
    /// Notes a request, and tells what befalls it.
    fn note(&self, operation: String) -> Fate {
        let mut refuses = self.refuses.lock().unwrap();
        if refuses.0 == operation && refuses.1 > 0 {
            refuses.1 -= 1;
            self.asked.lock().unwrap().push(operation);
            return Fate::Refused;
        }
        let lost = self
            .loses
            .lock()
            .unwrap()
            .take_if(|lost| *lost == operation);
        self.asked.lock().unwrap().push(operation);
        lost.map_or(Fate::Answered, |_| Fate::Lost)
    }
}

async fn forward(mut client: TcpStream, mut server: TcpStream, board: Arc<Board>) {
    while let Some((head, request)) = message(&mut client).await {
        let target = header(&head, "x-amz-target").unwrap();
        let operation = target.rsplit('.').next().unwrap().to_owned();
        let fate = board.note(operation);
        if matches!(fate, Fate::Refused) {
            client.write_all(throttled().as_bytes()).await.unwrap();
            continue;
        }
        server.write_all(&request).await.unwrap();
        let Some((_, reply)) = message(&mut server).await else {
            return;
        };
        if matches!(fate, Fate::Lost) || client.write_all(&reply).await.is_err() {
            return;
        }
    }
}

fn throttled() -> String {
    let length = THROTTLED.len();
    format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {length}\r\n\r\n{THROTTLED}"
    )
}

/// The next message of a connection, its head once more as text.
async fn message(from: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let end = loop {
        if from.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let length: usize = header(&head, "content-length").unwrap().parse().unwrap();
    while bytes.len() < end + length {
        if from.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some((head, bytes))
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
