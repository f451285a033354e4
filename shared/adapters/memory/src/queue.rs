//! The copy queue in memory: visibility, redelivery, dead letters.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use cloud_mirror_domain::message::Message;
use cloud_mirror_domain::ports::{CopyInbox, CopyQueue, Port, PortError, Received, Reception};
use tokio::sync::Notify;
use tokio::time::Instant;

/// How a queue treats its messages.
#[derive(Clone, Copy, Debug)]
pub struct QueueSettings {
    /// How long a received message stays invisible before it comes back.
    pub visibility: Duration,
    /// After so many receptions without an acknowledgement a message is a dead letter.
    pub max_receives: u32,
    /// More messages than this are refused, which sends the clients to the origin.
    pub capacity: usize,
}

impl Default for QueueSettings {
    /// Six times the copier's fifteen minutes, as the deployed queue; five receptions.
    fn default() -> Self {
        Self {
            visibility: Duration::from_secs(6 * 15 * 60),
            max_receives: 5,
            capacity: 100_000,
        }
    }
}

/// A queue that lives and dies with its process. By itself it is a copy queue without a bulk queue
/// beside it; [`MemoryQueues`](crate::MemoryQueues) are both.
pub struct MemoryQueue {
    settings: QueueSettings,
    name: Option<&'static str>,
    inner: Mutex<Inner>,
    news: Notify,
}

#[derive(Default)]
struct Inner {
    next: u64,
    messages: HashMap<u64, Queued>,
    /// By the moment from which a message may be received, then in the order of sending.
    schedule: BTreeSet<(Instant, u64)>,
    dead: VecDeque<String>,
}

struct Queued {
    body: String,
    receives: u32,
    visible: Instant,
}

impl MemoryQueue {
    /// An empty queue.
    pub fn new(settings: QueueSettings) -> Self {
        Self {
            settings,
            name: None,
            inner: Mutex::default(),
            news: Notify::new(),
        }
    }

    /// The same, whose receptions bear that name: where there are several queues, a receipt alone
    /// does not say whose it is.
    #[must_use]
    pub(crate) fn named(self, name: &'static str) -> Self {
        Self {
            name: Some(name),
            ..self
        }
    }

    /// Sends any text, as any program may. Refused when the queue is full.
    pub fn send_text(&self, body: String, delay: Duration) -> Result<(), PortError> {
        let mut inner = self.lock();
        if inner.messages.len() >= self.settings.capacity {
            return Err(PortError::new(Port::Queue, "the queue is full"));
        }
        inner.next += 1;
        let number = inner.next;
        inner.put(
            number,
            Queued {
                body,
                receives: 0,
                visible: Instant::now() + delay,
            },
        );
        drop(inner);
        self.news.notify_one();
        Ok(())
    }

    /// Receives up to `most` messages, waiting until there is one.
    pub async fn receive(&self, most: usize) -> Vec<Received> {
        loop {
            let news = self.news.notified();
            let (received, next) = self.take(most);
            if !received.is_empty() {
                return received;
            }
            match next {
                Some(next) => drop(tokio::time::timeout_at(next, news).await),
                None => news.await,
            }
        }
    }

    /// Acknowledges: the message does not come back. May be repeated.
    pub fn delete(&self, receipt: &str) {
        let mut inner = self.lock();
        if let Some(number) = inner.holder_of(receipt) {
            inner.remove(number);
        }
    }

    /// The bodies of the dead letters, oldest first.
    pub fn dead_letters(&self) -> Vec<String> {
        self.lock().dead.iter().cloned().collect()
    }

    /// How many messages are waiting or being worked on.
    pub fn len(&self) -> usize {
        self.lock().messages.len()
    }

    /// Whether nothing is waiting or being worked on.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What may be received now, and the moment at which there will be more.
    fn take(&self, most: usize) -> (Vec<Received>, Option<Instant>) {
        let now = Instant::now();
        let mut inner = self.lock();
        let mut received = Vec::new();
        while received.len() < most {
            let Some((_, number)) = inner.schedule.first().filter(|(at, _)| *at <= now).copied()
            else {
                break;
            };
            let Some(mut message) = inner.remove(number) else {
                break;
            };
            if message.receives >= self.settings.max_receives {
                inner.bury(message.body);
                continue;
            }
            message.receives += 1;
            message.visible = now + self.settings.visibility;
            received.push(message.as_received(number, self.name));
            inner.put(number, message);
        }
        (
            received,
            inner.schedule.first().map(|(visible, _)| *visible),
        )
    }
}

/// The newest dead letters are kept; in one process nobody is there to redrive the older ones.
const MOST_DEAD_LETTERS: usize = 1_000;

impl Inner {
    fn put(&mut self, number: u64, message: Queued) {
        self.schedule.insert((message.visible, number));
        self.messages.insert(number, message);
    }

    fn remove(&mut self, number: u64) -> Option<Queued> {
        let message = self.messages.remove(&number)?;
        self.schedule.remove(&(message.visible, number));
        Some(message)
    }

    /// Only the latest reception's receipt is good, as in SQS.
    fn holder_of(&self, receipt: &str) -> Option<u64> {
        let (number, receives) = receipt.split_once('.')?;
        let (number, receives) = (number.parse().ok()?, receives.parse::<u32>().ok()?);
        (self.messages.get(&number)?.receives == receives).then_some(number)
    }

    fn bury(&mut self, body: String) {
        self.dead.push_back(body);
        if self.dead.len() > MOST_DEAD_LETTERS {
            self.dead.pop_front();
        }
    }
}

impl Queued {
    fn as_received(&self, number: u64, queue: Option<&str>) -> Received {
        Received {
            message_id: number.to_string(),
            receipt: format!("{number}.{}", self.receives),
            body: self.body.clone(),
            receives: self.receives,
            queue: queue.map(str::to_owned),
            trace: None,
        }
    }
}

#[async_trait]
impl CopyInbox for MemoryQueue {
    async fn receive(&self, most: usize) -> Result<Vec<Received>, PortError> {
        Ok(self.receive(most).await)
    }

    async fn delete(&self, receipt: &str) -> Result<(), PortError> {
        self.delete(receipt);
        Ok(())
    }
}

#[async_trait]
impl CopyQueue for MemoryQueue {
    async fn send(&self, message: &Message, delay: Duration) -> Result<(), PortError> {
        self.send_text(message.to_json(), delay)
    }

    async fn retry_after(
        &self,
        reception: Reception<'_>,
        delay: Duration,
    ) -> Result<(), PortError> {
        let mut inner = self.lock();
        let number = inner
            .holder_of(reception.receipt)
            .ok_or_else(|| PortError::new(Port::Queue, "the receipt is not valid any more"))?;
        if let Some(message) = inner.remove(number) {
            inner.put(
                number,
                Queued {
                    visible: Instant::now() + delay,
                    ..message
                },
            );
        }
        drop(inner);
        self.news.notify_one();
        Ok(())
    }
}
