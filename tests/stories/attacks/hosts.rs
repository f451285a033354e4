//! Spellings of addresses and names that nobody may reach.

use super::scene::Scene;
use super::urls::lenient;
use super::{End, PRIVATE, Verdicts};

/// An attack, and how it spells the host.
pub(crate) type Host = (&'static str, &'static str);

/// Loopback, where the canary listens.
pub(crate) const LOOPBACKS: &[Host] = &[
    ("dotted", "127.0.0.1"),
    ("decimal", "2130706433"),
    ("hexadecimal", "0x7f000001"),
    ("hexadecimal in capitals", "0X7F000001"),
    ("octal", "017700000001"),
    ("octal parts", "0177.0.0.01"),
    ("hexadecimal parts", "0x7f.0x0.0x0.0x1"),
    ("an octal, a hexadecimal and a decimal part", "0177.0x0.1"),
    ("two parts", "127.1"),
    ("three parts", "127.0.1"),
    ("leading zeros", "127.000.000.001"),
    ("a trailing dot", "127.0.0.1."),
    ("a trailing dot after a number", "2130706433."),
    ("zero", "0"),
    ("the unspecified address", "0.0.0.0"),
    ("full-width digits", "１２７.0.0.1"),
    ("ideographic full stops", "127。0。0。1"),
    ("half-width full stops", "127｡0｡0｡1"),
    ("circled digits", "①②⑦.⓪.⓪.①"),
    ("mathematical digits", "𝟏𝟐𝟕.𝟎.𝟎.𝟏"),
    ("superscript digits", "¹²⁷.0.0.1"),
    ("a soft hyphen", "127.0\u{ad}.0.1"),
    ("a zero-width space", "127\u{200b}.0.0.1"),
    ("percent-encoded digits", "%31%32%37.0.0.1"),
    ("percent-encoded dots", "127%2e0%2E0%2e1"),
    (
        "percent-encoded full-width digits",
        "%EF%BC%91%EF%BC%92%EF%BC%97.0.0.1",
    ),
    ("IPv6", "[::1]"),
    ("IPv6 in full", "[0:0:0:0:0:0:0:1]"),
    (
        "IPv6 with zeros",
        "[0000:0000:0000:0000:0000:0000:0000:0001]",
    ),
    ("IPv6, its end as IPv4", "[::0.0.0.1]"),
    ("IPv6, unspecified", "[::]"),
    ("IPv4 mapped into IPv6", "[::ffff:127.0.0.1]"),
    ("the same in hexadecimal", "[::ffff:7f00:1]"),
    (
        "the same in full and capitals",
        "[0:0:0:0:0:FFFF:7F00:0001]",
    ),
    ("IPv4 compatible", "[::127.0.0.1]"),
    ("a name", "localhost"),
    ("a name in capitals", "LOCALHOST"),
    ("a name with a trailing dot", "localhost."),
    ("a name below it", "anything.localhost"),
    ("a circled letter", "ⓛocalhost"),
    ("full-width letters", "ｌｏｃａｌｈｏｓｔ"),
    ("a soft hyphen in a name", "local\u{ad}host"),
    ("a percent-encoded letter", "loc%61lhost"),
    ("a long s", "localho\u{17f}t"),
    ("the machine's own IPv6 name", "ip6-localhost"),
    ("a public name that leads there", "127.0.0.1.wildcard.test"),
    (
        "a look-alike of the allowed name that leads there",
        "аllowed.test",
    ),
];

/// Metadata services of clouds, which give out credentials.
pub(crate) const METADATA: &[Host] = &[
    ("AWS, Google, Azure and most others", "169.254.169.254"),
    ("in decimal", "2852039166"),
    ("in hexadecimal", "0xa9fea9fe"),
    ("in octal parts", "0251.0376.0251.0376"),
    ("with a part too large to be one", "169.254.43518"),
    ("mapped into IPv6", "[::ffff:169.254.169.254]"),
    ("through NAT64", "[64:ff9b::a9fe:a9fe]"),
    ("AWS over IPv6", "[fd00:ec2::254]"),
    ("AWS, a container's credentials", "169.254.170.2"),
    ("AWS, a pod's credentials", "[fd00:ec2::23]"),
    ("Google over IPv6", "[fd20:ce::254]"),
    ("Azure's wire server", "168.63.129.16"),
    (
        "Azure's wire server, mapped into IPv6",
        "[::ffff:168.63.129.16]",
    ),
    ("Alibaba", "100.100.100.200"),
    ("Oracle", "192.0.0.192"),
    ("Oracle over IPv6", "[fd00:c1::a9fe:a9fe]"),
    ("OpenStack over IPv6", "[fe80::a9fe:a9fe]"),
    ("Google's name", "metadata.google.internal"),
    (
        "Google's name, with a trailing dot",
        "metadata.google.internal.",
    ),
    ("its short name", "metadata"),
];

/// What else is no public address.
pub(crate) const OTHERS: &[Host] = &[
    ("another of loopback's addresses", "127.127.127.127"),
    ("this network", "0.1.2.3"),
    ("private, 10", "10.0.0.1"),
    ("private, 172.16", "172.31.255.255"),
    ("private, 192.168", "192.168.1.1"),
    ("carrier-grade NAT", "100.64.0.1"),
    ("link-local", "169.254.1.1"),
    ("6to4 relays", "192.88.99.1"),
    ("benchmarks", "198.19.0.1"),
    ("documentation", "203.0.113.1"),
    ("multicast", "224.0.0.1"),
    ("reserved", "240.0.0.1"),
    ("broadcast", "255.255.255.255"),
    ("IPv4 through NAT64", "[64:ff9b::7f00:1]"),
    ("the same with its end as IPv4", "[64:ff9b::127.0.0.1]"),
    ("IPv4 through a local NAT64", "[64:ff9b:1::7f00:1]"),
    ("IPv4 through 6to4", "[2002:7f00:1::]"),
    (
        "IPv4 through Teredo",
        "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
    ),
    ("IPv4 translated (SIIT)", "[::ffff:0:127.0.0.1]"),
    ("the same in hexadecimal", "[::ffff:0:7f00:1]"),
    ("IPv6, unique local", "[fd12:3456::1]"),
    ("IPv6, link-local", "[fe80::1]"),
    ("IPv6, site-local", "[fec0::1]"),
    ("IPv6, multicast", "[ff02::1]"),
    ("IPv6, discarded", "[100::1]"),
    ("IPv6, documentation", "[2001:db8::1]"),
    ("IPv6, more documentation", "[3fff::1]"),
    ("IPv6, segment routing", "[5f00::1]"),
    ("IPv6, never assigned", "[4000::1]"),
];

/// What some parsers read as an address of ours, and no rule can name.
const UNREADABLE: &[Host] = &[
    ("a number that wraps around", "6425673729"),
    ("a hexadecimal number that wraps around", "0x17f000001"),
    ("a part that wraps around", "383.0.0.1"),
    ("a last part that wraps around", "127.16777217"),
    ("five parts", "127.0.0.0.1"),
    ("an empty part", "127..0.1"),
    ("no octal digit", "127.0.0.08"),
    ("an address that ends as none", "allowed.test.1"),
    ("a zone", "[fe80::1%25eth0]"),
    ("a zone of loopback", "[::1%25lo]"),
    ("a zone with a bare sign", "[::1%lo]"),
    ("IPv4 in brackets", "[127.0.0.1]"),
    ("brackets never closed", "[::1"),
    ("no brackets", "::1"),
    ("IPv6 of the future", "[v1.::1]"),
    ("a port in brackets", "[::1:{port}"),
    ("a null byte", "127.0.0.1%00.allowed.test"),
    ("a slash", "127.0.0.1%2F.allowed.test"),
    ("an at sign", "allowed.test%40127.0.0.1"),
    ("a colon", "127.0.0.1%3A{port}%2F"),
    ("a hash", "127.0.0.1%23.allowed.test"),
    ("a backslash", "127.0.0.1%5C.allowed.test"),
    ("a line break", "127.0.0.1%0d%0aHost:%20allowed.test"),
    ("a space", "127.0.0.1 allowed.test"),
    ("a full-width slash", "127.0.0.1／.allowed.test"),
    ("a full-width at sign", "allowed.test＠127.0.0.1"),
    ("a full-width colon", "127.0.0.1：{port}"),
    ("an account of", "127.0.0.1℀.allowed.test"),
    ("no UTF-8", "%FF27.0.0.1"),
    ("percent-encoded twice", "%2531%2532%2537.0.0.1"),
];

#[tokio::test]
async fn no_spelling_of_a_host_that_is_not_public_is_connected_to_even_by_a_rule_that_names_it() {
    let (scene, _public) = Scene::set();
    for name in ["metadata.google.internal", "metadata.google.internal."] {
        scene.leads(name, [vec!["169.254.169.254".parse().unwrap()]]);
    }
    let mut verdicts = Verdicts::default();
    for (attack, host) in [LOOPBACKS, METADATA, OTHERS].concat() {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{host}:{{port}}/a");
            let ended = scene.asked_for(&url, lenient(&scene, &url)).await;
            verdicts.note(&format!("{attack} {url}"), PRIVATE, ended);
            let ended = scene.asked_for(&url, vec![scene.honest()]).await;
            verdicts.note(&format!("{attack} {url}, honest"), End::DeadLetter, ended);
        }
    }
}

#[tokio::test]
async fn a_host_that_cannot_be_read_in_one_way_only_is_no_host() {
    let (scene, _public) = Scene::set();
    let mut verdicts = Verdicts::default();
    for (attack, host) in UNREADABLE {
        let url = format!("http://{host}:{{port}}/a");
        for rules in [lenient(&scene, &url), vec![scene.honest()]] {
            let ended = scene.asked_for(&url, rules).await;
            verdicts.note(&format!("{attack} {url}"), End::DeadLetter, ended);
        }
    }
}

/// What an attacker's name server may answer for an allowed name.
#[tokio::test]
async fn an_allowed_name_that_leads_where_nobody_may_is_not_followed_there() {
    let (scene, _public) = Scene::set();
    let mut verdicts = Verdicts::default();
    let answers: &[(&str, &[&str])] = &[
        ("loopback", &["127.0.0.1"]),
        ("loopback over IPv6", &["::1"]),
        ("nothing in particular", &["0.0.0.0"]),
        ("mapped", &["::ffff:127.0.0.1"]),
        ("compatible", &["::127.0.0.1"]),
        ("translated", &["::ffff:0:127.0.0.1"]),
        ("NAT64", &["64:ff9b::7f00:1"]),
        ("6to4", &["2002:7f00:1::"]),
        ("metadata", &["169.254.169.254"]),
        ("metadata over IPv6", &["fd00:ec2::254"]),
        (
            "a private one after a public one",
            &["127.0.0.2", "127.0.0.1"],
        ),
        (
            "a private one before a public one",
            &["127.0.0.1", "127.0.0.2"],
        ),
        (
            "one among many",
            &["127.0.0.2", "127.0.0.2", "::1", "127.0.0.2"],
        ),
    ];
    for (attack, addresses) in answers {
        let addresses = addresses.iter().map(|text| text.parse().unwrap()).collect();
        scene.leads("allowed.test", [addresses]);
        let url = "http://allowed.test:{port}/public/a";
        let ended = scene.asked_for(url, vec![scene.honest()]).await;
        verdicts.note(attack, PRIVATE, ended);
    }
}

/// Else a canary that counts nothing would prove nothing.
#[tokio::test]
async fn the_canary_counts_whoever_comes() {
    let (scene, _public) = Scene::impatient();
    for host in ["127.0.0.1", "2130706433", "[::1]", "0.0.0.0", "localhost"] {
        let url = format!("http://{host}:{{port}}/a");
        let mut rules = lenient(&scene, &url);
        rules.iter_mut().for_each(|rule| rule.allow_private = true);
        let ended = scene.asked_for(&url, rules).await;
        assert_eq!(ended.connections, 1, "{host}: {ended:?}");
    }
}
