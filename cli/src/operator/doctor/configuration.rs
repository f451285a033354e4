//! Checks of the configuration, and of what it must agree with.

use cloud_mirror_config::{Authorization, Config, ConfigError};

use super::finding::Finding;
use super::observe::{MirrorSeen, Observed};

/// There is one, and it is valid.
pub(super) fn is_valid(seen: &Observed) -> Vec<Finding> {
    const CHECK: &str = "configuration";
    let file = seen.file.display();
    vec![match &seen.config {
        Ok(config) => {
            let (sources, pools) = (config.rules.sources.len(), config.rules.pools.len());
            Finding::ok(CHECK, format!("{file}, {sources} sources, {pools} pools"))
        }
        Err(error @ ConfigError::Unreadable { .. }) => Finding::fault(
            CHECK,
            format!("there is none: {error}"),
            "name the file that the functions were built with: --config FILE, or MIRROR_CONFIG; deploy/mirror.toml is the one to start from",
        ),
        Err(error @ ConfigError::Key { key, .. }) if key.ends_with("_key_env") => Finding::fault(
            CHECK,
            error.to_string(),
            "set it to a key that you may look with; the functions have theirs by the template's parameters",
        ),
        Err(error @ ConfigError::Variable { .. }) => Finding::fault(
            CHECK,
            error.to_string(),
            "set it, or give --pool-bucket-prefix or --samconfig samconfig.toml",
        ),
        Err(error) => Finding::fault(
            CHECK,
            error.to_string(),
            format!(
                "change it there until `cloud-mirror config check --config {file}` is content, then `sam build && sam deploy`"
            ),
        ),
    }]
}

/// IAM goes by the template's parameters, and allows what the configuration needs.
pub(super) fn fits_the_template(seen: &Observed) -> Vec<Finding> {
    const CHECK: &str = "template's parameters";
    const GIVE: &str =
        "give --samconfig samconfig.toml, or --pool-bucket-prefix and --source-bucket-arns";
    let Ok(config) = &seen.config else {
        return vec![without_configuration(CHECK)];
    };
    let parameters = match &seen.parameters {
        Ok(parameters) => parameters,
        Err(error) => return vec![Finding::unknown(CHECK, error, GIVE)],
    };
    let Some(prefix) = &seen.prefix else {
        let why = "nothing says what PoolBucketPrefix is";
        return vec![Finding::unknown(CHECK, why, GIVE)];
    };
    let stores = !config.buckets().sources.is_empty();
    if stores && !seen.knows_source_arns {
        let why = "nothing says what SourceBucketArns is";
        return vec![Finding::unknown(CHECK, why, GIVE)];
    }
    if let Some(wanted) = parameters
        .pool_bucket_prefix
        .as_ref()
        .filter(|wanted| *wanted != prefix)
    {
        let what = format!("PoolBucketPrefix is {wanted:?} here, and {prefix:?} of the stack");
        return vec![Finding::fault(
            CHECK,
            what,
            "`sam deploy`, or give the parameters of this stack",
        )];
    }
    let problems = config.check_template(prefix, &parameters.source_bucket_arns);
    if problems.is_empty() {
        return vec![Finding::ok(
            CHECK,
            "they allow what the configuration needs",
        )];
    }
    let remedy = "change it so, in mirror.toml or among sam's --parameter-overrides, then `sam build && sam deploy`";
    let fault = |problem| Finding::fault(CHECK, problem, remedy);
    problems.into_iter().map(fault).collect()
}

/// No private source is behind an API that lets everybody in.
pub(super) fn keeps_private_sources_private(seen: &Observed) -> Vec<Finding> {
    const CHECK: &str = "private sources";
    let Ok(config) = &seen.config else {
        return vec![without_configuration(CHECK)];
    };
    if config.guarded_source().is_none() {
        return vec![Finding::ok(CHECK, "there are none")];
    }
    let Some(authorization) = authorization(seen) else {
        let why = "it is not known whom the API lets in";
        let remedy = "give --outputs or --mirror, so that it can be asked, or set REDIRECT_AUTHORIZATION as the template's parameter RedirectAuthorization is";
        return vec![Finding::unknown(CHECK, why, remedy)];
    };
    vec![judge_private(CHECK, config, authorization)]
}

fn judge_private(check: &str, config: &Config, authorization: Authorization) -> Finding {
    match config.check_authorization(authorization) {
        Ok(()) => Finding::ok(check, "the API lets in only whom IAM allows"),
        Err(error) => Finding::fault(
            check,
            error.to_string(),
            "`sam deploy --parameter-overrides RedirectAuthorization=AWS_IAM …`, or take the source out of mirror.toml and `sam build && sam deploy`",
        ),
    }
}

/// Whom the API lets in: what it did with a stranger, and where it was not asked, what is said of
/// it.
fn authorization(seen: &Observed) -> Option<Authorization> {
    let asked = seen.mirror.as_ref().and_then(lets_in);
    asked.or(match seen.authorization.as_deref() {
        Some("AWS_IAM") => Some(Authorization::AwsIam),
        Some("NONE") => Some(Authorization::None),
        _ => None,
    })
}

fn lets_in(mirror: &MirrorSeen) -> Option<Authorization> {
    match mirror.pools.as_ref().ok()?.status {
        200 => Some(Authorization::None),
        401 | 403 => Some(Authorization::AwsIam),
        _ => None,
    }
}

/// What stands on the configuration cannot be judged without it.
pub(super) fn without_configuration(check: &str) -> Finding {
    let why = "the configuration cannot be read";
    Finding::unknown(check, why, "mend the configuration first")
}
