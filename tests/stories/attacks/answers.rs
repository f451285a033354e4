//! What else an allowed source may answer: too much, too little, or nothing.

use cloud_mirror_domain::error::Kind;
use tokio::net::TcpListener;

use super::raw::{Then, answering};
use super::scene::Scene;
use super::{End, Verdicts};
use Then::{Again, Dripping, Silence};

const URL: &str = "http://allowed.test:{port}/public/a";
const MIB: u64 = 1024 * 1024;
const CHUNKS: &[u8] = b"40\r\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n";

/// An attack, the answer with `{port}` filled in, what follows, and what becomes of it.
type Answer = (&'static str, &'static str, Then, Kind);

/// What the head of an answer can do.
const HEADS: &[Answer] = &[
    (
        "no Location",
        "HTTP/1.1 302 Found\r\n\r\n",
        Then::End,
        Kind::SourceFailed,
    ),
    (
        "an empty Location is a loop",
        "HTTP/1.1 302 Found\r\nLocation:\r\n\r\n",
        Then::End,
        Kind::TooManyRedirects,
    ),
    (
        "a loop",
        "HTTP/1.1 302 Found\r\nLocation: /public/a\r\n\r\n",
        Then::End,
        Kind::TooManyRedirects,
    ),
    (
        "a chain without end",
        "HTTP/1.1 302 Found\r\nLocation: b/\r\n\r\n",
        Then::End,
        Kind::TooManyRedirects,
    ),
    (
        "a good Location before a bad one",
        "HTTP/1.1 302 Found\r\nLocation: /public/a\r\nLocation: http://127.0.0.1:{port}/\r\n\r\n",
        Then::End,
        Kind::TooManyRedirects,
    ),
    (
        "a bad Location before a good one",
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{port}/\r\nLocation: /public/a\r\n\r\n",
        Then::End,
        Kind::RedirectRefused,
    ),
    (
        "two URLs in one Location",
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{port}/, /public/a\r\n\r\n",
        Then::End,
        Kind::RedirectRefused,
    ),
    (
        "a folded Location",
        "HTTP/1.1 302 Found\r\nLocation: /public/a\r\n http://127.0.0.1:{port}/\r\n\r\n",
        Then::End,
        Kind::SourceUnreachable,
    ),
    (
        "a bare carriage return in a Location",
        "HTTP/1.1 302 Found\r\nLocation: /public/a\rLocation: http://127.0.0.1:{port}/\r\n\r\n",
        Then::End,
        Kind::SourceUnreachable,
    ),
    (
        "a bare line feed in a Location is its end",
        "HTTP/1.1 302 Found\r\nLocation: /public/a\nLocation: http://127.0.0.1:{port}/\r\n\r\n",
        Then::End,
        Kind::TooManyRedirects,
    ),
    (
        "a null byte in a Location",
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1\0.allowed.test:{port}/\r\n\r\n",
        Then::End,
        Kind::SourceUnreachable,
    ),
    (
        "a Location beside a body of its own",
        "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        Then::End,
        Kind::RedirectRefused,
    ),
    (
        "headers without end",
        "HTTP/1.1 200 OK\r\n",
        Again(b"a: b\r\n"),
        Kind::HeadersTooLarge,
    ),
    (
        "one header without end",
        "HTTP/1.1 200 OK\r\na: ",
        Again(&[b'a'; 1024]),
        Kind::HeadersTooLarge,
    ),
    (
        "a status line without end",
        "HTTP/1.1 200 ",
        Again(&[b'a'; 1024]),
        Kind::HeadersTooLarge,
    ),
    (
        "another protocol",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
        Then::End,
        Kind::SourceFailed,
    ),
    (
        "no HTTP",
        "SSH-2.0-OpenSSH_9.9\r\n",
        Then::End,
        Kind::SourceUnreachable,
    ),
    ("no HTTP yet", "<html>", Then::End, Kind::SourceUnreachable),
    ("nothing", "", Then::End, Kind::SourceUnreachable),
    (
        "two lengths",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na",
        Then::End,
        Kind::SourceUnreachable,
    ),
    (
        "a length that is none",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\na",
        Then::End,
        Kind::SourceUnreachable,
    ),
    (
        "a length beyond numbers",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\na",
        Then::End,
        Kind::SourceUnreachable,
    ),
    (
        "a length beyond what is mirrored",
        "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551613\r\n\r\na",
        Silence,
        Kind::TooLarge,
    ),
    (
        "a body without end",
        "HTTP/1.1 200 OK\r\n\r\n",
        Again(&[b'a'; 1024]),
        Kind::TooLarge,
    ),
    (
        "chunks without end",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        Again(CHUNKS),
        Kind::TooLarge,
    ),
];

/// What takes time. These wait for an impatient source.
const SILENCES: &[Answer] = &[
    ("nothing, for ever", "", Silence, Kind::SourceStalled),
    (
        "a head that never ends",
        "HTTP/1.1 200 OK\r\n",
        Silence,
        Kind::SourceStalled,
    ),
    (
        "a head that drips",
        "HTTP/1.1 200 OK\r\n",
        Dripping(b"a"),
        Kind::SourceStalled,
    ),
    (
        "continue, for ever",
        "",
        Dripping(b"HTTP/1.1 100 Continue\r\n\r\n"),
        Kind::SourceStalled,
    ),
    (
        "hints, for ever",
        "",
        Dripping(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
        Kind::SourceStalled,
    ),
    (
        "a body that stops",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na",
        Silence,
        Kind::SourceStalled,
    ),
];

async fn answered(scene: Scene, public: TcpListener, row: &Answer) -> super::Ended {
    let (_, answer, then, _) = row;
    let bytes = scene.at_port(answer).into_bytes();
    let _server = answering(public, bytes, *then);
    scene.asked_for(URL, vec![scene.honest()]).await
}

#[tokio::test]
async fn whatever_a_source_answers_ends_as_its_own_error() {
    let mut verdicts = Verdicts::default();
    for row in HEADS {
        let (scene, public) = Scene::set();
        let ended = answered(scene.with_max_object(MIB), public, row).await;
        verdicts.note(row.0, End::Settled(row.3), ended);
    }
}

#[tokio::test]
async fn a_source_that_says_nothing_is_given_up() {
    let mut verdicts = Verdicts::default();
    for row in SILENCES {
        let (scene, public) = Scene::impatient();
        let ended = answered(scene, public, row).await;
        verdicts.note(row.0, End::Settled(row.3), ended);
    }
}

/// Headers and pages that make browsers and crawlers go on.
#[tokio::test]
async fn nothing_but_a_redirect_leads_anywhere() {
    let (scene, public) = Scene::set();
    let page = "<meta http-equiv=refresh content='0; url=http://127.0.0.1:{port}/'><img src=http://127.0.0.1:{port}/>";
    let page = scene.at_port(page);
    let head = scene.at_port(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/html\r\nLocation: http://127.0.0.1:{port}/\r\n\
         Content-Location: http://127.0.0.1:{port}/\r\nRefresh: 0; url=http://127.0.0.1:{port}/\r\n\
         Link: <http://127.0.0.1:{port}/>; rel=preload\r\nAlt-Svc: h2=\"127.0.0.1:{port}\"\r\n",
    );
    let answer = format!("{head}Content-Length: {}\r\n\r\n{page}", page.len());
    let _server = answering(public, answer.into_bytes(), Then::End);
    let mut verdicts = Verdicts::default();
    let ended = scene.asked_for(URL, vec![scene.honest()]).await;
    verdicts.note("a page full of addresses", End::Copied, ended);
}

/// Bytes that are no text in a `Location`.
#[tokio::test]
async fn a_location_that_is_no_text_is_no_redirect() {
    let (scene, public) = Scene::set();
    let answer = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1\xFF/\r\n\r\n";
    let _server = answering(public, answer.to_vec(), Then::End);
    let mut verdicts = Verdicts::default();
    let ended = scene.asked_for(URL, vec![scene.honest()]).await;
    verdicts.note("no UTF-8", End::Settled(Kind::SourceFailed), ended);
}

/// The limit counts one answer's headers, also a redirect's, which lead on before a body does.
#[tokio::test]
async fn large_headers_are_refused_before_their_redirect_is_followed() {
    let (scene, public) = Scene::set();
    let padding = "x".repeat(70_000);
    let answer =
        format!("HTTP/1.1 302 Found\r\nLocation: /public/b\r\nX-Padding: {padding}\r\n\r\n");
    let _server = answering(public, answer.into_bytes(), Then::End);
    let mut verdicts = Verdicts::default();
    let ended = scene.asked_for(URL, vec![scene.honest()]).await;
    verdicts.note("70 kB", End::Settled(Kind::HeadersTooLarge), ended);
}
