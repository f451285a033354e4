//! A thousand at once, through four processes: one copy of each object, as the origin and the
//! store count them themselves.
//!
//! Every client has a connection of its own. All are connected before the first request is
//! written, and the origin answers no read before the last one is, so that a thousand requests
//! are under way at the same moment whatever the machine.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use cloud_mirror_domain::url::to_base64url;
use cloud_mirror_testkit::origin::Object;
use cloud_mirror_tests::{Answer, Mirror, Processes, Stage};
use futures::future::join_all;
use futures::{StreamExt as _, stream};
use reqwest::Url;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::store_copies::{BUCKET, MIB, POOL, in_front_of_a_store, replica, url};

const CLIENTS: usize = 1000;
const PROCESSES: usize = 4;

/// How often each herd comes, each time for what nobody has asked for before.
const TIMES: usize = 3;

/// A thousand copies take half a minute, so this herd comes once with every change, and as often as
/// `HERDS` says in a longer run.
#[allow(clippy::disallowed_methods, reason = "a test's own variable")]
fn times() -> usize {
    std::env::var("HERDS").map_or(1, |times| times.parse().expect("HERDS is a number"))
}

/// How patient requests are: only as long as a slow machine may take.
const PATIENCE: &str = "[wait]\ninvocation = \"180s\"\ntotal = \"180s\"";

/// A herd that takes longer than this hangs.
const LIMIT: Duration = Duration::from_secs(240);

/// The S3 operations that bring a replica into being.
const COPIES: [&str; 3] = ["PutObject", "CopyObject", "CreateMultipartUpload"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by scripts/reliability"]
async fn a_thousand_first_requests_for_one_object_make_one_copy() {
    let mirror = stage().mirror_with(PATIENCE).await;
    for time in 0..TIMES {
        let path = format!("/one-{time}");
        mirror.origin_has(&path, Object::new(bytes_of(&path)).held());
        let herd = Herd::asks(&mirror, vec![mirror.redirect_url(&path); CLIENTS]).await;
        mirror.origin.release(&path);
        let herd = herd.answers().await;
        let address = herd.answers[0].header("location").to_owned();
        let redirected =
            herd.count(|answer| mirror.is_replica(answer) && answer.header("location") == address);
        herd.tell(redirected);
        assert_eq!(redirected, CLIENTS);
        let read = (mirror.origin.heads(&path), mirror.origin.gets(&path));
        assert_eq!(read, (1, 1), "counted by the origin");
        assert_eq!(herd.copies(), BTreeMap::from([("PutObject".into(), 1)]));
        assert_eq!(mirror.download(&path).await.text(), bytes_of(&path));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by scripts/reliability"]
async fn a_thousand_first_requests_for_a_thousand_objects_make_a_thousand_copies() {
    let mirror = stage().mirror_with(PATIENCE).await;
    for time in 0..times() {
        let paths: Vec<_> = (0..CLIENTS).map(|n| format!("/many-{time}/{n}")).collect();
        for path in &paths {
            mirror.origin_has(path, Object::new(bytes_of(path)).held());
        }
        let urls = paths.iter().map(|path| mirror.redirect_url(path)).collect();
        let herd = Herd::asks(&mirror, urls).await;
        paths.iter().for_each(|path| mirror.origin.release(path));
        let herd = herd.answers().await;
        let redirected = herd.count(|answer| mirror.is_replica(answer));
        herd.tell(redirected);
        assert_eq!(redirected, CLIENTS);
        for path in &paths {
            let read = (mirror.origin.heads(path), mirror.origin.gets(path));
            assert_eq!(read, (1, 1), "{path}, counted by the origin");
        }
        assert_eq!(
            herd.copies(),
            BTreeMap::from([("PutObject".into(), CLIENTS)])
        );
        has_right_bytes(&mirror, paths.iter().zip(&herd.answers)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by scripts/reliability"]
async fn a_thousand_first_requests_for_an_object_of_a_store_make_one_copy_inside_it() {
    let mirror = in_front_of_a_store(&stage(), PATIENCE).await;
    // Until everybody has asked.
    let pause = Duration::from_millis(500);
    mirror.s3().delay("CopyObject", pause);
    for time in 0..TIMES {
        let key = &format!("one-{time}");
        mirror.s3().put_pattern(BUCKET, key, 3 * MIB, 7);
        let source = to_base64url(&url(&mirror, BUCKET, key));
        let urls = (0..CLIENTS).map(|_| mirror.route("redirect", &source));
        let herd = Herd::asks(&mirror, urls.collect()).await;
        let herd = herd.answers().await;
        let redirected = herd.count(|answer| mirror.is_replica(answer));
        herd.tell(redirected);
        assert_eq!(redirected, CLIENTS);
        assert_eq!(herd.copies(), BTreeMap::from([("CopyObject".into(), 1)]));
        let copy = replica(&mirror, key);
        assert!(mirror.s3().same_bytes((BUCKET, key), (POOL, &copy)));
    }
}

/// Mirrors of so many processes.
fn stage() -> Stage {
    let program = env!("CARGO_BIN_EXE_member");
    Stage::new(move |setup, origin| Processes::start(program, setup.processes(PROCESSES), origin))
}

fn bytes_of(path: &str) -> String {
    format!("the bytes of {path}")
}

/// Requests that are all under way.
struct Herd<'a> {
    mirror: &'a Mirror,
    began: Instant,
    /// How many requests the store had seen before.
    before: usize,
    streams: Vec<TcpStream>,
}

/// A herd that has its answers.
struct Answered<'a> {
    herd: Herd<'a>,
    took: Duration,
    answers: Vec<Answer>,
}

impl<'a> Herd<'a> {
    /// Everybody connects; then everybody asks.
    async fn asks(mirror: &'a Mirror, urls: Vec<String>) -> Self {
        let before = mirror.s3().requests().len();
        let began = Instant::now();
        let urls: Vec<Url> = urls.iter().map(|url| url.parse().unwrap()).collect();
        let connecting = urls.iter().map(|url| async move {
            let address = (url.host_str().unwrap(), url.port().unwrap());
            TcpStream::connect(address).await.unwrap()
        });
        let mut streams = join_all(connecting).await;
        for (stream, url) in streams.iter_mut().zip(&urls) {
            let request = format!(
                "GET {} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
                url.path(),
                url.authority()
            );
            stream.write_all(request.as_bytes()).await.unwrap();
        }
        Self {
            mirror,
            began,
            before,
            streams,
        }
    }

    async fn answers(mut self) -> Answered<'a> {
        let streams = std::mem::take(&mut self.streams);
        let answering = join_all(streams.into_iter().map(answer));
        let answers = tokio::time::timeout(LIMIT, answering).await.unwrap();
        Answered {
            took: self.began.elapsed(),
            answers,
            herd: self,
        }
    }
}

impl Answered<'_> {
    fn count(&self, is: impl Fn(&Answer) -> bool) -> usize {
        self.answers.iter().filter(|answer| is(answer)).count()
    }

    /// What the store itself has counted since, by operation.
    fn copies(&self) -> BTreeMap<String, usize> {
        let requests = self.herd.mirror.s3().requests().split_off(self.herd.before);
        let mut copies = BTreeMap::new();
        for request in requests {
            if COPIES.contains(&&*request.operation) {
                *copies.entry(request.operation).or_default() += 1;
            }
        }
        copies
    }

    fn tell(&self, redirected: usize) {
        let copies: usize = self.copies().values().sum();
        let (requests, took) = (self.answers.len(), self.took.as_secs_f64());
        println!(
            "herd: {requests} requests, {PROCESSES} processes, {copies} copies, {redirected} redirected to the replica, {took:.1} s"
        );
    }
}

/// The connection ends with its answer, as was asked for.
async fn answer(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").expect("a whole answer");
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let headers = lines.filter_map(|line| line.split_once(": "));
    Answer {
        status: status.unwrap().parse().unwrap(),
        headers: headers
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect(),
        body: body.into(),
    }
}

/// Each was sent to a replica of its own.
async fn has_right_bytes<'a>(
    mirror: &Mirror,
    answers: impl Iterator<Item = (&'a String, &'a Answer)>,
) {
    let downloads = stream::iter(answers).map(|(path, answer)| async move {
        let replica = answer.header("location");
        let downloaded = mirror.client.ask("GET", replica, &[]).await;
        assert_eq!(downloaded.text(), bytes_of(path), "{path}");
    });
    downloads.buffer_unordered(50).collect::<Vec<_>>().await;
}
