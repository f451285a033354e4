//! How long one look-up takes, over the embedded set.

#![allow(missing_docs, reason = "made by a macro")]

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use cloud_mirror_domain::place::Geography as _;
use cloud_mirror_ranges::Ranges;
use criterion::{Criterion, criterion_group, criterion_main};

/// Another address each time, so that nothing is learnt by heart: half of what clouds announce is in
/// 3.0.0.0/8 to 54.0.0.0/8, and in 2600::/12.
fn addresses(v6: bool) -> impl FnMut() -> IpAddr {
    let mut random = fastrand::Rng::with_seed(29);
    move || {
        if v6 {
            Ipv6Addr::from_bits((0x2600 << 112) | (random.u128(..) >> 12)).into()
        } else {
            Ipv4Addr::from_bits(random.u32(0x0300_0000..0x3700_0000)).into()
        }
    }
}

fn lookup(criterion: &mut Criterion) {
    let ranges = Ranges::embedded().expect("a released program has one");
    for (name, v6) in [("IPv4", false), ("IPv6", true)] {
        let mut next = addresses(v6);
        criterion.bench_function(&format!("look-up of one address, {name}"), |bencher| {
            bencher.iter_batched(
                &mut next,
                |address| ranges.place(black_box(address)),
                criterion::BatchSize::SmallInput,
            );
        });
    }
    criterion.bench_function("reading the embedded set", |bencher| {
        bencher.iter(Ranges::embedded);
    });
}

criterion_group!(benches, lookup);
criterion_main!(benches);
