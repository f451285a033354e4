//! A server that answers as a test wrote it down, down to the byte: mirrors and stores that no real
//! one is.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

type Answers = Arc<dyn Fn(&str, &str) -> Vec<u8> + Send + Sync>;

/// It closes each connection after its answer, and ends when it is dropped.
pub(crate) struct Scripted {
    url: String,
    heads: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

impl Scripted {
    /// A server whose answer to a path and query, and to its own address, is the whole text of an
    /// HTTP/1.1 answer.
    pub(crate) async fn start(
        answers: impl Fn(&str, &str) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heads = Arc::new(Mutex::default());
        let answers: Answers = Arc::new(answers);
        let (own, told) = (url.clone(), Arc::clone(&heads));
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answers, own, told) = (Arc::clone(&answers), own.clone(), Arc::clone(&told));
                tokio::spawn(async move { answer(stream, &answers, &own, &told).await });
            }
        });
        Self {
            url,
            heads,
            serving,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The requests that came, each as it was sent, in lower case.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(mut stream: TcpStream, answers: &Answers, own: &str, told: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    told.lock().unwrap().push(head.to_lowercase());
    // A client that hangs up has seen enough.
    let _ = stream.write_all(&answers(&path, own)).await;
    let _ = stream.shutdown().await;
}

/// An answer with these headers and this body, whose length is told unless a header does.
pub(crate) fn http(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Said\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let told = ["content-length", "transfer-encoding"];
    if !headers.iter().any(|(name, _)| told.contains(name)) {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

/// A mirror's redirect, which came about so.
pub(crate) fn redirect(cache_status: &str, location: &str) -> Vec<u8> {
    let status = format!("cloud-mirror; {cache_status}");
    let headers = [("location", location), ("cache-status", &status)];
    http(302, &headers, b"{}")
}
