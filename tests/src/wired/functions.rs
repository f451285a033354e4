//! Environments of the three functions.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use cloud_mirror_copier::{Copier, TimeLimit};
use cloud_mirror_domain::place::Nowhere;
use cloud_mirror_domain::ports::{Clock, CopyQueue, PoolPorts, Ports, Received};
use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_dynamodb::DynamoDbTable;
use cloud_mirror_http::{HttpSource, Limits};
use cloud_mirror_purge::{Purge, Purger};
use cloud_mirror_redirect::Redirect;
use cloud_mirror_runtime::remembered;
use cloud_mirror_s3::{S3Clients, S3Pool};
use http::{Request, Response};

use super::at_once::AtOnce;
use super::{Who, Wired};
use crate::aws::{self, TABLE};
use crate::own_store;
use crate::setup::Setup;

const INVOCATION: &str = "Lambda invocation";
const API_REQUEST: &str = "API request";

/// An environment of the redirect function.
pub struct Environment {
    mirror: Wired,
    redirect: Redirect,
}

impl Environment {
    /// One request with these headers, and its answer.
    pub async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> Response<String> {
        self.mirror.invoked(Who::Request);
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.redirect.handle(request.body(()).unwrap()).await
    }
}

impl Wired {
    /// A new environment of the redirect function. What it sends to the copy queue stays there.
    pub fn environment(&self) -> Environment {
        self.with_queue(Arc::new(self.queue(Who::Request)))
    }

    /// A new environment of the redirect function, for whose messages a copier is there at once: the
    /// copy is over before the sender goes on.
    pub fn environment_and_copier(&self) -> Environment {
        let queue = self.queue(Who::Request);
        let mirror = self.clone();
        self.with_queue(Arc::new(AtOnce { queue, mirror }))
    }

    fn with_queue(&self, queue: Arc<dyn CopyQueue>) -> Environment {
        let ports = self.ports(Who::Request, queue);
        let config = &self.0.config;
        Environment {
            mirror: self.clone(),
            redirect: Redirect::new(config.rules.clone(), config.policy.clone(), ports),
        }
    }

    /// One request to a new environment, behind which a copier is there at once.
    pub async fn ask(&self, url: &str) -> Response<String> {
        let path = Self::route("redirect", url);
        self.environment_and_copier().ask(&path, &[]).await
    }

    /// One request to a new environment, which does not wait. No copier is there.
    pub async fn ask_without_waiting(&self, url: &str) -> Response<String> {
        let path = Self::route("redirect", url);
        self.environment().ask(&path, &[("prefer", "wait=0")]).await
    }

    /// A purge by a new environment.
    pub async fn purge(&self, url: &str) -> Response<String> {
        self.invoked(Who::Purge);
        let (config, ports) = (
            &self.0.config,
            self.ports(Who::Purge, Arc::new(self.queue(Who::Purge))),
        );
        let purger = Purger::new(config.rules.clone(), config.policy.lifetimes, ports);
        let purge = Purge::new(config.rules.clone(), purger);
        let request = Request::delete(Self::route("purge", url)).body(());
        purge.handle(request.unwrap()).await
    }

    /// Hands a message to a new environment of the copier; whether it is done with it.
    pub(super) async fn copy(&self, message: Received, limit: &TimeLimit) -> bool {
        self.0.calls.note(Who::Copier, INVOCATION);
        let (config, ports) = (
            &self.0.config,
            self.ports(Who::Copier, Arc::new(self.queue(Who::Copier))),
        );
        let source = Arc::new(HttpSource::new(Limits::default()).unwrap());
        let copier = Copier::new(config.rules.clone(), config.policy.clone(), ports, source);
        let event = cloud_mirror::serve::event_of(message);
        let answer = copier.handle(event, limit).await;
        answer.batch_item_failures.is_empty()
    }

    fn invoked(&self, who: Who) {
        self.0.calls.note(who, API_REQUEST);
        self.0.calls.note(who, INVOCATION);
    }

    /// The ports of a new environment, with the memory of hits that the configuration asks for.
    fn ports(&self, who: Who, queue: Arc<dyn CopyQueue>) -> Ports {
        let counting = self.0.calls.of(who);
        let client = aws::dynamodb_counted(&self.0.dynamodb.url(), counting);
        let clock: Arc<dyn Clock> = self.0.clock.clone();
        let table = Arc::new(DynamoDbTable::new(client, TABLE, Arc::clone(&clock)));
        let few = NonZeroUsize::MIN.saturating_add(7);
        Ports {
            table: remembered(table, &self.0.config.policy.lifetimes, few),
            queue,
            pools: self.pools(who),
            signers: HashMap::new(),
            geography: Arc::new(Nowhere),
            clock,
        }
    }

    fn pools(&self, who: Who) -> HashMap<PoolId, PoolPorts> {
        let base = aws::s3(&self.0.s3.url()).interceptor(self.0.calls.of(who));
        let clients = S3Clients::new(base);
        let clock: Arc<dyn Clock> = self.0.clock.clone();
        let pools = own_store::settings(&Setup::default()).into_iter();
        let pool = |(id, settings)| {
            let pool = S3Pool::new(settings, clients.clone(), Arc::clone(&clock));
            (id, pool.ports())
        };
        pools.map(pool).collect()
    }
}
