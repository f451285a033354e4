//! Everything that was measured, and what it says together.

use crate::peer::server::Server;
use crate::peer::turn::{Stage, Turn};
use crate::rounds::Spread;

/// Who was measured at what.
pub(crate) type Who = (Stage, Server);

/// A figure of a turn.
pub(crate) type Figure = fn(&Turn) -> f64;

/// All turns, in the order of the rounds.
#[derive(Default)]
pub(crate) struct Results(Vec<(Who, Turn)>);

impl Results {
    pub(crate) fn add(&mut self, stage: Stage, turns: Vec<(Server, Turn)>) {
        let turns = turns.into_iter();
        self.0
            .extend(turns.map(|(server, turn)| ((stage, server), turn)));
    }

    fn of(&self, who: Who) -> impl Iterator<Item = &Turn> {
        let turns = self.0.iter().filter(move |(found, _)| *found == who);
        turns.map(|(_, turn)| turn)
    }

    /// A figure over all rounds; none where nothing was measured.
    pub(crate) fn spread(&self, who: Who, figure: Figure) -> Option<Spread> {
        let figures: Vec<f64> = self.of(who).map(figure).collect();
        Spread::of(&figures, |figure| *figure)
    }

    /// One's figure divided by another's in the same round, over all rounds: what the machine did
    /// otherwise in that round is in both.
    pub(crate) fn ratio(&self, one: Who, other: Who, figure: Figure) -> Option<Spread> {
        let pairs = self.of(one).zip(self.of(other));
        let ratios: Vec<f64> = pairs
            .map(|(one, other)| figure(one) / figure(other))
            .collect();
        Spread::of(&ratios, |ratio| *ratio)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::peer::load::Load;
    use crate::process::Memory;

    pub(crate) const STAGE: Stage = Stage::OneEntry { connections: 32 };

    /// A turn with that many requests in a processor second, and that p99.
    pub(crate) fn turn(requests: u64, p99_milliseconds: f64) -> Turn {
        let load = Load {
            requests,
            seconds: 2.0,
            median_milliseconds: 0.1,
            p99_milliseconds,
            busy: 0.5,
        };
        Turn {
            load,
            used: 1.0,
            memory: Memory {
                resident_kib: 2048,
                peak_kib: 4096,
            },
            answer_bytes: 1,
        }
    }

    #[test]
    fn a_ratio_is_one_of_the_same_round() {
        let mut results = Results::default();
        for (nginx, hot) in [(100, 50), (200, 140), (50, 30)] {
            let turns = [(Server::Nginx, nginx), (Server::Hot, hot)];
            let turns = turns.map(|(server, requests)| (server, turn(requests, 1.0)));
            results.add(STAGE, turns.to_vec());
        }
        let (nginx, hot) = ((STAGE, Server::Nginx), (STAGE, Server::Hot));
        let ratio = results
            .ratio(hot, nginx, Turn::per_processor_second)
            .unwrap();
        assert_eq!((ratio.least, ratio.median, ratio.most), (0.5, 0.6, 0.7));
        let absent = (STAGE, Server::Table);
        assert_eq!(results.ratio(absent, nginx, Turn::per_second), None);
    }
}
