//! What was logged, kept to be looked at.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

/// Takes log lines instead of standard error. Clones are one log.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Everything so far.
    pub fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8(bytes.clone()).expect("a log is text")
    }

    /// The lines so far, each of which is one JSON object.
    pub fn lines(&self) -> Vec<Value> {
        let read = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        self.text().lines().map(read).collect()
    }

    /// The lines so far of events, in their order.
    pub fn events(&self) -> Vec<Value> {
        let lines = self.lines().into_iter();
        lines.filter(|line| line.get("event").is_some()).collect()
    }

    /// The words of the events so far, in their order.
    pub fn story(&self) -> Vec<String> {
        let word = |line: Value| line["event"].as_str().expect("a word").to_owned();
        self.events().into_iter().map(word).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
