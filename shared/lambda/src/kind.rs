//! Which front door an event comes from.

use serde_json::Value;
use thiserror::Error;

/// The kinds of event, as far as they differ for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// API Gateway's REST API: path encoded and without the stage, query decoded.
    Rest,
    /// An HTTP API that speaks payload format 1.0: path decoded and with the stage, query decoded.
    HttpV1,
    /// An HTTP API that speaks payload format 2.0: path decoded and with the stage, query as it
    /// came. A function URL speaks the same format with the path encoded; its stage is `$default`.
    HttpV2,
    /// An Application Load Balancer: path and query encoded.
    Alb,
}

/// The event is none that an HTTP front door sends, so there is no shape to answer it in.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error(
    "this is no HTTP event: it has no `httpMethod`, no `rawPath`, and no `requestContext` \
     with `http`, `httpMethod` or `elb`"
)]
pub struct NotHttp;

impl Kind {
    /// Goes by what only that front door sends; every mark has a second one, so that an event
    /// which lost a field is still answered 400 in its own shape.
    pub(crate) fn of(event: &Value) -> Result<Self, NotHttp> {
        let context = |name| event.get("requestContext").and_then(|c| c.get(name));
        if context("elb").is_some() {
            Ok(Self::Alb)
        } else if context("http").is_some() || event.get("rawPath").is_some() {
            Ok(Self::HttpV2)
        } else if event.get("httpMethod").or(context("httpMethod")).is_none() {
            Err(NotHttp)
        } else if event.get("version").is_some_and(|version| version == "1.0") {
            Ok(Self::HttpV1)
        } else {
            Ok(Self::Rest)
        }
    }
}
