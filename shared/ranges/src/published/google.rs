//! Google's `cloud.json`.

use cloud_mirror_domain::place::Cloud;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::Deserialize;
use serde_json::Value;

use super::{Prefix, Publication, PublishedError, moment};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    /// `2026-07-29T07:05:53.849365`. It says no zone; the file's other moment, `syncToken`, is milliseconds
    /// of the Unix epoch, and is hours away from it. A day is all that anybody needs of it.
    creation_time: String,
    prefixes: Vec<Scoped>,
}

#[derive(Deserialize)]
struct Scoped {
    scope: String,
    #[serde(flatten)]
    net: Net,
}

#[derive(Deserialize)]
enum Net {
    #[serde(rename = "ipv4Prefix")]
    V4(Ipv4Net),
    #[serde(rename = "ipv6Prefix")]
    V6(Ipv6Net),
}

pub(super) fn read(file: Value) -> Result<Publication, PublishedError> {
    let file: File = serde_json::from_value(file)?;
    let prefixes = file.prefixes.into_iter().map(|scoped| Prefix {
        net: match scoped.net {
            Net::V4(net) => IpNet::V4(net),
            Net::V6(net) => IpNet::V6(net),
        },
        region: (scoped.scope != "global").then(|| scoped.scope.into()),
    });
    Ok(Publication {
        cloud: Cloud::Google,
        published: moment(&format!("{}Z", file.creation_time))?,
        prefixes: prefixes.collect(),
    })
}
