//! Answers: refusals as XML, and what all have in common.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, Response, StatusCode};
use http_body_util::Full;
use serde_json::json;

use super::xml;

pub(super) type Reply = Response<Full<Bytes>>;
pub(super) type Answer<T> = Result<T, Refusal>;

/// An error of the XML API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: String,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &str, message: &str) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap(),
            code: code.to_owned(),
            message: message.to_owned(),
        }
    }

    pub(super) fn invalid(message: &str) -> Self {
        Self::new(400, "InvalidArgument", message)
    }

    pub(super) fn denied(message: &str) -> Self {
        Self::new(403, "AccessDenied", message)
    }

    pub(super) fn unmet(header: &str) -> Self {
        let message =
            format!("At least one of the pre-conditions you specified did not hold: {header}");
        Self::new(412, "PreconditionFailed", &message)
    }

    pub(super) fn no_such_key() -> Self {
        Self::new(404, "NoSuchKey", "The specified key does not exist.")
    }

    /// As XML. A HEAD loses the body on the wire.
    pub(super) fn reply(&self) -> Reply {
        let mut root = xml::Element::new("Error");
        root.text("Code", &self.code);
        root.text("Message", &self.message);
        let mut reply = document(&root);
        *reply.status_mut() = self.status;
        reply
    }

    /// As JSON, as the JSON API tells it.
    pub(super) fn json_reply(&self) -> Reply {
        let reason = match self.status.as_u16() {
            401 => "required",
            403 => "forbidden",
            404 => "notFound",
            409 => "conflict",
            412 => "conditionNotMet",
            _ => &self.code,
        };
        let (code, message) = (self.status.as_u16(), &self.message);
        let errors = [json!({ "message": message, "domain": "global", "reason": reason })];
        let body = json!({ "error": { "code": code, "message": message, "errors": errors } });
        let mut reply = Reply::new(Full::new(Bytes::from(body.to_string())));
        set(&mut reply, CONTENT_TYPE, "application/json; charset=UTF-8");
        *reply.status_mut() = self.status;
        reply
    }
}

/// 200 with a document.
pub(super) fn document(root: &xml::Element) -> Reply {
    let mut reply = Reply::new(Full::new(Bytes::from(root.document())));
    set(&mut reply, CONTENT_TYPE, "application/xml; charset=UTF-8");
    reply
}

/// A status without a body.
pub(super) fn empty(status: StatusCode) -> Reply {
    let mut reply = Reply::new(Full::default());
    *reply.status_mut() = status;
    reply
}

/// Adds a header. Values that are none, which nobody can have sent, are left out.
pub(super) fn set(reply: &mut Reply, name: HeaderName, value: &str) {
    if let Ok(value) = value.parse() {
        reply.headers_mut().append(name, value);
    }
}
