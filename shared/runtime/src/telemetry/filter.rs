//! What is logged at all.

use tracing_subscriber::filter::Targets;
use tracing_subscriber::{EnvFilter, Layer, Registry};

pub(super) type Filter = Box<dyn Layer<Registry> + Send + Sync>;

/// A filter as `RUST_LOG` has it; what of it cannot be read is left out.
///
/// Directives of targets and levels only, as nearly all are, are asked once for each place that logs.
/// The library's filter for all that `RUST_LOG` can say would in their case too take a lock, which all
/// threads share, whenever a span is made, entered, left or closed.
pub(super) fn of(said: &str) -> Filter {
    match said.parse::<Targets>() {
        Ok(targets) if said.split(',').all(is_plain) => Box::new(targets),
        _ => Box::new(EnvFilter::new(said)),
    }
}

/// `target`, `level` or `target=level`: what both filters read alike.
fn is_plain(directive: &str) -> bool {
    let is_word = |word: &str| {
        let mut bytes = word.bytes();
        !word.is_empty() && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_:".contains(&byte))
    };
    directive.split('=').all(is_word)
}

#[cfg(test)]
mod tests {
    use tracing::{Level, Span, enabled, error_span};
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// What it lets through, of every level and of some targets.
    fn let_through(filter: impl Layer<Registry> + Send + Sync) -> Vec<bool> {
        macro_rules! asked {
            ($($target:literal),*) => {
                vec![$(
                    enabled!(target: $target, Level::ERROR),
                    enabled!(target: $target, Level::WARN),
                    enabled!(target: $target, Level::INFO),
                    enabled!(target: $target, Level::DEBUG),
                    enabled!(target: $target, Level::TRACE),
                )*]
            };
        }
        tracing::subscriber::with_default(Registry::default().with(filter), || {
            asked![
                "cloud_mirror::calls",
                "cloud_mirror_copier::told",
                "aws_config",
                "a"
            ]
        })
    }

    #[test]
    fn a_filter_means_what_rust_log_means_by_it() {
        for said in [
            "",
            "info",
            "WARN",
            "off",
            "3",
            "a",
            "a=",
            "a=debug",
            "=debug",
            ",info,",
            "info, a=trace",
            "error,cloud_mirror_copier=off",
            "cloud_mirror::calls=debug",
            "off,cloud_mirror=trace,a",
            "cloud_mirror_copier=info,cloud_mirror_copier=error",
            "a=loud,warn",
            "a=debug=info",
            "a[b]=trace",
            "[request]=debug,error",
            "[{pool=s3_x}]=trace",
            "a-b=info",
        ] {
            assert_eq!(
                let_through(of(said)),
                let_through(EnvFilter::new(said)),
                "{said}"
            );
        }
    }

    #[test]
    fn a_filter_that_names_spans_is_still_understood() {
        let dispatched = Registry::default().with(of("error,[request]=debug"));
        tracing::subscriber::with_default(dispatched, || {
            let within = |span: Span| span.in_scope(|| enabled!(target: "a", Level::DEBUG));
            assert!(within(error_span!("request")));
            assert!(!within(error_span!("message")));
        });
    }
}
