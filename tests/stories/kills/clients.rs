//! Clients that never stop asking, and judge every answer.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cloud_mirror_domain::message::{Action, Message};
use cloud_mirror_domain::url::to_base64url;
use cloud_mirror_tests::Answer;
use fastrand::Rng;
use futures::future::join_all;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Scene;
use super::objects::{Kind, Object};

/// Who asks for objects.
const ASKERS: usize = 10;

/// Between two requests of one client, in milliseconds.
const PAUSE: std::ops::Range<u64> = 50..300;

/// Between two purges, in milliseconds.
const PURGE_PAUSE: std::ops::Range<u64> = 1_000..4_000;

/// A purge that is refused is asked for again, as its answer says; so often.
const PURGES: usize = 20;

/// No request takes longer, whoever is killed meanwhile.
const LIMIT: Duration = Duration::from_secs(30);

pub(super) struct Clients {
    stop: watch::Sender<bool>,
    all: Vec<JoinHandle<()>>,
}

impl Clients {
    pub(super) fn begin(scene: &Arc<Scene>, dice: &mut Rng) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut all = vec![tokio::spawn(purge(
            Arc::clone(scene),
            dice.fork(),
            stopped.clone(),
        ))];
        for _ in 0..ASKERS {
            all.push(tokio::spawn(ask(
                Arc::clone(scene),
                dice.fork(),
                stopped.clone(),
            )));
        }
        Self { stop, all }
    }

    /// Everybody has the answer that it waits for, and asks no more.
    pub(super) async fn end(self) {
        self.stop.send_replace(true);
        for ended in join_all(self.all).await {
            ended.unwrap();
        }
    }
}

async fn ask(scene: Arc<Scene>, mut dice: Rng, stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let known = scene
            .objects
            .recent(&mut dice)
            .filter(|_| dice.u8(..) < 160);
        let object = known.unwrap_or_else(|| scene.objects.add(any_kind(&mut dice)));
        match object.kind {
            Kind::Prefetched => scene.wish(&object).await,
            _ => scene.ask(&object).await,
        }
        tokio::time::sleep(Duration::from_millis(dice.u64(PAUSE))).await;
    }
}

fn any_kind(dice: &mut Rng) -> Kind {
    match dice.u8(0..20) {
        0..11 => Kind::Small,
        11..13 => Kind::Streamed,
        13..17 => Kind::Stored,
        17..19 => Kind::Prefetched,
        _ => Kind::Missing,
    }
}

async fn purge(scene: Arc<Scene>, mut dice: Rng, stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        tokio::time::sleep(Duration::from_millis(dice.u64(PURGE_PAUSE))).await;
        let purgeable = |object: &Arc<Object>| matches!(object.kind, Kind::Small | Kind::Streamed);
        if let Some(object) = scene.objects.recent(&mut dice).filter(purgeable) {
            scene.objects.change(&object);
            scene.purge(&object).await;
        }
    }
}

impl Scene {
    /// Any program may send such a message.
    async fn wish(&self, object: &Object) {
        let wish = Message {
            replica: object.id.clone(),
            action: Action::Put,
            attempt: None,
            seen: None,
            bulk: false,
            upload: None,
            trace: None,
        };
        self.mirror.deployment.deliver(wish.to_json()).await;
    }

    /// One request, and its answer judged.
    pub(super) async fn ask(&self, object: &Object) {
        let oldest = object.oldest();
        let answer = self.send("GET", "redirect", object).await;
        let location = answer.header("location");
        let told = format!("{object:?}: {answer:?}");
        if answer.status == 302 && location == object.url() {
            self.report.sent_to_origin();
        } else if self.mirror.is_replica(&answer) {
            assert_ne!(object.kind, Kind::Missing, "{told}");
            self.report.redirected();
            self.has_right_bytes(object, location, oldest).await;
        } else {
            assert_eq!(object.kind, Kind::Missing, "{told}");
            assert_eq!(answer.status, 404, "{told}");
            self.report.told_missing();
        }
    }

    /// Whoever was sent to a replica finds it there and right. Of the larger ones the bytes are
    /// looked at in the store itself.
    async fn has_right_bytes(&self, object: &Object, location: &str, oldest: u32) {
        let right = match object.kind {
            Kind::Streamed | Kind::Stored => self.objects.is_right_in_pool(object, oldest),
            _ => {
                let got = self.mirror.client.ask("GET", location, &[]).await;
                got.status == 200 && self.objects.are_right(object, &got.body, oldest)
            }
        };
        // A purge may have taken it away since; then it is not there, and never an old one.
        let gone = object.may_be_purged() && self.is_gone_or_right(object, oldest);
        assert!(right || gone, "{object:?} has not the right bytes");
    }

    fn is_gone_or_right(&self, object: &Object, oldest: u32) -> bool {
        let key = object.key();
        let held = self.mirror.s3().object(crate::store_copies::POOL, &key);
        held.is_none_or(|held| self.objects.are_right(object, &held, oldest))
    }

    /// Asks for a purge until it is granted.
    pub(super) async fn purge(&self, object: &Object) {
        for _ in 0..PURGES {
            object.purges.fetch_add(1, Ordering::Relaxed);
            let answer = self.send("DELETE", "purge", object).await;
            if [202, 204].contains(&answer.status) {
                object.is_purged();
                return;
            }
            assert_eq!(answer.status, 503, "{object:?}: {answer:?}");
        }
        panic!("a purge was refused again and again: {object:?}");
    }

    /// One request, sent again where the process that was to answer it has been killed.
    pub(super) async fn send(&self, method: &str, verb: &str, object: &Object) -> Answer {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(LIMIT)
            .build()
            .unwrap();
        loop {
            let front = self.mirror.deployment.base_url();
            let (pool, url) = (object.id.pool.as_path(), to_base64url(object.url()));
            let url = format!("{front}/v1/{verb}/{pool}/{url}");
            self.report.requested();
            let sent = client.request(method.parse().unwrap(), &url).send();
            match read(sent.await).await {
                Ok(answer) => return answer,
                Err(error) => {
                    let killed = !self.processes.is_running(&front);
                    assert!(killed, "{object:?}, from a process that lives: {error:?}");
                }
            }
        }
    }
}

async fn read(sent: reqwest::Result<reqwest::Response>) -> reqwest::Result<Answer> {
    let sent = sent?;
    let status = sent.status().as_u16();
    let text = |value: &reqwest::header::HeaderValue| {
        String::from_utf8_lossy(value.as_bytes()).into_owned()
    };
    let headers = sent.headers().iter();
    let headers = headers
        .map(|(name, value)| (name.to_string(), text(value)))
        .collect();
    let body = sent.bytes().await?.to_vec();
    Ok(Answer {
        status,
        headers,
        body,
    })
}
