//! A mirror in front of an origin, and words for what happens.

use std::sync::Arc;
use std::time::Duration;

use cloud_mirror_domain::claim::Terms;
use cloud_mirror_domain::entry::{Entry, Replica};
use cloud_mirror_domain::policy::Lifetimes;
use cloud_mirror_domain::ports::{Clock as _, Read, When};
use cloud_mirror_domain::rules::{PoolId, ReplicaId};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::{SourceUrl, to_base64url};
use cloud_mirror_runtime::SystemClock;
use cloud_mirror_testkit::origin::Object;
use cloud_mirror_testkit::servers::s3::S3Server;

use crate::client::{Answer, Client};
use crate::deployment::Deployment;
use crate::origin::Origin;
use crate::watch::{Judgement, Watch};

/// The pool that stories ask for, if they do not say which.
const REGION: &str = "eu-central-1";

/// A running mirror and its origin. Clones share both.
#[derive(Clone)]
pub struct Mirror {
    /// The deployment itself.
    pub deployment: Arc<dyn Deployment>,
    /// The origin in front of which it stands; it counts what it is asked.
    pub origin: Arc<Origin>,
    /// A client.
    pub client: Client,
}

impl Mirror {
    /// The same mirror, whose client is watched from now on.
    #[must_use]
    pub fn watched(self, judgement: Judgement) -> Self {
        let (deployment, origin) = (Arc::clone(&self.deployment), Arc::clone(&self.origin));
        let watch = Watch::over(deployment, origin, judgement);
        Self {
            client: self.client.watched(watch),
            ..self
        }
    }

    /// A second mirror over the same pools, whose table and queues are its own.
    ///
    /// # Panics
    /// Where there can be one stack only.
    pub async fn another_stack(&self) -> Self {
        let deployment = self.deployment.another_stack().await;
        let deployment = deployment.expect("a deployment that can have two stacks");
        Self {
            client: deployment.client(),
            deployment,
            origin: Arc::clone(&self.origin),
        }
    }

    /// The watch over its client.
    ///
    /// # Panics
    /// If it is not watched.
    pub fn watch(&self) -> &Watch {
        self.client.watch().expect("a mirror that is watched")
    }

    /// An object at the origin.
    pub fn origin_has(&self, path: &str, object: impl Into<Object>) {
        let object = object.into();
        if let Some(watch) = self.client.watch() {
            watch.origin_has(path, &object);
        }
        self.origin.serve(path, object);
    }

    /// The redirect URL for an origin's path.
    pub fn redirect_url(&self, path: &str) -> String {
        self.api_url("redirect", path)
    }

    /// The URL of that route for an origin's path.
    pub fn api_url(&self, verb: &str, path: &str) -> String {
        self.route(verb, &to_base64url(&self.origin.url(path)))
    }

    /// The URL of that route for a URL in any form.
    pub fn route(&self, verb: &str, url: &str) -> String {
        let (base, pool) = (self.deployment.base_url(), self.pool_id());
        format!("{base}/v1/{verb}/{}/{url}", pool.as_path())
    }

    /// The pool that is asked for.
    pub fn pool_id(&self) -> PoolId {
        PoolId::new(self.deployment.service(), REGION)
    }

    /// The store behind the pools; only for stories that are told where there is one of our own.
    pub fn s3(&self) -> &S3Server {
        self.deployment.s3().expect("pools on our own S3")
    }

    /// Asks the redirect service; the redirect is not followed.
    pub async fn ask(&self, path: &str) -> Answer {
        self.ask_with(path, &[]).await
    }

    /// Asks with these headers.
    pub async fn ask_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.client
            .ask("GET", &self.redirect_url(path), headers)
            .await
    }

    /// Asks in the background.
    pub fn asking(&self, path: &str) -> tokio::task::JoinHandle<Answer> {
        let (mirror, path) = (self.clone(), path.to_owned());
        tokio::spawn(async move { mirror.ask(&path).await })
    }

    /// That many clients ask at once.
    pub async fn herd(&self, clients: usize, path: &str) -> Vec<Answer> {
        let asking: Vec<_> = (0..clients).map(|_| self.asking(path)).collect();
        let mut answers = Vec::new();
        for answer in asking {
            answers.push(answer.await.unwrap());
        }
        answers
    }

    /// Downloads through the mirror, as `curl -L` does.
    pub async fn download(&self, path: &str) -> Answer {
        self.client
            .follow("GET", &self.redirect_url(path), &[])
            .await
    }

    /// Purges.
    pub async fn purge(&self, path: &str) -> Answer {
        self.purge_at(&self.api_url("purge", path)).await
    }

    /// Purges by the URL of the route, as somebody who may.
    pub async fn purge_at(&self, url: &str) -> Answer {
        let authority = self.deployment.authority();
        self.client.ask("DELETE", url, authority).await
    }

    /// What the status route says.
    pub async fn status(&self, path: &str) -> String {
        self.client
            .ask("GET", &self.api_url("status", path), &[])
            .await
            .text()
    }

    /// Makes sure that so many requests were served although a part of ours failed, and that it was
    /// counted, where counts can be read.
    pub async fn has_counted_fail_opens(&self, expected: u64) {
        if let Some(counted) = self.deployment.fail_opens().await {
            assert_eq!(counted, expected);
        }
    }

    /// Makes sure that the object has been copied.
    #[track_caller]
    pub fn has_copied<'a>(&'a self, path: &'a str) -> impl Future<Output = ()> + 'a {
        let here = std::panic::Location::caller();
        async move {
            let answer = self.ask(path).await;
            assert!(self.is_replica(&answer), "{here}: {answer:?}");
        }
    }

    /// Whether an answer redirects to the replica.
    pub fn is_replica(&self, answer: &Answer) -> bool {
        answer.status == 302
            && self
                .deployment
                .is_in_pool(answer.header("location"), REGION)
    }

    /// Whether an answer redirects to the origin.
    pub fn is_origin(&self, answer: &Answer, path: &str) -> bool {
        answer.status == 302
            && answer.header("location") == self.origin.url(path)
            && answer.header("cache-control") == "no-store"
    }

    /// The id of an object's replica.
    pub fn id(&self, path: &str) -> ReplicaId {
        let url = SourceUrl::parse(&self.origin.url(path)).unwrap();
        ReplicaId {
            pool: self.pool_id(),
            url,
        }
    }

    /// The entry as the table has it.
    pub async fn entry(&self, path: &str) -> Option<Entry> {
        self.entry_of(&self.id(path)).await
    }

    /// The live entry of a replica.
    pub async fn entry_of(&self, id: &ReplicaId) -> Option<Entry> {
        let table = self.deployment.table();
        let found = table.get(id, Read::Strong, Timestamp::default()).await;
        found.unwrap()
    }

    /// The replica as the pool has it.
    pub async fn replica(&self, path: &str) -> Option<Replica> {
        let id = self.id(path);
        self.deployment
            .pool(&id.pool)
            .pool
            .head(&id.url)
            .await
            .unwrap()
    }

    /// Deletes the replica behind the mirror's back.
    pub async fn delete_behind_its_back(&self, path: &str) {
        let (id, replica) = (self.id(path), self.replica(path).await.expect("a replica"));
        if let Some(watch) = self.client.watch() {
            watch.replica_deleted(&id.url);
        }
        self.deployment
            .pool(&id.pool)
            .pool
            .delete(&id.url, &replica.etag)
            .await
            .unwrap();
    }

    /// Time passes until an hour before the entry's end, with a look at the replica on the way,
    /// so that no recheck is due.
    pub async fn nearly_ends(&self, path: &str) {
        const HOUR: Duration = Duration::from_secs(3600);
        let left = self
            .entry(path)
            .await
            .expect("an entry")
            .expires
            .since(SystemClock.now());
        self.deployment.time_passes(left - 4 * HOUR).await;
        self.ask_with(path, &[("cache-control", "no-cache")]).await;
        self.deployment.time_passes(3 * HOUR).await;
    }

    /// Now, by the machine's clock, under the default policy.
    pub fn now(&self) -> When {
        let terms = Terms {
            lifetimes: Lifetimes::default(),
            lifespan: Duration::from_secs(24 * 3600),
        };
        When {
            now: SystemClock.now(),
            terms,
        }
    }
}

/// Waits until something holds; fails after a time that only a broken promise takes.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    for _ in 0..600 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("it never came to pass: {what}");
}
