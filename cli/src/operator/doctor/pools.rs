//! Checks of the pools' buckets on S3.

use cloud_mirror_config::{Access, Config, PoolSettings, Storage};
use cloud_mirror_domain::ports::LookError;
use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_runtime::health::{BucketHealth, BucketSettings};

use super::configuration::without_configuration;
use super::finding::Finding;
use super::observe::{Observed, Seen};

const ENDPOINT: &str = "AWS_ENDPOINT_URL_S3";

/// Each has its bucket, in its region and as `pools ensure` makes it.
pub(super) fn hold_replicas(seen: &Observed) -> Vec<Finding> {
    let Ok(config) = &seen.config else {
        return vec![without_configuration("pools")];
    };
    let folders = folders(config);
    if !folders.is_empty() {
        return folders;
    }
    let judge = |(id, health): &(PoolId, Seen<BucketHealth>)| {
        let settings = config.pools.iter().find(|pool| pool.id == *id);
        let pool = settings.and_then(|settings| Judged::new(settings, seen));
        pool.map(|pool| pool.judge(health)).unwrap_or_default()
    };
    seen.pools.iter().flat_map(judge).collect()
}

fn folders(config: &Config) -> Vec<Finding> {
    let folders = config.pools.iter();
    let folders = folders.filter(|pool| matches!(pool.storage, Storage::Folder(_)));
    let fault = |pool: &PoolSettings| {
        Finding::fault(
            format!("pool {}", pool.id),
            "it is a folder of one machine, which no function can reach",
            "give it service = \"s3\" and a bucket in mirror.toml, then `cloud-mirror pools ensure` and `sam build && sam deploy`",
        )
    };
    folders.map(fault).collect()
}

/// The command that makes every bucket as it must be.
pub(super) fn ensure(seen: &Observed) -> String {
    let prefix = seen.prefix.as_ref();
    let prefix = prefix.map(|prefix| format!(" --pool-bucket-prefix {prefix}"));
    let (file, prefix) = (seen.file.display(), prefix.unwrap_or_default());
    format!("`cloud-mirror pools ensure --config {file}{prefix}`")
}

/// A pool with its bucket.
struct Judged<'a> {
    check: String,
    region: &'a str,
    bucket: &'a str,
    access: Access,
    ensure: String,
}

impl<'a> Judged<'a> {
    fn new(settings: &'a PoolSettings, seen: &Observed) -> Option<Self> {
        let Storage::S3 {
            bucket,
            access,
            compatible: None,
        } = &settings.storage
        else {
            return None;
        };
        Some(Self {
            check: format!("pool {}", settings.id),
            region: &settings.id.region,
            bucket,
            access: *access,
            ensure: ensure(seen),
        })
    }

    fn judge(&self, health: &Seen<BucketHealth>) -> Vec<Finding> {
        let (check, bucket, region) = (&self.check, self.bucket, self.region);
        vec![match health {
            Ok(BucketHealth::Here(settings)) => return self.judge_settings(settings),
            Ok(BucketHealth::Missing) => Finding::fault(
                check,
                format!("there is no bucket {bucket}"),
                format!("{} makes it in {region}", self.ensure),
            ),
            Ok(BucketHealth::Elsewhere(actual)) => Finding::fault(
                check,
                format!("its bucket {bucket} is in {actual}, not in {region}"),
                format!(
                    "no bucket can be moved: name another one in mirror.toml (`bucket` of this [[pool]]), then {} and `sam build && sam deploy`",
                    self.ensure
                ),
            ),
            // S3 does not say which of the two it is.
            Err(LookError::Denied(words)) => Finding::unknown(
                check,
                words,
                format!(
                    "look with credentials that have the right s3:ListBucket; if {bucket} is another account's, name another one in mirror.toml"
                ),
            ),
            Err(error) => Finding::unseen(check, error, "s3:ListBucket", ENDPOINT),
        }]
    }

    fn judge_settings(&self, settings: &BucketSettings) -> Vec<Finding> {
        let mut findings = vec![
            Finding::ok(&self.check, format!("{} in {}", self.bucket, self.region)),
            self.judge_block(&settings.block),
            self.judge_lifecycle(&settings.lifecycle),
        ];
        let policy = Setting {
            what: "policy",
            right: "s3:GetBucketPolicy",
            fault: "not everybody may read, as access = \"public\" promises",
        };
        let encryption = Setting {
            what: "encryption",
            right: "s3:GetEncryptionConfiguration",
            fault: "it does not encrypt by default",
        };
        if self.access == Access::Public {
            findings.push(self.judge_setting(&policy, &settings.policy));
        }
        findings.push(self.judge_setting(&encryption, &settings.encryption));
        findings
    }

    fn judge_block(&self, block: &Seen<Option<String>>) -> Finding {
        let fault = match self.access {
            Access::Public => {
                "it blocks public policies, against access = \"public\": whoever is sent there is refused"
            }
            Access::Presigned => {
                "it does not block all public access, although access = \"presigned\""
            }
        };
        let setting = Setting {
            what: "public-access block",
            right: "s3:GetBucketPublicAccessBlock",
            fault,
        };
        self.judge_setting(&setting, block)
    }

    fn judge_lifecycle(&self, lifecycle: &Seen<Option<String>>) -> Finding {
        let setting = Setting {
            what: "lifecycle",
            right: "s3:GetLifecycleConfiguration",
            fault: "replicas or unfinished uploads would not end as they must",
        };
        self.judge_setting(&setting, lifecycle)
    }

    fn judge_setting(&self, setting: &Setting, lacks: &Seen<Option<String>>) -> Finding {
        let check = format!("{}'s {}", self.check, setting.what);
        match lacks {
            Ok(None) => Finding::ok(check, "as it must be"),
            Ok(Some(change)) => Finding::fault(
                check,
                format!("of the bucket {}: {}", self.bucket, setting.fault),
                self.remedy(change),
            ),
            Err(error) => Finding::unseen(check, error, setting.right, ENDPOINT),
        }
    }

    /// An account has a block of its own, which counts more than any bucket's and cannot be seen in it.
    fn remedy(&self, change: &str) -> String {
        let remedy = format!("{}, which will {change}", self.ensure);
        match self.access {
            Access::Public => format!(
                "{remedy}; if that is refused, the account blocks it: `aws s3control get-public-access-block --account-id ID`"
            ),
            Access::Presigned => remedy,
        }
    }
}

/// A setting of a bucket.
struct Setting {
    what: &'static str,
    /// The IAM action that looking at it needs.
    right: &'static str,
    /// What it means if it is not as it must be.
    fault: &'static str,
}
