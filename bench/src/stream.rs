//! The benchmark of a streamed copy: rounds of three measurements in turn, so that whatever else
//! the machine does meets all of them.

use bytesize::ByteSize;
use clap::Args;

use crate::child::Child;
use crate::copy::Copied;
use crate::measured::Measured;
use crate::rounds::{Round, Spread};
use crate::store::Received;
use crate::{Outcome, pattern, world};

/// As much memory as is hashed at most: the time per byte is the same for more.
const MOST_HASHED: u64 = 1 << 30;

#[derive(Args)]
pub(crate) struct Stream {
    /// The size of the object.
    #[arg(long, default_value = "4GiB")]
    size: ByteSize,
    /// How often everything is measured.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// The goal for the copier's peak resident memory: its greatest of all rounds.
    #[arg(long, default_value = "200MiB")]
    most_memory: ByteSize,
    /// The goal for the copier's processor time, divided by that of reading and hashing alone: the
    /// median of all rounds.
    #[arg(long, default_value_t = 1.25)]
    most_time: f64,
}

impl Stream {
    /// Every copy's bytes are checked in the store; a goal that is missed is an error.
    pub(crate) async fn run(&self) -> Outcome<()> {
        let mut origin = Child::start(&["origin", "--size", &bytes(self.size.as_u64())], &[])?;
        let url = format!("{}/object", origin.hear::<String>().await?);
        println!("processor seconds per GiB, of {}:", self.size);
        let mut rounds = Vec::new();
        for number in 1..=self.rounds {
            let round = self.round(&url).await?;
            println!("round {number}: {round}");
            rounds.push(round);
        }
        self.judge(&rounds)
    }

    async fn round(&self, url: &str) -> Outcome<Round> {
        let hashed = bytes(self.size.as_u64().min(MOST_HASHED));
        Ok(Round {
            copy: self.copy(url).await?,
            read: Child::start(&["read", url], &[])?.hear().await?,
            hash: Child::start(&["hash", "--size", &hashed], &[])?
                .hear()
                .await?,
        })
    }

    /// Into a new store, since a replica that is there is not written again.
    async fn copy(&self, url: &str) -> Outcome<Measured> {
        let mut store = Child::start(&["store"], &[])?;
        let address: String = store.hear().await?;
        let mut copier = Child::start(&["copy", url], &world::environment(&address))?;
        let copied: Copied = copier.hear().await?;
        self.check(&store.ask().await?, &copied)?;
        Ok(copied.measured)
    }

    /// What the store has received must be the origin's bytes, and what the copier has seen.
    fn check(&self, received: &Received, copied: &Copied) -> Outcome<()> {
        let sizes = received.0.iter().map(|(size, _)| *size);
        if sizes.clone().sum::<u64>() != self.size.as_u64() {
            return Err("the store has received another number of bytes".into());
        }
        let (expected, whole) = pattern::sha256(sizes);
        let hashes = received.0.iter().map(|(_, hash)| hash);
        if !hashes.eq(&expected) {
            return Err("the store has received other bytes".into());
        }
        match copied.sha256 == whole {
            true => Ok(()),
            false => Err("the replica's SHA-256 is not that of the bytes".into()),
        }
    }

    fn judge(&self, rounds: &[Round]) -> Outcome<()> {
        let spread = |figure: fn(&Round) -> f64| Spread::of(rounds, figure).ok_or("no rounds");
        let (ratio, peak) = (
            spread(Round::ratio)?,
            spread(|round| round.copy.peak_mib())?,
        );
        println!(
            "copy        {} s/GiB",
            spread(|round| round.copy.per_gib())?
        );
        println!(
            "read        {} s/GiB",
            spread(|round| round.read.per_gib())?
        );
        println!(
            "hash        {} s/GiB",
            spread(|round| round.hash.per_gib())?
        );
        println!("ratio       {ratio}; the goal is {}", self.most_time);
        println!("peak        {peak} MiB; the goal is {}", self.most_memory);
        if peak.most * f64::from(1 << 20) > self.most_memory.as_u64() as f64 {
            return Err("the copier takes more memory than its goal".into());
        }
        if ratio.median > self.most_time {
            return Err("the copier takes more processor time than its goal".into());
        }
        Ok(())
    }
}

fn bytes(size: u64) -> String {
    format!("{size}B")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PART: u64 = 1 << 20;

    fn stream() -> Stream {
        Stream {
            size: ByteSize(2 * PART + 1),
            rounds: 1,
            most_memory: ByteSize(0),
            most_time: 0.0,
        }
    }

    /// What a store should receive, and a copier say.
    fn right() -> (Received, Copied) {
        let sizes = [PART, PART, 1];
        let (hashes, sha256) = pattern::sha256(sizes.into_iter());
        let measured = Measured {
            bytes: 2 * PART + 1,
            user: 1.0,
            system: 1.0,
            wall: 1.0,
            peak_kib: 1,
        };
        let received = sizes.into_iter().zip(hashes).collect();
        (Received(received), Copied { measured, sha256 })
    }

    #[test]
    fn a_copy_of_other_bytes_is_no_figure() {
        let (received, copied) = right();
        assert!(stream().check(&received, &copied).is_ok());
        let (mut exchanged, _) = right();
        exchanged.0.swap(0, 1);
        let (mut shorter, _) = right();
        shorter.0.pop();
        for wrong in [exchanged, shorter] {
            assert!(stream().check(&wrong, &copied).is_err());
        }
        let lies = Copied {
            sha256: String::new(),
            ..copied
        };
        assert!(stream().check(&received, &lies).is_err());
    }
}
