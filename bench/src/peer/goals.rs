//! What must be so.

use std::fmt;

use crate::Outcome;
use crate::peer::report::{TOO_BUSY, spread_of};
use crate::peer::results::{Figure, Results};
use crate::peer::server::Server;
use crate::peer::turn::{Stage, Turn};
use crate::rounds::Spread;

/// One server's figure against another's, at any stage.
struct Goal {
    name: &'static str,
    one: Server,
    other: Server,
    figure: Figure,
    bound: Bound,
    /// Whether a generator without rest would have measured itself: latencies are then its own, where
    /// requests per processor second of the server stay the server's.
    needs_rest: bool,
}

/// What came of a goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Met,
    Missed,
    /// Nothing is known of the servers, which is not met either.
    GeneratorIsTheCeiling,
}

/// What the median of the ratios must be.
#[derive(Clone, Copy)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

const GOALS: [Goal; 3] = [
    Goal {
        name: "hot hits ÷ nginx, requests per processor second",
        one: Server::Hot,
        other: Server::Nginx,
        figure: Turn::per_processor_second,
        bound: Bound::AtLeast(0.5),
        needs_rest: false,
    },
    Goal {
        name: "hot hits ÷ nginx, p99",
        one: Server::Hot,
        other: Server::Nginx,
        figure: |turn| turn.load.p99_milliseconds,
        bound: Bound::AtMost(3.0),
        needs_rest: true,
    },
    Goal {
        name: "table hits ÷ hot hits, requests per processor second",
        one: Server::Table,
        other: Server::Hot,
        figure: Turn::per_processor_second,
        bound: Bound::AtLeast(0.8),
        needs_rest: false,
    },
];

/// Prints which goals are met. One that is not is an error.
pub(crate) fn judge(results: &Results, stages: &[Stage]) -> Outcome<()> {
    println!("### Goals\n\n| goal | at | asked | measured | generator busy at most, % | |");
    println!("|---|---|---|---|---|---|");
    let mut missed = 0_u32;
    for (stage, goal) in stages
        .iter()
        .flat_map(|stage| GOALS.iter().map(move |goal| (*stage, goal)))
    {
        let ratio = goal
            .measured(results, stage)
            .ok_or("nothing was measured")?;
        let busy = goal.busy(results, stage).ok_or("nothing was measured")?;
        let verdict = goal.verdict(ratio, busy);
        missed += u32::from(verdict != Verdict::Met);
        let (name, asked, measured) = (goal.name, goal.bound.text(), spread_of(ratio, 2));
        let busy = busy * 100.0;
        println!("| {name} | {stage} | {asked} | {measured} | {busy:.0} | {verdict} |");
    }
    match missed {
        0 => Ok(()),
        _ => Err(format!("goals that are not met: {missed}").into()),
    }
}

impl Goal {
    fn measured(&self, results: &Results, stage: Stage) -> Option<Spread> {
        results.ratio((stage, self.one), (stage, self.other), self.figure)
    }

    /// How busy the generator was at most, with either of the two, in any round.
    fn busy(&self, results: &Results, stage: Stage) -> Option<f64> {
        let most = |server| {
            let busy = results.spread((stage, server), |turn| turn.load.busy);
            busy.map(|busy| busy.most)
        };
        Some(most(self.one)?.max(most(self.other)?))
    }

    fn verdict(&self, ratio: Spread, busy: f64) -> Verdict {
        if self.needs_rest && busy >= TOO_BUSY {
            return Verdict::GeneratorIsTheCeiling;
        }
        match self.bound.holds(ratio) {
            true => Verdict::Met,
            false => Verdict::Missed,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Met => "met",
            Self::Missed => "MISSED",
            Self::GeneratorIsTheCeiling => "NOT JUDGED: the generator is the ceiling",
        })
    }
}

impl Bound {
    fn holds(self, ratio: Spread) -> bool {
        match self {
            Self::AtLeast(least) => ratio.median >= least,
            Self::AtMost(most) => ratio.median <= most,
        }
    }

    fn text(self) -> String {
        match self {
            Self::AtLeast(least) => format!("≥ {least}"),
            Self::AtMost(most) => format!("≤ {most}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::results::tests::{STAGE, turn};

    fn judged(hot: u64, p99_milliseconds: f64, table: u64) -> bool {
        let mut results = Results::default();
        let turns = [
            (Server::Nginx, turn(100, 1.0)),
            (Server::Hot, turn(hot, p99_milliseconds)),
            (Server::Table, turn(table, 1.0)),
        ];
        results.add(STAGE, turns.to_vec());
        judge(&results, &[STAGE]).is_ok()
    }

    #[test]
    fn each_goal_can_be_met_and_missed() {
        assert!(judged(50, 3.0, 40));
        assert!(!judged(49, 3.0, 40));
        assert!(!judged(50, 3.1, 40));
        assert!(!judged(50, 3.0, 39));
    }

    /// The verdicts on all goals, all of which would be met, with one server's generator that busy.
    fn with_a_busy(server: Server, busy: f64) -> Vec<Verdict> {
        let mut results = Results::default();
        let turns = [Server::Nginx, Server::Hot, Server::Table].map(|one| {
            let mut turn = turn(100, 1.0);
            turn.load.busy = if one == server { busy } else { 0.5 };
            (one, turn)
        });
        results.add(STAGE, turns.to_vec());
        let verdict = |goal: &Goal| {
            let ratio = goal.measured(&results, STAGE).unwrap();
            goal.verdict(ratio, goal.busy(&results, STAGE).unwrap())
        };
        GOALS.iter().map(verdict).collect()
    }

    #[test]
    fn a_latency_of_the_generator_is_no_goal_that_is_met() {
        use Verdict::{GeneratorIsTheCeiling, Met};
        for server in [Server::Nginx, Server::Hot] {
            let verdicts = with_a_busy(server, 0.9);
            assert_eq!(verdicts, [Met, GeneratorIsTheCeiling, Met], "{server}");
            assert_eq!(with_a_busy(server, 0.89), [Met; 3]);
        }
        assert_eq!(with_a_busy(Server::Table, 0.95), [Met; 3]);
    }

    #[test]
    fn what_was_not_measured_is_not_met() {
        assert!(judge(&Results::default(), &[STAGE]).is_err());
    }
}
