use super::*;

/// In the form that Microsoft publishes: the numbers and features of a real file, and a few of its prefixes.
const AZURE: &str = r#"{
  "changeNumber": 412,
  "cloud": "Public",
  "values": [
    {
      "name": "AzureCloud",
      "id": "AzureCloud",
      "properties": {
        "changeNumber": 200,
        "region": "",
        "regionId": 0,
        "platform": "Azure",
        "systemService": "",
        "addressPrefixes": ["13.69.0.0/17", "20.33.134.0/24", "2603:1020:200::/47"],
        "networkFeatures": null
      }
    },
    {
      "name": "AzureCloud.westeurope",
      "id": "AzureCloud.westeurope",
      "properties": {
        "changeNumber": 51,
        "region": "westeurope",
        "regionId": 18,
        "platform": "Azure",
        "systemService": "",
        "addressPrefixes": ["13.69.0.0/17", "2603:1020:200::/47"],
        "networkFeatures": null
      }
    },
    {
      "name": "AzureCloud.germanywc",
      "id": "AzureCloud.germanywc",
      "properties": {
        "changeNumber": 12,
        "region": "germanywc",
        "regionId": 71,
        "platform": "Azure",
        "systemService": "",
        "addressPrefixes": ["20.52.64.0/20"],
        "networkFeatures": null
      }
    },
    {
      "name": "Storage.WestEurope",
      "id": "Storage.WestEurope",
      "properties": {
        "changeNumber": 9,
        "region": "westeurope",
        "regionId": 18,
        "platform": "Azure",
        "systemService": "AzureStorage",
        "addressPrefixes": ["13.95.96.176/28"],
        "networkFeatures": ["API", "NSG"]
      }
    }
  ]
}"#;

fn regions(publication: &Publication) -> Vec<(String, Option<&str>)> {
    let prefixes = publication.prefixes.iter();
    prefixes
        .map(|prefix| (prefix.net.to_string(), prefix.region.as_deref()))
        .collect()
}

#[test]
fn azures_regions_are_spelled_as_everywhere_else() {
    let azure = read("ServiceTags_Public_20260727.json", AZURE).unwrap();
    assert_eq!(azure.cloud, Cloud::Azure);
    assert_eq!(azure.published, moment("2026-07-27T00:00:00Z").unwrap());
    assert_eq!(
        regions(&azure),
        [
            ("13.69.0.0/17".to_owned(), None),
            ("20.33.134.0/24".to_owned(), None),
            ("2603:1020:200::/47".to_owned(), None),
            ("13.69.0.0/17".to_owned(), Some("westeurope")),
            ("2603:1020:200::/47".to_owned(), Some("westeurope")),
            ("20.52.64.0/20".to_owned(), Some("germanywestcentral")),
        ]
    );
}

#[test]
fn azures_file_needs_its_own_name_because_only_that_has_a_date() {
    for name in [
        "azure.json",
        "ServiceTags_Public_2026072.json",
        "20260727",
        "ServiceTags_Public_20261327.json",
    ] {
        let refused = read(name, AZURE).unwrap_err();
        assert!(
            matches!(refused, PublishedError::Undated),
            "{name}: {refused}"
        );
    }
}

#[test]
fn what_belongs_to_all_regions_has_none() {
    let aws = r#"{"syncToken": "1", "createDate": "2026-07-29-08-27-05",
        "prefixes": [
            {"ip_prefix": "3.5.140.0/22", "region": "ap-northeast-2", "service": "AMAZON", "network_border_group": "ap-northeast-2"},
            {"ip_prefix": "13.32.0.0/15", "region": "GLOBAL", "service": "CLOUDFRONT", "network_border_group": "GLOBAL"}],
        "ipv6_prefixes": [
            {"ipv6_prefix": "2600:1f14::/35", "region": "us-west-2", "service": "EC2", "network_border_group": "us-west-2"}]}"#;
    let aws = read("anything", aws).unwrap();
    assert_eq!(aws.cloud, Cloud::Aws);
    assert_eq!(aws.published, moment("2026-07-29T08:27:05Z").unwrap());
    assert_eq!(
        regions(&aws),
        [
            ("3.5.140.0/22".to_owned(), Some("ap-northeast-2")),
            ("13.32.0.0/15".to_owned(), None),
            ("2600:1f14::/35".to_owned(), Some("us-west-2")),
        ]
    );
    let google = r#"{"syncToken": "1", "creationTime": "2026-07-29T07:05:53.849365", "prefixes": [
        {"ipv4Prefix": "34.1.208.0/20", "service": "Google Cloud", "scope": "africa-south1"},
        {"ipv6Prefix": "2600:1900::/35", "service": "Google Cloud", "scope": "global"}]}"#;
    let google = read("cloud.json", google).unwrap();
    assert_eq!(google.cloud, Cloud::Google);
    assert_eq!(google.published, moment("2026-07-29T07:05:53Z").unwrap());
    assert_eq!(
        regions(&google),
        [
            ("34.1.208.0/20".to_owned(), Some("africa-south1")),
            ("2600:1900::/35".to_owned(), None),
        ]
    );
}

#[test]
fn what_nobody_publishes_is_refused_with_what_is_understood() {
    for text in ["", "[]", "{}", "no json", r#"{"prefixes": []}"#] {
        assert!(read("x.json", text).is_err(), "{text}");
    }
    let unknown = read("x.json", "{}").unwrap_err().to_string();
    assert!(unknown.contains("ip-ranges.json"), "{unknown}");
    let bent = r#"{"createDate": "2026-07-29-08-27-05", "ipv6_prefixes": [], "prefixes": [{"ip_prefix": "3.5.140.0/33", "region": "x"}]}"#;
    assert!(read("x.json", bent).is_err());
}
