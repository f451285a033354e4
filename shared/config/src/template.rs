//! What `template.yaml` must allow, because IAM cannot see `mirror.toml`.

use cloud_mirror_domain::rules::{PoolId, SourceRule};

use crate::place::Home;
use crate::pool::Storage;
use crate::{Config, source};

/// The buckets on S3 that a configuration names. Of other providers' IAM knows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buckets {
    /// Those that are read, one for each source with a store on S3, in the file's order.
    pub sources: Vec<SourceBucket>,
    /// Those that are written, one for each pool on S3, in the file's order.
    pub pools: Vec<PoolBucket>,
}

/// What is read of a bucket for one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceBucket {
    /// The key of `mirror.toml` that names it, such as `source[0].store`.
    pub key: String,
    /// The bucket's name.
    pub bucket: String,
    /// The bucket's region.
    pub region: String,
    /// Every key that begins so is read: empty for the whole bucket, else with a slash at the end.
    pub folder: String,
    /// One more key that is read: that of the folder's own name, without a slash, where the
    /// source's `url` ends without one.
    pub object: Option<String>,
}

/// The bucket of one pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolBucket {
    /// The pool.
    pub pool: PoolId,
    /// The bucket's name.
    pub bucket: String,
}

impl Config {
    /// The buckets that this configuration names.
    pub fn buckets(&self) -> Buckets {
        let sources = self.rules.sources.iter().enumerate();
        let pools = self.pools.iter().filter_map(|pool| match &pool.storage {
            Storage::S3 {
                bucket,
                compatible: None,
                ..
            } => Some(PoolBucket {
                pool: pool.id.clone(),
                bucket: bucket.clone(),
            }),
            // What the template's rights on buckets say nothing of.
            _ => None,
        });
        Buckets {
            sources: sources.filter_map(|(n, rule)| read(n, rule)).collect(),
            pools: pools.collect(),
        }
    }

    /// What the template's parameters do not allow of what this configuration needs: one line for
    /// each problem, none if all is well.
    ///
    /// `pool_bucket_prefix` is `PoolBucketPrefix`: the name of every pool's bucket begins with it.
    /// `source_bucket_arns` is `SourceBucketArns`, split at its commas: between them they cover
    /// every object that a store may be asked for, where `*` and `?` mean what they mean to IAM.
    /// No source's bucket, of a store or of a url in one of S3's spellings, begins with the prefix.
    pub fn check_template(
        &self,
        pool_bucket_prefix: &str,
        source_bucket_arns: &[String],
    ) -> Vec<String> {
        let buckets = self.buckets();
        let (patterns, mut problems) = patterns(source_bucket_arns);
        problems.extend(pool_problems(&buckets.pools, pool_bucket_prefix));
        problems.extend(source_problems(&self.rules.sources, pool_bucket_prefix));
        let needs = buckets.sources.iter().flat_map(SourceBucket::needs);
        problems.extend(needs.filter_map(|need| need.problem(&patterns)));
        problems
    }
}

/// What a rule lets us read. Follows [`SourceRule::stored`].
fn read(n: usize, rule: &SourceRule) -> Option<SourceBucket> {
    let store = rule.store.as_ref().filter(|store| Home::S3.has(store))?;
    let folder = store.folder();
    let named = !rule.prefix.path().ends_with('/') && folder != store.prefix;
    Some(SourceBucket {
        key: source::key(n, "store"),
        bucket: store.bucket.clone(),
        region: store.region.clone(),
        object: named.then(|| store.prefix.clone()),
        folder,
    })
}

fn pool_problems(pools: &[PoolBucket], prefix: &str) -> Vec<String> {
    if prefix.is_empty() {
        let problem = "PoolBucketPrefix is empty, which would allow every bucket; set it to what the names of the pools' buckets begin with";
        return vec![problem.to_owned()];
    }
    let outside = pools.iter().filter(|pool| !pool.bucket.starts_with(prefix));
    let problem = |PoolBucket { pool, bucket }: &PoolBucket| {
        format!(
            "[[pool]] {}: its bucket {bucket:?} does not begin with PoolBucketPrefix, which is {prefix:?}; change one of the two",
            pool.as_path()
        )
    };
    outside.map(problem).collect()
}

/// What is written and deleted by name must not be anything that is only to be read. An empty prefix
/// is a problem of its own, said once.
fn source_problems(rules: &[SourceRule], prefix: &str) -> Vec<String> {
    let named = rules.iter().enumerate();
    let named = named.filter_map(|(n, rule)| source::bucket(n, rule, Home::S3));
    let inside = named.filter(|(_, bucket)| !prefix.is_empty() && bucket.starts_with(prefix));
    let problem = |(key, bucket): (String, String)| {
        format!(
            "{key}: {bucket:?} begins with PoolBucketPrefix, which is {prefix:?}, so the functions might write and delete there; choose a prefix that no source's bucket begins with"
        )
    };
    inside.map(problem).collect()
}

/// Objects that a rule may ask for: one, or all that begin so.
struct Need<'a> {
    key: &'a str,
    region: &'a str,
    /// `bucket/key`
    object: String,
    all: bool,
}

impl SourceBucket {
    fn needs(&self) -> Vec<Need<'_>> {
        let need = |name: &String, all| Need {
            key: &self.key,
            region: &self.region,
            object: format!("{}/{name}", self.bucket),
            all,
        };
        let object = self.object.iter().map(|object| need(object, false));
        object.chain([need(&self.folder, true)]).collect()
    }
}

impl Need<'_> {
    fn problem(&self, patterns: &[&str]) -> Option<String> {
        if patterns.iter().any(|pattern| self.is_covered_by(pattern)) {
            return None;
        }
        let Self { key, object, .. } = self;
        let (partition, star) = (partition_of(self.region), if self.all { "*" } else { "" });
        Some(format!(
            "{key}: SourceBucketArns does not cover it; add \"arn:{partition}:s3:::{object}{star}\""
        ))
    }

    /// A pattern covers all that begins so only if it ends openly.
    fn is_covered_by(&self, pattern: &str) -> bool {
        (!self.all || pattern.ends_with('*')) && matches(pattern, &self.object)
    }
}

/// The patterns of ARNs, and what is wrong with those that have none. A bucket's own, without a
/// slash, may stand beside its objects' (it lets S3 tell absent from forbidden) and covers none. Blank ones are
/// what an empty parameter is split into.
fn patterns(arns: &[String]) -> (Vec<&str>, Vec<String>) {
    let (mut patterns, mut problems) = (Vec::new(), Vec::new());
    let arns = arns.iter().map(|arn| arn.trim());
    for arn in arns.filter(|arn| !arn.is_empty()) {
        match pattern(arn) {
            Some(pattern) => patterns.push(pattern),
            None => problems.push(format!(
                "SourceBucketArns: {arn:?} is no ARN of S3's; write one like \"arn:aws:s3:::acme-artifacts/*\""
            )),
        }
    }
    (patterns, problems)
}

fn pattern(arn: &str) -> Option<&str> {
    let (_partition, rest) = arn.strip_prefix("arn:")?.split_once(':')?;
    rest.strip_prefix("s3:::")
}

/// As IAM compares: `*` is any number of characters, slashes too, and `?` is one. Patterns are
/// short and the operator's own, so that trying every length is good enough.
fn matches(pattern: &str, text: &str) -> bool {
    let (mut wanted, mut found) = (pattern.chars(), text.chars());
    match (wanted.next(), found.next()) {
        (None, found) => found.is_none(),
        (Some('*'), found_one) => {
            matches(wanted.as_str(), text)
                || found_one.is_some() && matches(pattern, found.as_str())
        }
        (Some(one), found_one) => {
            found_one.is_some_and(|other| one == '?' || one == other)
                && matches(wanted.as_str(), found.as_str())
        }
    }
}

fn partition_of(region: &str) -> &'static str {
    match region {
        china if china.starts_with("cn-") => "aws-cn",
        government if government.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}
