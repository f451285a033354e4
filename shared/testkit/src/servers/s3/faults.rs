//! Faults that a test orders.

use std::sync::Mutex;

use http::StatusCode;
use s3s::{S3Error, S3ErrorCode};
use tokio::sync::watch;

/// What befalls a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is answered with this status and this error code, such as 503 and `SlowDown`, and has no
    /// effect.
    Error(u16, String),
    /// It is answered 200 with an error of this code in the body, as a CopyObject or a
    /// CompleteMultipartUpload may be, and has no effect.
    ErrorIn200(String),
    /// It is never answered and has no effect.
    Silence,
    /// The connection is closed without an answer, and it has no effect.
    HangUp,
    /// It has its effect, and then the connection is closed without an answer.
    LostReply,
}

impl Fault {
    /// 503 `SlowDown`.
    pub fn slow_down() -> Self {
        Self::Error(503, "SlowDown".into())
    }

    /// The answer that takes the request's place, if the fault is one.
    pub(super) fn answer(&self) -> Option<S3Error> {
        let (status, code) = match self {
            Fault::Error(status, code) => (*status, code),
            Fault::ErrorIn200(code) => (200, code),
            Fault::Silence | Fault::HangUp | Fault::LostReply => return None,
        };
        let code = S3ErrorCode::from_bytes(code.as_bytes()).unwrap();
        let mut error = S3Error::with_message(code, "as the test ordered");
        error.set_status_code(StatusCode::from_u16(status).unwrap());
        Some(error)
    }
}

#[derive(Debug)]
struct Order {
    operation: String,
    times: usize,
    fault: Fault,
}

#[derive(Debug, Default)]
pub(in crate::servers) struct Faults {
    orders: Mutex<Vec<Order>>,
    disconnections: watch::Sender<()>,
}

impl Faults {
    /// Closes the connections that are open.
    pub(in crate::servers) fn disconnect(&self) {
        self.disconnections.send_replace(());
    }

    /// Ends when the connections of this moment shall be closed.
    pub(in crate::servers) async fn disconnected(&self) {
        let _ = self.disconnections.subscribe().changed().await;
    }

    pub(in crate::servers) fn order(&self, operation: &str, times: usize, fault: Fault) {
        self.orders.lock().unwrap().push(Order {
            operation: operation.to_owned(),
            times,
            fault,
        });
    }

    /// The fault that is due, which counts as one of those ordered.
    pub(in crate::servers) fn due(&self, operation: &str) -> Option<Fault> {
        let mut orders = self.orders.lock().unwrap();
        let order = orders
            .iter_mut()
            .find(|order| order.times > 0 && order.operation == operation)?;
        order.times -= 1;
        Some(order.fault.clone())
    }

    pub(in crate::servers) fn clear(&self) {
        self.orders.lock().unwrap().clear();
    }
}
