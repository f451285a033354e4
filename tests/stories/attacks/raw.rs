//! A server that answers what no HTTP library would.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What comes after the first bytes of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Then {
    /// The end of the connection.
    End,
    /// Nothing, for ever.
    Silence,
    /// These bytes, again and again.
    Again(&'static [u8]),
    /// These bytes, again and again, with a pause before each.
    Dripping(&'static [u8]),
}

/// Answers every request with the same bytes, until it is dropped.
pub(crate) fn answering(listener: TcpListener, bytes: Vec<u8>, then: Then) -> JoinSet<()> {
    let mut server = JoinSet::new();
    server.spawn(async move {
        let mut answers = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let bytes = bytes.clone();
            answers.spawn(async move {
                // The other side may go at any moment, which is the answer that is hoped for.
                let _ = answer(stream, &bytes, then).await;
            });
        }
    });
    server
}

async fn answer(mut stream: TcpStream, bytes: &[u8], then: Then) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    stream.write_all(bytes).await?;
    loop {
        match then {
            Then::End => return stream.shutdown().await,
            Then::Silence => std::future::pending().await,
            Then::Again(more) => stream.write_all(more).await?,
            Then::Dripping(more) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
                stream.write_all(more).await?;
            }
        }
    }
}
