//! Calls, counted by who makes them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::config::http::HttpRequest;
use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::Metadata;

/// Who makes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// The redirect function, for one request.
    Request,
    /// Lambda, which asks the copy queues for messages.
    Poller,
    /// The copier function, for one message.
    Copier,
    /// The purge function.
    Purge,
}

/// How often each call was made: a service's name and an operation's, with what it costs otherwise
/// (`DynamoDB GetItem, strong`).
pub type Counts = BTreeMap<(Who, String), usize>;

/// Counts calls. Clones share the counts.
#[derive(Clone, Debug, Default)]
pub struct Calls(Arc<Mutex<Counts>>);

impl Calls {
    /// One more.
    pub(super) fn note(&self, who: Who, call: impl Into<String>) {
        *self.counts().entry((who, call.into())).or_default() += 1;
    }

    /// All calls so far.
    pub fn so_far(&self) -> Counts {
        self.counts().clone()
    }

    /// How often somebody has made a call so far.
    pub fn count(&self, who: Who, call: &str) -> usize {
        let counts = self.counts();
        counts.get(&(who, call.to_owned())).copied().unwrap_or(0)
    }

    /// What an SDK client of theirs is to be made with.
    pub(super) fn of(&self, who: Who) -> Counting {
        let calls = self.clone();
        Counting { who, calls }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts every request that a client sends, a repeated one again. What it only signs, for somebody else
/// to send, it asks of nobody.
#[derive(Clone, Debug)]
pub(super) struct Counting {
    who: Who,
    calls: Calls,
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Counting {
    fn name(&self) -> &'static str {
        "Counting"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        known: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let call = known.load::<Metadata>().expect("a named operation");
        let (service, operation) = (call.service(), call.name());
        let (request, call) = (context.request(), format!("{service} {operation}"));
        if !request.uri().contains("X-Amz-Signature=") {
            self.calls.note(self.who, call + how(request));
        }
        Ok(())
    }
}

/// What a call's price depends on beside its name.
fn how(request: &HttpRequest) -> &'static str {
    let body = request.body().bytes().unwrap_or_default();
    let strong = br#""ConsistentRead":true"#;
    match body.windows(strong.len()).any(|text| text == strong) {
        true => ", strong",
        false => "",
    }
}
