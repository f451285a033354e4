//! What holds of any pools, any near lists and any caller.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const SERVICES: [&str; 3] = ["s3", "file", "azure"];
const REGIONS: [&str; 4] = ["us-west-2", "eu-west-1", "eu-central-1", "westeurope"];

fn ids() -> impl Strategy<Value = PoolId> {
    (select(SERVICES.to_vec()), select(REGIONS.to_vec()))
        .prop_map(|(service, region)| PoolId::new(service, region))
}

/// Pools of different names in any order, any of them evacuated, and any near lists.
fn worlds() -> impl Strategy<Value = Rules> {
    let near = proptest::collection::btree_map(select(REGIONS.to_vec()), vec(ids(), 0..5), 0..4);
    (vec((ids(), any::<bool>()), 0..8), near).prop_map(|(pools, near)| {
        let mut rules = rules(&[], &[]);
        for (id, drain) in pools {
            if rules.pool(&id).is_none() {
                let pool = Pool::new(id);
                rules.pools.push(Pool { drain, ..pool });
            }
        }
        rules.auto.near = near
            .into_iter()
            .map(|(region, pools)| (region.into(), pools))
            .collect::<BTreeMap<_, _>>();
        rules
    })
}

fn asked() -> impl Strategy<Value = PoolId> {
    let or_auto = |known: &[&'static str]| select([known, &[AUTO, "elsewhere"]].concat());
    (or_auto(&SERVICES), or_auto(&REGIONS))
        .prop_map(|(service, region)| PoolId::new(service, region))
}

/// Where a caller of that region finds the first pool of its near list that takes it, told plainly.
fn first_near(rules: &Rules, asked: &PoolId, region: &str) -> Option<PoolId> {
    for near in rules.auto.near.get(region)? {
        for pool in &rules.pools {
            if pool.id == *near
                && !pool.drain
                && (asked.service == AUTO || asked.service == near.service)
            {
                return Some(near.clone());
            }
        }
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn nobody_is_sent_to_an_evacuated_pool_and_who_leaves_it_to_us_gets_no_error(
        rules in worlds(),
        asked in asked(),
        caller in option::of(select(REGIONS.to_vec())),
        stored in any::<bool>(),
    ) {
        let url = if stored { IN_A_STORE } else { URL };
        let chosen = rules.choose(&asked, url, None, &from(caller.unwrap_or_default()));
        let known = rules.pool(&asked);
        prop_assert_eq!(chosen.is_err(), !asked.is_auto() && known.is_none());
        let Ok(chosen) = chosen else { return Ok(()) };
        let origin = matches!(chosen.target.standing, Standing::NoPool | Standing::Drained);
        match chosen.pool.as_ref().map(|id| rules.pool(id)) {
            Some(pool) => {
                let pool = pool.expect("a pool that there is");
                prop_assert!(!pool.drain && !origin);
                prop_assert!([AUTO, &*pool.id.service].contains(&&*asked.service));
                prop_assert_eq!(&chosen.target.id.pool, &pool.id);
            }
            None => prop_assert!(chosen.target.standing != Standing::Mirrored),
        }
        if let Some(named) = known.filter(|pool| !pool.drain) {
            prop_assert_eq!(chosen.pool.as_ref(), Some(&named.id));
            prop_assert_eq!(Ok(chosen.target), rules.resolve(&asked, url, None));
        }
    }

    #[test]
    fn a_near_list_is_followed_in_its_order(rules in worlds(), asked in asked(), caller in select(REGIONS.to_vec())) {
        let Ok(chosen) = rules.choose(&asked, URL, None, &from(caller)) else { return Ok(()) };
        let region = if asked.region == AUTO { caller } else { &asked.region };
        match chosen.reason {
            Reason::Near | Reason::Evacuated | Reason::NoPool | Reason::Drained => {
                prop_assert_eq!(chosen.pool, first_near(&rules, &asked, region));
            }
            Reason::Named | Reason::Here => prop_assert_eq!(chosen.pool.unwrap().region, region),
            Reason::SamePlace | Reason::UnknownCaller => unreachable!("{:?}", chosen),
        }
    }
}
