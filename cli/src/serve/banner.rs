//! What a person sees first.

use cloud_mirror_domain::rules::PoolId;
use cloud_mirror_domain::url::to_base64url;

use super::Settings;
use super::samples::SAMPLES;

/// Prints where we listen, what may be mirrored to where, and lines to try.
pub(crate) fn print(settings: &Settings) {
    println!("{}", text(settings));
}

fn text(settings: &Settings) -> String {
    let (base, config) = (&settings.base_url, &settings.config);
    let pools: Vec<_> = config
        .rules
        .pools
        .iter()
        .map(|pool| pool.id.as_path())
        .collect();
    let sources: Vec<_> = config
        .rules
        .sources
        .iter()
        .map(|rule| rule.prefix.as_str())
        .collect();
    let mut lines = vec![
        format!(
            "cloud-mirror {} listens on {base}",
            env!("CARGO_PKG_VERSION")
        ),
        format!("  configuration  {}", settings.config_name),
        format!("  pools          {}", pools.join(", ")),
        format!("  sources        {}", sources.join(", ")),
    ];
    if settings.samples {
        lines.push(format!(
            "  sample objects {}",
            settings.origin_folder.display()
        ));
        lines.push("try".into());
        lines.extend(examples(
            base,
            &settings
                .config
                .rules
                .pools
                .iter()
                .map(|p| p.id.clone())
                .collect::<Vec<_>>(),
        ));
    }
    lines.join("\n")
}

fn examples(base: &str, pools: &[PoolId]) -> Vec<String> {
    let line = |(pool, (name, _)): (&PoolId, (&str, &[u8]))| {
        let url = format!("{base}/origin/{}", name.replace(' ', "%20"));
        format!(
            "  curl -iL {base}/v1/redirect/{}/{}",
            pool.as_path(),
            to_base64url(&url)
        )
    };
    pools.iter().skip(1).zip(SAMPLES).map(line).collect()
}
