//! Which pool is asked about.

use cloud_mirror_config::Env;
use cloud_mirror_domain::rules::PoolId;

use super::MirrorError;

/// Where a region is looked for that was not named. On AWS's machines these name the machine's own.
const REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// Which pool is asked about.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct WantedPool {
    /// The pool's service.
    #[arg(
        long,
        env = "CLOUD_MIRROR_SERVICE",
        hide_env_values = true,
        default_value = "s3"
    )]
    pub service: String,
    /// The pool's region; without it the one in AWS_REGION or AWS_DEFAULT_REGION.
    #[arg(long, env = "CLOUD_MIRROR_REGION", hide_env_values = true)]
    pub region: Option<String>,
}

impl WantedPool {
    /// The pool. Whether it exists, the mirror knows.
    pub fn id(&self, env: &dyn Env) -> Result<PoolId, MirrorError> {
        let surroundings = || REGIONS.iter().find_map(|name| env.get(name));
        let region = self.region.clone().or_else(surroundings);
        let region = region.filter(|region| !region.is_empty());
        let region = region.ok_or(MirrorError::Region)?;
        // They become parts of a path.
        let plain = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        match (plain(&self.service), plain(&region)) {
            (true, true) => Ok(PoolId::new(&self.service, region)),
            (false, _) => Err(MirrorError::Word("service", self.service.clone())),
            (true, false) => Err(MirrorError::Word("region", region)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn id(region: Option<&str>, env: &[(&str, &str)]) -> Result<String, String> {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let env: BTreeMap<_, _> = env.iter().map(pair).collect();
        let pool = WantedPool {
            service: "s3".to_owned(),
            region: region.map(str::to_owned),
        };
        let id = pool.id(&env).map(|id| id.to_string());
        id.map_err(|error| error.to_string())
    }

    #[test]
    fn a_region_that_is_not_named_is_the_machines_own() {
        let own = [
            ("AWS_REGION", "eu-west-1"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
        ];
        assert_eq!(id(Some("mars-1"), &own), Ok("s3_mars-1".to_owned()));
        assert_eq!(id(None, &own), Ok("s3_eu-west-1".to_owned()));
        assert_eq!(id(None, &own[1..]), Ok("s3_us-east-1".to_owned()));
        assert!(id(None, &[]).unwrap_err().contains("--region"));
    }

    #[test]
    fn a_region_cannot_lead_to_another_route() {
        for region in ["", "eu/../../ping", "eu?x", "eu west"] {
            assert!(id(Some(region), &[]).is_err(), "{region}");
        }
    }
}
