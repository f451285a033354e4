//! An S3 server that hashes what it is sent and keeps nothing of it.

use cloud_mirror_testkit::servers::s3::{S3Server, Settings};
use serde::{Deserialize, Serialize};

use crate::world::{BUCKET, REGION};
use crate::{Outcome, child};

/// What a store has received: the size and the SHA-256 of each part, in the object's order.
#[derive(Debug, PartialEq, Deserialize, Serialize)]
pub(crate) struct Received(pub(crate) Vec<(u64, String)>);

/// Serves until the standard input ends. Says its address first, and at each question what it has
/// received, of which it expects one object.
pub(crate) async fn run() -> Outcome<()> {
    let settings = Settings {
        forgets_bytes: true,
        ..Settings::default()
    };
    let server = S3Server::start_with(settings).await;
    server.create_bucket(BUCKET, REGION);
    child::say(&server.url())?;
    child::until_done(|| child::say(&received(&server)?)).await
}

fn received(server: &S3Server) -> Outcome<Received> {
    match server.keys(BUCKET).as_slice() {
        [key] => Ok(Received(server.received(BUCKET, key))),
        keys => Err(format!("one object was expected, there are {}", keys.len()).into()),
    }
}
