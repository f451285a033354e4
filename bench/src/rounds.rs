//! What the rounds say together.

use std::fmt;

use crate::measured::Measured;

/// The three measurements of one round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    pub(crate) copy: Measured,
    pub(crate) read: Measured,
    pub(crate) hash: Measured,
}

impl Round {
    /// The copier's processor time, against that of reading and hashing alone.
    pub(crate) fn ratio(&self) -> f64 {
        self.copy.per_gib() / (self.read.per_gib() + self.hash.per_gib())
    }
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { copy, read, hash } = self;
        write!(
            f,
            "copy {:.2} (kernel {:.0} %)  read {:.2} (kernel {:.0} %)  hash {:.2}  ratio {:.2}  peak {:.0} MiB  {:.0} MiB/s",
            copy.per_gib(),
            copy.system_share() * 100.0,
            read.per_gib(),
            read.system_share() * 100.0,
            hash.per_gib(),
            self.ratio(),
            copy.peak_mib(),
            copy.mib_per_second(),
        )
    }
}

/// One figure over all rounds. Of an even number of them the median is the mean of the two in the middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) least: f64,
    pub(crate) median: f64,
    pub(crate) most: f64,
}

impl Spread {
    /// Of no rounds at all there is none.
    pub(crate) fn of<R>(rounds: &[R], figure: impl Fn(&R) -> f64) -> Option<Self> {
        let mut figures: Vec<f64> = rounds.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        let last = figures.len().checked_sub(1)?;
        Some(Self {
            least: *figures.first()?,
            median: f64::midpoint(*figures.get(last / 2)?, *figures.get(last.div_ceil(2))?),
            most: *figures.last()?,
        })
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            least,
            median,
            most,
        } = self;
        write!(f, "median {median:.2}, from {least:.2} to {most:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(seconds: f64) -> Measured {
        Measured {
            bytes: 4 << 30,
            user: seconds * 3.0,
            system: seconds,
            wall: 1.0,
            peak_kib: 1024,
        }
    }

    fn round(copy: f64) -> Round {
        Round {
            copy: measured(copy),
            read: measured(1.0),
            hash: measured(3.0),
        }
    }

    #[test]
    fn the_ratio_is_of_seconds_per_byte() {
        assert_eq!(round(5.0).copy.per_gib(), 5.0);
        assert_eq!(round(5.0).ratio(), 1.25);
    }

    #[test]
    fn the_median_is_between_the_others() {
        let rounds = [8.0, 4.0, 6.0].map(round);
        let spread = Spread::of(&rounds, Round::ratio).unwrap();
        assert_eq!((spread.least, spread.median, spread.most), (1.0, 1.5, 2.0));
        assert_eq!(Spread::of(&[], Round::ratio), None);
    }

    #[test]
    fn of_an_even_number_the_median_is_between_the_two_in_the_middle() {
        let median = |figures: &[f64]| Spread::of(figures, |figure| *figure).unwrap().median;
        assert_eq!(median(&[9.0, 1.0, 2.0, 4.0]), 3.0);
        assert_eq!(median(&[9.0, 1.0]), 5.0);
        assert_eq!(median(&[7.0]), 7.0);
    }
}
