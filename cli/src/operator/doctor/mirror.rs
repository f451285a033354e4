//! Checks of the mirror itself, as its clients see it.

use std::collections::BTreeSet;

use cloud_mirror_config::Config;
use cloud_mirror_domain::ports::LookError;
use serde::Deserialize;

use super::finding::Finding;
use super::observe::{MirrorSeen, Observed};

const CHECK: &str = "mirror";

/// It answers, and has the pools of the configuration.
pub(super) fn answers(seen: &Observed) -> Vec<Finding> {
    let Some(mirror) = &seen.mirror else {
        let why = "nothing says where it is";
        let remedy = "give --outputs FILE, as `sam list stack-outputs --output json` prints it, or --mirror URL";
        return vec![Finding::unknown(CHECK, why, remedy)];
    };
    let first = judge_ping(mirror);
    if !first.is_ok() {
        return vec![first];
    }
    let pools = seen.config.as_ref().ok();
    let pools = pools.and_then(|config| judge_pools(mirror, config));
    [first].into_iter().chain(pools).collect()
}

fn judge_ping(mirror: &MirrorSeen) -> Finding {
    let base = &mirror.base;
    match &mirror.ping {
        Ok(answer) if answer.status == 200 && is_ours(&answer.body) => Finding::ok(CHECK, base),
        Ok(answer) if answer.status >= 500 => Finding::fault(
            CHECK,
            format!(
                "{base} answers {}: its function does not start",
                answer.status
            ),
            "its log says why: `sam logs --name RedirectFunction --stack-name cloud-mirror`",
        ),
        Ok(answer) => Finding::fault(
            CHECK,
            format!("{base} answers {} where a mirror says ok", answer.status),
            "name the mirror's own address: the output Endpoint of its stack, or --mirror URL",
        ),
        Err(LookError::Unreachable(words)) => Finding::fault(
            CHECK,
            format!("nobody answers: {words}"),
            "see whether that is the output Endpoint of its stack (`sam list stack-outputs --output json`), whether the stack still exists, and whether this machine reaches it; --mirror URL names another",
        ),
        Err(error) => Finding::unknown(CHECK, error, "name another address with --mirror URL"),
    }
}

/// What functions were deployed with is what is looked at here: a configuration that was changed
/// since is not in force. An API that lets in no strangers is not asked.
fn judge_pools(mirror: &MirrorSeen, config: &Config) -> Option<Finding> {
    const CHECK: &str = "mirror's pools";
    let answer = mirror.pools.as_ref().ok()?;
    let theirs: Pools = serde_json::from_str(&answer.body).ok()?;
    let theirs: BTreeSet<_> = theirs.pools.into_iter().map(|pool| pool.id).collect();
    let ours: BTreeSet<_> = config
        .pools
        .iter()
        .map(|pool| pool.id.to_string())
        .collect();
    if theirs == ours {
        return Some(Finding::ok(CHECK, "those of the configuration"));
    }
    let list = |ids: &BTreeSet<String>| ids.iter().cloned().collect::<Vec<_>>().join(", ");
    Some(Finding::fault(
        CHECK,
        format!(
            "it has {}, and the configuration {}: it runs with another one",
            list(&theirs),
            list(&ours)
        ),
        "`sam build && sam deploy`, or name with --config the file that was deployed",
    ))
}

fn is_ours(body: &str) -> bool {
    serde_json::from_str(body).is_ok_and(|ping: Ping| ping.status == "ok")
}

#[derive(Deserialize)]
struct Ping {
    status: String,
}

#[derive(Deserialize)]
struct Pools {
    pools: Vec<Pool>,
}

#[derive(Deserialize)]
struct Pool {
    id: String,
}
