//! The operator's side of the dead letters.

use std::time::Duration;

use cloud_mirror_domain::ports::{CopyInbox as _, CopyQueue as _};
use cloud_mirror_sqs::{DeadLetter, DeadLetters};
use cloud_mirror_testkit::emulator;
use cloud_mirror_testkit::servers::sqs::SqsServer;

use crate::support::{Queue, Redrive, client, create_queue, message};

const AN_HOUR: Duration = Duration::from_secs(3600);
const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_letter_is_found_by_the_policy_of_the_queue_that_it_died_in() {
    let server = SqsServer::start().await;
    a_message_dies_and_is_found_at(&server.url()).await;
}

#[tokio::test]
#[ignore = "needs an emulator: scripts/emulator-suites runs it"]
async fn a_letter_is_found_at_an_emulator_too() {
    a_message_dies_and_is_found_at(&emulator::url()).await;
}

async fn a_message_dies_and_is_found_at(url: &str) {
    let scene = Scene::at(url, "mortal").await;
    let outbox = scene.copies.outbox();
    outbox.send(&message(), Duration::ZERO).await.unwrap();
    let received = scene.copies.look_for_one(SOON).await.expect("the message");
    let again = outbox.retry_after(received.reception(), Duration::ZERO);
    again.await.unwrap();
    let inbox = scene.copies.inbox().waiting(Duration::from_secs(1));
    assert_eq!(inbox.receive(1).await.unwrap(), [], "it has died");

    let letter = scene.only_letter().await;
    assert_eq!(letter.body, message().to_json());
    assert_eq!(letter.message_id, received.message_id);
    // AWS counts across both queues; the test's server begins anew.
    assert!(letter.receives >= 1, "{letter:?}");
    assert!(letter.sent.is_some(), "{letter:?}");
}

#[tokio::test]
async fn a_queue_without_a_policy_has_no_dead_letters() {
    let server = SqsServer::start().await;
    let client = client(&server.url());
    let queue = create_queue(&client, "immortal", AN_HOUR, None).await;
    let found = DeadLetters::of(client, &queue.url).await.unwrap();
    assert!(found.is_none(), "{found:?}");
}

#[tokio::test]
async fn dead_letters_that_are_no_longer_there_are_an_error_that_names_them() {
    let server = SqsServer::start().await;
    let client = client(&server.url());
    let redrive = Redrive {
        dead_queue: "removed",
        max_receives: 1,
    };
    create_queue(&client, "removed", AN_HOUR, None).await;
    let queue = create_queue(&client, "copies", AN_HOUR, Some(redrive)).await;
    let removed = format!("{}/000000000000/removed", server.url());
    let deleting = client.delete_queue().queue_url(removed);
    deleting.send().await.unwrap();
    let error = DeadLetters::of(client, &queue.url).await.unwrap_err();
    assert!(error.detail.starts_with("GetQueueUrl at arn:"), "{error}");
    assert!(error.detail.contains(":removed: "), "{error}");
}

#[tokio::test]
async fn a_letter_that_is_let_go_can_be_received_again_at_once() {
    let server = SqsServer::start().await;
    let scene = Scene::at(&server.url(), "copies").await;
    scene.one_is_dead().await;
    let letter = scene.only_letter().await;
    let hidden = scene.letters.receive(10, AN_HOUR).await.unwrap();
    assert_eq!(hidden, [], "nobody else sees it meanwhile");
    scene.letters.let_go(&letter).await.unwrap();
    assert_eq!(scene.only_letter().await.message_id, letter.message_id);
}

#[tokio::test]
async fn a_letter_that_is_sent_back_stays_until_it_is_deleted() {
    let server = SqsServer::start().await;
    let scene = Scene::at(&server.url(), "copies").await;
    scene.one_is_dead().await;
    let letter = scene.only_letter().await;
    let sent = scene.letters.send_back(&letter.body, Duration::ZERO).await;
    sent.unwrap();
    let back = scene.copies.look_for_one(SOON).await.expect("the message");
    assert_eq!((back.body, back.receives), (message().to_json(), 1));

    scene.letters.let_go(&letter).await.unwrap();
    let letter = scene.only_letter().await;
    scene.letters.delete(&letter).await.unwrap();
    scene.letters.delete(&letter).await.unwrap();
    assert_eq!(scene.letters.receive(10, AN_HOUR).await.unwrap(), []);
}

/// A queue and its dead letters.
struct Scene {
    copies: Queue,
    dead: Queue,
    letters: DeadLetters,
}

impl Scene {
    async fn at(url: &str, name: &str) -> Self {
        let client = client(url);
        let dead_queue = &format!("{name}-dead");
        let dead = create_queue(&client, dead_queue, AN_HOUR, None).await;
        let redrive = Redrive {
            dead_queue,
            max_receives: 1,
        };
        let copies = create_queue(&client, name, AN_HOUR, Some(redrive)).await;
        let letters = DeadLetters::of(client, &copies.url).await.unwrap();
        let letters = letters.expect("it has a policy");
        Self {
            copies,
            dead,
            letters,
        }
    }

    async fn one_is_dead(&self) {
        let outbox = self.dead.outbox();
        outbox.send(&message(), Duration::ZERO).await.unwrap();
    }

    async fn only_letter(&self) -> DeadLetter {
        let mut received = self.letters.receive(10, AN_HOUR).await.unwrap();
        assert_eq!(received.len(), 1, "{received:?}");
        received.remove(0)
    }
}
