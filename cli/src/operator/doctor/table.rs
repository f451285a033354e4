//! Checks of the status table.

use cloud_mirror_domain::ports::LookError;
use cloud_mirror_runtime::health::{KEY, TTL, TableHealth, TableKey};

use super::finding::Finding;
use super::observe::{Observed, STATUS_TABLE, Seen};

const CHECK: &str = "table";
const ENDPOINT: &str = "AWS_ENDPOINT_URL_DYNAMODB";

/// It is there, with the key and the TTL that entries need.
pub(super) fn is_ours(seen: &Observed) -> Vec<Finding> {
    let Some((name, health)) = &seen.table else {
        return vec![Finding::fault(
            CHECK,
            format!("nothing names it: {STATUS_TABLE} is not set"),
            format!(
                "give --outputs FILE, as `sam list stack-outputs --output json` prints it, or set {STATUS_TABLE}; if there is no stack yet, `sam build && sam deploy --guided`"
            ),
        )];
    };
    match health {
        Ok(health) => judge(name, health, seen.region.as_deref().unwrap_or_default()),
        Err(error) => vec![unseen(CHECK, error, "dynamodb:DescribeTable")],
    }
}

fn judge(name: &str, health: &TableHealth, region: &str) -> Vec<Finding> {
    match &health.key {
        Err(LookError::Missing(_)) => vec![Finding::fault(
            CHECK,
            format!("there is no table {name:?} in {region}"),
            format!(
                "`sam deploy` makes it; if it is elsewhere, set AWS_REGION, or {STATUS_TABLE} to its name. It is a cache: losing it costs a look at each object"
            ),
        )],
        // The second look would say no more.
        Err(error @ LookError::Unreachable(_)) => {
            vec![unseen(CHECK, error, "dynamodb:DescribeTable")]
        }
        key => vec![judge_key(name, key), judge_ttl(name, &health.ttl)],
    }
}

fn judge_key(name: &str, key: &Seen<TableKey>) -> Finding {
    const CHECK: &str = "table's key";
    match key {
        Ok(key) if key.is_right() => Finding::ok(CHECK, format!("{name}, {key}")),
        Ok(key) => Finding::fault(
            CHECK,
            format!("that of {name:?} is {key}, and entries need {KEY} (S) alone"),
            format!(
                "no key can be changed: name the table that the stack made, with --outputs FILE or {STATUS_TABLE}; or make another: `aws dynamodb create-table --table-name NAME --attribute-definitions AttributeName={KEY},AttributeType=S --key-schema AttributeName={KEY},KeyType=HASH --billing-mode PAY_PER_REQUEST`"
            ),
        ),
        Err(error) => unseen(CHECK, error, "dynamodb:DescribeTable"),
    }
}

fn judge_ttl(name: &str, ttl: &Seen<Option<String>>) -> Finding {
    const CHECK: &str = "table's TTL";
    let fault = |what: String, first: &str| {
        let remedy = format!(
            "{first}`aws dynamodb update-time-to-live --table-name {name} --time-to-live-specification Enabled=true,AttributeName={TTL}`"
        );
        Finding::fault(CHECK, what, remedy)
    };
    match ttl {
        Ok(Some(attribute)) if attribute == TTL => Finding::ok(CHECK, "on"),
        Ok(Some(other)) => {
            let what = format!("it goes by {other:?}, which no entry has, and not by {TTL:?}");
            fault(what, "switch that one off and then the right one on: ")
        }
        Ok(None) => {
            let what = format!("it is off, so that {name:?} keeps every entry for ever");
            fault(what, "")
        }
        Err(error) => unseen(CHECK, error, "dynamodb:DescribeTimeToLive"),
    }
}

fn unseen(check: &str, error: &LookError, right: &str) -> Finding {
    Finding::unseen(check, error, right, ENDPOINT)
}
