//! What is said of a value or a key that is wrong: the key, the fault, the remedy, the line.

use super::*;

#[track_caller]
fn assert_refusals(cases: &[(&str, &str)]) {
    for (tables, expected) in cases {
        assert_eq!(refusal_of(tables), *expected, "{tables}");
    }
}

#[test]
fn a_value_without_its_unit_says_how_to_write_one() {
    assert_refusals(&[
        (
            "[lifetimes]\nlease = \"soon\"",
            r#"lifetimes.lease: "soon" is no duration; write one like "60s" (line 2)"#,
        ),
        (
            "[lifetimes]\n\n\nrecheck = 6",
            r#"lifetimes.recheck: invalid type: integer `6`, expected a duration like "60s" (line 4)"#,
        ),
        (
            "[lifetimes]\nlease = \"1000 years\"",
            r#"lifetimes.lease: "1000 years" is too long; write at most "100 years" (line 2)"#,
        ),
        (
            "[lifetimes]\nretry_backoff = \"1s\"",
            r#"lifetimes.retry_backoff: "1s" is no pair of durations; write the shortest and the longest like "1s..60s" (line 2)"#,
        ),
        (
            "[lifetimes]\nretry_backoff = \"1s..later\"",
            r#"lifetimes.retry_backoff: "later" is no duration; write one like "60s" (line 2)"#,
        ),
        (
            "[copy]\npart = \"big\"",
            r#"copy.part: "big" is no size; write one like "16MiB" (line 2)"#,
        ),
        (
            "[copy]\npart = 5",
            r#"copy.part: invalid type: integer `5`, expected a size like "16MiB" (line 2)"#,
        ),
        (
            "[copy]\nassumed_throughput = \"40MiB\"",
            r#"copy.assumed_throughput: "40MiB" is no throughput; write one like "40MiB/s" (line 2)"#,
        ),
    ]);
}

#[test]
fn nothing_is_refused_where_something_is_needed() {
    assert_refusals(&[
        (
            "[lifetimes]\nerror_memory = \"0s\"",
            r#"lifetimes.error_memory: "0s" is too short; write more than "0s" (line 2)"#,
        ),
        (
            "[lifetimes]\nretry_backoff = \"0s..1s\"",
            r#"lifetimes.retry_backoff: "0s" is too short; write more than "0s" (line 2)"#,
        ),
        (
            "[copy]\nmax_object = \"0B\"",
            r#"copy.max_object: "0B" is too small; write a size like "16MiB" (line 2)"#,
        ),
        (
            "[copy]\nparts_in_flight = 0",
            "copy.parts_in_flight: 0 is too few; write 1 or more (line 2)",
        ),
        (
            "[copy]\nparts_in_flight = -1",
            "copy.parts_in_flight: -1 is too few; write 1 or more (line 2)",
        ),
    ]);
}

#[test]
fn values_that_contradict_each_other_are_refused() {
    assert_refusals(&[
        (
            "[wait]\ninvocation = \"28s\"",
            "wait.total: 25s is less than wait.invocation; write \"28s\" or more, or lower wait.invocation",
        ),
        (
            "[lifetimes]\nlease = \"99ms\"",
            "lifetimes.lease: 99ms is too short; write \"100ms\" or more",
        ),
        (
            "[lifetimes]\nlease = \"0s\"",
            "lifetimes.lease: 0s is too short; write \"100ms\" or more",
        ),
        (
            "[lifetimes]\nretry_backoff = \"60s..1s\"",
            r#"lifetimes.retry_backoff: "60s..1s" is the wrong way round; write the shortest pause first (line 2)"#,
        ),
        (
            "[copy]\nstream_memory = \"8MiB\"",
            "copy.stream_memory: 8.0 MiB cannot hold one part; raise it to copy.stream_part (16.0 MiB) or more, or lower copy.stream_part",
        ),
    ]);
}

#[test]
fn an_unknown_key_is_refused_beside_the_known_ones() {
    assert_refusals(&[
        (
            "[wait]\ninvocaton = \"1s\"",
            "wait.invocaton: unknown field `invocaton`, expected `invocation` or `total` (line 2)",
        ),
        (
            "[lifetimes]\nhot_cash = \"60s\"",
            "lifetimes.hot_cash: unknown field `hot_cash`, expected one of `present_margin`, `error_memory`, `retry_backoff`, `lease`, `recheck`, `hot_cache`, `unrecorded_upload` (line 2)",
        ),
        (
            "[purge]\ntoken = \"hunter2\"",
            "purge.token: unknown field `token`, expected `token_env` (line 2)",
        ),
        (
            "[waiting]",
            "waiting: unknown field `waiting`, expected one of `wait`, `lifetimes`, `copy`, `source`, `pool`, `service`, `auto`, `near`, `purge` (line 1)",
        ),
        (
            "[[source]]\nurl = \"https://a.example/\"\nstore = { provider = \"s3\", bucket = \"b\", region = \"r\", key = \"\" }",
            "source[0].store.key: unknown field `key`, expected one of `provider`, `bucket`, `account`, `container`, `region`, `prefix`, `requester_pays` (line 3)",
        ),
    ]);
}

#[test]
fn what_is_said_of_a_key_is_one_line_whatever_is_in_the_key() {
    let refusal = refusal_of("[lifetimes]\n\"a\\nb\\u001b\" = 1");
    assert!(refusal.starts_with("lifetimes.a; b : "), "{refusal:?}");
    assert!(!refusal.contains(char::is_control), "{refusal:?}");
}

#[test]
fn repeated_tables_want_double_brackets() {
    for table in ["pool", "source"] {
        let expected = format!(
            "{table}: invalid type: map, expected tables, each headed in double brackets like [[pool]] (line 1)"
        );
        assert_eq!(read(&format!("[{table}]\n")).unwrap_err(), expected);
    }
}

#[test]
fn what_is_no_toml_says_where() {
    for text in [
        "[wait\n",
        "a = \"\n",
        "a = 1\na = 2\n",
        "= 3",
        "[wait]\ntotal = 25s\n",
    ] {
        let refusal = read(text).unwrap_err();
        assert!(
            refusal.contains("(line ") && !refusal.contains('\n'),
            "{text:?}: {refusal}"
        );
    }
}
