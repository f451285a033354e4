//! What nobody may ever see, whatever has befallen a mirror: every answer of its redirect route,
//! and every download through it, is judged here.
//!
//! A story promises more than that: exactly one fetch, say. So a story that was disturbed may
//! break, and its watch may not. Good is a redirect to a replica that has the bytes of its source,
//! to the source itself, or a hop. Anything else is good only where the undisturbed story was
//! answered so to the very same request: 404 for what the source has not, 403 for what no rule
//! allows. And what was purged is never served again.

mod class;
mod purges;
mod truth;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cloud_mirror_domain::route::Route;
use cloud_mirror_domain::rules::{PoolId, ReplicaId};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::{SourceUrl, UrlError, read_path};
use cloud_mirror_runtime::SystemClock;
use cloud_mirror_testkit::origin::Object;

use cloud_mirror_domain::ports::Clock as _;

use crate::client::{Answer, From, PATIENCE};
use crate::deployment::Deployment;
use crate::origin::Origin;
use class::Class;
use purges::Purges;
pub(crate) use truth::Truth;

/// How long an answer may take at most, where no policy says otherwise: the longest wait, what our
/// own parts may take, and something for a busy machine.
const LONGEST_ANSWER: Duration = Duration::from_secs(40);

/// What each request was answered: requests and answers in words that are the same in every run.
pub type Answers = BTreeMap<String, BTreeSet<String>>;

/// How a watch judges.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// What the undisturbed story was answered; without it nothing is judged but noted.
    pub undisturbed: Option<Arc<Answers>>,
    /// Every answer that says `fail-open` counts as the 503 that it would have been without.
    pub fail_open_is_off: bool,
    /// Clients may give up before they are answered: the story's own budget is longer than their
    /// patience.
    pub waits_for_long: bool,
}

/// The watch over one mirror's clients. Clones share what they have seen.
#[derive(Clone)]
pub struct Watch(Arc<Inner>);

struct Inner {
    deployment: Arc<dyn Deployment>,
    origin: Arc<Origin>,
    judgement: Judgement,
    truth: Arc<Truth>,
    next: AtomicU64,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    open: BTreeMap<u64, Asked>,
    answers: Answers,
    targets: BTreeSet<ReplicaId>,
    purges: Purges,
    violations: Vec<String>,
}

/// Whether redirects were followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    One,
    Followed,
}

/// A request on its way.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    number: u64,
    step: Step,
    /// In words that are the same in every run.
    key: String,
    head: bool,
    route: AskedRoute,
    at: Timestamp,
    since: Instant,
}

#[derive(Clone, Debug)]
enum AskedRoute {
    Redirect(PoolId, Option<SourceUrl>),
    Purge(PoolId, Option<SourceUrl>),
    Other,
}

impl Watch {
    /// A watch over clients of that deployment, in front of that origin.
    pub fn over(
        deployment: Arc<dyn Deployment>,
        origin: Arc<Origin>,
        judgement: Judgement,
    ) -> Self {
        Self(Arc::new(Inner {
            truth: Arc::new(Truth::new(Arc::clone(&deployment), Arc::clone(&origin))),
            deployment,
            origin,
            judgement,
            next: AtomicU64::default(),
            book: Mutex::default(),
        }))
    }

    /// What was seen that nobody may ever see, requests that nobody answers among it.
    pub fn violations(&self) -> Vec<String> {
        let book = self.book();
        let mut violations = book.violations.clone();
        let may_wait = self.0.judgement.waits_for_long || self.0.judgement.undisturbed.is_none();
        let late = |asked: &&Asked| asked.since.elapsed() > LONGEST_ANSWER && !may_wait;
        let late = book.open.values().filter(late);
        violations.extend(late.map(|asked| format!("{}: no answer", asked.key)));
        violations
    }

    /// What every request was answered.
    pub fn answers(&self) -> Answers {
        self.book().answers.clone()
    }

    /// The objects that were asked for, in the pools that were asked for.
    pub fn targets(&self) -> Vec<ReplicaId> {
        self.book().targets.iter().cloned().collect()
    }

    /// The origin has another object there from now on.
    pub(crate) fn origin_has(&self, path: &str, object: &Object) {
        self.0.truth.learns(path, object);
    }

    /// The replica of that source was deleted behind the mirror's back.
    pub(crate) fn replica_deleted(&self, url: &SourceUrl) {
        self.0.truth.learns_of_deletion(url);
    }

    /// What the sources have, and had.
    pub(crate) fn truth(&self) -> Arc<Truth> {
        Arc::clone(&self.0.truth)
    }

    /// A request is sent.
    pub(crate) fn asked(&self, step: Step, method: &str, url: &str) -> Asked {
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        let url = reqwest::Url::parse(url).unwrap();
        let asked = Asked {
            number,
            step,
            key: key_of(step, method, &url),
            head: method == "HEAD",
            route: route_of(&url),
            at: SystemClock.now(),
            since: Instant::now(),
        };
        let mut book = self.book();
        if let AskedRoute::Purge(pool, Some(url)) = &asked.route {
            book.purges.asked(number, pool, url, asked.at);
        }
        book.open.insert(number, asked.clone());
        asked
    }

    /// Its answer has come, or none ever will.
    pub(crate) async fn answered(&self, mut asked: Asked, answer: Result<&From, &reqwest::Error>) {
        if let (AskedRoute::Redirect(pool, _), Ok((answer, _))) = (&mut asked.route, answer) {
            led_to(pool, answer);
        }
        let class = match (&asked.route, answer) {
            (AskedRoute::Redirect(pool, url), Ok(answer)) => {
                let served = self.judged(&asked, pool, url.as_ref(), answer).await;
                Some(self.without_fail_open(&answer.0, served))
            }
            (AskedRoute::Redirect(..), Err(error)) => self.broken(error),
            (AskedRoute::Purge(..), Ok((answer, _))) => {
                self.book().purges.answered(asked.number, answer.status);
                None
            }
            _ => None,
        };
        let mut book = self.book();
        book.open.remove(&asked.number);
        if let Some(class) = class {
            self.note(&mut book, &asked, &class);
        }
    }

    fn note(&self, book: &mut Book, asked: &Asked, class: &Class) {
        if let (AskedRoute::Redirect(pool, Some(url)), Class::Good(_)) = (&asked.route, class)
            && !pool.is_auto()
        {
            let (pool, url) = (pool.clone(), url.clone());
            book.targets.insert(ReplicaId { pool, url });
        }
        let answers = book.answers.entry(asked.key.clone()).or_default();
        answers.insert(class.to_string());
        if let Some(undisturbed) = &self.0.judgement.undisturbed
            && !class.is_allowed(undisturbed.get(&asked.key))
        {
            book.violations.push(format!("{}: {class}", asked.key));
        }
        if let Class::Never(why) = class
            && self.0.judgement.undisturbed.is_none()
        {
            book.violations.push(format!("{}: {why}", asked.key));
        }
    }

    /// No answer at all, where it is the mirror that owes one.
    fn broken(&self, error: &reqwest::Error) -> Option<Class> {
        let of_the_mirror = error.url().is_some_and(is_ours);
        if !of_the_mirror || (error.is_timeout() && self.0.judgement.waits_for_long) {
            return None;
        }
        Some(Class::Odd(match error.is_timeout() {
            true => format!("no answer in {PATIENCE:?}"),
            false => "a broken connection".to_owned(),
        }))
    }

    fn without_fail_open(&self, answer: &Answer, class: Class) -> Class {
        let fails_open = answer.header("cache-status").contains("detail=fail-open-");
        match self.0.judgement.fail_open_is_off && fails_open {
            true => Class::Odd(format!("status 503 for {}", answer.header("cache-status"))),
            false => class,
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the pool was left to the mirror, the answer says which it has chosen, if one.
fn led_to(pool: &mut PoolId, answer: &Answer) {
    if let (true, Ok(chosen)) = (pool.is_auto(), answer.header("x-cloud-mirror-pool").parse()) {
        *pool = chosen;
    }
}

/// A mirror's own answers: its routes, and the replicas that it serves itself.
fn is_ours(url: &reqwest::Url) -> bool {
    url.path().starts_with("/v1/") || url.path().starts_with("/pool/")
}

fn route_of(url: &reqwest::Url) -> AskedRoute {
    let read = |raw: &str| read_path(raw, url.query()).ok();
    match Route::of(url.path()) {
        Some(Route::Redirect(pool, raw)) => AskedRoute::Redirect(pool, read(raw)),
        Some(Route::Purge(pool, raw)) => AskedRoute::Purge(pool, read(raw)),
        _ => AskedRoute::Other,
    }
}

/// In words that are the same in every run.
fn key_of(step: Step, method: &str, url: &reqwest::Url) -> String {
    let what = match Route::of(url.path()) {
        Some(Route::Redirect(pool, raw)) => {
            let read = match read_path(raw, None) {
                Ok(url) => url.to_string(),
                Err(UrlError::TooLong) => "what is too long".to_owned(),
                Err(_) => raw.to_owned(),
            };
            format!("{} {}", pool.region, portless(&read))
        }
        _ => url.path().to_owned(),
    };
    let hop = url.query().map(|_| " on a hop").unwrap_or_default();
    format!("{step:?} {method} {what}{hop}")
}

/// Without ports, which are others in every run.
pub(crate) fn portless(url: &str) -> String {
    let Some((before, rest)) = url.split_once("://127.0.0.1:") else {
        return url.to_owned();
    };
    let path = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{before}://origin{path}")
}
