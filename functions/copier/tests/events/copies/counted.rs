//! What a service was asked.

/// One request, as the service recorded it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// In the service's own words.
    pub(super) operation: String,
    /// Whether it came without credentials.
    pub(super) by_a_stranger: bool,
    /// Whether it asks for an object's bytes.
    pub(super) reads: bool,
    /// The size of the answer's body in bytes, where the service knows it.
    pub(super) sent_bytes: Option<u64>,
}

impl Asked {
    pub(super) fn new(operation: impl Into<String>) -> Self {
        let operation = operation.into();
        Self {
            reads: ["GET", "GetBlob", "GetObject"].contains(&&*operation),
            operation,
            by_a_stranger: false,
            sent_bytes: None,
        }
    }

    fn words(&self) -> String {
        match self.by_a_stranger {
            true => format!("{} unsigned", self.operation),
            false => self.operation.clone(),
        }
    }
}

/// The requests by kind, each with its count if it is not one, in the order in which the kinds first
/// came.
pub(super) fn words(asked: &[Asked]) -> String {
    let mut kinds: Vec<(String, usize)> = Vec::new();
    for words in asked.iter().map(Asked::words) {
        match kinds.iter_mut().find(|(kind, _)| *kind == words) {
            Some((_, count)) => *count += 1,
            None => kinds.push((words, 1)),
        }
    }
    let told = kinds.into_iter().map(|(kind, count)| match count {
        1 => kind,
        count => format!("{count} {kind}"),
    });
    match asked.is_empty() {
        true => "none".to_owned(),
        false => told.collect::<Vec<_>>().join(", "),
    }
}
