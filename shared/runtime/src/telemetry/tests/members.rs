//! Each name once, whole, and never what another line said.

use std::io;

use serde_json::{Value, json};
use tracing::{error_span, info};

use super::{by_hand, in_a_stack, logged, settings};
use crate::telemetry::Format;

#[test]
fn a_name_stands_once_and_the_nearest_and_newest_value_counts() {
    let log = logged(&by_hand(), || {
        let around = error_span!("around", pool = "s3_a", url = "u", tries = 1);
        let _around = around.enter();
        let within = error_span!("within", pool = "s3_b", run = tracing::field::Empty);
        let _within = within.enter();
        within.record("run", "first");
        within.record("run", "second");
        info!(event = "told", tries = 3);
    });
    let text = log.text();
    for member in [
        r#""pool":"s3_b""#,
        r#""run":"second""#,
        r#""url":"u""#,
        r#""tries":3"#,
    ] {
        assert!(text.contains(member), "{member}: {text}");
    }
    for name in ["pool", "run", "url", "tries"] {
        assert_eq!(text.matches(&format!(r#""{name}":"#)).count(), 1, "{text}");
    }
}

#[test]
fn a_field_that_is_named_as_a_metric_does_not_stand_beside_it() {
    let log = logged(&in_a_stack(), || {
        info!(
            event = "decided",
            answer = "hit",
            hits = "many",
            stack = "of cards"
        );
    });
    let text = log.text();
    assert_eq!(text.matches(r#""hits":"#).count(), 1, "{text}");
    assert_eq!(
        (&log.lines()[0]["hits"], &log.lines()[0]["stack"]),
        (&json!(1), &json!("mirror"))
    );
}

#[test]
fn whatever_a_value_is_the_line_is_one_line_of_json() {
    let log = logged(&in_a_stack(), || {
        let text = "\"quoted\" \\ \n\t\u{1} ö \u{1f980}";
        info!(event = text, text, shown = %text, debugged = ?text, "odd\"name" = text);
        info!(
            event = "numbers",
            small = i64::MIN,
            great = u64::MAX,
            half = 0.5,
            none = f64::NAN,
            yes = true
        );
    });
    let [odd, numbers] = &log.lines()[..] else {
        panic!("two lines: {}", log.text())
    };
    for name in ["event", "text", "shown", "odd\"name"] {
        assert_eq!(odd[name], "\"quoted\" \\ \n\t\u{1} ö \u{1f980}", "{name}");
    }
    assert_eq!(numbers["small"], i64::MIN);
    assert_eq!(numbers["great"], u64::MAX);
    assert_eq!(
        (&numbers["half"], &numbers["none"], &numbers["yes"]),
        (&json!(0.5), &Value::Null, &json!(true))
    );
}

#[test]
fn whatever_a_value_is_nobody_can_forge_a_line_or_split_one() {
    let page = "no\r\n2026-01-01T00:00:00.000Z  INFO decided\u{1b}[2K\u{85}\u{7f}\0\tö";
    for format in [Format::Json, Format::Human] {
        let log = logged(&settings(format, None, None), || {
            let around = error_span!("around", page, shown = %page);
            let _around = around.enter();
            let error = io::Error::other(page);
            let chain: &(dyn std::error::Error + 'static) = &error;
            info!(event = page, text = page, debugged = ?page, %error, chain, "{page}");
            info!(event = %page, raw = ?format_args!("{page}"));
        });
        let text = log.text();
        assert_eq!(text.matches('\n').count(), 2, "{text}");
        for line in text.lines() {
            let is_control = |char: char| match format {
                Format::Human => char.is_control(),
                Format::Json => char.is_ascii_control() && char != '\u{7f}',
            };
            assert!(!line.contains(is_control), "{line:?}");
            assert!(line.contains(r"no\r\n2026") && line.contains('ö'), "{line}");
        }
    }
}

#[test]
fn a_field_of_another_s_does_not_stand_beside_what_a_line_says_itself() {
    let log = logged(&in_a_stack(), || {
        info!(
            timestamp = 1,
            level = "loud",
            target = "him",
            _aws = true,
            "told"
        );
        info!(event = "decided", _aws = "his");
    });
    let text = log.text();
    let [told, decided] = &log.lines()[..] else {
        panic!("two lines: {text}")
    };
    for (name, own, others) in [
        ("timestamp", told["timestamp"].is_string(), json!(1)),
        ("level", told["level"] == "INFO", json!("loud")),
        ("target", told["target"] == module_path!(), json!("him")),
        ("aws", told.get("_aws").is_none(), json!(true)),
    ] {
        assert!(own, "{name}: {text}");
        assert_eq!(told[format!("field_{name}")], others, "{text}");
    }
    assert!(decided["_aws"].is_object(), "{text}");
    assert_eq!(text.matches(r#""_aws":"#).count(), 1, "{text}");
}

#[test]
fn an_error_page_is_cut_and_the_next_line_knows_nothing_of_it() {
    for format in [Format::Json, Format::Human] {
        let log = logged(&settings(format, None, None), || {
            info!(event = "failed", detail = %"page ".repeat(10_000));
            info!(event = "begun", tries = 1);
        });
        let text = log.text();
        let [failed, begun] = &text.lines().collect::<Vec<_>>()[..] else {
            panic!("two lines: {text}")
        };
        assert!((8_000..9_000).contains(&failed.len()), "{}", failed.len());
        assert!(begun.len() < 100 && !begun.contains("page"), "{begun}");
    }
}
