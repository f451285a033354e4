//! The stages on which stories are disturbed.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cloud_mirror_testkit::faults::{Call, Mishap};
use cloud_mirror_tests::{InProcess, Judgement, Mirror, Origin, Processes, Setup, Stage};

/// A message whose reception was lost comes back while its story is still told. Not where leases are
/// short: there a message may come back so often while its copy goes well that it is a dead letter.
const COMES_BACK: Duration = Duration::from_secs(3);

/// Who waits in vain does so for no longer than this, where the story does not care.
const PATIENCE: &str = "[wait]\ninvocation = \"8s\"\ntotal = \"8s\"";

/// A kind of deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Faults are made at the ports.
    InProcess,
    /// Faults are made on the wire.
    Processes,
}

/// What is to happen to the mirrors of one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    /// Which mirror of the story, which of its calls, and what befalls that.
    pub(super) mishap: Option<(usize, Call, Mishap)>,
    /// How its watch judges.
    pub(super) judgement: Judgement,
    /// Whether its processes may log.
    pub(super) logs: bool,
}

/// The mirrors that a story has started, by the number of the start.
#[derive(Clone, Default)]
pub(super) struct Started(Arc<Inner>);

#[derive(Default)]
struct Inner {
    starts: AtomicUsize,
    waits_for_long: AtomicBool,
    mirrors: Mutex<Vec<(usize, Mirror)>>,
}

impl Place {
    /// Its word in the list of stories.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::InProcess => "in_process",
            Self::Processes => "processes",
        }
    }

    /// A stage whose mirrors are watched, disturbed as planned, and kept.
    pub(super) fn stage(self, plan: Plan, started: &Started) -> Stage {
        let (begins, watches) = (started.clone(), started.clone());
        let judgement = plan.judgement.clone();
        let planned = move |setup| begins.planned(&plan, setup);
        let stage = match self {
            Self::InProcess => Stage::with_origins(move |setup| in_process(planned(setup))),
            Self::Processes => {
                let program = env!("CARGO_BIN_EXE_member");
                Stage::with_origins(move |setup| Processes::with_origin(program, planned(setup)))
            }
        };
        stage.with_mirrors(move |mirror| watches.watched(mirror, &judgement))
    }
}

async fn in_process(setup: Setup) -> Result<(Origin, InProcess), String> {
    let origin = Origin::start().await;
    let mirror = InProcess::start(setup, origin.url("/")).await?;
    Ok((origin, mirror))
}

impl Started {
    /// Every mirror that there is, with the number of its start.
    pub(super) fn mirrors(&self) -> Vec<(usize, Mirror)> {
        let mirrors = self.0.mirrors.lock();
        mirrors.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A mirror's setup with what is planned for it.
    fn planned(&self, plan: &Plan, setup: Setup) -> Setup {
        let nth = self.0.starts.fetch_add(1, Ordering::Relaxed);
        let waits = setup.policy.contains("total = \"10m\"");
        self.0.waits_for_long.store(waits, Ordering::Relaxed);
        let setup = hurried(setup);
        let setup = match plan.logs {
            true => setup,
            false => setup.variable("RUST_LOG", "off"),
        };
        match &plan.mishap {
            Some((mirror, call, mishap)) if *mirror == nth => setup.befalls(call.clone(), *mishap),
            _ => setup,
        }
    }

    fn watched(&self, mirror: Mirror, judgement: &Judgement) -> Mirror {
        let mirror = mirror.watched(Judgement {
            waits_for_long: self.0.waits_for_long.load(Ordering::Relaxed),
            ..judgement.clone()
        });
        let nth = self.0.starts.load(Ordering::Relaxed) - 1;
        let mut mirrors = self
            .0
            .mirrors
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        mirrors.push((nth, mirror.clone()));
        mirror
    }
}

/// Nobody waits longer than he must, where the story does not care. Two processes show nothing here
/// that one does not show, and take longer to start. Only a lease is no shorter than a busy machine may
/// make a copier wait for its turn, or none would ever come to an end.
fn hurried(mut setup: Setup) -> Setup {
    let default = Setup::default();
    if setup.processes == default.processes {
        setup = setup.processes(1);
    }
    if setup.policy.contains("lease") {
        for short in ["lease = \"300ms\"", "lease = \"600ms\""] {
            setup.policy = setup.policy.replace(short, "lease = \"1s\"");
        }
        return setup;
    }
    if setup.visibility == default.visibility {
        setup = setup.visibility(COMES_BACK);
    }
    if !setup.policy.contains("[wait]") {
        setup.policy = format!("{PATIENCE}\n{}", setup.policy);
    }
    setup
}
