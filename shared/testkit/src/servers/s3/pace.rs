//! How many requests are under way at once, and how long each takes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Debug, Default)]
pub(in crate::servers) struct Pace(Arc<Mutex<BTreeMap<String, Flow>>>);

/// The requests of one operation.
#[derive(Debug, Default)]
struct Flow {
    now: usize,
    most: usize,
    delay: Duration,
}

impl Pace {
    /// A request has come: how long it shall wait, and what must be held until it is answered.
    pub(in crate::servers) fn enter(&self, operation: &str) -> (Duration, UnderWay) {
        let mut flows = self.0.lock().unwrap();
        let flow = flows.entry(operation.to_owned()).or_default();
        flow.now += 1;
        flow.most = flow.most.max(flow.now);
        let under_way = UnderWay {
            flows: Arc::clone(&self.0),
            operation: operation.to_owned(),
        };
        (flow.delay, under_way)
    }

    pub(in crate::servers) fn most_at_once(&self, operation: &str) -> usize {
        let flows = self.0.lock().unwrap();
        flows.get(operation).map_or(0, |flow| flow.most)
    }

    pub(in crate::servers) fn delay(&self, operation: &str, by: Duration) {
        let mut flows = self.0.lock().unwrap();
        flows.entry(operation.to_owned()).or_default().delay = by;
    }
}

/// A request that is under way until this is dropped, be it answered or given up.
#[derive(Debug)]
pub(in crate::servers) struct UnderWay {
    flows: Arc<Mutex<BTreeMap<String, Flow>>>,
    operation: String,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(flow) = self.flows.lock().unwrap().get_mut(&self.operation) {
            flow.now -= 1;
        }
    }
}
